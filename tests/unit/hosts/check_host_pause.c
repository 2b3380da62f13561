/* SPDX-License-Identifier: ISC */
#include "hosts/host.h"
#include "hosts/hosts_learn.h"
#include "hosts/host_pause.h"
#include "hosts/hosts_name.h"
#include "hosts/hosts_reload.h"

#include "check_hosts.h"
#include "check_run.h"

/* What a host counts, and what is told of its pauses. */

#define PLAIN	"{concurrency: 1, queue: {max_wait: 3h}, pause: {max: 1h}}"

static struct event_told told[64];

/* The events of a kind so far; the last of them is told[0]. */
static unsigned
told_of(enum event_kind kind)
{
	static struct event_told all[64];
	uint64_t missed;
	size_t i, n = events_read(0, all, 64, &missed);
	unsigned of = 0;

	for (i = 0; i < n; i++) {
		if (all[i].kind != kind)
			continue;
		told[0] = all[i];
		of++;
	}
	return of;
}

static struct stats_block *
counted(void)
{
	static struct stats_block sum;

	memset(&sum, 0, sizeof sum);
	stats_sum(STATS_DEFAULT, &sum);
	return &sum;
}

static void
learn(unsigned i, struct lesson l, uint64_t now)
{
	l.status = 429;
	hosts_learn(hosts, &tickets[i], &l, now);
}

START_TEST(causes)
{
	struct host *h;

	ck_assert(events_keep(64));
	start("{defaults: " PLAIN "}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	h = tickets[0].host;
	learn(0, (struct lesson){ .verdict = BUDGET_THROTTLED,
	    .pause = 10 * SECOND, .source = "Retry-After" }, NOW);
	ck_assert_uint_eq(h->counts.throttled, 1);
	ck_assert_int_eq(h->pause.causes[THROTTLE_WHOLE], STATS_NAMED);
	ck_assert_str_eq(h->pause.why, "after its answer 429 (Retry-After)");
	ck_assert_uint_eq(told_of(EVENT_PAUSE), 1);
	ck_assert_str_eq(told[0].host, "a.test");
	ck_assert_str_eq(told[0].text,
	    "paused for 10 s after its answer 429 (Retry-After)");
	ck_assert_uint_eq(counted()->pauses[STATS_NAMED], 1);
	leave(0, false);
	/* one waits, and is told of */
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_WAIT);
	ck_assert_uint_eq(told_of(EVENT_WAIT), 1);
	/* the pause is over */
	host_admit(h, &loop, NOW + 10 * SECOND);
	ck_assert_int_eq(tickets[1].state, TICKET_HELD);
	ck_assert_uint_eq(told_of(EVENT_RECOVERY), 1);
	host_pause_settle(h, NOW + 20 * SECOND);
	ck_assert_uint_eq(counted()->paused[STATS_NAMED], 10 * SECOND);
	/* a window of one slot is whole with a success */
	learn(1, (struct lesson){ .verdict = BUDGET_SUCCESS },
	    NOW + 11 * SECOND);
	ck_assert_uint_eq(told_of(EVENT_OPEN), 1);
	ck_assert_uint_eq(h->counts.admitted, 2);
	leave(1, false);
	end();
	events_free();
	stats_free();
}
END_TEST

/* Two pauses with a gap: the gap is not counted, whenever one looks. */
START_TEST(time_paused)
{
	struct host *h;

	start("{defaults: " PLAIN "}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	h = tickets[0].host;
	ck_assert(host_pause(h, THROTTLE_WHOLE, NOW + 4 * SECOND,
	    STATS_BACKOFF, NOW));
	host_pause_settle(h, NOW + 1 * SECOND);
	ck_assert_uint_eq(counted()->paused[STATS_BACKOFF], 1 * SECOND);
	/* longer, for another cause */
	ck_assert(host_pause(h, THROTTLE_WHOLE, NOW + 6 * SECOND, STATS_NAMED,
	    NOW + 3 * SECOND));
	ck_assert(!host_pause(h, THROTTLE_WHOLE, NOW + 5 * SECOND,
	    STATS_EXHAUSTED, NOW + 3 * SECOND));
	ck_assert(host_pause(h, THROTTLE_WHOLE, NOW + 60 * SECOND,
	    STATS_EXHAUSTED, NOW + 50 * SECOND));
	ck_assert_uint_eq(counted()->paused[STATS_BACKOFF], 3 * SECOND);
	ck_assert_uint_eq(counted()->paused[STATS_NAMED], 3 * SECOND);
	ck_assert_uint_eq(counted()->paused[STATS_EXHAUSTED], 0);
	/* ended before its time */
	host_pause_end(h, NOW + 52 * SECOND);
	host_pause_settle(h, NOW + 70 * SECOND);
	ck_assert_uint_eq(counted()->paused[STATS_EXHAUSTED], 2 * SECOND);
	ck_assert_uint_eq(counted()->pauses[STATS_BACKOFF], 1);
	ck_assert_uint_eq(counted()->pauses[STATS_NAMED], 0);
	ck_assert_uint_eq(counted()->pauses[STATS_EXHAUSTED], 1);
	leave(0, false);
	end();
	stats_free();
}
END_TEST

/* An entry that takes another's place at a reload has its pause, but not what
 * has been counted of it. */
START_TEST(time_paused_over_a_reload)
{
	struct host *h;

	start("{hosts: {'*.s.test': {concurrency: 1, shared: true, "
	    "pause: {max: 1h}}}}");
	ck_assert_int_eq(ask(0, "a.s.test", 1, NULL), HOSTS_GO);
	ck_assert(host_pause(tickets[0].host, THROTTLE_WHOLE,
	    NOW + 10 * SECOND, STATS_NAMED, NOW));
	conf_unref(conf);
	conf = parse("{hosts: {'*.s.test': {concurrency: 1, "
	    "pause: {max: 1h}}}}");
	hosts_reload(hosts, conf, NOW + 4 * SECOND);
	ck_assert_uint_eq(counted()->paused[STATS_NAMED], 4 * SECOND);
	h = tickets[0].host;
	ck_assert_str_eq(h->key, "a.s.test");
	host_pause_settle(h, NOW + 20 * SECOND);
	ck_assert_uint_eq(counted()->paused[STATS_NAMED], 10 * SECOND);
	leave(0, false);
	end();
	stats_free();
}
END_TEST

/* What a pause would have been while limits were observed is none. */
START_TEST(time_paused_since_it_is_enforced)
{
	start("{hosts: {a.test: {concurrency: 1, mode: observe}}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	learn(0, (struct lesson){ .verdict = BUDGET_THROTTLED,
	    .pause = 10 * SECOND, .reset = 10 * SECOND }, NOW);
	ck_assert_uint_eq(counted()->paused[STATS_NAMED], 0);
	conf_unref(conf);
	conf = parse("{hosts: {a.test: {concurrency: 1}}}");
	hosts_reload(hosts, conf, NOW + 4 * SECOND);
	ck_assert_uint_eq(throttle_paused_until(tickets[0].host->throttle,
	    THROTTLE_WHOLE), NOW + 10 * SECOND);
	host_pause_settle(tickets[0].host, NOW + 5 * SECOND);
	ck_assert_uint_eq(counted()->paused[STATS_NAMED] +
	    counted()->paused[STATS_BACKOFF], 1 * SECOND);
	leave(0, false);
	end();
	stats_free();
}
END_TEST

