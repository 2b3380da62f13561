/* SPDX-License-Identifier: ISC */
#include "base/stats.h"
#include "hosts/hosts_explain.h"
#include "hosts/hosts_learn.h"
#include "hosts/hosts_queue.h"
#include "hosts/hosts_reload.h"
#include "hosts/hosts_view.h"

#include "check_hosts.h"
#include "check_run.h"

/* Whatever memory is missing for: nothing is half there, and later all is. */

#define MOST	400		/* allocations that one thing makes */
#define TOTAL	"per: X, per_total: {capacity: 5, period: 1h, " \
		"concurrency: 3}"
#define TOKENS	"budgets: {tokens: {rates: [{capacity: 100, period: 1h}], " \
		"per_total: {rates: [{capacity: 200, period: 1h}]}}}"

/* The next n allocations but one go well, in what is called then. */
static void
fail_nth(unsigned n)
{
	check_alloc = n;
}

/* Returns whether that one was wanted. */
static bool
has_failed(void)
{
	bool failed = check_alloc == 0;

	check_alloc = 0;
	return failed;
}

static struct host_view
view_of(const char *key)
{
	struct host_view v;

	ck_assert(hosts_view_one(hosts, key, NOW, &v));
	host_view_done(&v);
	return v;
}

/* A host that is asked for the first time. */

static const char *const firsts[] = {
	"{hosts: {a.test: {" TOTAL "}}}",
	"{hosts: {a.test: {" TOTAL ", " TOKENS "}}}",
	"{hosts: {a.test: {mode: observe, concurrency: 1}}}",
	"{hosts: {a.test: {learn: estimate, per: X}}}",
};

START_TEST(hosts_are_there_or_not)
{
	enum hosts_answer answer = HOSTS_NO_MEMORY;
	unsigned n, refused = 0;

	start(firsts[_i]);
	for (n = 1; answer == HOSTS_NO_MEMORY; n++) {
		ck_assert_uint_lt(n, MOST);
		fail_at = n;
		answer = ask(0, "a.test", 1, "v");
		if (answer != HOSTS_NO_MEMORY)
			break;
		leave(0, false);
		/* it may stand there, but with nobody in it */
		ck_assert_uint_le(hosts_view_count(hosts), 1);
		refused++;
	}
	fail_at = 0;
	ck_assert_int_eq(answer, HOSTS_GO);
	ck_assert_uint_ge(refused, 4);
	ck_assert_uint_eq(hosts_view_count(hosts), 1);
	leave(0, false);
	end();
	stats_free();
}
END_TEST

/* Where limits are only observed, requests go on, if need be unobserved. */
START_TEST(observing_holds_nobody_up)
{
	struct throttle_wants *wants = calloc(1, sizeof *wants +
	    sizeof wants->amounts[0]);
	struct host_view v;
	unsigned i;

	ck_assert_ptr_nonnull(wants);
	wants->n = 1;
	wants->amounts[0].name = "tokens";
	wants->amounts[0].amount = THROTTLE_UNIT;
	start("{hosts: {a.test: {mode: observe, concurrency: 1, " TOKENS
	    ", per: X}}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	wants_asked = wants;
	for (i = 1; i < 12; i++) {
		fail_at = i;
		ck_assert_int_eq(ask(i, "a.test", i, NULL), HOSTS_GO);
	}
	fail_at = 0;
	v = view_of("a.test");
	ck_assert_uint_eq(v.throttle.host.inflight, 12);
	/* some are not in the shadow, and those that are wait there */
	ck_assert_uint_lt(v.observed.waiting, 11);
	ck_assert_uint_gt(v.observed.waiting, 0);
	while (i > 0)
		leave(--i, false);
	end();
	stats_free();
	free(wants);
}
END_TEST

/* Reloads */

#define CHANGED	"concurrency: 7, queue: {max_wait: 1h}"

static const struct {
	const char	*before, *after;
	const char	*key;		/* of its entry afterwards */
} reloads[] = {
	/* what all have together begins, goes on by other limits, and ends */
	{ "{hosts: {a.test: {per: X, concurrency: 2}}}",
	  "{hosts: {a.test: {" CHANGED ", per: X, per_total: {concurrency: "
	  "9}}}}", NULL },
	{ "{hosts: {a.test: {concurrency: 2, " TOTAL "}}}",
	  "{hosts: {a.test: {" CHANGED ", " TOTAL ", " TOKENS "}}}", NULL },
	{ "{hosts: {a.test: {concurrency: 2, " TOTAL "}}}",
	  "{hosts: {a.test: {" CHANGED ", per: X}}}", NULL },
	/* what was one is several, and the other way round */
	{ "{hosts: {'*.test': {concurrency: 2, shared: true}}}",
	  "{hosts: {'*.test': {" CHANGED "}}}", "a.test" },
	{ "{hosts: {'*.test': {concurrency: 2}}}",
	  "{hosts: {'*.test': {" CHANGED ", shared: true}}}", "*.test" },
	/* parts and named budgets */
	{ "{hosts: {a.test: {concurrency: 2, paths: {/x: {concurrency: 1}}}}}",
	  "{hosts: {a.test: {" CHANGED ", paths: {/y: {capacity: 1}, /x: "
	  "{concurrency: 1}}, budgets: {tokens: {rates: [{capacity: 1}]}}}}}",
	  "a.test" },
};

static void
reload_to(const char *yaml)
{
	struct conf *old = conf;

	conf = parse(yaml);
	hosts_reload(hosts, conf, NOW);
	conf_unref(old);
}

/* A reload that had no memory for something is made good by the next. */
START_TEST(reloads_are_made_good)
{
	struct conf *next, *old;
	unsigned n;
	bool failed = true;

	for (n = 1; failed; n++) {
		ck_assert_uint_lt(n, MOST);
		start(reloads[_i].before);
		ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
		ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_GO);
		ck_assert_int_eq(ask(2, "a.test", 1, NULL), HOSTS_WAIT);
		next = parse(reloads[_i].after);
		fail_nth(n);
		hosts_reload(hosts, next, NOW);
		failed = has_failed();
		old = conf;
		conf = next;
		conf_unref(old);
		/* who is there stays, with its slot */
		ck_assert_int_eq(tickets[0].state, TICKET_HELD);
		ck_assert_int_ne(tickets[2].state, TICKET_HELD);
		leave(1, false);
		reload_to(reloads[_i].after);
		hosts_admit_all(hosts, &loop, NOW);
		if (reloads[_i].key != NULL) {
			ck_assert_uint_eq(view_of(reloads[_i].key)
			    .throttle.host.concurrency, 7);
			ck_assert_uint_ge(view_of(reloads[_i].key)
			    .throttle.host.inflight, 1);
		}
		leave(2, false);
		leave(0, false);
		if (reloads[_i].key != NULL)
			ck_assert_uint_eq(view_of(reloads[_i].key)
			    .throttle.host.inflight, 0);
		end();
		stats_free();
	}
}
END_TEST

