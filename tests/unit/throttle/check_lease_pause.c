/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include <check.h>

#include "check_run.h"
#include "throttle/lease_pause.h"

/*
 * Proxies with one host that is shut for a while, whose clocks are off and
 * drift, and a store that they ask each second, over a network that delays and
 * loses.  The first that is refused tells it.
 */

#define MS	1000000ULL
#define SEC	1000000000ULL
#define HORIZON	SEC
#define TIMEOUT	(200 * MS)
#define PROXIES	8
#define LETTERS	64

struct letter {
	bool			 used;
	bool			 is_answer;
	unsigned		 proxy;
	uint64_t		 number;
	uint64_t		 at;		/* true */
	uint64_t		 pause;		/* store's */
	uint64_t		 theirs;
};

struct proxy {
	struct lease_pause	 pause;
	struct lease_clock	 clock;
	int64_t			 offset;	/* ns */
	int64_t			 drift;		/* ppm */
	uint64_t		 longest;	/* ns */
	uint64_t		 paused;	/* own: until */
	uint64_t		 heard;		/* true: the last that was news */
	uint64_t		 number;
	uint64_t		 asked;		/* own; 0: none under way */
	uint64_t		 next;		/* own */
};

struct world {
	uint64_t		 now;		/* true */
	int64_t			 skew;		/* of the store's clock */
	uint64_t		 until;		/* store's */
	uint64_t		 delay;
	unsigned		 lost;		/* one letter in so many; 0 */
	struct letter		 letters[LETTERS];
	struct proxy		 proxies[PROXIES];
};

static unsigned
draw(unsigned n)
{
	return (unsigned)random() % n;
}

static uint64_t
own(const struct proxy *p, uint64_t t)
{
	return (uint64_t)((int64_t)t + p->offset +
	    (int64_t)(t / 1000000) * p->drift);
}

static uint64_t
theirs(const struct world *w, uint64_t t)
{
	return (uint64_t)((int64_t)t + w->skew);
}

static void
post(struct world *w, const struct letter *l)
{
	unsigned i;

	if (w->lost > 0 && draw(w->lost) == 0)
		return;
	for (i = 0; i < LETTERS && w->letters[i].used; i++)
		continue;
	ck_assert_uint_lt(i, LETTERS);
	w->letters[i] = *l;
	w->letters[i].used = true;
	w->letters[i].at = w->now + draw((unsigned)(w->delay / MS) + 1) * MS;
}

static void
ask(struct world *w, unsigned i)
{
	struct proxy *p = &w->proxies[i];
	struct letter l = { .proxy = i, .number = ++p->number };

	l.pause = lease_pause_tell(&p->pause, &p->clock,
	    own(p, w->now)).pause;
	p->asked = own(p, w->now);
	p->next = p->asked + HORIZON;
	post(w, &l);
}

static void
act(struct world *w, unsigned i)
{
	struct proxy *p = &w->proxies[i];
	uint64_t t = own(p, w->now);

	if (p->asked != 0 && t - p->asked >= TIMEOUT) {
		p->asked = 0;
		p->next = t;
	}
	if (p->asked == 0 && t >= p->next)
		ask(w, i);
}

static void
deliver(struct world *w, struct letter *l)
{
	struct proxy *p = &w->proxies[l->proxy];
	struct letter a = *l;
	uint64_t until;

	l->used = false;
	if (!l->is_answer) {
		if (l->pause > w->until)
			w->until = l->pause;
		a.is_answer = true;
		a.pause = w->until;
		a.theirs = theirs(w, w->now);
		post(w, &a);
		return;
	}
	if (l->number != p->number || p->asked == 0)
		return;
	p->clock = (struct lease_clock){ l->theirs, p->asked,
		own(p, w->now) };
	p->asked = 0;
	until = lease_pause_take(&p->pause, l->pause, &p->clock, p->longest);
	if (until == 0)
		return;
	ck_assert_uint_gt(until, p->paused);
	ck_assert_uint_le(until, own(p, w->now) + p->longest);
	p->paused = until;
	p->heard = w->now;
}

