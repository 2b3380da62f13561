/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "check_run.h"
#include "throttle/lease_pause.h"
#include "throttle/lease_turn.h"

/*
 * Proxies with one host that is shut at times, whose clocks are off and drift,
 * and a grantor that they tell of its pauses over a network that delays and
 * loses.  The host counts what it has to refuse after one of them knew.
 */

#define MS	1000000ULL
#define SEC	1000000000ULL
#define HORIZON	SEC
#define PROXIES	8
#define LETTERS	256
#define TIMEOUT	(200 * MS)
#define TRIP	(10 * MS)	/* to the host and back */

struct letter {
	bool		 used;
	bool		 is_answer;
	unsigned	 proxy;
	uint64_t	 number;
	uint64_t	 at;
	struct lease_turn_news	 told;
	uint64_t	 pause;		/* grantor's */
	uint64_t	 ordered;
	uint64_t	 theirs;
	uint64_t	 again_at;
	enum lease_turn_state state;
};

struct proxy {
	struct lease_pause	 hold;
	struct lease_clock	 clock;
	int64_t			 offset;	/* ns */
	int64_t			 drift;		/* ppm */
	uint64_t		 longest;	/* pause.max */
	uint64_t		 paused;	/* own: until */
	uint64_t		 lease;		/* own: it may go until */
	bool			 probing;
	uint64_t		 number;
	uint64_t		 asked;		/* own; 0: none under way */
	uint64_t		 again;		/* own */
	uint64_t		 verdict;	/* true: of its request; 0: none */
	bool			 refused;
	uint64_t		 went;
};

struct world {
	struct lease_turn	 grantor;
	int64_t			 skew;
	uint64_t		 now;
	uint64_t		 delay;
	unsigned		 lost;		/* one letter in so many; 0: none */
	struct letter		 letters[LETTERS];
	struct proxy		 proxies[PROXIES];
	unsigned		 n;
	uint64_t		 shut_from, shut_until;	/* true */
	uint64_t		 named;		/* ns: what the host says; 0: all */
	uint64_t		 known;		/* true: the first refusal came */
	uint64_t		 healed;	/* ns after that */
	unsigned		 refused;	/* since then */
	unsigned		 went;		/* since it is open */
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

	p->asked = own(p, w->now);
	l.told = lease_pause_tell(&p->hold, &p->clock, p->asked);
	post(w, &l);
}

static void
judge(struct world *w, struct proxy *p)
{
	uint64_t until;

	p->verdict = 0;
	if (!p->refused) {
		if (p->probing)
			lease_pause_open(&p->hold);
		p->probing = false;
		p->lease = p->probing ? 0 : p->lease;
		return;
	}
	p->probing = false;
	until = w->named != 0 ? w->now + w->named : w->shut_until;
	if (until <= w->now)
		return;
	until = own(p, until) + MS;
	if (w->known == 0)
		w->known = w->now;
	if (until <= p->paused)
		return;
	p->paused = until;
	p->lease = 0;
	lease_pause_learn(&p->hold, until, own(p, w->now));
	/* it does not wait until it needs a lease */
	p->asked = 0;
	p->again = 0;
	ask(w, (unsigned)(p - w->proxies));
}

static void
send_one(struct world *w, struct proxy *p)
{
	p->verdict = w->now + TRIP;
	p->refused = w->now >= w->shut_from && w->now < w->shut_until;
	p->went++;
	w->went += w->now >= w->shut_until;
	if (p->refused && w->known != 0 && w->now > w->known + w->healed)
		w->refused++;
	if (p->probing)
		p->lease = 0;
}

static void
act(struct world *w, unsigned i)
{
	struct proxy *p = &w->proxies[i];
	uint64_t t = own(p, w->now);

	if (p->verdict != 0 && w->now >= p->verdict)
		judge(w, p);
	if (p->asked != 0 && t - p->asked >= TIMEOUT)
		p->asked = 0;
	if (t < p->paused || p->verdict != 0)
		return;
	if (t < p->lease)
		send_one(w, p);
	else if (p->asked == 0 && t >= p->again)
		ask(w, i);
}

