/* SPDX-License-Identifier: ISC */
#include "check_throttle.h"

#include <stdlib.h>
#include <string.h>

#include "throttle/throttle_total.h"

/* What several throttles spend from together. */

#define THROTTLES	3
#define LOG		4096

/* A throttle, and when it is to be asked again. */
struct one {
	struct throttle		*t;
	uint64_t		 wake;
	unsigned		 went;
};

static struct throttle_total	 total;
static struct one		 ones[THROTTLES];

/* Who went, in order. */
static struct throttle_waiter	*went[LOG];
static unsigned			 nwent;

static void
begin(struct throttle_limits of_each, struct throttle_limits of_all)
{
	unsigned i;

	throttle_total_init(&total, &of_all.host, 1);
	for (i = 0; i < THROTTLES; i++) {
		ones[i] = (struct one){ new_throttle(of_each), NEVER, 0 };
		throttle_join(ones[i].t, &total, &ones[i]);
	}
	nwent = 0;
}

static void
end(void)
{
	unsigned i;

	for (i = 0; i < THROTTLES; i++)
		throttle_free(ones[i].t);
	ck_assert_ptr_null(throttle_total_first(&total));
}

static void
admit_one(struct one *o, uint64_t now)
{
	struct throttle_waiter *w;

	while ((w = throttle_next(o->t, now)) != NULL) {
		ck_assert_uint_lt(nwent, LOG);
		went[nwent++] = w;
		o->went++;
	}
	o->wake = throttle_wake(o->t, now);
}

/* As throttle_total.h has it. */
static void
admit(struct one *o, uint64_t now)
{
	struct one *first, *last = NULL;

	admit_one(o, now);
	while ((first = throttle_total_first(&total)) != NULL &&
	    first != last) {
		admit_one(first, now);
		last = first;
	}
}

/* The next who is due, at or after now; NULL: nobody is. */
static struct one *
next_due(uint64_t *now)
{
	struct one *next = NULL;
	unsigned i;

	for (i = 0; i < THROTTLES; i++)
		if (ones[i].wake != NEVER && (next == NULL ||
		    ones[i].wake < next->wake))
			next = &ones[i];
	if (next != NULL && next->wake > *now)
		*now = next->wake;
	return next;
}

/* Asks, and is put in the queue. */
static struct throttle_report
waits(unsigned i, struct throttle_waiter *w, uint64_t cost, uint64_t now)
{
	struct throttle_request q = request_of(cost, NEVER);
	struct throttle_report r;

	ck_assert_int_eq(throttle_ask(ones[i].t, w, &q, now, &r),
	    THROTTLE_WAIT);
	admit(&ones[i], now);
	return r;
}

static void
goes_at(struct throttle_waiter *w, uint64_t at)
{
	uint64_t now = 0;
	unsigned before = nwent;
	struct one *o = next_due(&now);

	ck_assert_ptr_nonnull(o);
	ck_assert_uint_eq(now, at);
	admit(o, now);
	ck_assert_uint_eq(nwent, before + 1);
	ck_assert_ptr_eq(went[before], w);
}

START_TEST(takes_from_both_or_neither)
{
	struct throttle_waiter a, b, c;
	struct throttle_report r;

	begin(one_rate(2 * U, SEC, 2 * U), one_rate(3 * U, 10 * SEC, 3 * U));
	go(ones[0].t, 2 * U, 0);
	go(ones[1].t, U, 0);
	r = waits(1, &a, U, 0);
	ck_assert(r.of_total);
	ck_assert_int_eq(r.what, BUDGET_SHORT_RATE);
	ck_assert_uint_eq(r.start, 10 * SEC / 3 + 1);
	throttle_cancel(ones[1].t, &a);
	admit(&ones[1], 0);
	/* it was not charged by its own */
	ck_assert_uint_eq(start_of(ones[2].t, U, 0), r.start);
	throttle_join(ones[1].t, NULL, NULL);
	go(ones[1].t, U, 0);
	throttle_join(ones[1].t, &total, &ones[1]);
	/* nor is the total by who waits for his own */
	pause_host(ones[0].t, 20 * SEC, SEC);
	r = waits(0, &c, U, SEC);
	ck_assert(!r.of_total);
	ck_assert_int_eq(r.what, BUDGET_SHORT_PAUSE);
	waits(1, &b, U, SEC);
	goes_at(&b, 10 * SEC / 3 + 1);
	goes_at(&c, 20 * SEC);
	end();
}
END_TEST