static void
run(struct world *w, uint64_t ns)
{
	uint64_t end = w->now + ns;
	unsigned i;

	for (; w->now < end; w->now += MS) {
		for (i = 0; i < LETTERS; i++)
			if (w->letters[i].used && w->letters[i].at <= w->now)
				deliver(w, &w->letters[i]);
		for (i = 0; i < PROXIES; i++)
			act(w, i);
	}
}

/* Its host has refused, until a true instant. */
static void
refuse(struct world *w, unsigned i, uint64_t until)
{
	struct proxy *p = &w->proxies[i];

	p->paused = own(p, until);
	p->heard = w->now;
	lease_pause_learn(&p->pause, p->paused, own(p, w->now));
	p->next = 0;
}

static struct world *
make_world(unsigned seed)
{
	struct world *w = calloc(1, sizeof *w);
	struct proxy *p;

	srandom(seed);
	w->now = 1000 * SEC;
	w->skew = (int64_t)(draw(1000) * SEC);
	w->delay = 5 * MS;
	for (p = w->proxies; p < &w->proxies[PROXIES]; p++) {
		p->offset = (int64_t)(draw(1000) * SEC);
		p->drift = (int64_t)draw(401) - 200;
		p->longest = 3600 * SEC;
		p->next = own(p, w->now + draw(1000) * MS);
	}
	run(w, 3 * SEC);
	return w;
}

/* All pause, to the true instant or a little longer. */
static void
check_all_paused(const struct world *w, uint64_t until, uint64_t later)
{
	const struct proxy *p;

	for (p = w->proxies; p < &w->proxies[PROXIES]; p++) {
		ck_assert_uint_ge(p->paused, own(p, until));
		ck_assert_uint_le(p->paused, own(p, until + later));
	}
}

START_TEST(all_pause_with_the_first)
{
	struct world *w = make_world((unsigned)_i);
	uint64_t until = w->now + 10 * SEC, from = w->now;
	unsigned i;

	refuse(w, draw(PROXIES), until);
	run(w, HORIZON + 5 * w->delay);
	/* there and back, and a drift of 1 in 2,000 both ways */
	check_all_paused(w, until, 4 * w->delay + 15 * MS);
	for (i = 0; i < PROXIES; i++)
		ck_assert_uint_le(w->proxies[i].heard, from + HORIZON +
		    5 * w->delay);
	free(w);
}
END_TEST

START_TEST(lost_letters_heal)
{
	struct world *w = make_world((unsigned)_i);
	uint64_t until = w->now + 20 * SEC;

	w->lost = 4;
	refuse(w, draw(PROXIES), until);
	run(w, 2 * HORIZON + 8 * TIMEOUT);
	check_all_paused(w, until, 4 * w->delay + 25 * MS);
	free(w);
}
END_TEST

/* It goes round and round, and is the same at the end. */
START_TEST(a_pause_does_not_creep)
{
	struct world *w = make_world((unsigned)_i);
	uint64_t until = w->now + 30 * SEC, latest;

	w->delay = 50 * MS;
	refuse(w, 0, until);
	run(w, 2 * SEC);
	latest = w->until;
	run(w, 27 * SEC);
	ck_assert_uint_eq(w->until, latest);
	check_all_paused(w, until, 4 * w->delay + 35 * MS);
	free(w);
}
END_TEST

/* The latest counts, whoever says so. */
START_TEST(the_latest_counts)
{
	struct world *w = make_world((unsigned)_i);
	uint64_t until = w->now + 10 * SEC;

	refuse(w, 0, until);
	refuse(w, 1, until - 5 * SEC);
	run(w, 2 * SEC);
	check_all_paused(w, until, 35 * MS);
	refuse(w, 2, until + 4 * SEC);
	run(w, 2 * SEC);
	check_all_paused(w, until + 4 * SEC, 35 * MS);
	free(w);
}
END_TEST

