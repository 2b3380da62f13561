/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_control.h"

#include "hosts/host.h"
#include "hosts/hosts_learn.h"
#include "hosts/hosts_lift.h"
#include "hosts/hosts_reload.h"
#include "hosts/hosts_table.h"
#include "hosts/hosts_view.h"

#include "check_hosts.h"
#include "check_random.h"
#include "check_run.h"

/* What operators change, and what is left of it by time and reloads. */

#define U	BUDGET_UNIT
#define FIVE	"{hosts: {a.test: {capacity: 5, period: 1s, " \
		"queue: {max_wait: 1h}}}}"

static struct hosts_change change;

static struct hosts_order
order_of(uint64_t now, uint64_t until)
{
	return (struct hosts_order){ .loop = &loop, .now = now,
	    .until = until, .by = "root", .reason = "a test" };
}

static void
reload(const char *yaml, uint64_t now)
{
	struct conf *old = conf;

	conf = parse(yaml);
	hosts_reload(hosts, conf, now);
	conf_unref(old);
}

static void
expect_limits(const char *key, uint64_t capacity, uint64_t period,
    uint64_t burst, uint32_t concurrency)
{
	struct host_view v;
	const struct gcra_rate *rate = &v.throttle.host.rates[0].limit;

	ck_assert(hosts_view_one(hosts, key, NOW, &v));
	ck_assert_uint_eq(v.throttle.host.nrates, capacity != 0);
	if (capacity != 0) {
		ck_assert_uint_eq(rate->capacity, capacity);
		ck_assert_uint_eq(rate->period, period);
		ck_assert_uint_eq(rate->burst, burst);
	}
	ck_assert_uint_eq(v.throttle.host.concurrency, concurrency);
	host_view_done(&v);
}

static enum hosts_done
set(const char *key, struct hosts_limits limits, uint64_t now, uint64_t until)
{
	struct hosts_order order = order_of(now, until);

	return hosts_set(hosts, key, &limits, &order, &change);
}

static enum hosts_done
carry_out(enum hosts_done (*fn)(struct hosts *, const char *,
    const struct hosts_order *, struct hosts_change *), const char *key,
    uint64_t now, uint64_t until)
{
	struct hosts_order order = order_of(now, until);

	return fn(hosts, key, &order, &change);
}

START_TEST(limits_set_and_unset)
{
	start(FIVE);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(set("a.test", (struct hosts_limits){
	    .capacity = 2 * U, .has_concurrency = true, .concurrency = 7 },
	    NOW, NOW + 60 * SECOND), HOSTS_DONE);
	ck_assert_str_eq(change.was, "5 per 1s");
	ck_assert_str_eq(change.is, "2 per 1s, 7 at a time");
	expect_limits("a.test", 2 * U, SECOND, 2 * U, 7);
	/* all at once: what was set before, and is not named now, is gone */
	ck_assert_int_eq(set("a.test", (struct hosts_limits){
	    .period = 2 * SECOND, .burst = U }, NOW, NOW + 60 * SECOND),
	    HOSTS_DONE);
	ck_assert_str_eq(change.was, "2 per 1s, 7 at a time");
	ck_assert_str_eq(change.is, "5 per 2s (burst 1)");
	expect_limits("a.test", 5 * U, 2 * SECOND, U, 0);
	ck_assert_uint_eq(hosts_overrides_count(hosts), 1);
	ck_assert_int_eq(carry_out(hosts_unset, "a.test", NOW, 0), HOSTS_DONE);
	ck_assert_str_eq(change.is, "5 per 1s");
	expect_limits("a.test", 5 * U, SECOND, 5 * U, 0);
	/* again is no mistake; a host that is not there is */
	ck_assert_int_eq(carry_out(hosts_unset, "a.test", NOW, 0), HOSTS_DONE);
	ck_assert_int_eq(carry_out(hosts_unset, "b.test", NOW, 0),
	    HOSTS_UNKNOWN);
	ck_assert_uint_eq(hosts_overrides_count(hosts), 0);
	leave(0, false);
	end();
	stats_free();
}
END_TEST