START_TEST(one_of_each_in_turn)
{
	struct throttle_waiter a[3], b[2], c;
	unsigned i;

	begin(slots(0), one_rate(U, SEC, U));
	go(ones[2].t, U, 0);
	for (i = 0; i < 3; i++)
		waits(0, &a[i], U, 0);
	for (i = 0; i < 2; i++)
		waits(1, &b[i], U, 0);
	/* whoever comes goes behind them, and first of his own */
	waits(2, &c, U, SEC / 2);
	goes_at(&a[0], SEC);
	goes_at(&b[0], 2 * SEC);
	goes_at(&c, 3 * SEC);
	goes_at(&a[1], 4 * SEC);
	goes_at(&b[1], 5 * SEC);
	goes_at(&a[2], 6 * SEC);
	ck_assert_ptr_null(throttle_total_first(&total));
	end();
}
END_TEST

START_TEST(nobody_passes_who_stands_in_line)
{
	struct throttle_waiter costly, cheap;

	begin(slots(0), one_rate(U, SEC, 5 * U));
	go(ones[0].t, 5 * U, 0);
	waits(0, &costly, 4 * U, 0);
	/* one is there, but not for it */
	waits(1, &cheap, U, 2 * SEC);
	goes_at(&costly, 4 * SEC);
	goes_at(&cheap, 5 * SEC);
	end();
}
END_TEST

START_TEST(who_has_nobody_leaves_the_line)
{
	struct throttle_waiter a, b, c;

	begin(slots(0), one_rate(U, SEC, U));
	go(ones[2].t, U, 0);
	waits(0, &a, U, 0);
	waits(1, &b, U, 0);
	waits(2, &c, U, 0);
	/* its client goes */
	throttle_cancel(ones[0].t, &a);
	admit(&ones[0], SEC / 2);
	ck_assert_ptr_eq(throttle_total_first(&total), &ones[1]);
	/* its host pauses that one credential */
	pause_host(ones[1].t, 5 * SEC, SEC / 2);
	goes_at(&c, SEC);
	goes_at(&b, 5 * SEC);
	end();
}
END_TEST

START_TEST(a_slot_is_for_who_is_first)
{
	struct throttle_waiter a, b, c;

	begin(slots(0), slots(1));
	ask(ones[0].t, &a, U, NEVER, 0, THROTTLE_GO);
	ck_assert_int_eq(waits(1, &b, U, 0).what, BUDGET_SHORT_CONCURRENCY);
	waits(0, &c, U, 0);
	ck_assert_uint_eq(ones[0].wake, NEVER);
	ck_assert_uint_eq(ones[1].wake, NEVER);
	throttle_release(ones[0].t, &a, SEC);
	admit(&ones[0], SEC);
	ck_assert_uint_eq(nwent, 1);
	ck_assert_ptr_eq(went[0], &b);
	throttle_release(ones[1].t, &b, 2 * SEC);
	admit(&ones[1], 2 * SEC);
	ck_assert_ptr_eq(went[1], &c);
	throttle_release(ones[0].t, &c, 3 * SEC);
	ck_assert(throttle_total_idle(&total, 3 * SEC));
	end();
}
END_TEST

/* By who has another throttle; but not where that is short of its own. */
START_TEST(a_slot_is_wanted_by_others)
{
	struct throttle_waiter a, b, c;

	begin(slots(1), slots(2));
	ask(ones[0].t, &a, U, NEVER, 0, THROTTLE_GO);
	ask(ones[1].t, &b, U, NEVER, 0, THROTTLE_GO);
	ck_assert(!throttle_is_wanted(ones[0].t, &a));
	waits(1, &c, U, 0);
	ck_assert(!throttle_is_wanted(ones[0].t, &a));
	ck_assert(throttle_is_wanted(ones[1].t, &b));
	throttle_cancel(ones[1].t, &c);
	admit(&ones[1], 0);
	waits(2, &c, U, 0);
	ck_assert(throttle_is_wanted(ones[0].t, &a));
	ck_assert(throttle_is_wanted(ones[1].t, &b));
	/* held when there was another total, it holds none of this one */
	total.serial = 2;
	ck_assert(!throttle_is_wanted(ones[0].t, &a));
	total.serial = 1;
	throttle_release(ones[0].t, &a, 0);
	admit(&ones[0], 0);
	ck_assert_ptr_eq(went[0], &c);
	ck_assert(!throttle_is_wanted(ones[1].t, &b));
	throttle_release(ones[1].t, &b, 0);
	throttle_release(ones[2].t, &c, 0);
	end();
}
END_TEST