START_TEST(counts)
{
	const struct host *h;

	start("{defaults: {concurrency: 1, queue: {max_wait: 3h, "
	    "length: 1}}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_WAIT);
	ck_assert_int_eq(ask(2, "a.test", 1, NULL), HOSTS_FULL);
	h = tickets[0].host;
	ck_assert_uint_eq(h->counts.admitted, 1);
	ck_assert_uint_eq(h->counts.refused, 1);
	ck_assert(hosts_give_up(hosts, &tickets[1], NOW));
	ck_assert_uint_eq(h->counts.refused, 2);
	learn(0, (struct lesson){ .verdict = BUDGET_THROTTLED,
	    .pause = SECOND }, NOW);
	ck_assert_int_eq(hosts_return(hosts, &tickets[0], NOW), HOSTS_WAIT);
	ck_assert_uint_eq(h->counts.resent, 1);
	ck_assert_uint_eq(h->counts.throttled, 1);
	for (unsigned i = 0; i < 3; i++)
		leave(i, false);
	end();
	stats_free();
}
END_TEST

START_TEST(tunnels)
{
	const struct host *h;

	start("{defaults: " HOUR "}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	h = tickets[0].host;
	hosts_tunnel(hosts, &tickets[0], true);
	hosts_tunnel(hosts, &tickets[0], true);
	ck_assert_uint_eq(h->counts.tunnels, 1);
	/* it holds its slot no longer, but stands */
	hosts_release(hosts, &tickets[0], NOW);
	ck_assert_uint_eq(h->counts.tunnels, 1);
	hosts_tunnel(hosts, &tickets[0], false);
	hosts_tunnel(hosts, &tickets[0], false);
	ck_assert_uint_eq(h->counts.tunnels, 0);
	leave(0, false);
	end();
	stats_free();
}
END_TEST

/* Names are read as what they were printed of. */
START_TEST(names_of_throttles)
{
	static const struct {
		const char *text, *name, *key;	/* NULL: none */
	} rows[] = {
		{ "a.test", "a.test", "a.test" },
		{ "A.Test.:80", "a.test", "a.test" },
		{ "p.test:81", "p.test:81", "p.test 81" },
		{ "p.test:82", "p.test", "p.test" },
		{ "x.s.test", "*.s.test", "=*.s.test" },
		{ "*.s.test", "*.s.test", "=*.s.test" },
		{ "[2001:DB8::1]", "[2001:db8::1]", "2001:db8::1" },
		{ "k.test~00000000000000010000000000abcdef",
		    "k.test~00000000000000010000000000abcdef",
		    "k.test 00000000000000010000000000abcdef" },
		{ "k.test~0", NULL, NULL },
		{ "k.test~00000000000000010000000000ABCDEF", NULL, NULL },
		{ "k.test~00000000000000000000000000000000", NULL, NULL },
		{ "a.test~00000000000000010000000000abcdef", NULL, NULL },
		{ "*.other.test", NULL, NULL },
		{ "", NULL, NULL },
		{ "a b", NULL, NULL },
	};
	char name[EVENTS_HOST];
	struct hosts_name n;
	size_t i;

	start("{hosts: {'p.test:81': {}, '*.s.test': {shared: true}, "
	    "k.test: {per: X}}}");
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		ck_assert_msg(hosts_name_read(&n, conf, rows[i].text) ==
		    (rows[i].name != NULL), "%s", rows[i].text);
		if (rows[i].name == NULL)
			continue;
		ck_assert_str_eq(n.key, rows[i].key);
		ck_assert_str_eq(hosts_name_print(name, n.rule, &n.host,
		    &n.whose), rows[i].name);
	}
	end();
	stats_free();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("host_pause");
	TCase *tc = tcase_create("pause");

	tcase_add_test(tc, causes);
	tcase_add_test(tc, time_paused);
	tcase_add_test(tc, time_paused_over_a_reload);
	tcase_add_test(tc, time_paused_since_it_is_enforced);
	tcase_add_test(tc, counts);
	tcase_add_test(tc, tunnels);
	tcase_add_test(tc, names_of_throttles);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