/* Looking */

/* Who asks gets an answer, or that there is no memory; nothing is taken. */
static enum hosts_answer
explain(const char *name, unsigned fail)
{
	const struct claim_hash hash = { client_hash, hasher };
	struct sockaddr_in address = { .sin_family = AF_INET };
	struct http1_head asked = { .method = { "GET", 3 } };
	const struct claim_source source = { .head = &asked,
		.address = (struct sockaddr *)&address };
	struct hosts_question q = { .conf = conf, .hasher = hasher };
	static struct hosts_explanation e;
	struct http1_host host;
	struct claim claim;

	ck_assert_int_eq(http1_host_parse(&host, name, strlen(name)),
	    HTTP1_OK);
	host.port = 80;
	q.name = &host;
	q.rule = conf_rule(conf, &host);
	ck_assert_ptr_null(claim_make(&claim, &hash, q.rule, &source, NOW));
	q.claim = &claim;
	q.source = &source;
	fail_nth(fail);
	return hosts_explain(hosts, &q, NOW, &e);
}

START_TEST(explanations_take_nothing)
{
	static const char *const asked[] = { "a.test", "new.test" };
	bool failed = true;
	unsigned n, none = 0;

	start("{defaults: {mode: observe, concurrency: 1, capacity: 5, "
	    "period: 1h}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	for (n = 1; failed; n++) {
		ck_assert_uint_lt(n, MOST);
		if (explain(asked[_i], n) == HOSTS_NO_MEMORY)
			none++;
		failed = has_failed();
	}
	ck_assert_uint_ge(none, (unsigned)_i);
	ck_assert_int_eq(explain(asked[_i], 0), HOSTS_GO);
	ck_assert_uint_eq(hosts_view_count(hosts), 1);
	leave(0, false);
	end();
	stats_free();
}
END_TEST

/* Who uses a host is told, or nobody is. */
START_TEST(users_are_told_or_not)
{
	struct hosts_user users[2];

	start("{defaults: {concurrency: 2}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	fail_nth(1);
	ck_assert_uint_eq(hosts_view_users(hosts, "a.test", users, 2), 0);
	ck_assert(has_failed());
	ck_assert_uint_eq(hosts_view_users(hosts, "a.test", users, 2), 1);
	leave(0, false);
	end();
	stats_free();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("hosts_memory");
	TCase *tc = tcase_create("hosts_memory");

	ROWS(tc, hosts_are_there_or_not, firsts);
	tcase_add_test(tc, observing_holds_nobody_up);
	ROWS(tc, reloads_are_made_good, reloads);
	tcase_add_loop_test(tc, explanations_take_nothing, 0, 2);
	tcase_add_test(tc, users_are_told_or_not);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
