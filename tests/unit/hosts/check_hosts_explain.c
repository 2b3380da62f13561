/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_explain.h"

#include "hosts/hosts_control.h"
#include "hosts/hosts_view.h"

#include "check_hosts.h"
#include "check_run.h"

/* The states of a host, and what is said of one that comes then. */

/* What happens first. */
enum before {
	NOTHING,
	ONE,		/* goes, and stays there */
	ONE_ENDED,	/* goes, and has ended */
	TWO,		/* one goes, one waits */
	PAUSED,		/* by an operator, for 30 s */
	DRAINED,
};

static const struct {
	const char	*rule;
	enum before	 before;
	uint64_t	 max_wait;	/* ns, of the one who asks; 0: any */
	enum hosts_decision decision;
	uint64_t	 in;		/* ns; THROTTLE_NEVER */
	bool		 certain;
	const char	*decides;	/* "": nothing does */
	const char	*says;
} states[] = {
	{ "{concurrency: 1}", NOTHING, 0, HOSTS_DECIDE_GO, 0, true, "",
	    "it would go at once" },
	{ "{concurrency: 1}", ONE, 0, HOSTS_DECIDE_WAIT, THROTTLE_NEVER,
	    false, "1 at a time", "1 at a time: all are in use" },
	{ "{concurrency: 1}", TWO, 0, HOSTS_DECIDE_WAIT, THROTTLE_NEVER,
	    false, "1 at a time",
	    "1 at a time: all are in use; 1 of at most 1000 wait" },
	{ "{concurrency: 1, queue: {length: 1}}", TWO, 0,
	    HOSTS_DECIDE_REFUSE, THROTTLE_NEVER, false, "1 at a time",
	    "refused, for the queue is full; 1 at a time: all are in use; "
	    "1 of at most 1 wait" },
	{ "{capacity: 1, period: 20s}", ONE_ENDED, 0, HOSTS_DECIDE_WAIT,
	    20 * SECOND, true, "1 per 20s",
	    "1 per 20s lets it go in 20 s at the earliest" },
	{ "{capacity: 1, period: 20s}", TWO, 0, HOSTS_DECIDE_WAIT,
	    40 * SECOND, true, "1 per 20s", "1 per 20s lets it go in 40 s at "
	    "the earliest; 1 of at most 1000 wait" },
	{ "{capacity: 1, period: 20s}", ONE_ENDED, SECOND,
	    HOSTS_DECIDE_REFUSE, 20 * SECOND, true, "1 per 20s",
	    "refused, for it would wait too long; 1 per 20s lets it go in "
	    "20 s at the earliest" },
	{ "{capacity: 1, period: 20s, queue: {max_wait: 5s}}", ONE_ENDED, 0,
	    HOSTS_DECIDE_REFUSE, 20 * SECOND, true, "1 per 20s",
	    "refused, for it would wait too long; 1 per 20s lets it go in "
	    "20 s at the earliest" },
	/* whoever asks has spent nothing; others have */
	{ "{per: client, per_total: {capacity: 1, period: 20s}}", ONE_ENDED, 0,
	    HOSTS_DECIDE_WAIT, 20 * SECOND, false,
	    "1 per 20s of all credentials", "1 per 20s of all credentials "
	    "lets it go in 20 s at the earliest" },
	{ "{per: client, concurrency: 1, per_total: {concurrency: 1}}", ONE, 0,
	    HOSTS_DECIDE_WAIT, THROTTLE_NEVER, false,
	    "1 at a time of all credentials",
	    "1 at a time of all credentials: all are in use" },
	{ "{concurrency: 2}", PAUSED, 0, HOSTS_DECIDE_WAIT, 30 * SECOND,
	    true, "paused by an operator",
	    "paused by an operator lets it go in 30 s at the earliest" },
	{ "{concurrency: 2}", DRAINED, 0, HOSTS_DECIDE_REFUSE,
	    THROTTLE_NEVER, false, "",
	    "refused, for the host is drained" },
	{ "{mode: observe, concurrency: 2}", NOTHING, 0,
	    HOSTS_DECIDE_OBSERVE, 0, true, "",
	    "limits are only observed: it would go at once" },
	{ "{mode: observe, concurrency: 1}", ONE, 0, HOSTS_DECIDE_OBSERVE, 0,
	    true, "1 at a time",
	    "limits are only observed: 1 at a time: all are in use" },
	{ "{mode: observe, capacity: 1, period: 20s}", ONE, SECOND,
	    HOSTS_DECIDE_OBSERVE, 0, true, "1 per 20s", "limits are only "
	    "observed: refused, for it would wait too long; 1 per 20s lets it "
	    "go in 20 s at the earliest" },
	{ "{mode: observe, concurrency: 1, queue: {length: 0}}", ONE, 0,
	    HOSTS_DECIDE_OBSERVE, 0, true, "1 at a time", "limits are only "
	    "observed: refused, for the queue is full; 1 at a time: all are "
	    "in use" },
	{ "{mode: observe, concurrency: 1}", PAUSED, 0, HOSTS_DECIDE_WAIT,
	    30 * SECOND, true, "paused by an operator",
	    "paused by an operator lets it go in 30 s at the earliest" },
	{ "{mode: observe, concurrency: 1}", DRAINED, 0, HOSTS_DECIDE_REFUSE,
	    THROTTLE_NEVER, false, "",
	    "refused, for the host is drained" },
};