static void
take(struct world *w, struct proxy *p, const struct letter *l)
{
	uint64_t until;

	p->clock = (struct lease_clock){ l->theirs, p->asked,
		own(p, w->now) };
	if (lease_pause_heed(&p->hold, l->ordered, l->pause, &p->clock))
		p->paused = p->again = 0;
	until = lease_pause_take(&p->hold, l->pause, &p->clock, p->longest);
	if (until > p->paused) {
		ck_assert_uint_le(until, p->clock.received + p->longest);
		p->paused = until;
		p->lease = 0;
	}
}

static void
deliver(struct world *w, struct letter *l)
{
	struct proxy *p = &w->proxies[l->proxy];
	struct letter a = *l;

	l->used = false;
	if (!l->is_answer) {
		a.is_answer = true;
		a.theirs = (uint64_t)((int64_t)w->now + w->skew);
		lease_turn_hear(&w->grantor, &l->told, a.theirs);
		a.state = lease_turn_ask(&w->grantor, l->proxy + 1,
		    p->longest, HORIZON, a.theirs, &a.again_at);
		a.pause = w->grantor.pause;
		a.ordered = w->grantor.ordered;
		post(w, &a);
		return;
	}
	if (l->number != p->number || p->asked == 0)
		return;
	take(w, p, l);
	p->asked = 0;
	p->probing = l->state == LEASE_TURN_PROBE;
	if (p->probing)
		lease_pause_probe(&p->hold, p->clock.received);
	if (l->state != LEASE_TURN_SHUT)
		p->lease = own(p, w->now) + HORIZON;
	else
		p->again = own(p, w->now) + (l->again_at - l->theirs);
}

static void
run(struct world *w, uint64_t until)
{
	unsigned i;

	for (; w->now < until; w->now += MS) {
		for (i = 0; i < LETTERS; i++)
			if (w->letters[i].used && w->letters[i].at <= w->now)
				deliver(w, &w->letters[i]);
		for (i = 0; i < w->n; i++)
			act(w, i);
	}
}

static struct world *
make_world(unsigned seed)
{
	struct world *w = calloc(1, sizeof *w);
	unsigned i;

	srandom(seed);
	w->n = PROXIES;
	w->now = 1000 * SEC;
	w->delay = 5 * MS;
	w->skew = (int64_t)(draw(1000) * SEC);
	w->healed = HORIZON + TRIP + 2 * w->delay + MS;
	for (i = 0; i < w->n; i++) {
		w->proxies[i].offset = (int64_t)(draw(1000) * SEC);
		w->proxies[i].drift = (int64_t)draw(401) - 200;
		w->proxies[i].longest = 3600 * SEC;
	}
	w->shut_from = w->now + (2000 + draw(2000)) * MS;
	w->shut_until = w->shut_from + 5 * SEC;
	return w;
}

/* All pause with the first, and go again when the pause is over. */
START_TEST(all_pause)
{
	struct world *w = make_world((unsigned)_i);
	unsigned i;

	run(w, w->shut_until);
	ck_assert_uint_ne(w->known, 0);
	ck_assert_uint_eq(w->refused, 0);
	for (i = 0; i < w->n; i++)
		w->proxies[i].went = 0;
	/* it asks, it is told, and all ask within half a horizon */
	run(w, w->shut_until + 700 * MS);
	for (i = 0; i < w->n; i++)
		ck_assert_uint_gt(w->proxies[i].went, 0);
	free(w);
}
END_TEST

START_TEST(many_lost_letters_heal)
{
	struct world *w = make_world((unsigned)_i);

	w->lost = 5;
	w->healed = HORIZON + 5 * TIMEOUT;
	w->shut_until += 5 * SEC;
	run(w, w->shut_until);
	ck_assert_uint_ne(w->known, 0);
	ck_assert_uint_eq(w->refused, 0);
	free(w);
}
END_TEST

/* Where the host names less than it is shut for, one asks for all of them. */
START_TEST(one_probes_for_all)
{
	struct world *w = make_world((unsigned)_i);
	unsigned most;

	w->named = 500 * MS;
	w->healed = HORIZON + 2 * w->delay + TRIP + MS;
	run(w, w->shut_until);
	most = (unsigned)((w->shut_until - w->shut_from) / w->named) + 1;
	ck_assert_uint_gt(w->refused, most / 2);
	ck_assert_uint_le(w->refused, most);
	w->went = 0;
	run(w, w->shut_until + 2 * SEC);
	ck_assert_uint_gt(w->went, 8 * 30);
	free(w);
}
END_TEST