/* What is wrong changes nothing. */
START_TEST(limits_that_are_none)
{
	static const struct hosts_limits wrong[] = {
		{ .period = SECOND },
		{ .burst = U },
		{ .capacity = 1, .period = 366 * 86400 * SECOND },
	};
	size_t i;

	start("{hosts: {a.test: {concurrency: 1}, s.test: {capacity: 10, "
	    "strict: true}}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		change.is[0] = '\0';
		ck_assert_int_eq(set("a.test", wrong[i], NOW, NOW + SECOND),
		    HOSTS_WRONG);
		ck_assert_ptr_nonnull(strstr(change.is, "expected"));
	}
	ck_assert_int_eq(set("s.test", (struct hosts_limits){
	    .burst = 11 * U }, NOW, NOW + SECOND), HOSTS_WRONG);
	ck_assert_int_eq(set("*.none", (struct hosts_limits){
	    .capacity = U }, NOW, NOW + SECOND), HOSTS_UNKNOWN);
	ck_assert_uint_eq(hosts_overrides_count(hosts), 0);
	expect_limits("a.test", 0, 0, 0, 1);
	/* a rule without a rate gets one */
	ck_assert_int_eq(set("a.test", (struct hosts_limits){
	    .capacity = U / 2 }, NOW, NOW + SECOND), HOSTS_DONE);
	expect_limits("a.test", U / 2, SECOND, U, 1);
	leave(0, false);
	end();
	stats_free();
}
END_TEST

/* It holds for whoever comes, and those who wait go by it. */
START_TEST(limits_of_a_host_to_come)
{
	start("{hosts: {a.test: {capacity: 1, period: 1h, "
	    "queue: {max_wait: 2h}}}}");
	ck_assert_int_eq(set("a.test", (struct hosts_limits){
	    .capacity = 2 * U }, NOW, NOW + 60 * SECOND), HOSTS_DONE);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(2, "a.test", 1, NULL), HOSTS_WAIT);
	expect_limits("a.test", 2 * U, 3600 * SECOND, 2 * U, 0);
	ck_assert_str_eq(tickets[2].budget, "2 per 1h");
	ck_assert_int_eq(set("a.test", (struct hosts_limits){
	    .capacity = 9 * U, .period = SECOND }, NOW, NOW + 60 * SECOND),
	    HOSTS_DONE);
	host_admit(tickets[2].host, &loop, NOW + SECOND);
	ck_assert_int_eq(tickets[2].state, TICKET_HELD);
	for (unsigned i = 0; i < 3; i++)
		leave(i, false);
	end();
	stats_free();
}
END_TEST

START_TEST(expiry)
{
	start(FIVE);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_uint_eq(hosts_expire(hosts, &loop, NOW), THROTTLE_NEVER);
	ck_assert_int_eq(set("a.test", (struct hosts_limits){
	    .capacity = U }, NOW, NOW + 60 * SECOND), HOSTS_DONE);
	ck_assert_int_eq(set("b.test", (struct hosts_limits){
	    .capacity = U }, NOW, NOW + 30 * SECOND), HOSTS_DONE);
	ck_assert_int_eq(carry_out(hosts_drain, "c.test", NOW, 0), HOSTS_DONE);
	ck_assert_uint_eq(hosts_expire(hosts, &loop, NOW + 29 * SECOND),
	    NOW + 30 * SECOND);
	ck_assert_uint_eq(hosts_overrides_count(hosts), 3);
	ck_assert_uint_eq(hosts_expire(hosts, &loop, NOW + 30 * SECOND),
	    NOW + 60 * SECOND);
	expect_limits("a.test", U, SECOND, U, 0);
	ck_assert_uint_eq(hosts_expire(hosts, &loop, NOW + 60 * SECOND),
	    THROTTLE_NEVER);
	expect_limits("a.test", 5 * U, SECOND, 5 * U, 0);
	/* what has no end is left */
	ck_assert_uint_eq(hosts_overrides_count(hosts), 1);
	leave(0, false);
	end();
	stats_free();
}
END_TEST

/* A reload that changes the same limits wins, in whichever order. */
START_TEST(limits_and_reloads)
{
	start(FIVE);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(set("a.test", (struct hosts_limits){
	    .capacity = U }, NOW, NOW + 60 * SECOND), HOSTS_DONE);
	/* nothing of it is changed: kept, with what was spent */
	reload("{hosts: {a.test: {capacity: 5, period: 1s, "
	    "queue: {max_wait: 2h}}, b.test: {capacity: 1}}}", NOW);
	expect_limits("a.test", U, SECOND, U, 0);
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_WAIT);
	ck_assert_uint_eq(hosts_overrides_count(hosts), 1);
	/* it is */
	reload("{hosts: {a.test: {capacity: 6, period: 1s, "
	    "queue: {max_wait: 2h}}}}", NOW);
	expect_limits("a.test", 6 * U, SECOND, 6 * U, 0);
	ck_assert_uint_eq(hosts_overrides_count(hosts), 0);
	/* set after it, unset after another that kept it */
	ck_assert_int_eq(set("a.test", (struct hosts_limits){
	    .has_concurrency = true, .concurrency = 3 }, NOW,
	    NOW + 60 * SECOND), HOSTS_DONE);
	reload("{hosts: {a.test: {capacity: 6, period: 1s}}}", NOW);
	expect_limits("a.test", 6 * U, SECOND, 6 * U, 3);
	ck_assert_int_eq(carry_out(hosts_unset, "a.test", NOW, 0), HOSTS_DONE);
	expect_limits("a.test", 6 * U, SECOND, 6 * U, 0);
	/* of a host that is not there, and of one without a rule now */
	ck_assert_int_eq(set("b.test", (struct hosts_limits){
	    .capacity = U }, NOW, NOW + 60 * SECOND), HOSTS_DONE);
	ck_assert_int_eq(set("a.test", (struct hosts_limits){
	    .capacity = U }, NOW, NOW + 60 * SECOND), HOSTS_DONE);
	reload("{}", NOW);
	ck_assert_uint_eq(hosts_overrides_count(hosts), 1);
	expect_limits("a.test", 0, 0, 0, 0);
	/* another throttle has it now */
	reload("{hosts: {'*.test': {shared: true}}}", NOW);
	ck_assert_uint_eq(hosts_overrides_count(hosts), 0);
	leave(1, false);
	leave(0, false);
	end();
	stats_free();
}
END_TEST