static void
explain(const char *name, uint64_t longest, struct hosts_explanation *e)
{
	const struct claim_hash hash = { client_hash, hasher };
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x0a000002),	/* client 2 */
	};
	struct http1_head asked = { .method = { "GET", 3 } };
	const struct claim_source source = {
		.head = &asked,
		.address = (struct sockaddr *)&address,
	};
	struct hosts_question q = { .conf = conf, .hasher = hasher };
	struct http1_host host;
	struct claim claim;

	ck_assert_int_eq(http1_host_parse(&host, name, strlen(name)),
	    HTTP1_OK);
	host.port = 80;
	q.name = &host;
	q.rule = conf_rule(conf, &host);
	ck_assert_ptr_null(claim_make(&claim, &hash, q.rule, &source, NOW));
	if (longest > 0)
		claim.request.deadline = NOW + longest;
	q.claim = &claim;
	q.source = &source;
	ck_assert_int_eq(hosts_explain(hosts, &q, NOW, e), HOSTS_GO);
}

static void
prepare(enum before before)
{
	const struct hosts_order order = {
		.loop = &loop,
		.now = NOW,
		.until = NOW + 30 * SECOND,
		.by = "me",
		.reason = "",
	};
	struct hosts_change change;

	if (before == ONE || before == ONE_ENDED || before == TWO)
		ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	if (before == TWO)
		ck_assert_int_eq(ask(1, "a.test", 2, NULL), HOSTS_WAIT);
	if (before == ONE_ENDED)
		leave(0, false);
	if (before == PAUSED)
		ck_assert_int_eq(hosts_pause(hosts, "a.test", &order, &change),
		    HOSTS_DONE);
	if (before == DRAINED)
		ck_assert_int_eq(hosts_drain(hosts, "a.test", &order, &change),
		    HOSTS_DONE);
}

static void
begin(const char *rule)
{
	char yaml[256];

	snprintf(yaml, sizeof yaml, "{hosts: {a.test: %s}}", rule);
	start(yaml);
}

static void
finish(void)
{
	unsigned i;

	for (i = 0; i < 3; i++)
		if (tickets[i].state != TICKET_IDLE)
			leave(i, false);
	end();
	stats_free();
}

/* The one that decides, or "". */
static const char *
decider(const struct hosts_explanation *e)
{
	unsigned i, n = 0;
	const char *name = "";

	for (i = 0; i < e->n; i++) {
		if (!e->reasons[i].decides)
			continue;
		name = e->reasons[i].name;
		n++;
	}
	ck_assert_uint_le(n, 1);
	return name;
}

START_TEST(state)
{
	struct hosts_explanation e;

	begin(states[_i].rule);
	prepare(states[_i].before);
	explain("a.test", states[_i].max_wait, &e);
	ck_assert_int_eq(strncmp(e.key, "a.test", 6), 0);
	ck_assert_str_eq(e.says, states[_i].says);
	ck_assert_str_eq(decider(&e), states[_i].decides);
	ck_assert_int_eq(e.decision, states[_i].decision);
	ck_assert_uint_eq(e.starts, states[_i].in == THROTTLE_NEVER ?
	    THROTTLE_NEVER : NOW + states[_i].in);
	ck_assert_int_eq(e.certain, states[_i].certain);
	finish();
}
END_TEST

/* The same is said whether the table has an entry or none: nothing is spent. */
START_TEST(nothing_is_spent)
{
	struct hosts_explanation e;
	unsigned i;

	begin("{capacity: 1, period: 20s}");
	for (i = 0; i < 3; i++) {
		explain("a.test", 0, &e);
		ck_assert_int_eq(e.decision, HOSTS_DECIDE_GO);
	}
	ck_assert_uint_eq(hosts_view_count(hosts), 0);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	for (i = 0; i < 3; i++) {
		explain("a.test", 0, &e);
		ck_assert_uint_eq(e.starts, NOW + 20 * SECOND);
	}
	finish();
}
END_TEST

