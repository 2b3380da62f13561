/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "throttle/fair.h"
#include "throttle/fair_ahead.h"
#include "throttle/fair_turn.h"
#include "check_run.h"

#define U		1000000ULL	/* a cost of 1 */
#define SEC		1000000000ULL
#define CROWD		10000

/* An assertion of Check itself leaves a trace each time: too slow here. */
#define must(x)	do { if (!(x)) ck_abort_msg("line %d: %s", __LINE__, #x); \
	} while (0)

static struct fair		*q;
static struct fair_waiter	 crowd[CROWD];
static struct fair_waiter	 few[64];
static unsigned			 nfew;
static uint64_t			 now;

static void
setup(void)
{
	q = fair_new(2, false);
	ck_assert_ptr_nonnull(q);
	memset(crowd, 0, sizeof crowd);
	memset(few, 0, sizeof few);
	nfew = 0;
	now = 1000 * SEC;
}

static void
setup_trust(void)
{
	setup();
	fair_free(q);
	q = fair_new(2, true);
	ck_assert_ptr_nonnull(q);
}

static void
teardown(void)
{
	struct fair_waiter *w;
	unsigned lane;

	for (lane = 0; lane < 2; lane++)
		while ((w = fair_first(q, lane, now)) != NULL)
			fair_remove(q, w);
	must(fair_length(q) == 0);
	fair_free(q);
}

static void
fill(struct fair_waiter *w, uint64_t client, uint64_t cost)
{
	w->client = client;
	w->cost = cost;
	w->arrived = now;
	w->weight = FAIR_WEIGHT;
	w->urgency = FAIR_URGENCY;
}

static void
queue(struct fair_waiter *w)
{
	must(fair_add(q, w, now));
}

static struct fair_waiter *
one(uint64_t client, uint64_t cost)
{
	struct fair_waiter *w = &few[nfew++];

	must(nfew <= sizeof few / sizeof few[0]);
	fill(w, client, cost);
	return w;
}

static struct fair_waiter *
put(uint64_t client, uint64_t cost)
{
	struct fair_waiter *w = one(client, cost);

	queue(w);
	return w;
}

static struct fair_waiter *
put_urgent(uint64_t client, uint8_t urgency)
{
	struct fair_waiter *w = one(client, U);

	w->urgency = urgency;
	queue(w);
	return w;
}

static struct fair_waiter *
put_lane(uint64_t client, uint16_t lane)
{
	struct fair_waiter *w = one(client, U);

	w->lane = lane;
	queue(w);
	return w;
}

static void
put_crowd(uint64_t client, unsigned from, unsigned to)
{
	for (; from < to; from++) {
		fill(&crowd[from], client, U);
		queue(&crowd[from]);
	}
}

static struct fair_waiter *
serve(unsigned lane)
{
	struct fair_waiter *w = fair_first(q, lane, now);

	if (w != NULL)
		fair_serve(q, w, now);
	return w;
}

/* Serves the first of all lanes. */
static struct fair_waiter *
serve_any(void)
{
	struct fair_waiter *w = fair_first(q, 0, now);
	struct fair_waiter *other = fair_first(q, 1, now);

	if (w == NULL || (other != NULL && fair_before(q, other, w)))
		w = other;
	if (w != NULL)
		fair_serve(q, w, now);
	return w;
}

static unsigned
served_of(uint64_t client, unsigned n)
{
	struct fair_waiter *w;
	unsigned count = 0;

	for (; n > 0; n--) {
		w = serve(0);
		must(w != NULL);
		count += w->client == client;
	}
	return count;
}

START_TEST(empty)
{
	struct fair_waiter w = { .client = 1, .cost = U, .weight = 1 };

	must(fair_first(q, 0, now) == NULL);
	must(fair_ahead(q, &w, FAIR_ALL, now) == 0);
	must(fair_length(q) == 0 && fair_length_of(q, 1) == 0);
	fair_pass(q, 1, FAIR_WEIGHT, U);
	fair_free(NULL);
}
END_TEST

