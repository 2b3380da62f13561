/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "check_run.h"
#include "throttle/budget.h"
#include "throttle/lease_grant.h"
#include "throttle/lease_spend.h"
#include "throttle/throttle.h"
#include "throttle/throttle_ask.h"
#include "throttle/throttle_lane.h"
#include "throttle/throttle_lease.h"
#include "throttle/throttle_store.h"
#include "throttle/throttle_view.h"
#include "throttle/throttle_why.h"
#include "throttle/window.h"

/* Throttles whose leases are a store's: here a grantor at hand. */

#define U	1000000ULL
#define MS	1000000ULL
#define SEC	1000000000ULL
#define START	(1000 * SEC)
#define HOLDERS	8
#define WAITERS	300

static struct lease_grantor grantor;
static struct window	 window;
static struct lease_holder holders[HOLDERS];
static struct throttle_limits limits;
static struct throttle	*throttles[2];
static struct throttle_waiter waiters[WAITERS];
static struct lease_terms terms;
static uint64_t		 ids;
static uint64_t		 now;
static unsigned		 asked;

static void
setup(void)
{
	limits = (struct throttle_limits){
		.host = { .rates = { { 100 * U, SEC, 10 * U, false } },
		    .nrates = 1 },
		.queue_length = WAITERS,
	};
	terms = (struct lease_terms){ .source = LEASE_STORE, .peers = 2 };
	memset(waiters, 0, sizeof waiters);
	ids = asked = 0;
	now = START;
}

static void
begin(void)
{
	unsigned i;

	lease_grantor_init(&grantor, &limits.host, &window, holders, HOLDERS);
	grantor.run = 1;
	for (i = 0; i < 2; i++) {
		throttles[i] = throttle_new(&limits);
		ck_assert_ptr_nonnull(throttles[i]);
		throttle_store(throttles[i]);
	}
}

static void
end(struct throttle_waiter *list, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (list[i].fair.flow != NULL)
			throttle_cancel(throttles[list[i].fair.client % 2],
			    &list[i]);
		else if (list[i].held)
			throttle_release(throttles[list[i].fair.client % 2],
			    &list[i], now);
	for (i = 0; i < 2; i++)
		throttle_free(throttles[i]);
}

/* One of a client, whose parity says at which throttle. */
static enum throttle_answer
come(unsigned i, uint64_t client, uint64_t cost)
{
	struct throttle_request q = {
		.client = client,
		.cost = cost,
		.deadline = now + 3600 * SEC,
		.weight = FAIR_WEIGHT,
		.urgency = 3,
		.part = THROTTLE_WHOLE,
	};
	struct throttle_report r;

	return throttle_ask(throttles[client % 2], &waiters[i], &q, now, &r);
}

/* A round, which the store answers at once. */
static void
round_of(struct throttle *t)
{
	struct throttle_store_round r = { .terms = terms, .ids = &ids };
	struct throttle_store_question q;
	struct lease_answer a;

	while (throttle_store_ask(t, &r, now, &q)) {
		ck_assert_uint_eq(q.whose, THROTTLE_OF_HOST);
		lease_grant_share(&grantor, q.ask, 1, now, &a);
		(void)throttle_store_take(t, q.budget, q.number, &a, now,
		    now);
		asked++;
	}
	(void)throttle_store_due(t, now);
}

static unsigned
admit(struct throttle *t)
{
	unsigned n = 0;
	struct throttle_waiter *w;

	while ((w = throttle_next(t, now)) != NULL) {
		throttle_verdict(t, w, BUDGET_SUCCESS, now);
		n++;
	}
	return n;
}

/* What the store's thread does, when it is rung or by time. */
static unsigned
look(struct throttle *t)
{
	if (throttle_lease_is_low(t, now) || t->store_at <= now)
		round_of(t);
	return admit(t);
}

