/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_away.h"

#include "hosts/hosts_control.h"
#include "hosts/hosts_learn.h"
#include "hosts/state_lesson.h"

#include "check_hosts_away.h"
#include "check_run.h"

#define RULES	"{hosts: {a.test: {capacity: 2, period: 1s, " \
		"queue: {max_wait: 1h}}, b.test: {concurrency: 1, " \
		"queue: {length: 2, max_wait: 1h}}}}"

/* As time goes on they go one after another, in that order. */
static void
check_order(const unsigned *order, unsigned n)
{
	struct lesson fine = { .status = 200, .verdict = BUDGET_SUCCESS };
	unsigned i, found = 0;
	uint64_t now;

	for (now = NOW; now < NOW + 60 * SECOND; now += SECOND / 10) {
		hosts_admit_all(next, &loop, now);
		deliver();
		nmails = 0;
		(void)carry_back(now);
		for (i = 0; i < nmails; i++) {
			if (mails[i]->deliver != NULL)
				continue;
			ck_assert_uint_lt(found, n);
			ck_assert_ptr_eq(mails[i], &tickets[order[found]].mail);
			(void)hosts_learn(hosts, &tickets[order[found++]],
			    &fine, now);
		}
		(void)carry_there(now);
	}
	ck_assert_uint_eq(found, n);
}

/* Whatever waits goes by the other one's budget, and nothing by ours. */
START_TEST(the_other_one_decides)
{
	begin(RULES, RULES);
	ck_assert(hosts_away_begin(hosts, ring_cb, &rung));
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_WAIT);
	ck_assert_uint_eq(rung, 1);
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_WAIT);
	ck_assert_int_eq(ask(2, "a.test", 1, NULL), HOSTS_WAIT);
	ck_assert_uint_eq(rung, 1);
	ck_assert_uint_eq(carry_there(NOW), 3);
	ck_assert_uint_eq(heard, 1);
	ck_assert_uint_eq(carry_back(NOW), 2);
	ck_assert_int_eq(state(0), TICKET_HELD);
	ck_assert_int_eq(state(1), TICKET_HELD);
	ck_assert_int_eq(state(2), TICKET_WAITING);
	ck_assert(tickets[0].mail.posted);
	/* time alone lets nobody go here */
	hosts_admit_all(hosts, &loop, NOW + 10 * SECOND);
	ck_assert_int_eq(state(2), TICKET_WAITING);
	leave(0, false);
	leave(1, false);
	leave(2, false);
	ck_assert_uint_eq(carry_there(NOW), 3);
	ck_assert_uint_eq(view_of(next, "a.test").throttle.waiting, 0);
	ck_assert_uint_eq(view_of(next, "a.test").throttle.host.inflight, 0);
	finish();
}
END_TEST

