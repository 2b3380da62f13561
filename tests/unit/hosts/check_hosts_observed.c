/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_control.h"
#include "hosts/hosts_learn.h"
#include "hosts/hosts_observed.h"
#include "hosts/hosts_reload.h"
#include "hosts/hosts_view.h"

#include "check_hosts.h"
#include "check_run.h"

/* Hosts whose limits are only observed, or tried, and what reloads do. */

#define LIMITS	"capacity: 1, period: 1h, queue: {max_wait: 90m}"
#define ENFORCE	"{hosts: {a.test: {" LIMITS "}}}"
#define OBSERVE	"{hosts: {a.test: {mode: observe, " LIMITS "}}}"
#define TRIES	"{hosts: {a.test: {candidate: {" LIMITS "}}}}"
#define HOUR_NS	(3600 * SECOND)

/* The table's configuration from now on; the one before is given up. */
static void
reload(const char *yaml)
{
	struct conf *old = conf;

	conf = parse(yaml);
	hosts_reload(hosts, conf, NOW);
	conf_unref(old);
	hosts_admit_all(hosts, &loop, NOW);
}

static void
check_observed(uint64_t now, uint64_t went, uint64_t waited, uint64_t refused,
    uint32_t waiting)
{
	struct host_view v;

	ck_assert(hosts_view_one(hosts, "a.test", now, &v));
	ck_assert(v.observing);
	ck_assert_uint_eq(v.observed.decided[STATS_WOULD_GO], went);
	ck_assert_uint_eq(v.observed.decided[STATS_WOULD_WAIT], waited);
	ck_assert_uint_eq(v.observed.decided[STATS_WOULD_REFUSE], refused);
	ck_assert_uint_eq(v.observed.waiting, waiting);
	host_view_done(&v);
}

static void
check_words(unsigned i, const char *words)
{
	const char *got = hosts_observed(hosts, &tickets[i], NOW);

	if (words == NULL)
		ck_assert_ptr_null(got);
	else
		ck_assert_str_eq(got, words);
}

/* By the rule, or beside it: the same is told, and nobody is held. */
static const char *const ways[] = { OBSERVE, TRIES };

START_TEST(tells_what_would_be)
{
	unsigned i;

	start(ways[_i]);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(ask(i, "a.test", 1, NULL), HOSTS_GO);
	check_words(0, NULL);
	check_words(1, "would have waited 1 h or more");
	check_words(2, "would have been refused: 1 per 1h");
	check_observed(NOW, 1, 0, 1, 1);
	for (i = 0; i < 3; i++)
		leave(i, false);
	/* what was said goes with the ticket, but who waits stays */
	ck_assert_ptr_null(tickets[1].observed_as);
	check_observed(NOW + HOUR_NS - 1, 1, 0, 1, 1);
	check_observed(NOW + HOUR_NS, 1, 1, 1, 0);
	end();
}
END_TEST

START_TEST(counters_have_it)
{
	struct stats_block sum = { .resends = 0 }, before = { .resends = 0 };
	unsigned series;

	start(OBSERVE);
	series = conf->rules[0].series;
	stats_sum(series, &before);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_GO);
	leave(0, false);
	leave(1, false);
	/* who waits when the entry goes counts, too */
	end();
	stats_sum(series, &sum);
	ck_assert_uint_eq(sum.observed[STATS_WOULD_GO] -
	    before.observed[STATS_WOULD_GO], 1);
	ck_assert_uint_eq(sum.observed[STATS_WOULD_WAIT] -
	    before.observed[STATS_WOULD_WAIT], 1);
}
END_TEST

/* What was spent where it was only observed is spent when limits hold. */
START_TEST(begins_with_what_was_observed)
{
	struct host_view v;

	start(OBSERVE);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	reload(ENFORCE);
	ck_assert(hosts_view_one(hosts, "a.test", NOW, &v));
	ck_assert(!v.observing);
	host_view_done(&v);
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_WAIT);
	/* and the other way, where those who wait go at once */
	reload(OBSERVE);
	ck_assert_int_eq(tickets[1].state, TICKET_HELD);
	ck_assert_int_eq(ask(2, "a.test", 1, NULL), HOSTS_GO);
	check_words(2, "would have waited 1 h or more");
	leave(0, false);
	leave(1, false);
	leave(2, false);
	end();
}
END_TEST

/* The shadow stays, with who is in it, whichever of the two asks for it. */
START_TEST(shadow_outlives_reloads)
{
	start(OBSERVE);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_GO);
	check_observed(NOW, 1, 0, 0, 1);
	reload("{hosts: {a.test: {candidate: {capacity: 2, period: 1h, "
	    "burst: 1}}}}");
	check_observed(NOW, 1, 0, 0, 1);
	leave(0, false);
	leave(1, false);
	check_observed(NOW + HOUR_NS / 2, 1, 1, 0, 0);
	reload("{hosts: {a.test: {}}}");
	end();
}
END_TEST