/* Who looks sees what is leased here, and what nobody had. */
START_TEST(who_looks_sees_it)
{
	struct throttle_view v;

	begin();
	throttle_view(throttles[0], now, &v);
	ck_assert(v.shared.is && !v.shared.asked);
	ck_assert(v.host.shared.is && !v.host.shared.asked);
	ck_assert_uint_eq(v.host.shared.told_at, 0);
	(void)come(0, 0, U);
	round_of(throttles[0]);
	throttle_view(throttles[0], now, &v);
	ck_assert(v.shared.asked);
	ck_assert_int_eq(v.shared.source, LEASE_STORE);
	ck_assert_uint_eq(v.host.shared.told_at, now);
	ck_assert_uint_eq(v.host.rates[0].left_of_all, 9 * U);
	ck_assert_uint_eq(v.host.shared.leased, U);
	now += SEC / 10;
	terms.source = LEASE_NOWHERE;
	round_of(throttles[0]);
	throttle_view(throttles[0], now, &v);
	ck_assert_int_eq(v.shared.source, LEASE_NOWHERE);
	ck_assert_int_eq(v.host.shared.source, LEASE_NOWHERE);
	end(waiters, 1);
}
END_TEST

START_TEST(nothing_goes_without_a_lease)
{
	begin();
	ck_assert_int_eq(come(0, 0, U), THROTTLE_WAIT);
	ck_assert_ptr_null(throttle_next(throttles[0], now));
	ck_assert(throttle_lease_is_low(throttles[0], now));
	ck_assert(!throttle_lease_is_low(throttles[1], now));
	round_of(throttles[0]);
	ck_assert_uint_eq(asked, 1);
	ck_assert_uint_eq(admit(throttles[0]), 1);
	ck_assert(!throttle_lease_is_low(throttles[0], now));
	end(waiters, 1);
}
END_TEST

/* Both together are one bucket, and use all of it. */
START_TEST(two_are_one)
{
	unsigned i, went = 0, of[2] = { 0, 0 }, n;
	struct gcra one;

	begin();
	gcra_init(&one, &limits.host.rates[0]);
	for (i = 0; i < WAITERS; i++)
		ck_assert_int_eq(come(i, i, U), THROTTLE_WAIT);
	while (went < WAITERS && now < START + 10 * SEC) {
		for (i = 0; i < 2; i++) {
			for (n = look(throttles[i]); n > 0; n--, went++,
			    of[i]++) {
				ck_assert(gcra_conforms(&one, U,
				    now + THROTTLE_LATE));
				gcra_take(&one, U, now);
			}
		}
		now += MS;
	}
	ck_assert_uint_eq(went, WAITERS);
	/* 290 of them at 100 a second */
	ck_assert_uint_lt(now, START + 3 * SEC);
	ck_assert_uint_eq(of[0], of[1]);
	/* no call for each request */
	ck_assert_uint_lt(asked, 40);
	end(waiters, WAITERS);
}
END_TEST

/* What it has stays where it is: it points into itself. */
static const struct throttle_why *
why(unsigned i)
{
	static struct throttle_why w;

	throttle_why(throttles[waiters[i].fair.client % 2], &waiters[i], now,
	    &w);
	return &w;
}

static bool
lacks_lease(const struct throttle_why *w)
{
	unsigned i;

	for (i = 0; i < w->n; i++)
		if (w->reasons[i].what == BUDGET_SHORT_LEASE)
			return true;
	return false;
}

START_TEST(without_the_store_it_holds)
{
	const struct throttle_why *w;

	begin();
	terms.source = LEASE_NOWHERE;
	come(0, 0, U);
	round_of(throttles[0]);
	ck_assert_uint_eq(asked, 0);
	now += 60 * SEC;
	ck_assert_uint_eq(admit(throttles[0]), 0);
	ck_assert_uint_eq(throttle_store_due(throttles[0], now),
	    THROTTLE_NEVER);
	w = why(0);
	ck_assert(lacks_lease(w));
	ck_assert_int_eq(w->short_of->what, BUDGET_SHORT_LEASE);
	terms.source = LEASE_STORE;
	round_of(throttles[0]);
	ck_assert_uint_eq(admit(throttles[0]), 1);
	end(waiters, 1);
}
END_TEST

