/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_state.h"

#include "hosts/host.h"
#include "hosts/host_pause.h"
#include "hosts/hosts_control.h"
#include "hosts/hosts_view.h"
#include "hosts/state_line.h"
#include "throttle/budget_save.h"

#include "check_hosts.h"
#include "check_run.h"

/* What one table has written another one reads, later and by other rules. */

#define LATER	(NOW + 10 * SECOND)
#define FIVE	"{hosts: {a.test: {capacity: 5, period: 1h, burst: 5, " \
		"pause: {max: 1h}, queue: {max_wait: 1h}}}}"

static struct text written;
static struct budget_saved saved;
static struct hosts_change change;

static void
write_down(void)
{
	struct hosts_writer w = { .hosts = hosts, .text = &written,
		.saved = &saved, .at = { NOW, NOW, NOW } };

	written = (struct text){ NULL, 0, 0, false };
	ck_assert_uint_eq(hosts_state_piece(&w, 0, true), 0);
	hosts_state_overrides(&w);
	ck_assert(!written.failed);
	end();
}

/* Returns what is wrong with a line, which is cut. */
static const char *
read_line(char *line, struct hosts_instant at, bool same_boot)
{
	struct hosts_reader r = { .hosts = hosts, .saved = &saved, .at = at,
		.same_boot = same_boot };

	return hosts_state_read(&r, line);
}

/* Begins again, under other rules, with what was written. */
static void
read_again(const char *yaml, struct hosts_instant at, bool same_boot)
{
	char *p, *feed, *stop = written.p + written.len;

	start(yaml);
	ck_assert(hosts_state_is_empty(hosts));
	for (p = written.p; p != NULL && p < stop; p = feed + 1) {
		feed = memchr(p, '\n', (size_t)(stop - p));
		ck_assert_ptr_nonnull(feed);
		ck_assert(state_line_check(p, (size_t)(feed - p)));
		ck_assert_pstr_eq(read_line(p, at, same_boot), NULL);
	}
	text_free(&written);
}

static struct host_view
view_at(uint64_t now)
{
	struct host_view v;

	ck_assert(hosts_view_one(hosts, "a.test", now, &v));
	host_view_done(&v);
	return v;
}

static const struct hosts_instant later = { LATER, LATER, LATER };

/* What was spent, and since when: by the clock that both of them know. */
START_TEST(time_has_passed)
{
	/* of another boot, by the clock on the wall; one may be set back */
	static const struct {
		struct hosts_instant at;
		bool same_boot;
		int64_t left;
	} rows[] = {
		{ { LATER, NOW + 720 * SECOND, NOW }, true, 4 },
		{ { LATER, NOW, NOW + 720 * SECOND }, false, 4 },
		{ { LATER, NOW - SECOND, NOW + 720 * SECOND }, true, 3 },
		{ { LATER, NOW + 720 * SECOND, NOW - SECOND }, false, 3 },
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		start(FIVE);
		ck_assert(hosts_state_is_empty(hosts));
		ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
		ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_GO);
		ck_assert(!hosts_state_is_empty(hosts));
		leave(0, false);
		leave(1, false);
		write_down();
		read_again(FIVE, rows[i].at, rows[i].same_boot);
		ck_assert_int_eq(view_at(LATER).throttle.host.rates[0].left,
		    rows[i].left * (int64_t)THROTTLE_UNIT);
		end();
	}
}
END_TEST

/* A pause goes on, for as long as the rule that holds now lets one last. */
START_TEST(pauses_go_on)
{
	static const struct {
		const char *yaml;
		enum stats_cause cause;
		uint64_t left;
	} rows[] = {
		{ FIVE, STATS_NAMED, 50 * SECOND },
		{ "{hosts: {a.test: {pause: {max: 20s}}}}", STATS_NAMED,
		    20 * SECOND },
		/* an operator is no host that may be wrong */
		{ "{hosts: {a.test: {pause: {max: 20s}}}}", STATS_MANUAL,
		    50 * SECOND },
	};
	struct host_view v;
	size_t i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		start(FIVE);
		ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
		ck_assert(host_pause(tickets[0].host, THROTTLE_WHOLE,
		    NOW + 60 * SECOND, rows[i].cause, NOW));
		leave(0, false);
		write_down();
		read_again(rows[i].yaml, later, true);
		v = view_at(LATER + rows[i].left - 1);
		ck_assert_int_eq(v.state, HOSTS_PAUSED);
		ck_assert_int_eq(v.cause, rows[i].cause);
		ck_assert_int_ne(view_at(LATER + rows[i].left).state,
		    HOSTS_PAUSED);
		end();
	}
}
END_TEST

