/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "check_throttle.h"

/*
 * Whose the places of a full queue are.  The scenarios have a host with one
 * slot, which is taken, so whoever asks has to wait.
 */

#define LENGTH	10
#define OWNERS	5

static struct throttle		*t;
static struct throttle_waiter	 all[1000];
static unsigned			 n;
static uint64_t			 owner_of[1000];
static struct throttle_report	 report;

static void
begin(uint32_t length)
{
	struct throttle_limits l = slots(1);

	l.queue_length = length;
	t = new_throttle(l);
	memset(all, 0, sizeof all);
	n = 0;
	go(t, U, 0);
}

/* One more of an owner asks; its number is n - 1. */
static enum throttle_answer
come(uint64_t owner, uint64_t client)
{
	struct throttle_request q = request_of(U, NEVER);

	q.owner = owner;
	q.client = client;
	owner_of[n++] = owner;
	return throttle_ask(t, &all[n - 1], &q, n, &report);
}

static void
fill(uint64_t owner, unsigned many)
{
	while (many-- > 0)
		ck_assert_int_eq(come(owner, owner), THROTTLE_WAIT);
}

static void
end(void)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (all[i].fair.flow != NULL)
			throttle_cancel(t, &all[i]);
	give_back(t, n);
	ck_assert(throttle_idle(t, n));
	throttle_free(t);
}

START_TEST(one_alone_has_all_of_it)
{
	begin(LENGTH);
	fill(1, LENGTH);
	ck_assert_int_eq(come(1, 1), THROTTLE_FULL);
	ck_assert_ptr_null(report.yielded);
	ck_assert_uint_eq(throttle_waiting(t), LENGTH);
	end();
}
END_TEST

START_TEST(its_last_yields_to_a_newcomer)
{
	begin(LENGTH);
	fill(1, LENGTH);
	ck_assert_int_eq(come(2, 2), THROTTLE_WAIT);
	ck_assert_ptr_eq(report.yielded, &all[LENGTH - 1]);
	ck_assert_ptr_null(all[LENGTH - 1].fair.flow);
	ck_assert_uint_eq(throttle_waiting(t), LENGTH);
	/* the next one takes the next, up to half of them */
	ck_assert_int_eq(come(2, 2), THROTTLE_WAIT);
	ck_assert_ptr_eq(report.yielded, &all[LENGTH - 2]);
	end();
}
END_TEST

START_TEST(what_is_even_stays)
{
	unsigned i;

	begin(LENGTH);
	fill(1, LENGTH);
	for (i = 0; i < LENGTH / 2; i++)
		ck_assert_int_eq(come(2, 2), THROTTLE_WAIT);
	ck_assert_int_eq(come(2, 2), THROTTLE_FULL);
	ck_assert_int_eq(come(1, 1), THROTTLE_FULL);
	/* five each: who has none still finds a place */
	ck_assert_int_eq(come(3, 3), THROTTLE_WAIT);
	ck_assert_ptr_nonnull(report.yielded);
	end();
}
END_TEST

START_TEST(one_place_each_is_even)
{
	unsigned i;

	begin(LENGTH);
	for (i = 0; i < LENGTH; i++)
		fill(i, 1);
	ck_assert_int_eq(come(LENGTH, LENGTH), THROTTLE_FULL);
	end();
}
END_TEST

START_TEST(made_up_clients_are_one_owners)
{
	unsigned i;

	begin(LENGTH);
	for (i = 0; i < LENGTH; i++)
		ck_assert_int_eq(come(1, 100 + i), THROTTLE_WAIT);
	ck_assert_int_eq(come(1, 100 + i), THROTTLE_FULL);
	ck_assert_int_eq(come(2, 2), THROTTLE_WAIT);
	ck_assert_ptr_eq(report.yielded, &all[LENGTH - 1]);
	end();
}
END_TEST

START_TEST(who_would_be_late_takes_no_place)
{
	struct throttle_request q = request_of(U, 5 * SEC);
	struct throttle_limits l = one_rate(U, SEC, U);
	struct throttle_waiter late;

	l.queue_length = LENGTH;
	t = new_throttle(l);
	n = 0;
	go(t, U, 0);
	fill(1, LENGTH);
	q.owner = 2;
	q.client = 1;		/* behind all of them */
	ck_assert_int_eq(throttle_ask(t, &late, &q, n, &report),
	    THROTTLE_LATE_START);
	ck_assert_ptr_null(report.yielded);
	ck_assert_uint_eq(throttle_waiting(t), LENGTH);
	while (n > 0)
		throttle_cancel(t, &all[--n]);
	throttle_free(t);
}
END_TEST