/* No more wait for a store that is away than the queue has places. */
START_TEST(the_queue_stays_bounded)
{
	limits.queue_length = 2;
	begin();
	terms.source = LEASE_NOWHERE;
	ck_assert_int_eq(come(0, 0, U), THROTTLE_WAIT);
	round_of(throttles[0]);
	ck_assert_int_eq(come(1, 0, U), THROTTLE_WAIT);
	ck_assert_int_eq(come(2, 0, U), THROTTLE_FULL);
	end(waiters, 3);
}
END_TEST

START_TEST(without_the_store_it_is_open)
{
	begin();
	terms.source = LEASE_OPEN;
	come(0, 0, U);
	round_of(throttles[0]);
	ck_assert_uint_eq(admit(throttles[0]), 1);
	/* its own limits hold all the same */
	ck_assert_int_eq(come(1, 0, 9 * U), THROTTLE_GO);
	ck_assert_int_eq(come(2, 0, U), THROTTLE_WAIT);
	/* what was spent so is told, and all begin empty */
	terms.source = LEASE_STORE;
	round_of(throttles[0]);
	ck_assert_uint_eq(admit(throttles[0]), 0);
	ck_assert_uint_gt(grantor.born, 0);
	end(waiters, 3);
}
END_TEST

/* A round whose questions come to nothing; returns how many there were. */
static unsigned
round_without_answer(struct throttle *t)
{
	struct throttle_store_round r = { .terms = terms, .ids = &ids };
	struct throttle_store_question q;
	unsigned n = 0;

	for (; throttle_store_ask(t, &r, now, &q); n++)
		(void)throttle_store_take(t, q.budget, q.number, NULL, now,
		    now);
	return n;
}

static enum lease_news
news(void)
{
	struct throttle_store_question q;

	return throttle_store_news(throttles[0], 0, &q);
}

/* Until the store has not answered it for three times. */
static void
cut_off(void)
{
	unsigned i;

	for (i = 0; i < LEASE_CUT; i++) {
		ck_assert_int_eq(news(), LEASE_NO_NEWS);
		ck_assert_uint_eq(round_without_answer(throttles[0]), 1);
		now += 100 * MS;
	}
	ck_assert_int_eq(news(), LEASE_IS_CUT);
	ck_assert_int_eq(news(), LEASE_NO_NEWS);
	ck_assert_uint_eq(throttle_store_count(throttles[0], now).cut, 1);
}

/* One that the store does not answer, as it answers others, is without it. */
START_TEST(one_that_is_cut_off)
{
	begin();
	terms.without = LEASE_OPEN;
	come(0, 0, U);
	cut_off();
	ck_assert_uint_eq(admit(throttles[0]), 0);
	ck_assert_uint_eq(round_without_answer(throttles[0]), 0);
	ck_assert_uint_eq(admit(throttles[0]), 1);
	ck_assert_int_eq(come(1, 0, U), THROTTLE_GO);
	/* it asks now and then, and seldom where that goes on */
	ck_assert_uint_eq(throttle_store_due(throttles[0], now),
	    now + SEC - 100 * MS);
	now += SEC;
	ck_assert_uint_eq(round_without_answer(throttles[0]), 1);
	now += SEC;
	ck_assert_uint_eq(round_without_answer(throttles[0]), 0);
	now += SEC;
	round_of(throttles[0]);
	ck_assert_uint_eq(asked, 1);
	ck_assert_int_eq(news(), LEASE_IS_BACK);
	ck_assert_uint_eq(throttle_store_count(throttles[0], now).cut, 0);
	/* from then on it has leases, and begins empty */
	ck_assert_uint_eq(throttle_store_due(throttles[0], now), now);
	ck_assert_int_eq(come(2, 0, U), THROTTLE_GO);
	round_of(throttles[0]);
	ck_assert_uint_ne(come(3, 0, U), THROTTLE_GO);
	round_of(throttles[0]);
	ck_assert_uint_gt(grantor.born, 0);
	ck_assert_uint_gt(throttle_store_due(throttles[0], now), now);
	end(waiters, 4);
}
END_TEST