/* ... and is over where that time has passed meanwhile. */
START_TEST(pauses_are_over)
{
	start(FIVE);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert(host_pause(tickets[0].host, THROTTLE_WHOLE, LATER,
	    STATS_NAMED, NOW));
	leave(0, false);
	write_down();
	read_again(FIVE, later, true);
	ck_assert_int_ne(view_at(LATER).state, HOSTS_PAUSED);
	end();
}
END_TEST

/* What operators have set holds again, for what is left of its time. */
START_TEST(orders_hold_again)
{
	struct hosts_order order = { .loop = &loop, .now = NOW,
		.by = "root", .reason = "a test" };
	const struct hosts_limits two = { .capacity = 2 * THROTTLE_UNIT,
		.period = SECOND, .has_concurrency = true, .concurrency = 3 };
	struct host_view v;

	start(FIVE);
	order.until = NOW + 60 * SECOND;
	ck_assert_int_eq(hosts_pause(hosts, "a.test", &order, &change),
	    HOSTS_DONE);
	order.until = 0;
	ck_assert_int_eq(hosts_drain(hosts, "b.test", &order, &change),
	    HOSTS_DONE);
	order.until = NOW + 5 * SECOND;
	ck_assert_int_eq(hosts_set(hosts, "c.test", &two, &order, &change),
	    HOSTS_DONE);
	order.until = NOW + 30 * SECOND;
	ck_assert_int_eq(hosts_set(hosts, "d.test", &two, &order, &change),
	    HOSTS_DONE);
	write_down();
	read_again(FIVE, later, true);
	ck_assert_int_eq(ask(3, "a.test", 1, NULL), HOSTS_WAIT);
	leave(3, false);
	ck_assert_int_eq(view_at(NOW + 60 * SECOND - 1).state, HOSTS_PAUSED);
	ck_assert_int_ne(view_at(NOW + 60 * SECOND).state, HOSTS_PAUSED);
	ck_assert_int_eq(ask(0, "b.test", 1, NULL), HOSTS_DRAINED);
	/* the time of one was over */
	ck_assert_int_eq(ask(1, "c.test", 1, NULL), HOSTS_GO);
	ck_assert(hosts_view_one(hosts, "c.test", LATER, &v));
	ck_assert(!v.overridden);
	host_view_done(&v);
	ck_assert_int_eq(ask(2, "d.test", 1, NULL), HOSTS_GO);
	ck_assert(hosts_view_one(hosts, "d.test", LATER, &v));
	ck_assert(v.overridden);
	ck_assert_uint_eq(v.throttle.host.concurrency, 3);
	host_view_done(&v);
	leave(0, false);
	leave(1, false);
	leave(2, false);
	end();
}
END_TEST

/* By whom, when and what it was: as it was told then, and not told again. */
START_TEST(orders_are_no_new_ones)
{
	struct hosts_order order = { .loop = &loop, .now = NOW, .given = 7,
		.until = NOW + 60 * SECOND, .by = "root", .reason = "a test" };
	struct hosts_override_view v;
	uint64_t last;

	start(FIVE);
	ck_assert(events_keep(8));
	ck_assert_int_eq(hosts_pause(hosts, "a.test", &order, &change),
	    HOSTS_DONE);
	last = events_last();
	ck_assert_uint_eq(last, 1);
	write_down();
	read_again(FIVE, later, true);
	ck_assert_uint_eq(events_last(), last);
	ck_assert_uint_eq(hosts_overrides(hosts, LATER, &v, 1), 1);
	ck_assert_uint_eq(v.given, 7);
	ck_assert_uint_eq(v.until, NOW + 60 * SECOND);
	ck_assert_str_eq(v.by, "root");
	ck_assert_str_eq(v.change.was, "open");
	ck_assert_str_eq(v.change.is, "paused for 60 s");
	events_free();
	end();
}
END_TEST

/* A release that does not write when it was: not later than its line. */
START_TEST(orders_of_an_older_release)
{
	char line[] = "drain name=a.test boot=5 wall=6 by=root reason=x";
	struct hosts_override_view v;

	start(FIVE);
	ck_assert_pstr_eq(read_line(line, later, true), NULL);
	ck_assert_uint_eq(hosts_overrides(hosts, LATER, &v, 1), 1);
	ck_assert_uint_eq(v.given, 6);
	ck_assert_str_eq(v.change.was, "open");
	ck_assert_str_eq(v.change.is, "draining");
	end();
}
END_TEST

