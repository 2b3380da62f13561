/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "check_run.h"
#include "throttle/budget_slots.h"
#include "throttle/lease_slots.h"
#include "throttle/throttle.h"
#include "throttle/throttle_lane.h"
#include "throttle/throttle_lease.h"
#include "throttle/throttle_store.h"
#include "throttle/throttle_total.h"
#include "throttle/throttle_why.h"

/* Throttles whose slots are a store's: here grantors at hand. */

#define U	1000000ULL
#define MS	1000000ULL
#define SEC	1000000000ULL
#define START	(1000 * SEC)
#define HOLDERS	8
#define GRANTORS 3		/* of the host, and of what is on top of it */
#define WAITERS	60

static struct lease_slots_grantor grantors[GRANTORS];
static struct lease_slots_holder holders[GRANTORS][HOLDERS];
static struct throttle_limits limits;
static struct budget_limits part;
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
		.host = { .concurrency = 4 },
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

	for (i = 0; i < GRANTORS; i++) {
		lease_slots_init(&grantors[i], holders[i], HOLDERS);
		grantors[i].run = 1;
	}
	for (i = 0; i < 2; i++) {
		throttles[i] = throttle_new(&limits);
		ck_assert_ptr_nonnull(throttles[i]);
		throttle_store(throttles[i]);
	}
}

static struct throttle *
its(unsigned i)
{
	return throttles[waiters[i].fair.client % 2];
}

static void
end(void)
{
	unsigned i;

	for (i = 0; i < WAITERS; i++)
		if (waiters[i].fair.flow != NULL)
			throttle_cancel(its(i), &waiters[i]);
		else if (waiters[i].held)
			throttle_release(its(i), &waiters[i], now);
	for (i = 0; i < 2; i++)
		throttle_free(throttles[i]);
}

/* One of a client, whose parity says at which throttle. */
static enum throttle_answer
come_in(unsigned i, uint64_t client, unsigned in)
{
	struct throttle_request q = {
		.client = client,
		.cost = U,
		.deadline = now + 3600 * SEC,
		.weight = FAIR_WEIGHT,
		.urgency = 3,
		.part = in,
	};
	struct throttle_report r;

	return throttle_ask(throttles[client % 2], &waiters[i], &q, now, &r);
}

static enum throttle_answer
come(unsigned i, uint64_t client)
{
	return come_in(i, client, THROTTLE_WHOLE);
}