/* It may have a part of its own meanwhile, and asks beside that. */
START_TEST(one_that_is_cut_off_shares)
{
	unsigned i, went = 0, probes = 0;

	begin();
	terms.without = LEASE_OWN;
	for (i = 0; i < WAITERS; i++)
		come(i, 0, U);
	cut_off();
	for (; now < START + 5 * SEC; now += MS) {
		if (throttle_store_due(throttles[0], now) <= now)
			probes += round_without_answer(throttles[0]);
		went += admit(throttles[0]);
	}
	ck_assert_uint_ge(went, 50 * 2);
	ck_assert_uint_le(went, 50 * 4);
	ck_assert_uint_ge(probes, 2);
	ck_assert_uint_le(probes, 4);
	/* the store is lost for all: it is not cut off any more */
	terms.source = LEASE_NOWHERE;
	ck_assert_uint_eq(round_without_answer(throttles[0]), 0);
	ck_assert_uint_eq(throttle_store_count(throttles[0], now).cut, 0);
	ck_assert_uint_eq(throttle_store_due(throttles[0], now),
	    THROTTLE_NEVER);
	end(waiters, WAITERS);
}
END_TEST

/* Who stood still once does not expect the next answer to be as late. */
START_TEST(one_answer_that_took_too_long)
{
	struct throttle_store_round r;
	struct throttle_store_question q;
	struct lease_answer a;
	uint64_t guard;

	begin();
	come(0, 0, U);
	r = (struct throttle_store_round){ .terms = terms, .ids = &ids };
	ck_assert(throttle_store_ask(throttles[0], &r, now, &q));
	guard = q.ask->guard;
	lease_grant_share(&grantor, q.ask, 1, now, &a);
	now += 3 * SEC;
	ck_assert(!throttle_store_take(throttles[0], q.budget, q.number, &a,
	    now - 3 * SEC, now));
	ck_assert_uint_eq(admit(throttles[0]), 0);
	now += SEC;
	r = (struct throttle_store_round){ .terms = terms, .ids = &ids };
	ck_assert(throttle_store_ask(throttles[0], &r, now, &q));
	ck_assert_uint_eq(q.ask->guard, guard);
	end(waiters, 1);
}
END_TEST

/* Who is too far away for leases is without the store, too, and told so. */
START_TEST(answers_that_take_too_long)
{
	struct throttle_store_round r;
	struct throttle_store_question q;
	struct lease_answer a;
	uint64_t sent;
	unsigned i;

	begin();
	terms.without = LEASE_OPEN;
	come(0, 0, U);
	for (i = 0; i < LEASE_CUT; i++) {
		r = (struct throttle_store_round){ .terms = terms,
			.ids = &ids };
		ck_assert(throttle_store_ask(throttles[0], &r, now, &q));
		lease_grant_share(&grantor, q.ask, 1, now, &a);
		sent = now;
		now += 600 * MS;
		(void)throttle_store_take(throttles[0], q.budget, q.number, &a,
		    sent, now);
		now += 100 * MS;
	}
	ck_assert_int_eq(news(), LEASE_IS_FAR);
	ck_assert_uint_eq(round_without_answer(throttles[0]), 0);
	ck_assert_uint_eq(admit(throttles[0]), 1);
	now += SEC;
	round_of(throttles[0]);
	ck_assert_int_eq(news(), LEASE_IS_BACK);
	end(waiters, 1);
}
END_TEST

/* One that has melted is none. */
START_TEST(leases_that_are_counted)
{
	struct throttle_store_count n;

	begin();
	come(0, 0, U);
	come(1, 0, 2 * U);
	round_of(throttles[0]);
	n = throttle_store_count(throttles[0], now);
	ck_assert_uint_eq(n.leases, 1);
	ck_assert_uint_gt(n.melts, now);
	ck_assert_uint_lt(n.melts, now + 2 * SEC);
	ck_assert_uint_eq(throttle_store_count(throttles[0],
	    n.melts - 1).leases, 1);
	n = throttle_store_count(throttles[0], n.melts);
	ck_assert_uint_eq(n.leases, 0);
	ck_assert_uint_eq(n.melts, THROTTLE_NEVER);
	end(waiters, 2);
}
END_TEST