/* Another server, with another clock, has heard nothing. */
START_TEST(a_store_that_forgot_is_told)
{
	struct world *w = make_world((unsigned)_i);
	uint64_t until = w->now + 30 * SEC;

	refuse(w, 0, until);
	run(w, 3 * SEC);
	w->until = 0;
	w->skew = (int64_t)(draw(1000) * SEC);
	/* they hear so with one question, and tell with the next */
	run(w, 3 * HORIZON);
	ck_assert_uint_ge(w->until, theirs(w, until));
	ck_assert_uint_le(w->until, theirs(w, until + 100 * MS));
	check_all_paused(w, until, 150 * MS);
	free(w);
}
END_TEST

/* What others say is cut to the own maximum, from when it was heard. */
START_TEST(nobody_pauses_longer_than_it_may)
{
	struct world *w = make_world((unsigned)_i);
	unsigned i;

	for (i = 1; i < PROXIES; i++)
		w->proxies[i].longest = 5 * SEC;
	refuse(w, 0, w->now + 1000 * SEC);
	run(w, 20 * SEC);
	for (i = 1; i < PROXIES; i++)
		ck_assert_uint_lt(w->proxies[i].paused,
		    own(&w->proxies[i], w->now));
	free(w);
}
END_TEST

/* What it has told itself, a store says in its own units. */
START_TEST(the_own_word_is_no_news)
{
	struct lease_clock c = { 100 * SEC + 1, 7 * SEC, 8 * SEC };
	struct lease_pause p = { 0 };
	uint64_t said;

	lease_pause_learn(&p, 20 * SEC + 333, 8 * SEC);
	said = lease_pause_tell(&p, &c, 8 * SEC).pause;
	ck_assert_uint_ge(said, 113 * SEC + 334);
	ck_assert_uint_eq(said % LEASE_PAUSE_UNIT, 0);
	ck_assert_uint_eq(lease_pause_take(&p, said, &c, 3600 * SEC), 0);
	ck_assert_uint_eq(lease_pause_tell(&p, &c, 8 * SEC).pause, 0);
}
END_TEST

/* One that is over is no pause. */
START_TEST(what_is_over_is_nothing)
{
	struct lease_clock c = { 100 * SEC, 7 * SEC, 8 * SEC };
	struct lease_pause p = { 0 };

	ck_assert_uint_eq(lease_pause_take(&p, 100 * SEC, &c, SEC), 0);
	ck_assert_uint_eq(lease_pause_take(&p, 0, &c, SEC), 0);
	ck_assert_uint_eq(lease_pause_tell(&p, &c, 8 * SEC).pause, 0);
}
END_TEST

/* An order ends what was known when it was given, and is told until heard. */
START_TEST(an_order_is_told_until_it_is_heard)
{
	struct lease_clock c = { 0 };
	struct lease_pause p = { 0 };
	struct lease_turn_news n;

	lease_pause_learn(&p, 90 * SEC, 8 * SEC);
	lease_pause_order(&p, 10 * SEC);
	/* what is asked already tells nothing of it, nor does its answer */
	ck_assert(lease_pause_has_news(&p, &c));
	c = (struct lease_clock){ 100 * SEC, 10 * SEC, 11 * SEC };
	ck_assert(!lease_pause_heed(&p, 0, 180 * SEC, &c));
	ck_assert_uint_eq(lease_pause_take(&p, 180 * SEC, &c, 3600 * SEC), 0);
	ck_assert(lease_pause_has_news(&p, &c));
	n = lease_pause_tell(&p, &c, 12 * SEC);
	ck_assert_uint_eq(n.orders, 2 * SEC);
	ck_assert_uint_eq(n.pause, 0);
	/* it had no answer */
	ck_assert(lease_pause_has_news(&p, &c));
	ck_assert_uint_eq(lease_pause_tell(&p, &c, 13 * SEC).orders, 3 * SEC);
	c = (struct lease_clock){ 103 * SEC, 13 * SEC, 13 * SEC };
	ck_assert(!lease_pause_heed(&p, 100 * SEC, 103 * SEC, &c));
	ck_assert_uint_eq(lease_pause_take(&p, 103 * SEC, &c, 3600 * SEC), 0);
	ck_assert(!lease_pause_has_news(&p, &c));
	n = lease_pause_tell(&p, &c, 14 * SEC);
	ck_assert_uint_eq(n.heeded, 100 * SEC);
	ck_assert_uint_eq(n.orders + n.pause + n.opened, 0);
}
END_TEST