/* What was admitted before holds its slot there, until it ends here. */
START_TEST(slots_are_held)
{
	begin(RULES, RULES);
	ck_assert_int_eq(ask(0, "b.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(1, "b.test", 1, NULL), HOSTS_WAIT);
	ck_assert(hosts_away_begin(hosts, ring_cb, &rung));
	ck_assert_uint_eq(carry_there(NOW), 2);
	ck_assert_uint_eq(view_of(next, "b.test").throttle.host.inflight, 1);
	ck_assert_uint_eq(view_of(next, "b.test").throttle.waiting, 1);
	ck_assert_uint_eq(carry_back(NOW), 0);
	leave(0, false);
	ck_assert_int_eq(state(1), TICKET_WAITING);
	ck_assert_uint_eq(carry_there(NOW), 1);
	/* the mail is for the guest, whose loop delivers it */
	ck_assert_uint_eq(view_of(next, "b.test").throttle.host.inflight, 1);
	ck_assert_uint_eq(view_of(next, "b.test").throttle.waiting, 0);
	leave(1, false);
	ck_assert_uint_eq(carry_there(NOW), 1);
	ck_assert_uint_eq(view_of(next, "b.test").throttle.host.inflight, 0);
	finish();
}
END_TEST

/* A queue that is full there refuses here. */
START_TEST(a_full_queue_refuses)
{
	unsigned i;

	begin(RULES, RULES);
	ck_assert(hosts_away_begin(hosts, ring_cb, &rung));
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(ask(i, "b.test", 1, NULL), HOSTS_WAIT);
	ck_assert_uint_eq(carry_there(NOW), 4);
	ck_assert_uint_eq(carry_back(NOW), 2);
	ck_assert_int_eq(state(0), TICKET_HELD);
	ck_assert_int_eq(state(1), TICKET_WAITING);
	ck_assert_int_eq(state(2), TICKET_WAITING);
	ck_assert_int_eq(state(3), TICKET_IDLE);
	ck_assert_int_eq(tickets[3].refusal, HOSTS_FULL);
	for (i = 0; i < 4; i++)
		leave(i, false);
	ck_assert_uint_eq(carry_there(NOW), 3);
	finish();
}
END_TEST

/* What an answer here says holds there. */
START_TEST(a_pause_is_told)
{
	struct lesson l = { .verdict = BUDGET_THROTTLED, .pause = SECOND };

	begin(RULES, RULES);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert(hosts_away_begin(hosts, ring_cb, &rung));
	ck_assert_uint_eq(carry_there(NOW), 1);
	ck_assert_uint_gt(hosts_learn(hosts, &tickets[0], &l, NOW), 0);
	ck_assert_uint_eq(carry_there(NOW), 1);
	ck_assert_int_eq(view_of(next, "a.test").state, HOSTS_PAUSED);
	/* it goes back into the queue, here and there */
	ck_assert_int_eq(hosts_return(hosts, &tickets[0], NOW), HOSTS_WAIT);
	ck_assert_uint_eq(carry_there(NOW), 1);
	ck_assert_uint_eq(view_of(next, "a.test").throttle.waiting, 1);
	leave(0, false);
	ck_assert_uint_eq(carry_there(NOW), 1);
	ck_assert_uint_eq(view_of(next, "a.test").throttle.waiting, 0);
	finish();
}
END_TEST

#define LEARNS	"{hosts: {a.test: {capacity: 100, period: 1s, burst: 100, " \
		"queue: {max_wait: 1h}}}}"
#define GUESSES	"{hosts: {a.test: {learn: estimate, queue: {max_wait: 1h}}}}"
#define TOKENS	"{hosts: {a.test: {queue: {max_wait: 1h}, budgets: {tokens: " \
		"{rates: [{capacity: 100, period: 1h}]}}}}}"

/* An answer to /a/b that speaks of a part of its own. */
static struct lesson
of_a_part(uint64_t pause)
{
	return (struct lesson){
		.status = 429,
		.verdict = BUDGET_THROTTLED,
		.partial = true,
		.named = true,
		.part = { 7, 9 },
		.name = "the bucket",
		.method = { "GET", 3 },
		.path = { "/a/b", 4 },
		.pause = pause,
	};
}

/* /a/b waits for its part there, and nobody else does. */
static void
check_paused_part(void)
{
	ck_assert_int_eq(ask_path(4, "/a/b"), HOSTS_WAIT);
	ck_assert_int_eq(ask_path(5, "/else"), HOSTS_WAIT);
	(void)carry_there(NOW);
	(void)carry_back(NOW);
	ck_assert_int_eq(state(4), TICKET_WAITING);
	ck_assert_int_eq(state(5), TICKET_HELD);
	hosts_admit_all(next, &loop, NOW + 5 * SECOND - 1);
	ck_assert_uint_gt(view_of(next, "a.test").throttle.waiting, 0);
	hosts_admit_all(next, &loop, NOW + 5 * SECOND);
	ck_assert_uint_lt(view_of(next, "a.test").throttle.waiting, 2);
}

/* A part that the host has named is paused there, too, and who waits for it. */
START_TEST(named_parts_are_handed_over)
{
	struct lesson l = of_a_part(5 * SECOND);
	unsigned i;

	begin(LEARNS, LEARNS);
	ck_assert_int_eq(ask_path(0, "/a/b"), HOSTS_GO);
	ck_assert_uint_gt(hosts_learn(hosts, &tickets[0], &l, NOW), 0);
	ck_assert_int_eq(ask_path(1, "/a/b"), HOSTS_WAIT);
	ck_assert(hosts_away_begin(hosts, ring_cb, &rung));
	carry_state();
	ck_assert_uint_eq(carry_there(NOW), 2);
	ck_assert_uint_eq(carry_back(NOW), 0);
	ck_assert_uint_eq(view_of(next, "a.test").throttle.waiting, 1);
	check_paused_part();
	for (i = 0; i < 6; i++)
		if (i < 2 || i > 3)
			leave(i, false);
	(void)carry_there(NOW);
	finish();
}
END_TEST

/* ... and so is one that an answer names afterwards. */
START_TEST(parts_are_named_late)
{
	struct lesson l = of_a_part(5 * SECOND);

	begin(LEARNS, LEARNS);
	ck_assert_int_eq(ask_path(0, "/a/b"), HOSTS_GO);
	ck_assert(hosts_away_begin(hosts, ring_cb, &rung));
	carry_state();
	ck_assert_uint_eq(carry_there(NOW), 1);
	(void)hosts_learn(hosts, &tickets[0], &l, NOW);
	ck_assert_uint_eq(carry_there(NOW), 1);
	check_paused_part();
	leave(0, false);
	leave(4, false);
	leave(5, false);
	(void)carry_there(NOW);
	finish();
}
END_TEST

/* Its name goes as the host spells it, or not at all. */
START_TEST(names_are_handed_over)
{
	struct lesson l = of_a_part(5 * SECOND);
	struct state_lesson got = { .whole = false };
	struct text text = { 0 };
	struct state_word w;
	char *at;

	if (_i == 0)
		snprintf(l.raw, sizeof l.raw, "the bucket\xe4");
	l.no_rate = _i == 0;
	state_put_lesson(&text, &l, &(struct route){ .n = 0 });
	text_put(&text, "", 1);
	ck_assert(!text.failed);
	for (at = text.p; state_line_next(&at, &w);)
		ck_assert(state_lesson_word(&got, &w));
	ck_assert(got.whole);
	ck_assert(got.lesson.no_rate == l.no_rate);
	ck_assert_str_eq(got.lesson.name, l.name);
	ck_assert_str_eq(got.lesson.raw, l.raw);
	text_free(&text);
}
END_TEST

START_TEST(names_that_are_too_long)
{
	char value[LESSON_PART + 1], name[] = "raw";
	struct state_lesson got = { .whole = false };
	struct state_word w = { name, value };

	memset(value, 'x', sizeof value);
	value[LESSON_PART] = '\0';
	ck_assert(state_lesson_word(&got, &w));
	ck_assert_str_eq(got.lesson.raw, "");
	value[LESSON_PART - 1] = '\0';
	ck_assert(state_lesson_word(&got, &w));
	ck_assert_str_eq(got.lesson.raw, value);
}
END_TEST

/* What a refusal teaches of limits that nobody tells. */
START_TEST(estimates_learn_late)
{
	struct lesson l = { .status = 429, .verdict = BUDGET_THROTTLED,
		.backoff = true, .base = 5 * SECOND, .own_base = true };

	begin(GUESSES, GUESSES);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert(hosts_away_begin(hosts, ring_cb, &rung));
	ck_assert_uint_eq(carry_there(NOW), 1);
	(void)hosts_learn(hosts, &tickets[0], &l, NOW);
	ck_assert_uint_eq(carry_there(NOW), 1);
	ck_assert_int_eq(view_of(next, "a.test").state, HOSTS_PAUSED);
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_WAIT);
	ck_assert_uint_eq(carry_there(NOW), 1);
	ck_assert_uint_eq(carry_back(NOW), 0);
	ck_assert_int_eq(state(1), TICKET_WAITING);
	leave(0, false);
	leave(1, false);
	(void)carry_there(NOW);
	finish();
}
END_TEST

/* What a host says is left of a named budget is so there. */
START_TEST(what_is_left_is_told)
{
	struct host_view v;

	begin(TOKENS, TOKENS);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert(hosts_away_begin(hosts, ring_cb, &rung));
	ck_assert_uint_eq(carry_there(NOW), 1);
	hosts_meter_left(hosts, &tickets[0], "tokens", 7000000, NOW, NOW);
	ck_assert_uint_eq(carry_there(NOW), 1);
	v = view_of(next, "a.test");
	ck_assert_uint_eq(v.nmetered, 1);
	ck_assert_int_eq(v.metered[0].rate.left, 7000000);
	leave(0, false);
	finish();
}
END_TEST

/* Lessons that are none. */
START_TEST(lessons_that_are_none)
{
	static const char *const bad[] = {
		"lesson number=1", "lesson number=1 lesson=429",
		"lesson number=1 lesson=1000,0,0,0,0,0,0",
		"lesson number=1 lesson=429,9,0,0,0,0,0",
		"lesson number=1 lesson=429,0,2,0,0,0,0 named=1",
		"lesson number=1 lesson=429,0,0,0,0,0,0 allowed=1,2",
		"lesson number=1 lesson=429,0,0,0,0,0,0 room=1,2",
	};
	char line[128];
	size_t i;

	begin(RULES, RULES);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert(hosts_away_begin(hosts, ring_cb, &rung));
	ck_assert_uint_eq(carry_there(NOW), 1);
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(line, sizeof line, "%s", bad[i]);
		ck_assert_msg(!hosts_guests_line(guests, line, NOW), "%s",
		    bad[i]);
	}
	/* a part of which no request is known is not learned */
	snprintf(line, sizeof line, "lesson number=1 "
	    "lesson=429,%d,3,1000000000,0,0,0 named=1,2 of=x", BUDGET_THROTTLED);
	ck_assert(hosts_guests_line(guests, line, NOW));
	ck_assert_uint_eq(view_of(next, "a.test").throttle.nparts, 0);
	leave(0, false);
	finish();
}
END_TEST