START_TEST(what_comes_to_nothing_is_given_back)
{
	struct throttle_deposit deposit = { .listed = false };
	struct throttle_request q = request_of(U, NEVER);
	struct throttle_waiter a, b;
	struct throttle_report r;

	begin(slots(0), one_rate(U, 100 * SEC, U));
	q.deposit = &deposit;
	ck_assert_int_eq(throttle_ask(ones[0].t, &a, &q, 0, &r), THROTTLE_GO);
	waits(1, &b, U, 0);
	throttle_refund(ones[0].t, &a, SEC);
	admit(&ones[0], SEC);
	ck_assert_uint_eq(nwent, 1);
	/* but not when there is a verdict */
	ck_assert_int_eq(throttle_ask(ones[0].t, &a, &q, 200 * SEC, &r),
	    THROTTLE_GO);
	throttle_verdict(ones[0].t, &a, BUDGET_SUCCESS, 200 * SEC);
	throttle_refund(ones[0].t, &a, 201 * SEC);
	ck_assert_uint_eq(start_of(ones[2].t, U, 201 * SEC), 300 * SEC);
	end();
}
END_TEST

/* By other limits what was paid is another part of them: it stays. */
START_TEST(new_limits_give_nothing_back)
{
	struct throttle_deposit deposit = { .listed = false };
	struct budget_limits limits = one_rate(2 * U, 100 * SEC, 2 * U).host;
	struct throttle_request q = request_of(U, NEVER);
	struct throttle_waiter a;
	struct throttle_report r;

	begin(slots(0), one_rate(2 * U, 200 * SEC, 2 * U));
	q.deposit = &deposit;
	ck_assert_int_eq(throttle_ask(ones[0].t, &a, &q, 0, &r), THROTTLE_GO);
	throttle_total_limit(&total, &limits, 0);
	throttle_refund(ones[0].t, &a, 0);
	go(ones[1].t, U, 0);
	ck_assert_uint_ge(start_of(ones[2].t, U, 0), 50 * SEC);
	end();
}
END_TEST

/* A reload gives it another total, or none. */
START_TEST(slots_are_of_the_total_they_were_taken_from)
{
	struct throttle_total other;
	struct budget_limits one = slots(1).host;
	struct throttle_waiter a, b;

	begin(slots(0), slots(1));
	throttle_total_init(&other, &one, 2);
	ask(ones[0].t, &a, U, NEVER, 0, THROTTLE_GO);
	throttle_join(ones[0].t, &other, &ones[0]);
	ask(ones[0].t, &b, U, NEVER, 0, THROTTLE_GO);
	throttle_verdict(ones[0].t, &a, BUDGET_SUCCESS, 0);
	throttle_release(ones[0].t, &a, 0);
	ck_assert(!throttle_total_idle(&other, SEC));
	throttle_release(ones[0].t, &b, SEC);
	ck_assert(throttle_total_idle(&other, SEC));
	throttle_join(ones[0].t, NULL, NULL);
	end();
}
END_TEST

START_TEST(new_limits_and_what_was_consumed)
{
	struct budget_limits limits = one_rate(2 * U, 10 * SEC, 2 * U).host;
	struct throttle_total heir;

	begin(slots(0), one_rate(U, 10 * SEC, U));
	go(ones[0].t, U, 0);
	ck_assert(!throttle_total_idle(&total, SEC));
	throttle_total_init(&heir, &limits, 2);
	throttle_total_inherit(&heir, &total, 0);
	ck_assert(!throttle_total_idle(&heir, SEC));
	throttle_total_limit(&total, &limits, 0);
	ck_assert_uint_eq(start_of(ones[1].t, 2 * U, 0), 5 * SEC);
	throttle_total_refill(&total, SEC);
	ck_assert_uint_eq(start_of(ones[1].t, 2 * U, SEC), SEC);
	end();
}
END_TEST

/*
 * Whatever happens in whatever order: nobody is forgotten in the queue, and the
 * total's limit holds in every interval.
 */

#define MANY	300

struct event {
	uint64_t	 at;
	uint64_t	 cost;
};

static void
check_limit(const struct event *events, unsigned n, uint64_t burst,
    uint64_t capacity)
{
	uint64_t sum, most;
	unsigned i, j;

	for (i = 0; i < n; i++)
		for (sum = 0, j = i; j < n; j++) {
			sum += events[j].cost;
			most = burst + 1 + (events[j].at - events[i].at +
			    THROTTLE_LATE) * capacity / SEC;
			if (sum > most)
				ck_assert_uint_le(sum, most);
		}
}

static struct throttle_waiter	 all[MANY];
static struct one		*of[MANY];	/* whose each is */
static unsigned			 asked, out, gone;

static struct one *
of_waiter(const struct throttle_waiter *w)
{
	return of[w - all];
}

static void
ask_at_random(uint64_t now)
{
	struct throttle_request q = request_of((1 + (unsigned)random() % 2) *
	    U, NEVER);
	struct throttle_waiter *w = &all[asked];
	struct throttle_report r;
	struct one *o = &ones[random() % THROTTLES];

	of[asked++] = o;
	q.client = (uint64_t)random() % 3;
	if (throttle_ask(o->t, w, &q, now, &r) == THROTTLE_GO)
		went[nwent++] = w;
	admit(o, now);
}