START_TEST(one_client_in_order)
{
	unsigned i;

	put_crowd(1, 0, 100);
	must(fair_length(q) == 100 && fair_length_of(q, 1) == 100);
	for (i = 0; i < 100; i++) {
		must(fair_ahead(q, &crowd[99], 0, now) == (99 - i) * U);
		must(serve(0) == &crowd[i]);
	}
	must(serve(0) == NULL && fair_length_of(q, 1) == 0);
}
END_TEST

/* A crowd delays another's first by no more than one turn. */
START_TEST(crowd_delays_one_turn)
{
	struct fair_waiter *w, *second;

	put_crowd(1, 0, CROWD);
	w = put(2, U);
	must(fair_ahead(q, w, 0, now) <= U);
	must(served_of(2, 2) == 1);
	must(served_of(1, 1000) == 1000);
	w = put(2, U);
	second = put(2, U);
	must(fair_ahead(q, second, 0, now) == U);
	must(served_of(2, 4) == 2);
	must(w->flow == NULL && second->flow == NULL);
}
END_TEST

/* Idleness saves nothing: who comes late takes turns from then on. */
START_TEST(idle_saves_nothing)
{
	put_crowd(1, 0, 5000);
	must(served_of(1, 2000) == 2000);
	put_crowd(2, 5000, CROWD);
	must(served_of(2, 1000) == 500);
}
END_TEST

/* Nor does it help to queue one at a time, and leave in between. */
START_TEST(one_at_a_time_owes)
{
	struct fair_waiter *w = one(2, 10 * U);
	unsigned turns = 0, others = 0;

	put_crowd(1, 0, 1000);
	queue(w);
	while (others < 500) {
		if (serve(0) == w) {
			turns++;
			queue(w);
		} else
			others++;
	}
	must(turns >= 49 && turns <= 52);
}
END_TEST

START_TEST(pass_is_a_turn)
{
	struct fair_waiter *a, *b;

	put_crowd(1, 0, 3);
	fair_pass(q, 2, FAIR_WEIGHT, 2 * U);
	a = put(2, U);
	b = put(3, U);
	must(serve(0) == &crowd[0]);
	must(serve(0) == b);
	must(serve(0) == &crowd[1]);
	must(served_of(2, 2) == 1);
	must(a->flow == NULL);
}
END_TEST

START_TEST(weights_share)
{
	unsigned i;

	for (i = 0; i < 4000; i++) {
		fill(&crowd[i], i % 2, U);
		crowd[i].weight = i % 2 ? 3 * FAIR_WEIGHT : FAIR_WEIGHT;
		queue(&crowd[i]);
	}
	i = served_of(1, 2000);
	must(i >= 1499 && i <= 1501);
}
END_TEST

/* The weight is the one named last. */
START_TEST(weight_changes)
{
	unsigned i;

	put_crowd(1, 0, 1000);
	put_crowd(2, 1000, 3000);
	fill(&crowd[3000], 2, U);
	crowd[3000].weight = 4 * FAIR_WEIGHT;
	queue(&crowd[3000]);
	i = served_of(2, 1000);
	must(i >= 799 && i <= 801);
}
END_TEST

/* Shares are of cost, not of waiters. */
START_TEST(costs_share)
{
	unsigned i;

	put_crowd(1, 0, 1000);
	for (i = 1000; i < 2000; i++) {
		fill(&crowd[i], 2, 5 * U);
		queue(&crowd[i]);
	}
	i = served_of(2, 600);
	must(i >= 99 && i <= 101);
}
END_TEST

START_TEST(cost_zero_takes_turns)
{
	unsigned i;

	for (i = 0; i < 2000; i++) {
		fill(&crowd[i], i < 1000 ? 1 : 2, 0);
		queue(&crowd[i]);
	}
	must(fair_ahead(q, &crowd[999], FAIR_ALL, now) == 0);
	i = served_of(2, 100);
	must(i == 50);
}
END_TEST