/*
 * One client's requests that wait go in the order in which they came, whichever
 * loop each is on; one that was refused goes before all.
 */
START_TEST(turns_are_kept)
{
	struct lesson l = { .status = 429, .verdict = BUDGET_THROTTLED,
		.pause = SECOND };
	struct loop others[3] = { { .id = 0 } };
	unsigned i;

	begin(RULES, RULES);
	for (i = 0; i < 8; i++) {
		ck_assert_int_eq(ask(i, "a.test", 1, NULL),
		    i < 2 ? HOSTS_GO : HOSTS_WAIT);
		tickets[i].loop = &others[i % 3];
	}
	(void)hosts_learn(hosts, &tickets[1], &l, NOW);
	ck_assert_int_eq(hosts_return(hosts, &tickets[1], NOW), HOSTS_WAIT);
	ck_assert(hosts_away_begin(hosts, ring_cb, &rung));
	carry_state();
	(void)carry_there(NOW);
	check_order((unsigned[]){ 1, 2, 3, 4, 5, 6, 7 }, 7);
	for (i = 0; i < 8; i++)
		leave(i, false);
	(void)carry_there(NOW);
	finish();
}
END_TEST

/* ... even if they come here in another one: whoever has waited longer goes. */
START_TEST(turns_are_by_arrival)
{
	static const uint64_t arrived[] = {
		0, NOW - 3 * SECOND, NOW - 9 * SECOND,
	};
	static const char *const told[] = {
		"go number=1\n", "go number=3\n", "go number=2\n",
	};
	struct text t = { NULL, 0, 0, false };
	char line[128];
	unsigned i;

	begin(RULES, RULES);
	for (i = 0; i < 3; i++) {
		snprintf(line, sizeof line, "ask number=%u host=b.test "
		    "kind=%d weight=65536 cost=1000000 client=1 deadline=%llu "
		    "arrived=%llu", i + 1, HTTP1_NAME, 10000 * SECOND,
		    (unsigned long long)arrived[i]);
		ck_assert(hosts_guests_line(guests, line, NOW));
	}
	for (i = 0; i < 3; i++) {
		hosts_guests_take(guests, &t);
		text_put(&t, "", 1);
		ck_assert_str_eq(t.p, told[i]);
		text_free(&t);
		snprintf(line, sizeof line, "left number=%c", told[i][10]);
		ck_assert(hosts_guests_line(guests, line, NOW));
		deliver();
	}
	finish();
}
END_TEST