/* Each has half of it, and begins empty. */
START_TEST(without_the_store_each_has_a_share)
{
	unsigned i, went = 0;
	uint64_t first = 0;

	begin();
	terms.source = LEASE_OWN;
	for (i = 0; i < WAITERS; i++)
		come(i, 0, U);
	while (now < START + 4 * SEC) {
		went += look(throttles[0]);
		if (went > 0 && first == 0)
			first = now;
		now += MS;
	}
	ck_assert_uint_eq(asked, 0);
	/* after what others may still have of the store */
	ck_assert_uint_ge(first, START + LEASE_HORIZON + LEASE_GUARD);
	ck_assert_uint_le(went, 50 * 5 / 2 + 1);
	ck_assert_uint_ge(went, 50 * 5 / 2 * 95 / 100);
	end(waiters, WAITERS);
}
END_TEST

/* Where nothing was had without the store, there is nothing to be told. */
START_TEST(without_the_store_for_a_moment)
{
	unsigned i, went;

	begin();
	for (i = 0; i < WAITERS; i++)
		come(i, 0, U);
	went = look(throttles[0]);
	ck_assert_uint_gt(went, 0);
	terms.source = LEASE_OWN;
	round_of(throttles[0]);
	for (; now < START + SEC; now += MS)
		ck_assert_uint_eq(look(throttles[0]), 0);
	terms.source = LEASE_STORE;
	round_of(throttles[0]);
	for (went = 0; now < START + 2 * SEC; now += MS)
		went += look(throttles[0]);
	ck_assert_uint_eq(grantor.born, 0);
	ck_assert_uint_ge(went, 90);
	end(waiters, WAITERS);
}
END_TEST

/* The same where nobody was there that may go, and where one was. */
START_TEST(an_open_one_without_requests)
{
	begin();
	terms.source = LEASE_OPEN;
	round_of(throttles[0]);
	terms.source = LEASE_STORE;
	ck_assert_int_eq(come(0, 0, U), THROTTLE_WAIT);
	round_of(throttles[0]);
	ck_assert_uint_eq(grantor.born, 0);
	ck_assert_uint_eq(admit(throttles[0]), 1);
	end(waiters, 1);
}
END_TEST

/* The store never gives what is reserved, and that is all that is shared. */
START_TEST(a_reserve_is_apart)
{
	unsigned i, went = 0;

	begin();
	terms.reserve = 100000;		/* a tenth */
	lease_grantor_init(&grantor, &(struct budget_limits){
	    .rates = { { 90 * U, SEC, 9 * U, false } }, .nrates = 1 },
	    &window, holders, HOLDERS);
	grantor.run = 1;
	for (i = 0; i < WAITERS; i++)
		come(i, 0, U);
	for (; now < START + 2 * SEC; now += MS)
		went += look(throttles[0]);
	ck_assert_uint_le(went, 9 + 180 + 1);
	ck_assert_uint_ge(went, 180);
	terms.source = LEASE_OWN;
	round_of(throttles[0]);
	went = admit(throttles[0]);
	for (; now < START + 22 * SEC; now += MS)
		went += look(throttles[0]);
	/* a tenth, shared by two, but for the first second and a half */
	ck_assert_uint_le(went, 5 * 20);
	ck_assert_uint_ge(went, 5 * 17);
	/* nothing of it was the store's: there is nothing to be told */
	terms.source = LEASE_STORE;
	round_of(throttles[0]);
	ck_assert_uint_eq(grantor.born, 0);
	end(waiters, WAITERS);
}
END_TEST