START_TEST(paused_and_resumed)
{
	struct host_view v;

	start("{defaults: {pause: {max: 10s}, queue: {max_wait: 2h}}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(carry_out(hosts_pause, "a.test", NOW,
	    NOW + 60 * SECOND), HOSTS_DONE);
	ck_assert_str_eq(change.was, "open");
	ck_assert_str_eq(change.is, "paused for 60 s");
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_WAIT);
	/* never shorter */
	ck_assert_int_eq(carry_out(hosts_pause, "a.test", NOW,
	    NOW + 30 * SECOND), HOSTS_DONE);
	ck_assert_str_eq(change.is, "paused for 60 s");
	/* not by a reload, either, whatever pause.max says of answers */
	reload("{defaults: {pause: {max: 20s}, queue: {max_wait: 2h}}}", NOW);
	ck_assert(hosts_view_one(hosts, "a.test", NOW, &v));
	ck_assert_uint_eq(v.throttle.host.paused_until, NOW + 60 * SECOND);
	ck_assert_int_eq(v.cause, STATS_MANUAL);
	ck_assert_str_eq(v.why, "by root: a test");
	host_view_done(&v);
	ck_assert_int_eq(tickets[1].state, TICKET_WAITING);
	ck_assert_int_eq(carry_out(hosts_resume, "a.test", NOW, 0),
	    HOSTS_DONE);
	ck_assert_str_eq(change.was, "paused for 60 s");
	ck_assert_str_eq(change.is, "open");
	ck_assert_int_eq(tickets[1].state, TICKET_HELD);
	ck_assert_uint_eq(hosts_overrides_count(hosts), 0);
	/* one that nobody has asked yet */
	ck_assert_int_eq(carry_out(hosts_resume, "b.test", NOW, 0),
	    HOSTS_UNKNOWN);
	ck_assert_int_eq(carry_out(hosts_pause, "b.test", NOW,
	    NOW + 60 * SECOND), HOSTS_DONE);
	ck_assert_int_eq(ask(2, "b.test", 1, NULL), HOSTS_WAIT);
	ck_assert_int_eq(carry_out(hosts_resume, "b.test", NOW, 0),
	    HOSTS_DONE);
	ck_assert_int_eq(tickets[2].state, TICKET_HELD);
	for (unsigned i = 0; i < 3; i++)
		leave(i, false);
	end();
	stats_free();
}
END_TEST