/* Another rule, and so another entry: tickets take their places along. */
START_TEST(places_move_with_tickets)
{
	start("{hosts: {\"*.test\": {mode: observe, shared: true, "
	    "concurrency: 1, queue: {max_wait: 90m}}}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_GO);
	reload("{hosts: {a.test: {mode: observe, concurrency: 1}}}");
	check_observed(NOW, 0, 0, 0, 1);
	leave(0, false);
	check_observed(NOW, 0, 1, 0, 0);
	leave(1, false);
	reload("{hosts: {b.test: {}}}");
	end();
}
END_TEST

/* A host's pause is the shadow's, and holds when limits do. */
START_TEST(pauses)
{
	struct lesson l = {
		.verdict = BUDGET_THROTTLED,
		.pause = 20 * SECOND,
	};

	start(OBSERVE);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_uint_eq(hosts_learn(hosts, &tickets[0], &l, NOW), 0);
	leave(0, false);
	reload("{hosts: {a.test: {mode: observe}}}");
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_GO);
	check_words(1, "would have waited 20 s or more");
	reload("{hosts: {a.test: {}}}");
	ck_assert_int_eq(ask(2, "a.test", 1, NULL), HOSTS_WAIT);
	ck_assert_uint_eq(tickets[2].report.start, NOW + 20 * SECOND);
	reload("{hosts: {a.test: {mode: observe}}}");
	ck_assert_int_eq(tickets[2].state, TICKET_HELD);
	leave(1, false);
	leave(2, false);
	end();
}
END_TEST

#define SHADOW	"{hosts: {a.test: {mode: observe, queue: {max_wait: 1h}}}}"

/* Whatever holds up a host for what it says holds up the shadow. */
static const struct {
	const char	*yaml;
	struct lesson	 lesson;
	const char	*words;		/* of the next one; NULL: it would go */
} taught[] = {
	/* what is left until a reset is spread */
	{ SHADOW, { .verdict = BUDGET_SUCCESS, .shape = true, .left = 0,
	    .reset = 100 * SECOND },
	    "would have waited 100 s or more" },
	{ SHADOW, { .verdict = BUDGET_SUCCESS, .shape = true, .left = 3,
	    .reset = 100 * SECOND },
	    "would have waited 25 s or more" },
	/* no longer than the rule has a pause last */
	{ "{hosts: {a.test: {mode: observe, pause: {max: 10s}}}}",
	    { .verdict = BUDGET_THROTTLED, .pause = 20 * SECOND },
	    "would have waited 10 s or more" },
	/* "at once" is believed, once */
	{ SHADOW, { .verdict = BUDGET_THROTTLED, .at_once = true,
	    .base = 5 * SECOND }, NULL },
	/* of a part that is not told apart others are not held up */
	{ SHADOW, { .verdict = BUDGET_SUCCESS, .partial = true,
	    .pause = 20 * SECOND }, NULL },
};

START_TEST(lessons)
{
	start(taught[_i].yaml);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_uint_eq(hosts_learn(hosts, &tickets[0], &taught[_i].lesson,
	    NOW), 0);
	leave(0, false);
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_GO);
	check_words(1, taught[_i].words);
	leave(1, false);
	end();
}
END_TEST

/* What an operator does to the host, he does to its shadow. */
START_TEST(operators)
{
	struct hosts_order order = { .loop = &loop, .now = NOW, .by = "me",
	    .reason = "" };
	struct hosts_change change;
	struct lesson l = {
		.verdict = BUDGET_THROTTLED,
		.pause = 20 * SECOND,
	};

	start(OBSERVE);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	hosts_learn(hosts, &tickets[0], &l, NOW);
	leave(0, false);
	ck_assert_int_eq(hosts_resume(hosts, "a.test", &order, &change),
	    HOSTS_DONE);
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_GO);
	check_words(1, "would have waited 1 h or more");
	ck_assert_int_eq(hosts_forget(hosts, "a.test", &order, &change),
	    HOSTS_DONE);
	check_observed(NOW, 1, 1, 0, 0);
	leave(1, false);
	end();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("hosts_observed");
	TCase *tc = tcase_create("observed");

	ROWS(tc, tells_what_would_be, ways);
	tcase_add_test(tc, counters_have_it);
	tcase_add_test(tc, begins_with_what_was_observed);
	tcase_add_test(tc, shadow_outlives_reloads);
	tcase_add_test(tc, places_move_with_tickets);
	tcase_add_test(tc, pauses);
	ROWS(tc, lessons, taught);
	tcase_add_test(tc, operators);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