/* Places are told when the host has counted them. */
START_TEST(windows_are_reported)
{
	unsigned i, went;

	limits.host.rates[0] = (struct gcra_rate){ 10 * U, SEC, 10 * U, true };
	begin();
	for (i = 0; i < 20; i++)
		come(i, 0, U);
	for (went = 0; went < 10; now += MS) {
		ck_assert_uint_lt(now, START + SEC);
		went += look(throttles[0]);
	}
	/* one cannot be had before a second after those were counted */
	for (; now < START + SEC; now += MS) {
		ck_assert_uint_eq(look(throttles[0]), 0);
	}
	ck_assert(window.flying == 0);
	for (; went < 20; now += MS) {
		ck_assert_uint_lt(now, START + 5 * SEC / 2);
		went += look(throttles[0]);
	}
	end(waiters, 20);
}
END_TEST

/* Other limits: what was leased of the old ones is void. */
START_TEST(other_limits_ask_anew)
{
	begin();
	come(0, 0, U);
	come(1, 0, U);
	round_of(throttles[0]);
	ck_assert_uint_eq(throttle_store_count(throttles[0], now).leases, 1);
	limits.host.rates[0].capacity = 50 * U;
	ck_assert(throttle_limit(throttles[0], &limits, NULL, now));
	ck_assert_uint_eq(throttle_store_count(throttles[0], now).leases, 0);
	grantor.limits = limits.host;
	ck_assert_uint_eq(admit(throttles[0]), 0);
	ck_assert(throttle_lease_is_low(throttles[0], now));
	round_of(throttles[0]);
	ck_assert_uint_eq(admit(throttles[0]), 2);
	ck_assert_uint_eq(ids, 2);
	/* and none is needed any more */
	throttle_store_end(throttles[0]);
	ck_assert_int_eq(come(2, 0, U), THROTTLE_GO);
	end(waiters, 3);
}
END_TEST

/* An answer to what nobody asks any more, and none at all. */
START_TEST(answers_that_do_not_fit)
{
	struct throttle_store_round r = { .terms = terms, .ids = &ids };
	struct throttle_store_question q;
	struct lease_answer a;

	begin();
	come(0, 0, U);
	ck_assert(throttle_store_ask(throttles[0], &r, now, &q));
	lease_grant_share(&grantor, q.ask, 1, now, &a);
	ck_assert(!throttle_store_take(throttles[0], q.budget, q.number + 1,
	    &a, now, now));
	ck_assert(!throttle_store_take(throttles[0], 7, q.number, &a, now,
	    now));
	ck_assert_uint_eq(admit(throttles[0]), 0);
	ck_assert(!throttle_store_take(throttles[0], q.budget, q.number, NULL,
	    now, now));
	ck_assert(!throttle_store_take(throttles[0], q.budget, q.number, &a,
	    now, now));
	ck_assert_uint_eq(throttle_store_due(throttles[0], now),
	    now + 100 * MS);
	now += 100 * MS;
	round_of(throttles[0]);
	ck_assert_uint_eq(admit(throttles[0]), 1);
	end(waiters, 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("throttle_store");
	TCase *tcase = tcase_create("store");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, who_looks_sees_it);
	tcase_add_test(tcase, nothing_goes_without_a_lease);
	tcase_add_test(tcase, two_are_one);
	tcase_add_test(tcase, without_the_store_it_holds);
	tcase_add_test(tcase, the_queue_stays_bounded);
	tcase_add_test(tcase, without_the_store_it_is_open);
	tcase_add_test(tcase, without_the_store_each_has_a_share);
	tcase_add_test(tcase, one_that_is_cut_off);
	tcase_add_test(tcase, one_that_is_cut_off_shares);
	tcase_add_test(tcase, one_answer_that_took_too_long);
	tcase_add_test(tcase, answers_that_take_too_long);
	tcase_add_test(tcase, leases_that_are_counted);
	tcase_add_test(tcase, without_the_store_for_a_moment);
	tcase_add_test(tcase, an_open_one_without_requests);
	tcase_add_test(tcase, a_reserve_is_apart);
	tcase_add_test(tcase, windows_are_reported);
	tcase_add_test(tcase, other_limits_ask_anew);
	tcase_add_test(tcase, answers_that_do_not_fit);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