static void
end_oldest(uint64_t now)
{
	struct throttle_waiter *w = went[out++];

	throttle_verdict(of_waiter(w)->t, w, BUDGET_SUCCESS, now);
	throttle_release(of_waiter(w)->t, w, now);
	admit(of_waiter(w), now);
	gone++;
}

/* One that waits, if the one that is picked does. */
static void
cancel_at_random(uint64_t now)
{
	struct throttle_waiter *w = &all[(unsigned)random() % asked];

	if (w->fair.flow == NULL)
		return;
	throttle_cancel(of_waiter(w)->t, w);
	admit(of_waiter(w), now);
	gone++;
}

static void
something(uint64_t *now)
{
	unsigned what = (unsigned)random() % 32;

	if (what < 8 && asked < MANY)
		ask_at_random(*now);
	else if (what < 16 && out < nwent)
		end_oldest(*now);
	else if (what < 24)
		*now += (uint64_t)random() % (20 * MS);
	else if (what == 31 && asked > 0)
		cancel_at_random(*now);
}

START_TEST(random_histories)
{
	static struct event log[MANY];
	struct throttle_limits limits = add_rate(one_rate(20 * U, SEC, 3 * U),
	    200 * U, 60 * SEC, 200 * U);
	uint64_t now = SEC, later;
	struct one *o;
	unsigned n = 0;

	srandom((unsigned)_i + 1);
	limits.host.concurrency = 3;
	begin(limits, one_rate(10 * U, SEC, 3 * U));
	total.budget.concurrency = 1 + (unsigned)_i % 5;
	memset(all, 0, sizeof all);
	asked = out = gone = 0;
	while (gone < MANY) {
		something(&now);
		later = now;
		if ((o = next_due(&later)) != NULL && (later <= now ||
		    (out == nwent && asked == MANY))) {
			now = later;
			admit(o, now);
		}
		/* whom nothing is left to wake is stuck */
		ck_assert_msg(o != NULL || out < nwent || asked < MANY ||
		    gone == MANY, "%u of %u are stuck", MANY - gone, MANY);
		for (; n < nwent; n++)
			log[n] = (struct event){ now, went[n]->fair.cost };
	}
	check_limit(log, n, 3 * U, 10 * U);
	ck_assert(throttle_total_idle(&total, now + 60 * SEC));
	end();
}
END_TEST

/* A reload brings the total: it counts those who are on their way, too. */
START_TEST(takes_in_who_moves_to_it)
{
	struct throttle *from = new_throttle(slots(1));
	struct throttle_request q = request_of(U, NEVER);
	struct throttle_waiter a, b, c;
	struct throttle_report r;

	begin(slots(0), slots(1));
	ck_assert_int_eq(throttle_ask(from, &a, &q, 0, &r), THROTTLE_GO);
	throttle_release(from, &a, 0);
	throttle_hold(ones[0].t, &a, NULL, 0);
	r = waits(1, &b, U, 0);
	ck_assert(r.of_total);
	ck_assert_int_eq(r.what, BUDGET_SHORT_CONCURRENCY);
	throttle_release(ones[0].t, &a, SEC);
	admit(&ones[0], SEC);
	ck_assert_uint_eq(nwent, 1);
	ck_assert_ptr_eq(went[0], &b);
	/* without its slot it holds none in the next one either */
	throttle_release(ones[1].t, &b, SEC);
	ck_assert_int_eq(throttle_ask(from, &a, &q, SEC, &r), THROTTLE_GO);
	throttle_release_slot(from, &a, SEC);
	throttle_release(from, &a, SEC);
	throttle_hold(ones[0].t, &a, NULL, SEC);
	ck_assert_int_eq(throttle_ask(ones[1].t, &c, &q, SEC, &r),
	    THROTTLE_GO);
	throttle_release(ones[0].t, &a, SEC);
	throttle_release(ones[1].t, &c, SEC);
	throttle_free(from);
	end();
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("throttle_total");
	TCase *tc = tcase_create("promises");

	tcase_add_test(tc, takes_in_who_moves_to_it);
	tcase_add_test(tc, takes_from_both_or_neither);
	tcase_add_test(tc, one_of_each_in_turn);
	tcase_add_test(tc, nobody_passes_who_stands_in_line);
	tcase_add_test(tc, who_has_nobody_leaves_the_line);
	tcase_add_test(tc, a_slot_is_for_who_is_first);
	tcase_add_test(tc, a_slot_is_wanted_by_others);
	tcase_add_test(tc, what_comes_to_nothing_is_given_back);
	tcase_add_test(tc, new_limits_give_nothing_back);
	tcase_add_test(tc, slots_are_of_the_total_they_were_taken_from);
	tcase_add_test(tc, new_limits_and_what_was_consumed);
	tcase_add_loop_test(tc, random_histories, 0, (int)repetitions(100));
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}