/* Who waits is told what it would have been told before it came. */
START_TEST(who_waits_first)
{
	struct hosts_explanation before, list[2];

	begin("{capacity: 1, period: 20s}");
	ck_assert_uint_eq(hosts_explain_queue(hosts, "a.test", NOW, list, 2),
	    0);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_uint_eq(hosts_explain_queue(hosts, "a.test", NOW, list, 2),
	    0);
	explain("a.test", 0, &before);
	ck_assert_int_eq(ask(1, "a.test", 2, NULL), HOSTS_WAIT);
	ck_assert_uint_eq(hosts_explain_queue(hosts, "a.test", NOW, list, 2),
	    1);
	ck_assert_str_eq(list[0].key, "a.test");
	ck_assert_int_eq(list[0].decision, HOSTS_DECIDE_WAIT);
	ck_assert_uint_eq(list[0].starts, before.starts);
	ck_assert_int_eq(list[0].certain, before.certain);
	ck_assert_str_eq(decider(&list[0]), decider(&before));
	ck_assert_str_eq(list[0].says, "1 per 20s lets it go in 20 s at the "
	    "earliest; 1 of at most 1000 wait");
	ck_assert_int_eq(ask(2, "a.test", 2, NULL), HOSTS_WAIT);
	ck_assert_uint_eq(hosts_explain_queue(hosts, "a.test", NOW, list, 2),
	    2);
	ck_assert_uint_eq(list[1].starts, NOW + 40 * SECOND);
	finish();
}
END_TEST

/* Who waits at a host that is drained goes on; only newcomers are refused. */
START_TEST(waits_at_drained)
{
	struct hosts_explanation e, list[1];

	begin("{capacity: 1, period: 20s}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(1, "a.test", 2, NULL), HOSTS_WAIT);
	prepare(DRAINED);
	explain("a.test", 0, &e);
	ck_assert_int_eq(e.decision, HOSTS_DECIDE_REFUSE);
	ck_assert_uint_eq(hosts_explain_queue(hosts, "a.test", NOW, list, 1),
	    1);
	ck_assert_int_eq(list[0].decision, HOSTS_DECIDE_WAIT);
	ck_assert_uint_eq(list[0].starts, NOW + 20 * SECOND);
	finish();
}
END_TEST

/* A refusal keeps why, once, and it is what would have been explained. */
START_TEST(why_it_was_refused)
{
	struct hosts_explanation before, e;

	begin("{concurrency: 1, queue: {length: 0}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	explain("a.test", 0, &before);
	ck_assert_int_eq(ask(1, "a.test", 2, NULL), HOSTS_FULL);
	ck_assert(hosts_explain_refused(&tickets[1], &e));
	ck_assert_str_eq(e.says, before.says);
	ck_assert_str_eq(e.key, before.key);
	ck_assert_int_eq(e.decision, HOSTS_DECIDE_REFUSE);
	ck_assert_str_eq(decider(&e), decider(&before));
	ck_assert(!hosts_explain_refused(&tickets[1], &e));
	leave(1, false);
	finish();
}
END_TEST

/* A part is told by its name, and only those who are in it wait for it. */
START_TEST(part)
{
	struct hosts_explanation e;

	begin("{concurrency: 5, paths: {/: {capacity: 1, period: 20s}}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	explain("a.test", 0, &e);
	ck_assert_str_eq(e.part, "");
	ck_assert_int_eq(e.decision, HOSTS_DECIDE_GO);
	ck_assert_uint_eq(e.n, 2);
	ck_assert_str_eq(e.reasons[0].name, "5 at a time");
	ck_assert_str_eq(e.reasons[0].says, "lets it go now");
	ck_assert_str_eq(e.reasons[1].name, "turn");
	ck_assert_str_eq(e.reasons[1].says, "it may be next");
	finish();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("hosts_explain");
	TCase *c = tcase_create("explain");

	tcase_add_loop_test(c, state, 0, sizeof states / sizeof states[0]);
	tcase_add_test(c, nothing_is_spent);
	tcase_add_test(c, who_waits_first);
	tcase_add_test(c, waits_at_drained);
	tcase_add_test(c, why_it_was_refused);
	tcase_add_test(c, part);
	suite_add_tcase(s, c);
	return run_suite(s);
}