START_TEST(who_was_sent_back_stays)
{
	struct throttle_limits l = slots(1);
	struct throttle_waiter *w = &all[0];

	l.queue_length = 1;
	t = new_throttle(l);
	memset(all, 0, sizeof all);
	n = 0;
	ck_assert_int_eq(come(1, 1), THROTTLE_GO);
	fill(1, 1);
	throttle_verdict(t, w, BUDGET_THROTTLED, 1);
	ck_assert_int_eq(throttle_return(t, w, 1, &report), THROTTLE_WAIT);
	/* two wait: the one that was sent back is nobody's to take */
	throttle_pause(t, THROTTLE_WHOLE, SEC, 1);
	ck_assert_int_eq(come(2, 2), THROTTLE_FULL);
	throttle_cancel(t, &all[1]);
	ck_assert_int_eq(come(2, 2), THROTTLE_FULL);
	throttle_cancel(t, w);
	throttle_free(t);
}
END_TEST

START_TEST(a_reload_keeps_whose_they_are)
{
	struct throttle_limits l = slots(1);
	static const struct budget_limits part = { .concurrency = 1 };

	begin(LENGTH);
	fill(1, LENGTH - 1);
	fill(2, 1);
	l.queue_length = LENGTH;
	l.parts[l.nparts++] = &part;
	ck_assert(throttle_limit(t, &l, NULL, 100));
	ck_assert_int_eq(come(2, 2), THROTTLE_WAIT);
	ck_assert_ptr_eq(report.yielded, &all[LENGTH - 2]);
	end();
}
END_TEST

/* Against a model: who has most, and whose are how many. */
static unsigned
places_of(uint64_t owner)
{
	unsigned i, places = 0;

	for (i = 0; i < n; i++)
		places += all[i].fair.flow != NULL && owner_of[i] == owner;
	return places;
}

static unsigned
most_places(void)
{
	unsigned places, most = 0;
	uint64_t i;

	for (i = 0; i < OWNERS; i++)
		if ((places = places_of(i)) > most)
			most = places;
	return most;
}

static void
check_come(uint64_t owner)
{
	unsigned i, last = 0, most = most_places(), has = places_of(owner);
	bool full = throttle_waiting(t) >= LENGTH;
	enum throttle_answer answer = come(owner, owner % 3);

	if (!full || most >= has + 2)
		ck_assert_int_eq(answer, THROTTLE_WAIT);
	else
		ck_assert_int_eq(answer, THROTTLE_FULL);
	ck_assert((report.yielded != NULL) == (full && most >= has + 2));
	if (report.yielded == NULL)
		return;
	i = (unsigned)(report.yielded - all);
	ck_assert_uint_eq(places_of(owner_of[i]) + 1, most);
	for (last = i + 1; last < n - 1; last++)
		ck_assert(owner_of[last] != owner_of[i] ||
		    all[last].fair.flow == NULL);
}

START_TEST(a_model_agrees)
{
	uint64_t seed = 7;
	unsigned i, which;

	begin(LENGTH);
	for (i = 0; i < 900; i++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		which = (unsigned)(seed >> 33);
		if (which % 4 == 0 && n > 0) {
			which = (which >> 2) % n;
			if (all[which].fair.flow != NULL)
				throttle_cancel(t, &all[which]);
		} else
			check_come((which >> 2) % OWNERS % (1 + i % OWNERS));
	}
	end();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("throttle_owners");
	TCase *c = tcase_create("owners");

	suite_add_tcase(s, c);
	tcase_add_test(c, one_alone_has_all_of_it);
	tcase_add_test(c, its_last_yields_to_a_newcomer);
	tcase_add_test(c, what_is_even_stays);
	tcase_add_test(c, one_place_each_is_even);
	tcase_add_test(c, made_up_clients_are_one_owners);
	tcase_add_test(c, who_would_be_late_takes_no_place);
	tcase_add_test(c, who_was_sent_back_stays);
	tcase_add_test(c, a_reload_keeps_whose_they_are);
	tcase_add_test(c, a_model_agrees);
	return run_suite(s);
}