/* A prober that never comes back loses its turn. */
START_TEST(a_dead_prober_is_replaced)
{
	const struct lease_turn_news shut = { .pause = 10 * SEC };
	const struct lease_turn_news opened = { .opened = 10 * SEC };
	struct lease_turn p = { 0 };
	uint64_t again = 0;

	lease_turn_hear(&p, &shut, 5 * SEC);
	ck_assert_int_eq(lease_turn_ask(&p, 1, 60 * SEC, SEC, 6 * SEC,
	    &again), LEASE_TURN_SHUT);
	ck_assert_uint_eq(again, 10 * SEC);
	ck_assert_int_eq(lease_turn_ask(&p, 1, 60 * SEC, SEC, 10 * SEC,
	    &again), LEASE_TURN_PROBE);
	ck_assert_int_eq(lease_turn_ask(&p, 2, 60 * SEC, SEC, 11 * SEC,
	    &again), LEASE_TURN_SHUT);
	ck_assert_uint_eq(again, 11 * SEC + SEC / 2);
	/* one that lost the answer may have another */
	ck_assert_int_eq(lease_turn_ask(&p, 1, 60 * SEC, SEC, 12 * SEC,
	    &again), LEASE_TURN_PROBE);
	ck_assert_int_eq(lease_turn_ask(&p, 2, 60 * SEC, SEC,
	    12 * SEC + LEASE_TURN, &again), LEASE_TURN_PROBE);
	lease_turn_hear(&p, &opened, 23 * SEC);
	ck_assert_int_eq(lease_turn_ask(&p, 3, 60 * SEC, SEC, 23 * SEC,
	    &again), LEASE_TURN_OPEN);
}
END_TEST

/* What others say is cut to the own maximum; then one may ask the host. */
START_TEST(nobody_pauses_longer_than_it_may)
{
	struct lease_clock c = { 100 * SEC, 7 * SEC, 8 * SEC };
	struct lease_pause h = { 0 };
	struct lease_turn p = { 0 };
	uint64_t again = 0;

	ck_assert_uint_eq(lease_pause_take(&h, 5000 * SEC, &c, 60 * SEC),
	    68 * SEC);
	c = (struct lease_clock){ 130 * SEC, 37 * SEC, 38 * SEC };
	ck_assert_uint_eq(lease_pause_take(&h, 5000 * SEC, &c, 60 * SEC), 0);
	lease_turn_hear(&p, &(struct lease_turn_news){ .pause = 5000 * SEC },
	    100 * SEC);
	ck_assert_int_eq(lease_turn_ask(&p, 1, 60 * SEC, SEC, 159 * SEC,
	    &again), LEASE_TURN_SHUT);
	ck_assert_uint_eq(again, 160 * SEC);
	ck_assert_int_eq(lease_turn_ask(&p, 1, 60 * SEC, SEC, 160 * SEC,
	    &again), LEASE_TURN_PROBE);
}
END_TEST

/* A pause that goes round and round does not become longer. */
START_TEST(a_pause_does_not_creep)
{
	struct world *w = make_world((unsigned)_i);
	uint64_t latest;
	unsigned i;

	w->delay = 50 * MS;
	run(w, w->shut_from + SEC);
	latest = w->grantor.pause;
	run(w, w->shut_until - MS);
	ck_assert_uint_le(w->grantor.pause, latest + 2 * w->delay + 10 * MS);
	for (i = 0; i < w->n; i++)
		ck_assert_uint_le(w->proxies[i].paused, own(&w->proxies[i],
		    w->shut_until) + 4 * w->delay + 10 * MS);
	free(w);
}
END_TEST