/* Nor does what costs nothing keep out what does. */
START_TEST(cost_zero_beside_others)
{
	unsigned i;

	for (i = 0; i < 2000; i++) {
		fill(&crowd[i], i < 1000 ? 1 : 2, i < 1000 ? 0 : U);
		queue(&crowd[i]);
	}
	i = served_of(2, 110);
	must(i >= 9 && i <= 11);
}
END_TEST

START_TEST(huge_costs)
{
	unsigned i;

	for (i = 0; i < 200; i++) {
		fill(&crowd[i], i % 2, UINT64_MAX);
		crowd[i].weight = 1;
		crowd[i].arrived = UINT64_MAX - 200 + i;
		crowd[i].urgency = 7;
		queue(&crowd[i]);
	}
	must(fair_ahead(q, &crowd[199], FAIR_ALL, now) ==
	    (wide)UINT64_MAX * 198);
	must(served_of(1, 100) == 50);
	must(fair_ahead(q, &crowd[199], FAIR_ALL, now) ==
	    (wide)UINT64_MAX * 98);
	fill(&crowd[200], 2, U);
	queue(&crowd[200]);
	must(served_of(2, 3) == 1);
}
END_TEST

START_TEST(urgency_orders_a_client)
{
	struct fair_waiter *late = put_urgent(1, 7);
	struct fair_waiter *plain = put_urgent(1, FAIR_URGENCY);
	struct fair_waiter *urgent = put_urgent(1, 0);
	struct fair_waiter *same = put_urgent(1, 0);

	must(fair_ahead(q, late, 0, now) == 3 * U);
	must(fair_ahead(q, same, 0, now) == U);
	must(serve(0) == urgent && serve(0) == same);
	must(serve(0) == plain && serve(0) == late);
}
END_TEST

/* Without trust one client's urgency is nothing to another. */
START_TEST(urgency_is_a_clients_own)
{
	put_crowd(1, 0, 100);
	put_urgent(2, 0);
	put_urgent(2, 0);
	put_urgent(2, 0);
	must(served_of(2, 4) == 2);
}
END_TEST

START_TEST(age_makes_up)
{
	struct fair_waiter *old = put_urgent(1, 5), *urgent;

	now += 2 * FAIR_AGE - 1;
	urgent = put_urgent(1, 3);
	must(fair_first(q, 0, now) == urgent);
	fair_remove(q, urgent);
	now += 1;
	urgent = put_urgent(1, 3);
	must(serve(0) == old && serve(0) == urgent);
}
END_TEST

START_TEST(trust_orders_clients)
{
	struct fair_waiter *urgent;

	put_crowd(1, 0, 100);
	must(served_of(1, 3) == 3);
	urgent = put_urgent(2, 1);
	put_urgent(2, 1);
	put_urgent(2, 4);
	must(fair_first(q, 0, now) == urgent);
	must(served_of(2, 2) == 2);
	must(served_of(1, 97) == 97);
	must(served_of(2, 1) == 1);
}
END_TEST

/* A stream of urgent ones starves nobody. */
START_TEST(trust_ages)
{
	struct fair_waiter *old = put_urgent(1, 7);
	unsigned i, j;

	for (i = 0; old->flow != NULL; i++) {
		must(i < 50);
		for (j = 0; j < 10; j++) {
			fill(&crowd[10 * i + j], 2, U);
			crowd[10 * i + j].urgency = 0;
			queue(&crowd[10 * i + j]);
		}
		served_of(1, 10);
		now += SEC;
	}
	must(i >= 35 && i <= 37);
}
END_TEST

/* Levels that had to wait are not owed what others were served. */
START_TEST(trust_owes_nothing)
{
	unsigned i;

	put_crowd(1, 0, 1000);
	for (i = 1000; i < 2000; i++) {
		fill(&crowd[i], 2, U);
		crowd[i].urgency = 0;
		queue(&crowd[i]);
	}
	must(served_of(2, 1000) == 1000);
	put_crowd(3, 2000, 2010);
	must(served_of(3, 20) == 10);
}
END_TEST