/* A round, which the store answers at once. */
static void
round_of(struct throttle *t)
{
	struct throttle_store_round r = { .terms = terms, .ids = &ids };
	struct throttle_store_question q;
	struct lease_slots_answer a;

	while (throttle_store_ask(t, &r, now, &q)) {
		ck_assert_ptr_null(q.ask);
		ck_assert_uint_lt(q.budget, GRANTORS);
		lease_slots_grant(&grantors[q.budget], q.slots, 1, now, &a);
		throttle_store_take_slots(t, q.budget, q.slots->holder, &a,
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

/* Ends one of those that are under way at a throttle. */
static void
end_one(struct throttle *t)
{
	unsigned i;

	for (i = 0; i < WAITERS; i++)
		if (waiters[i].held && its(i) == t) {
			throttle_release(t, &waiters[i], now);
			return;
		}
}

START_TEST(nothing_goes_without_a_slot)
{
	begin();
	ck_assert_int_eq(come(0, 0), THROTTLE_WAIT);
	ck_assert_ptr_null(throttle_next(throttles[0], now));
	ck_assert(throttle_lease_is_low(throttles[0], now));
	ck_assert(!throttle_lease_is_low(throttles[1], now));
	round_of(throttles[0]);
	ck_assert_uint_eq(asked, 1);
	ck_assert_uint_eq(admit(throttles[0]), 1);
	ck_assert(!throttle_lease_is_low(throttles[0], now));
	ck_assert_uint_eq(throttle_store_count(throttles[0], now).slots, 1);
	end();
}
END_TEST

/* An idle host has only to be asked for: nobody is refused meanwhile. */
START_TEST(who_cannot_wait_goes)
{
	limits.queue_length = 0;
	begin();
	ck_assert_int_eq(come(0, 0), THROTTLE_WAIT);
	ck_assert_uint_eq(look(throttles[0]), 1);
	/* what others have one does not wait for */
	for (unsigned i = 1; i < 4; i++) {
		come(i, 1);
		look(throttles[1]);
	}
	end();
}
END_TEST

/* Both together have four under way, and each about as many. */
START_TEST(two_share)
{
	unsigned i, went[2] = { 0, 0 }, most = 0, sum;

	begin();
	for (i = 0; i < WAITERS; i++)
		come(i, i);
	for (; now < START + 5 * SEC; now += 10 * MS) {
		for (i = 0; i < 2; i++)
			went[i] += look(throttles[i]);
		sum = throttle_inflight(throttles[0]) +
		    throttle_inflight(throttles[1]);
		ck_assert_uint_le(sum, 4);
		most = sum > most ? sum : most;
		end_one(throttles[(now / MS / 10) % 2]);
	}
	ck_assert_uint_eq(most, 4);
	ck_assert_uint_eq(went[0], WAITERS / 2);
	ck_assert_uint_eq(went[1], WAITERS / 2);
	/* no call for each request, and none when all is over */
	ck_assert_uint_lt(asked, WAITERS);
	ck_assert_uint_eq(throttle_store_count(throttles[0], now).slots, 0);
	ck_assert(throttle_idle(throttles[0], now));
	end();
}
END_TEST

/* What goes back to the store is not forgotten with the throttle before. */
START_TEST(who_has_a_block_is_not_idle)
{
	begin();
	come(0, 0);
	ck_assert_uint_eq(look(throttles[0]), 1);
	end_one(throttles[0]);
	ck_assert(!throttle_idle(throttles[0], now));
	now += 2 * SEC;
	look(throttles[0]);
	ck_assert(!throttle_idle(throttles[0], now) ||
	    throttle_store_count(throttles[0], now).slots == 0);
	now += 2 * SEC;
	look(throttles[0]);
	ck_assert(throttle_idle(throttles[0], now));
	end();
}
END_TEST

static bool
lacks(unsigned i, enum budget_short what)
{
	struct throttle_why w;

	throttle_why(its(i), &waiters[i], now, &w);
	return w.short_of != NULL && w.short_of->what == what;
}

START_TEST(without_the_store_it_holds)
{
	unsigned i;

	begin();
	for (i = 0; i < 4; i++)
		come(i, 0);
	ck_assert_uint_eq(look(throttles[0]), 4);
	terms.source = LEASE_NOWHERE;
	round_of(throttles[0]);
	end_one(throttles[0]);
	/* its block is good for a while yet */
	ck_assert_int_eq(come(4, 0), THROTTLE_GO);
	now += SLOTS_TTL;
	end_one(throttles[0]);
	ck_assert_int_eq(come(5, 0), THROTTLE_WAIT);
	ck_assert(lacks(5, BUDGET_SHORT_LEASE));
	ck_assert_uint_eq(look(throttles[0]), 0);
	ck_assert_uint_eq(throttle_store_due(throttles[0], now),
	    THROTTLE_NEVER);
	terms.source = LEASE_STORE;
	round_of(throttles[0]);
	ck_assert_uint_eq(admit(throttles[0]), 1);
	end();
}
END_TEST

/* Each has half, when what others had of the store has ended for sure. */
START_TEST(without_the_store_each_has_a_share)
{
	uint64_t from = START + SLOTS_TTL + 2 * SEC;
	unsigned i, went = 0;

	begin();
	terms.source = LEASE_OWN;
	terms.grace = 2 * SEC;
	for (i = 0; i < 8; i++)
		come(i, 0);
	round_of(throttles[0]);
	for (; now < from; now += 100 * MS)
		ck_assert_uint_eq(look(throttles[0]), 0);
	for (; now < from + SEC; now += 100 * MS)
		went += look(throttles[0]);
	ck_assert_uint_eq(went, 2);
	ck_assert_uint_eq(asked, 0);
	/* a reserve is all that is shared, and what the store lends is less */
	terms.reserve = 500000;
	for (i = 0; i < 2; i++)
		end_one(throttles[0]);
	round_of(throttles[0]);
	ck_assert_uint_eq(admit(throttles[0]), 1);
	terms.source = LEASE_STORE;
	round_of(throttles[0]);
	ck_assert_uint_eq(admit(throttles[0]), 1);
	end();
}
END_TEST

START_TEST(without_the_store_it_is_open)
{
	unsigned i;

	begin();
	terms.source = LEASE_OPEN;
	for (i = 0; i < 8; i++)
		come(i, 0);
	round_of(throttles[0]);
	ck_assert_uint_eq(admit(throttles[0]), 4);
	/* what is under way the store is told, and lends no more */
	terms.source = LEASE_STORE;
	round_of(throttles[0]);
	come(8, 1);
	ck_assert_uint_eq(look(throttles[1]), 0);
	ck_assert(lacks(8, BUDGET_SHORT_CONCURRENCY));
	end();
}
END_TEST

/* A reload keeps what was lent; parts that go give it up. */
START_TEST(other_limits)
{
	unsigned i, none = THROTTLE_WHOLE;

	part = (struct budget_limits){ .concurrency = 2 };
	limits.parts[0] = &part;
	limits.nparts = 1;
	begin();
	for (i = 0; i < 4; i++)
		come_in(i, 0, 0);
	come(4, 0);
	/* as many as wait for them, of the part and the host */
	while (look(throttles[0]) > 0)
		continue;
	ck_assert_uint_eq(throttle_inflight(throttles[0]), 3);
	ck_assert_uint_eq(throttles[0]->parts[0].slots, 2);
	limits.host.concurrency = 3;
	limits.nparts = 0;
	ck_assert(throttle_limit(throttles[0], &limits, &none, now));
	for (i = 0; i < 5; i++)
		throttle_moved(&waiters[i], &none);
	ck_assert_uint_eq(throttle_inflight(throttles[0]), 3);
	ck_assert_ptr_nonnull(throttles[0]->host.block);
	ck_assert_uint_eq(look(throttles[0]), 0);
	end_one(throttles[0]);
	ck_assert_uint_eq(look(throttles[0]), 1);
	limits.host.concurrency = 0;
	ck_assert(throttle_limit(throttles[0], &limits, NULL, now));
	ck_assert_ptr_null(throttles[0]->host.block);
	ck_assert_uint_eq(look(throttles[0]), 1);
	/* one that comes with a reload is the store's, too */
	limits.host.concurrency = 9;
	ck_assert(throttle_limit(throttles[0], &limits, NULL, now));
	ck_assert_int_eq(come(5, 0), THROTTLE_WAIT);
	ck_assert_uint_eq(look(throttles[0]), 1);
	throttle_store_end(throttles[0]);
	ck_assert_int_eq(come(6, 0), THROTTLE_GO);
	end();
}
END_TEST

/* Answers to who is not there any more. */
START_TEST(another_holder)
{
	struct lease_slots_answer a = { .number = 1, .now = START,
		.slots = 4, .keeps = 4, .ends = START + SEC };

	begin();
	come(0, 0);
	throttle_store_take_slots(throttles[0], 0, 7, &a, now);
	throttle_store_take_slots(throttles[0], 5, 7, &a, now);
	ck_assert_uint_eq(admit(throttles[0]), 0);
	ck_assert_uint_eq(look(throttles[0]), 1);
	/* one that comes to nothing is asked again, not at once */
	come(1, 0);
	throttle_store_take_slots(throttles[0], 0, 1, NULL, now);
	ck_assert_uint_eq(look(throttles[0]), 0);
	now += SEC / 10;
	ck_assert_uint_eq(look(throttles[0]), 1);
	end();
}
END_TEST

/* The store answers others, but not what is asked of this budget. */
START_TEST(one_that_is_cut_off)
{
	struct throttle_store_round r = { .ids = &ids };
	struct throttle_store_question q;
	unsigned i, went = 0;

	begin();
	terms.without = LEASE_OWN;
	r.terms = terms;
	for (i = 0; i < 8; i++)
		come(i, 0);
	for (i = 0; i < LEASE_CUT; i++, now += SEC) {
		r.began = false;
		r.next = r.next_slots = 0;
		ck_assert(throttle_store_ask(throttles[0], &r, now, &q));
		throttle_store_take_slots(throttles[0], q.budget,
		    q.slots->holder, NULL, now);
		ck_assert_uint_eq(admit(throttles[0]), 0);
	}
	now += SLOTS_TTL + SEC;
	went = admit(throttles[0]);
	ck_assert_uint_eq(went, 2);
	/* it asks on, and has the store again when that answers */
	ck_assert_uint_le(throttle_store_due(throttles[0], now), now + SEC);
	round_of(throttles[0]);
	ck_assert_uint_eq(admit(throttles[0]), 2);
	end();
}
END_TEST

/* All who spend from a total are counted for it. */
START_TEST(a_total)
{
	struct budget_limits two = { .concurrency = 2 };
	struct throttle_total total;
	unsigned i;

	limits.host.concurrency = 0;
	begin();
	throttle_total_init(&total, &two, 1);
	for (i = 0; i < 2; i++) {
		throttle_join(throttles[i], &total, throttles[i]);
		throttle_store(throttles[i]);
	}
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(come(i, i), THROTTLE_WAIT);
	for (i = 0; i < 6; i++) {
		look(throttles[i % 2]);
		(void)throttle_wake(throttles[i % 2], now);
	}
	ck_assert_uint_eq(total.budget.inflight, 2);
	ck_assert_uint_eq(total.budget.slots, 2);
	for (i = 0; i < WAITERS; i++)
		if (waiters[i].fair.flow != NULL)
			throttle_cancel(its(i), &waiters[i]);
		else if (waiters[i].held)
			throttle_release(its(i), &waiters[i], now);
	for (i = 0; i < 2; i++)
		throttle_join(throttles[i], NULL, NULL);
	throttle_total_close(&total);
	end();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("throttle_slots");
	TCase *tcase = tcase_create("slots");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, nothing_goes_without_a_slot);
	tcase_add_test(tcase, who_cannot_wait_goes);
	tcase_add_test(tcase, two_share);
	tcase_add_test(tcase, who_has_a_block_is_not_idle);
	tcase_add_test(tcase, without_the_store_it_holds);
	tcase_add_test(tcase, without_the_store_each_has_a_share);
	tcase_add_test(tcase, without_the_store_it_is_open);
	tcase_add_test(tcase, other_limits);
	tcase_add_test(tcase, another_holder);
	tcase_add_test(tcase, one_that_is_cut_off);
	tcase_add_test(tcase, a_total);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