START_TEST(drained)
{
	start("{defaults: {concurrency: 1, queue: {max_wait: 2h}}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_WAIT);
	ck_assert_int_eq(carry_out(hosts_drain, "a.test", NOW, 0), HOSTS_DONE);
	ck_assert_str_eq(change.is, "draining");
	ck_assert_int_eq(ask(2, "a.test", 1, NULL), HOSTS_DRAINED);
	/* that is no budget's doing */
	ck_assert_str_eq(tickets[2].budget, "");
	leave(2, false);
	/* who is there goes on */
	leave(0, false);
	ck_assert_int_eq(tickets[1].state, TICKET_HELD);
	leave(1, false);
	/* also of an entry that was dropped meanwhile, and after a reload */
	reload("{defaults: {concurrency: 2, queue: {max_wait: 2h}}}", NOW);
	hosts_sweep(hosts, 10, NOW);
	ck_assert_uint_eq(hosts_view_count(hosts), 0);
	ck_assert_int_eq(ask(2, "a.test", 1, NULL), HOSTS_DRAINED);
	leave(2, false);
	ck_assert_int_eq(carry_out(hosts_resume, "a.test", NOW, 0),
	    HOSTS_DONE);
	ck_assert_str_eq(change.was, "draining");
	ck_assert_int_eq(ask(2, "a.test", 1, NULL), HOSTS_GO);
	leave(2, false);
	end();
	stats_free();
}
END_TEST

START_TEST(forgotten)
{
	const struct lesson refusal = { .verdict = BUDGET_THROTTLED,
	    .status = 429, .pause = 1800 * SECOND };

	start("{hosts: {a.test: {capacity: 2, period: 1h, "
	    "queue: {max_wait: 5h}, pause: {max: 1h}}}}");
	ck_assert_int_eq(carry_out(hosts_forget, "a.test", NOW, 0),
	    HOSTS_UNKNOWN);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_GO);
	hosts_learn(hosts, &tickets[0], &refusal, NOW);
	ck_assert_int_eq(ask(2, "a.test", 1, NULL), HOSTS_WAIT);
	ck_assert_int_eq(carry_out(hosts_forget, "a.test", NOW, 0),
	    HOSTS_DONE);
	ck_assert_str_eq(change.was, "paused for 30 min");
	ck_assert_str_eq(change.is, "open");
	/* the waiter goes, and one more: no more than a new one allows */
	ck_assert_int_eq(tickets[2].state, TICKET_HELD);
	ck_assert_int_eq(ask(3, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(4, "a.test", 1, NULL), HOSTS_WAIT);
	ck_assert_uint_eq(throttle_inflight(
	    ((struct host *)tickets[0].host)->throttle), 4);
	for (unsigned i = 5; i > 0; i--)
		leave(i - 1, false);
	end();
	stats_free();
}
END_TEST

START_TEST(bounded)
{
	char name[32];
	unsigned i;

	start("{}");
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "h%u.test", i);
		ck_assert_int_eq(carry_out(hosts_drain, name, NOW, 0),
		    HOSTS_DONE);
	}
	ck_assert_int_eq(carry_out(hosts_drain, "one.more", NOW, 0),
	    HOSTS_TOO_MANY);
	/* one that is there may be changed */
	ck_assert_int_eq(carry_out(hosts_drain, "h7.test", NOW, 0),
	    HOSTS_DONE);
	end();
	stats_free();
}
END_TEST

/* Whatever is set and unset, in the end the file's limits hold. */
START_TEST(random_histories)
{
	static const char *const files[] = {
		"{hosts: {a.test: {capacity: 5}}}",
		"{hosts: {a.test: {capacity: 5, concurrency: 2}}}",
		"{hosts: {a.test: {concurrency: 2}}}",
		("{hosts: {a.test: {rates: [{capacity: 5}, "
		    "{capacity: 50, period: 1m}]}}}"),
	};
	struct hosts_limits limits;
	const struct budget_limits *file;
	struct host_view v;
	uint64_t now = NOW;
	unsigned round, i;

	state = seed = 1;
	start(files[0]);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	for (round = 0; round < 300; round++) {
		for (step = 0; step < 10; step++) {
			now += any(5) * SECOND;
			limits = (struct hosts_limits){
				.capacity = any(3) * U,
				.period = any(3) * SECOND,
				.burst = any(3) * U,
				.has_concurrency = any(2) == 1,
				.concurrency = (uint32_t)any(9),
			};
			switch (any(5)) {
			case 0:
			case 1:
				(void)set("a.test", limits, now,
				    now + (1 + any(9)) * SECOND);
				break;
			case 2:
				carry_out(hosts_unset, "a.test", now, 0);
				break;
			case 3:
				reload(files[any(4)], now);
				break;
			case 4:
				hosts_expire(hosts, &loop, now);
				break;
			}
		}
		if (any(2) == 0)
			carry_out(hosts_unset, "a.test", now, 0);
		else
			hosts_expire(hosts, &loop, now += 20 * SECOND);
		must(hosts_overrides_count(hosts) == 0);
		ck_assert(hosts_view_one(hosts, "a.test", now, &v));
		file = &v.rule->limits;
		ck_assert_ptr_eq(v.conf, conf);
		ck_assert(!v.overridden);
		ck_assert_uint_eq(v.throttle.host.nrates, file->nrates);
		for (i = 0; i < file->nrates; i++)
			ck_assert_mem_eq(&v.throttle.host.rates[i].limit,
			    &file->rates[i], sizeof file->rates[i]);
		ck_assert_uint_eq(v.throttle.host.concurrency,
		    file->concurrency);
		host_view_done(&v);
	}
	leave(0, false);
	end();
	stats_free();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("hosts_control");
	TCase *tc = tcase_create("control");

	tcase_add_test(tc, limits_set_and_unset);
	tcase_add_test(tc, limits_that_are_none);
	tcase_add_test(tc, limits_of_a_host_to_come);
	tcase_add_test(tc, expiry);
	tcase_add_test(tc, limits_and_reloads);
	tcase_add_test(tc, paused_and_resumed);
	tcase_add_test(tc, drained);
	tcase_add_test(tc, forgotten);
	tcase_add_test(tc, bounded);
	tcase_add_test(tc, random_histories);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