/* By one who has never had a word of the store, and does not know its time. */
START_TEST(an_order_is_told_before_anything_is_known)
{
	struct lease_clock c = { 0 };
	struct lease_pause p = { 0 };

	lease_pause_order(&p, 10 * SEC);
	ck_assert(lease_pause_has_news(&p, &c));
	ck_assert_uint_eq(lease_pause_tell(&p, &c, 11 * SEC).orders, SEC);
	c = (struct lease_clock){ 101 * SEC, 11 * SEC, 11 * SEC };
	ck_assert(!lease_pause_heed(&p, 100 * SEC, 101 * SEC, &c));
	ck_assert_uint_eq(lease_pause_take(&p, 101 * SEC, &c, 3600 * SEC), 0);
	ck_assert(!lease_pause_has_news(&p, &c));
}
END_TEST

START_TEST(an_order_from_elsewhere)
{
	struct lease_clock c = { 100 * SEC, 10 * SEC, 10 * SEC };
	struct lease_pause p = { 0 };

	ck_assert_uint_gt(lease_pause_take(&p, 190 * SEC, &c, 3600 * SEC), 0);
	c = (struct lease_clock){ 110 * SEC, 20 * SEC, 20 * SEC };
	ck_assert(lease_pause_heed(&p, 109 * SEC, 109 * SEC, &c));
	ck_assert_uint_eq(lease_pause_take(&p, 109 * SEC, &c, 3600 * SEC), 0);
	ck_assert(!lease_pause_has_news(&p, &c));
	/* once */
	ck_assert(!lease_pause_heed(&p, 109 * SEC, 109 * SEC, &c));
	/* what was learned later goes on, and is told as that */
	lease_pause_learn(&p, 90 * SEC, 25 * SEC);
	c = (struct lease_clock){ 120 * SEC, 30 * SEC, 30 * SEC };
	ck_assert(!lease_pause_heed(&p, 114 * SEC, 109 * SEC, &c));
	ck_assert_uint_eq(lease_pause_take(&p, 109 * SEC, &c, 3600 * SEC), 0);
	ck_assert(lease_pause_has_news(&p, &c));
	ck_assert_uint_ge(lease_pause_tell(&p, &c, 30 * SEC).pause, 180 * SEC);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("lease_pause");
	TCase *tcase = tcase_create("pause");

	tcase_add_loop_test(tcase, all_pause_with_the_first, 0, 30);
	tcase_add_loop_test(tcase, lost_letters_heal, 0, 30);
	tcase_add_loop_test(tcase, a_pause_does_not_creep, 0, 10);
	tcase_add_loop_test(tcase, the_latest_counts, 0, 10);
	tcase_add_loop_test(tcase, a_store_that_forgot_is_told, 0, 10);
	tcase_add_loop_test(tcase, nobody_pauses_longer_than_it_may, 0, 5);
	tcase_add_test(tcase, the_own_word_is_no_news);
	tcase_add_test(tcase, what_is_over_is_nothing);
	tcase_add_test(tcase, an_order_is_told_until_it_is_heard);
	tcase_add_test(tcase, an_order_is_told_before_anything_is_known);
	tcase_add_test(tcase, an_order_from_elsewhere);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