START_TEST(returned_go_first)
{
	struct fair_waiter *a = one(1, U), *b = one(2, U), *plain;

	put_crowd(1, 0, 10);
	b->returned = a->returned = true;
	a->urgency = 7;
	b->arrived = now - 1;
	queue(a);
	queue(b);
	plain = put(3, U);
	must(fair_length_of(q, 2) == 1);
	must(fair_ahead(q, &crowd[0], 0, now) == 0);
	must(fair_ahead(q, plain, 0, now) == 0);
	must(fair_ahead(q, a, 0, now) == U);
	must(fair_before(q, a, &crowd[0]) && fair_before(q, b, a));
	must(serve(0) == b && serve(0) == a);
	must(fair_length_of(q, 2) == 0);
	/* It was no turn of client 1. */
	must(serve(0) == &crowd[0]);
	must(serve(0) == plain);
}
END_TEST

START_TEST(returned_yield)
{
	struct fair_waiter *a = one(1, U), *b = one(2, U), *plain;

	a->returned = b->returned = true;
	queue(a);
	queue(b);
	plain = put(3, U);
	must(fair_returned_last(q, true) && !fair_returned_last(q, true));
	must(fair_ahead(q, plain, 0, now) == 0);
	must(fair_ahead(q, b, 0, now) == U);
	must(fair_before(q, plain, a) && !fair_before(q, a, plain));
	must(fair_turn_before(q, plain, 5, a, 0));
	must(serve(0) == plain);
	plain = put(3, U);
	must(fair_returned_last(q, false) && !fair_returned_last(q, false));
	must(serve(0) == a);
	fair_returned_last(q, true);
	must(serve(0) == plain);
	must(serve(0) == b);
}
END_TEST

START_TEST(removal_uses_no_turn)
{
	struct fair_waiter *w;
	unsigned i;

	put_crowd(1, 0, 100);
	w = put(2, U);
	fair_remove(q, w);
	must(w->flow == NULL && fair_length_of(q, 2) == 0);
	for (i = 0; i < 100; i += 2)
		fair_remove(q, &crowd[i]);
	must(fair_ahead(q, &crowd[99], 0, now) == 49 * U);
	for (i = 1; i < 100; i += 2)
		must(serve(0) == &crowd[i]);
	must(fair_length(q) == 0);
}
END_TEST

START_TEST(lanes_have_heads)
{
	struct fair_waiter *a = put_lane(1, 0), *b = put_lane(1, 1);
	struct fair_waiter *c = put_lane(2, 1);

	must(fair_first(q, 0, now) == a && fair_first(q, 1, now) == b);
	must(fair_before(q, a, b) && !fair_before(q, b, a));
	must(fair_ahead(q, c, 0, now) == 0);
	must(serve(0) == a);
	/* That was a turn in the other lane too. */
	must(fair_first(q, 1, now) == c);
	must(serve(1) == c && serve(1) == b);
}
END_TEST

/* Many lanes are no more than one client's share. */
START_TEST(lanes_share)
{
	struct fair_waiter *w;
	unsigned i, count = 0;

	for (i = 0; i < 3000; i++) {
		fill(&crowd[i], i < 2000 ? 1 : 2, U);
		crowd[i].lane = i < 1000;
		queue(&crowd[i]);
	}
	for (i = 0; i < 1000; i++) {
		w = serve_any();
		must(w != NULL);
		count += w->client == 2;
	}
	must(count >= 499 && count <= 501);
}
END_TEST