/* All is as if nothing had been. */
START_TEST(we_decide_again)
{
	begin(RULES, RULES);
	ck_assert_int_eq(ask(0, "b.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(1, "b.test", 1, NULL), HOSTS_WAIT);
	ck_assert(hosts_away_begin(hosts, ring_cb, &rung));
	leave(0, false);
	ck_assert_int_eq(state(1), TICKET_WAITING);
	hosts_away_end(hosts);
	hosts_admit_all(hosts, &loop, NOW);
	ck_assert_int_eq(state(1), TICKET_HELD);
	leave(1, false);
	finish();
}
END_TEST

/* An order would be lost: whoever gives it is told, and gives it there. */
START_TEST(orders_are_for_the_other_one)
{
	struct hosts_order order = { .loop = &loop, .now = NOW, .by = "me",
		.until = NOW + SECOND, .reason = "" };
	struct hosts_change change;

	begin(RULES, RULES);
	ck_assert(hosts_away_begin(hosts, ring_cb, &rung));
	ck_assert_int_eq(hosts_pause(hosts, "a.test", &order, &change),
	    HOSTS_AWAY);
	ck_assert_int_eq(hosts_drain(hosts, "b.test", &order, &change),
	    HOSTS_AWAY);
	ck_assert_int_eq(hosts_pause(next, "a.test", &order, &change),
	    HOSTS_DONE);
	hosts_away_end(hosts);
	ck_assert_int_eq(hosts_pause(hosts, "a.test", &order, &change),
	    HOSTS_DONE);
	finish();
}
END_TEST

START_TEST(the_other_one_is_lost)
{
	begin(RULES, RULES);
	ck_assert_int_eq(ask(0, "b.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(1, "b.test", 1, NULL), HOSTS_WAIT);
	ck_assert(hosts_away_begin(hosts, ring_cb, &rung));
	hosts_away_lost(hosts, NOW);
	ck_assert_int_eq(state(0), TICKET_HELD);
	ck_assert_int_eq(state(1), TICKET_IDLE);
	ck_assert_int_eq(tickets[1].refusal, HOSTS_LOST);
	ck_assert_int_eq(ask(2, "b.test", 1, NULL), HOSTS_LOST);
	leave(0, false);
	leave(1, false);
	leave(2, false);
	finish();
}
END_TEST

/* What holds there decides. */
START_TEST(other_limits)
{
	begin("{hosts: {a.test: {concurrency: 1, queue: {max_wait: 1h}}}}",
	    "{hosts: {a.test: {concurrency: 2, queue: {max_wait: 1h}}}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_WAIT);
	ck_assert(hosts_away_begin(hosts, ring_cb, &rung));
	ck_assert_uint_eq(carry_there(NOW), 2);
	ck_assert_uint_eq(carry_back(NOW), 1);
	ck_assert_int_eq(state(1), TICKET_HELD);
	ck_assert_int_eq(ask(2, "a.test", 1, NULL), HOSTS_WAIT);
	ck_assert_uint_eq(carry_there(NOW), 1);
	ck_assert_uint_eq(carry_back(NOW), 0);
	leave(0, false);
	leave(1, false);
	leave(2, false);
	ck_assert_uint_eq(carry_there(NOW), 3);
	finish();
}
END_TEST

/* Nothing is done for what is no line; nor is anything for memory's want. */
START_TEST(lines_that_are_none)
{
	static const char *const bad[] = {
		"", "what number=1", "ask", "ask number=1 host=a.test",
		"ask number=1 host=a.test weight=0", "hold number=2",
		"ask number=1 weight=1000000 urgency=9 host=a.test",
	};
	char line[128];
	size_t i;

	begin(RULES, RULES);
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(line, sizeof line, "%s", bad[i]);
		/* of whom nothing is known nothing can be wrong */
		ck_assert_int_eq(hosts_guests_line(guests, line, NOW), i == 1);
	}
	ck_assert(hosts_away_begin(hosts, ring_cb, &rung));
	snprintf(line, sizeof line, "go number=7");
	ck_assert(hosts_away_line(hosts, line, NOW));
	snprintf(line, sizeof line, "number=7");
	ck_assert(!hosts_away_line(hosts, line, NOW));
	finish();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("hosts_away");
	TCase *tc = tcase_create("hosts_away");

	tcase_add_test(tc, the_other_one_decides);
	tcase_add_test(tc, slots_are_held);
	tcase_add_test(tc, a_full_queue_refuses);
	tcase_add_test(tc, a_pause_is_told);
	tcase_add_test(tc, named_parts_are_handed_over);
	tcase_add_test(tc, parts_are_named_late);
	tcase_add_loop_test(tc, names_are_handed_over, 0, 2);
	tcase_add_test(tc, names_that_are_too_long);
	tcase_add_test(tc, estimates_learn_late);
	tcase_add_test(tc, what_is_left_is_told);
	tcase_add_test(tc, lessons_that_are_none);
	tcase_add_test(tc, turns_are_kept);
	tcase_add_test(tc, turns_are_by_arrival);
	tcase_add_test(tc, we_decide_again);
	tcase_add_test(tc, orders_are_for_the_other_one);
	tcase_add_test(tc, the_other_one_is_lost);
	tcase_add_test(tc, other_limits);
	tcase_add_test(tc, lines_that_are_none);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
