/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_away.h"

#include "hosts/hosts_guest.h"
#include "hosts/hosts_learn.h"
#include "hosts/hosts_view.h"

#include "check_hosts.h"
#include "check_run.h"

/* Two tables, of which one has taken over from the other. */

#define RULES	"{hosts: {a.test: {capacity: 2, period: 1s, " \
		"queue: {max_wait: 1h}}, b.test: {concurrency: 1, " \
		"queue: {length: 2, max_wait: 1h}}}}"

static struct conf	*new_conf;
static struct hosts	*next;
static struct hosts_guests *guests;
static unsigned		 rung;		/* there is something to be told */
static unsigned		 heard;

uint64_t
loop_now(void)
{
	return NOW;
}

static void
ring_cb(void *arg)
{
	++*(unsigned *)arg;
}

static void
begin(const char *yaml, const char *new_yaml)
{
	start(yaml);
	new_conf = parse(new_yaml);
	next = hosts_new(new_conf, 1);
	guests = hosts_guests_new(next, &loop, ring_cb, &heard);
	ck_assert_ptr_nonnull(next);
	ck_assert_ptr_nonnull(guests);
	rung = heard = 0;
}

static void
finish(void)
{
	hosts_guests_free(guests);
	while (narmed > 0) {
		armed[--narmed]->armed = false;
		armed[narmed]->fire(armed[narmed], NULL, NOW);
	}
	hosts_free(next);
	conf_unref(new_conf);
	end();
}

/* Carries lines there; returns how many. */
static unsigned
carry_there(uint64_t now)
{
	struct text t = { NULL, 0, 0, false };
	unsigned n = 0;
	char *p, *feed;

	hosts_away_take(hosts, &t);
	for (p = t.p; t.len > 0 && p < t.p + t.len; p = feed + 1, n++) {
		feed = memchr(p, '\n', (size_t)(t.p + t.len - p));
		ck_assert_ptr_nonnull(feed);
		*feed = '\0';
		ck_assert(hosts_guests_line(guests, p, now));
	}
	text_free(&t);
	return n;
}

/* ... and back. */
static unsigned
carry_back(uint64_t now)
{
	struct text t = { NULL, 0, 0, false };
	unsigned n = 0;
	char *p, *feed;

	hosts_guests_take(guests, &t);
	for (p = t.p; t.len > 0 && p < t.p + t.len; p = feed + 1, n++) {
		feed = memchr(p, '\n', (size_t)(t.p + t.len - p));
		ck_assert_ptr_nonnull(feed);
		*feed = '\0';
		ck_assert(hosts_away_line(hosts, p, now));
	}
	text_free(&t);
	return n;
}

static struct host_view
view_of(struct hosts *hs, const char *key)
{
	struct host_view v;

	ck_assert(hosts_view_one(hs, key, NOW, &v));
	host_view_done(&v);
	return v;
}

static enum ticket_state
state(unsigned i)
{
	return tickets[i].state;
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
	ck_assert_uint_eq(carry_there(NOW), 2);
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
	tcase_add_test(tc, we_decide_again);
	tcase_add_test(tc, the_other_one_is_lost);
	tcase_add_test(tc, other_limits);
	tcase_add_test(tc, lines_that_are_none);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