/* Another server, with another clock, is told of it again. */
START_TEST(a_grantor_that_forgot_is_told)
{
	struct world *w = make_world((unsigned)_i);

	run(w, w->shut_from + 2 * SEC);
	w->grantor = (struct lease_turn){ 0 };
	w->skew = (int64_t)(draw(1000) * SEC);
	/* those who ask for something else hear that it knows of none */
	ask(w, 0);
	ask(w, 3);
	run(w, w->shut_from + 2 * SEC + 100 * MS);
	ask(w, 0);
	run(w, w->shut_from + 2 * SEC + 200 * MS);
	ck_assert_uint_ge(w->grantor.pause, (uint64_t)((int64_t)w->shut_until +
	    w->skew));
	ck_assert_uint_le(w->grantor.pause, (uint64_t)((int64_t)w->shut_until +
	    w->skew) + 50 * MS);
	free(w);
}
END_TEST

/* An operator ends all at one of them, and the host is open. */
static void
order(struct world *w, unsigned i)
{
	struct proxy *p = &w->proxies[i];

	w->shut_until = w->now;
	lease_pause_order(&p->hold, own(p, w->now));
	p->paused = 0;
	ask(w, i);
}

static void
ask_all(struct world *w)
{
	unsigned i;

	for (i = 0; i < w->n; i++)
		if (w->proxies[i].asked == 0)
			ask(w, i);
}

static void
check_all_open(const struct world *w)
{
	const struct proxy *p;

	for (p = w->proxies; p < &w->proxies[w->n]; p++)
		ck_assert_uint_le(p->paused, own(p, w->now));
	ck_assert(lease_turn_is_open(&w->grantor, w->now + (uint64_t)w->skew));
}

START_TEST(an_order_ends_it_for_all)
{
	struct world *w = make_world((unsigned)_i);

	run(w, w->shut_from + SEC);
	order(w, 2);
	run(w, w->now + 50 * MS);
	ck_assert(lease_turn_is_open(&w->grantor, w->now + (uint64_t)w->skew));
	ck_assert_uint_gt(w->went, 0);
	/* they have heard that there is something to hear */
	ask_all(w);
	run(w, w->now + 50 * MS);
	check_all_open(w);
	free(w);
}
END_TEST

/* Nor does one who was told to pause before, and says so later, undo it. */
START_TEST(an_order_is_not_undone)
{
	struct world *w = make_world((unsigned)_i);
	struct proxy *p = &w->proxies[5];
	unsigned round;

	run(w, w->shut_from + SEC);
	w->delay = 50 * MS;
	w->lost = 4;
	p->paused = own(p, w->now + 1000 * SEC);
	lease_pause_learn(&p->hold, p->paused, own(p, w->now));
	run(w, w->now + 60 * MS);
	order(w, 2);
	ask(w, 5);
	for (round = 0; round < 40; round++) {
		run(w, w->now + TIMEOUT);
		ask_all(w);
	}
	check_all_open(w);
	free(w);
}
END_TEST

/* A pause that is newer than the order is one. */
START_TEST(an_order_ends_no_later_pause)
{
	struct world *w = make_world((unsigned)_i);
	struct proxy *p = &w->proxies[5];
	uint64_t until;
	unsigned i;

	run(w, w->shut_from + SEC);
	order(w, 2);
	run(w, w->now + 20 * MS);
	until = w->now + 1000 * SEC;
	p->paused = own(p, until);
	lease_pause_learn(&p->hold, p->paused, own(p, w->now));
	for (i = 0; i < 5; i++) {
		ask_all(w);
		run(w, w->now + 50 * MS);
	}
	for (i = 0; i < w->n; i++)
		ck_assert_uint_ge(w->proxies[i].paused,
		    own(&w->proxies[i], until));
	free(w);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("lease_turn");
	TCase *tcase = tcase_create("oracle");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, all_pause, 0, 20);
	tcase_add_loop_test(tcase, many_lost_letters_heal, 0, 20);
	tcase_add_loop_test(tcase, one_probes_for_all, 0, 20);
	tcase_add_loop_test(tcase, a_pause_does_not_creep, 0, 20);
	tcase_add_loop_test(tcase, a_grantor_that_forgot_is_told, 0, 20);
	tcase_add_loop_test(tcase, an_order_ends_it_for_all, 0, 5);
	tcase_add_loop_test(tcase, an_order_is_not_undone, 0, 20);
	tcase_add_loop_test(tcase, an_order_ends_no_later_pause, 0, 20);
	tcase_add_test(tcase, a_dead_prober_is_replaced);
	tcase_add_test(tcase, nobody_pauses_longer_than_it_may);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