#define AT	" boot=1 wall=1"
#define DAMAGED	"it is damaged"
#define UNKNOWN	"the configuration has no such throttle"

/* What is no line of ours, or of another version, changes nothing. */
START_TEST(lines_that_are_none)
{
	static const struct { const char *line, *wrong; } rows[] = {
		{ "", DAMAGED },
		{ "host", DAMAGED },
		{ "host name=a.test", DAMAGED },
		{ "host name" AT, DAMAGED },
		{ "host called=a.test" AT, DAMAGED },
		{ "host name=a.test wall=1 boot=1", DAMAGED },
		{ "host name=a.test boot=1", DAMAGED },
		{ "host name=a.test" AT " budget", DAMAGED },
		{ "host name=a.test" AT " budget=host rate=1", DAMAGED },
		{ "host name=a.test" AT " estimate=x", DAMAGED },
		{ "parts name=a.test" AT " named=1", DAMAGED },
		{ "host name=a.test~1" AT, UNKNOWN },
		{ "parts name=a%%20b" AT, UNKNOWN },
		{ "drain name=a.test~1" AT, UNKNOWN },
		{ "drain name=a.test" AT " by", DAMAGED },
		{ "pause name=a.test" AT, DAMAGED },
		{ "set name=a.test" AT, DAMAGED },
		{ "set name=a.test" AT " limits=1,2,3", DAMAGED },
		{ "set name=a.test" AT " limits=0,0,0,1,4294967296", DAMAGED },
		{ "set name=a.test" AT " limits=0,0,1000000,0,0",
		    "it cannot be set" },
		{ "tomorrow name=a.test" AT, "it is of another version" },
	};
	char line[128];
	size_t i;

	start("{}");
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		snprintf(line, sizeof line, "%s", rows[i].line);
		ck_assert_msg(strcmp(read_line(line, later, true),
		    rows[i].wrong) == 0, "%s", rows[i].line);
	}
	end();
}
END_TEST

/* What a newer version says of a budget is passed by, and the rest counts. */
START_TEST(words_that_are_unknown)
{
	char line[] = "host name=a.test" AT " cause=99 budget=host tomorrow=1 "
	    "budget=elsewhere of=x budget=path of=/x budget=tokens of=x "
	    "budget=all-tokens of=x budget=total";

	start(FIVE);
	ck_assert_pstr_eq(read_line(line, later, true), NULL);
	ck_assert_int_eq(view_at(LATER).throttle.host.rates[0].left,
	    5 * (int64_t)THROTTLE_UNIT);
	end();
}
END_TEST

/* A table that is full takes what it has, and no more. */
START_TEST(the_table_is_full)
{
	char first[] = "host name=a.test" AT, again[] = "host name=a.test" AT,
	    second[] = "host name=b.test" AT;

	start("{limits: {hosts: 1}}");
	ck_assert_pstr_eq(read_line(first, later, true), NULL);
	ck_assert_pstr_eq(read_line(second, later, true),
	    "there is no room for it");
	ck_assert_pstr_eq(read_line(again, later, true), NULL);
	ck_assert_uint_eq(hosts_view_count(hosts), 1);
	end();
}
END_TEST

/* Where nobody could see or end what operators had set it does not hold. */
START_TEST(there_is_no_control_plane)
{
	char line[] = "drain name=a.test" AT " by=root reason=x";

	start("{admin: off}");
	ck_assert_pstr_eq(read_line(line, later, true),
	    "there is no control plane");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	leave(0, false);
	end();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("hosts_state");
	TCase *tc = tcase_create("hosts_state");

	tcase_add_test(tc, time_has_passed);
	tcase_add_test(tc, pauses_go_on);
	tcase_add_test(tc, pauses_are_over);
	tcase_add_test(tc, orders_hold_again);
	tcase_add_test(tc, orders_are_no_new_ones);
	tcase_add_test(tc, orders_of_an_older_release);
	tcase_add_test(tc, lines_that_are_none);
	tcase_add_test(tc, words_that_are_unknown);
	tcase_add_test(tc, the_table_is_full);
	tcase_add_test(tc, there_is_no_control_plane);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