/* A lane that was held up goes on beside the others, and by its weights. */
START_TEST(lane_held_up)
{
	unsigned i, count[4] = { 0 };

	for (i = 0; i < 6000; i++) {
		fill(&crowd[i], 1 + i % 3, U);
		crowd[i].weight = FAIR_WEIGHT * (i % 3 == 1 ? 3 : 1);
		crowd[i].lane = i % 3 != 2;
		queue(&crowd[i]);
	}
	must(served_of(3, 1000) == 1000);
	for (i = 0; i < 1000; i++)
		count[serve_any()->client]++;
	must(count[1] >= 199 && count[1] <= 201);
	must(count[2] >= 599 && count[2] <= 601);
	must(count[3] >= 199 && count[3] <= 201);
	/* Slow, it shares by weight still, and with those who come anew. */
	memset(count, 0, sizeof count);
	for (i = 0; i < 90; i++) {
		served_of(3, 5);
		if (i == 50)
			put_lane(4, 1);
		if (i == 50 || i == 51 || i == 52)
			count[0] += serve(1)->client == 4;
		else
			count[serve(1)->client]++;
	}
	must(count[0] == 1);
	must(count[2] >= 63 && count[2] <= 67);
}
END_TEST

/* Nor is anything saved by a waiter in a lane that is held up. */
START_TEST(lane_saves_nothing)
{
	put_lane(2, 1);
	put_crowd(1, 0, 3000);
	must(served_of(1, 1000) == 1000);
	put_crowd(2, 3000, 5000);
	must(served_of(2, 1000) <= 501);
}
END_TEST

static void
count_each(struct fair_waiter *w, void *arg)
{
	must(w->flow != NULL);
	(*(unsigned *)arg)++;
}

START_TEST(each)
{
	unsigned count = 0;

	put_crowd(1, 0, 100);
	put_crowd(2, 100, 150);
	put_lane(3, 1);
	one(4, U)->returned = true;
	queue(&few[1]);
	fair_each(q, count_each, &count);
	must(count == 152 && fair_length(q) == 152);
}
END_TEST

/* Clients that owe are remembered, but not without end. */
START_TEST(remembered)
{
	struct fair_waiter *w;
	unsigned i;

	put_crowd(0, 0, 3);
	for (i = 1; i < 5000; i++)
		fair_pass(q, i, FAIR_WEIGHT, i * U);
	w = put(4999, U);
	put(5001, U);
	must(serve(0)->client == 0 && serve(0)->client == 5001);
	must(served_of(0, 2) == 2);
	must(serve(0) == w);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("fair");
	TCase *plain = tcase_create("plain");
	TCase *trust = tcase_create("trust");

	tcase_add_checked_fixture(plain, setup, teardown);
	tcase_add_checked_fixture(trust, setup_trust, teardown);
	tcase_add_test(plain, empty);
	tcase_add_test(plain, one_client_in_order);
	tcase_add_test(plain, crowd_delays_one_turn);
	tcase_add_test(plain, idle_saves_nothing);
	tcase_add_test(plain, one_at_a_time_owes);
	tcase_add_test(plain, pass_is_a_turn);
	tcase_add_test(plain, weights_share);
	tcase_add_test(plain, weight_changes);
	tcase_add_test(plain, costs_share);
	tcase_add_test(plain, cost_zero_takes_turns);
	tcase_add_test(plain, cost_zero_beside_others);
	tcase_add_test(plain, huge_costs);
	tcase_add_test(plain, urgency_orders_a_client);
	tcase_add_test(plain, urgency_is_a_clients_own);
	tcase_add_test(plain, age_makes_up);
	tcase_add_test(plain, returned_go_first);
	tcase_add_test(plain, returned_yield);
	tcase_add_test(plain, removal_uses_no_turn);
	tcase_add_test(plain, lanes_have_heads);
	tcase_add_test(plain, lanes_share);
	tcase_add_test(plain, lane_held_up);
	tcase_add_test(plain, lane_saves_nothing);
	tcase_add_test(plain, each);
	tcase_add_test(plain, remembered);
	tcase_add_test(trust, urgency_orders_a_client);
	tcase_add_test(trust, crowd_delays_one_turn);
	tcase_add_test(trust, trust_orders_clients);
	tcase_add_test(trust, trust_ages);
	tcase_add_test(trust, trust_owes_nothing);
	tcase_add_test(trust, returned_go_first);
	tcase_add_test(trust, returned_yield);
	suite_add_tcase(suite, plain);
	suite_add_tcase(suite, trust);
	return run_suite(suite);
}
