/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "check_run.h"
#include "throttle/lease_account.h"
#include "throttle/lease_slots.h"
#include "throttle/lease_slots_hold.h"

/*
 * Any number of proxies with one limit of concurrency, whose clocks are off and
 * drift, over a network that delays and loses, with a store that is restarted,
 * loses its last writes, or stands still, and proxies that die and come back: a
 * host that knows the true time counts what is on its way at once.
 */

#define MS	1000000ULL
#define SEC	1000000000ULL
#define TTL	(3 * SEC)
#define PROXIES	8
#define PLACES	LEASE_HOLDERS
#define LETTERS	256
#define FLYING	4096
#define TIMEOUT	(200 * MS)

struct letter {
	bool				 used;
	bool				 is_answer;
	unsigned			 proxy;
	uint64_t			 at;
	struct lease_slots_question	 q;
	struct lease_slots_answer	 a;
};

struct proxy {
	uint64_t		 id;
	struct lease_slots_hold	 hold;
	int64_t			 offset;	/* ns */
	int64_t			 drift;		/* ppm */
	uint64_t		 dead;		/* true: until then */
	uint32_t		 busy;
	uint32_t		 over;		/* of them, which it has not seen */
	uint32_t		 waiting;
	uint64_t		 done;
};

struct exchange {
	unsigned		 proxy;
	uint64_t		 id;		/* of it, as it was then */
	uint64_t		 ends;		/* true */
};

struct store {
	struct lease_slots_grantor	 g;
	struct lease_slots_holder	 holders[PLACES];
};

struct world {
	uint32_t		 limit;
	struct store		 now_is, saved;	/* and as it was written */
	bool			 has_saved;
	uint64_t		 run;
	uint64_t		 shut;		/* true: it stands still until */
	int64_t			 skew;		/* of its clock */
	struct letter		 letters[LETTERS];
	struct proxy		 proxies[PROXIES];
	unsigned		 n;
	struct exchange		 flying[FLYING];
	unsigned		 nflying;
	uint64_t		 now;
	uint64_t		 longest;	/* of an exchange, ns */
	uint64_t		 delay;		/* most of a letter, ns */
	unsigned		 faults;	/* one in so many ms; 0: none */
	bool			 greedy;	/* more wait than may ever go */
	uint64_t		 asked;
	uint64_t		 used;		/* ns of slots */
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
open_store(struct store *s)
{
	lease_slots_init(&s->g, s->holders, PLACES);
}

static void
copy_store(struct store *to, const struct store *from)
{
	*to = *from;
	to->g.holders = to->holders;
}

static void
post(struct world *w, const struct letter *l)
{
	unsigned i;

	if (w->faults > 0 && draw(50) == 0)
		return;
	for (i = 0; i < LETTERS && w->letters[i].used; i++)
		continue;
	if (i == LETTERS)
		return;
	w->letters[i] = *l;
	w->letters[i].used = true;
	w->letters[i].at = w->now + draw((unsigned)(w->delay / MS) + 1) * MS;
	/* now and then one stays in the network for long */
	if (w->faults > 0 && draw(100) == 0)
		w->letters[i].at += draw(4000) * MS;
}

static void
ask(struct world *w, unsigned i)
{
	struct proxy *p = &w->proxies[i];
	struct letter l = { .proxy = i };

	lease_slots_hold_ask(&p->hold, p->busy, p->waiting, own(p, w->now),
	    &l.q);
	l.q.limit = w->limit;
	l.q.holder = p->id;
	l.q.weight = 1;
	w->asked++;
	post(w, &l);
}

static void
begin(struct world *w, struct proxy *p)
{
	struct exchange *x = &w->flying[w->nflying++];

	p->busy++;
	p->waiting--;
	*x = (struct exchange){ .proxy = (unsigned)(p - w->proxies),
		.id = p->id, .ends = w->now + MS +
		draw((unsigned)(w->longest / MS)) * MS };
	ck_assert_often(w->nflying <= w->limit);
}

static void
act(struct world *w, unsigned i)
{
	struct proxy *p = &w->proxies[i];
	uint64_t t = own(p, w->now);

	if (p->dead > w->now)
		return;
	/* who stood still may ask before it looks */
	if (p->dead == 0 || draw(10) == 0) {
		p->busy -= p->over;
		p->over = 0;
	}
	if (w->greedy)
		p->waiting = 100;
	else if (draw(300) == 0)
		p->waiting += draw(2 * w->limit + 1);
	/* whoever waits goes elsewhere: the others have what it does not use */
	if (!w->greedy && draw(300) == 0) {
		p->waiting = 0;
		lease_slots_hold_yield(&p->hold, p->busy);
		ck_assert_often(p->hold.asks || p->hold.held <= p->busy ||
		    lease_slots_hold_due(&p->hold, p->busy, 0, t) == t);
	}
	while (p->waiting > 0 && p->busy < lease_slots_hold_block(&p->hold, t))
		begin(w, p);
	if (p->hold.asks && t - p->hold.sent >= TIMEOUT)
		lease_slots_hold_lost(&p->hold);
	if (lease_slots_hold_due(&p->hold, p->busy, p->waiting, t) <= t)
		ask(w, i);
}

/* The host counts what is on its way, whoever has died meanwhile. */
static void
end_some(struct world *w)
{
	struct exchange *x;
	struct proxy *p;
	unsigned i;

	for (i = 0; i < w->nflying; i++) {
		x = &w->flying[i];
		p = &w->proxies[x->proxy];
		/* who stands still sees it later, but it is over */
		if (x->ends > w->now)
			continue;
		if (p->id == x->id) {
			p->over++;
			p->done++;
		}
		*x = w->flying[--w->nflying];
		i--;
	}
	w->used += w->nflying * MS;
}

static void
deliver(struct world *w, struct letter *l)
{
	struct proxy *p = &w->proxies[l->proxy];
	struct letter answer = *l;

	l->used = false;
	if (!l->is_answer) {
		if (w->shut > w->now)
			return;
		lease_slots_grant(&w->now_is.g, &l->q, w->run, (uint64_t)
		    ((int64_t)w->now + w->skew), &answer.a);
		answer.is_answer = true;
		post(w, &answer);
	} else if (p->dead <= w->now && p->id == l->q.holder)
		lease_slots_hold_answer(&p->hold, &l->a, own(p, w->now));
}

static void
be_born(struct world *w, struct proxy *p)
{
	static uint64_t ids;
	uint64_t done = p->done;

	*p = (struct proxy){ .id = ++ids, .done = done };
	p->offset = (int64_t)(draw(1000) * SEC);
	p->drift = (int64_t)draw(401) - 200;
	lease_slots_hold_init(&p->hold, TTL, w->longest + MS);
}

/* What it has begun the host ends, though nobody hears of it. */
static void
leave(struct world *w, struct proxy *p)
{
	struct letter l = { .proxy = (unsigned)(p - w->proxies) };

	lease_slots_hold_ask(&p->hold, p->busy, 0, own(p, w->now), &l.q);
	l.q.limit = w->limit;
	l.q.holder = p->id;
	l.q.weight = 1;
	l.q.holds = p->busy;
	l.q.good = l.q.want = 0;
	l.q.leaves = true;
	post(w, &l);
}

static void
fault(struct world *w)
{
	struct proxy *p = &w->proxies[draw(w->n)];

	switch (draw(5)) {
	case 0:		/* a proxy dies or ends, and another comes */
		if (draw(2) == 0)
			leave(w, p);
		be_born(w, p);
		p->dead = w->now + draw(2000) * MS;
		break;
	case 1:		/* it stands still */
		p->dead = w->now + draw(8000) * MS;
		break;
	case 2:		/* the store does */
		w->shut = w->now + draw(6000) * MS;
		break;
	case 3:		/* another takes over, with its own clock, and lacks
			   the last writes */
		if (w->has_saved)
			copy_store(&w->now_is, &w->saved);
		/* fallthrough */
	default:	/* it begins anew, with nothing, or with all */
		if (draw(2) == 0)
			open_store(&w->now_is);
		w->run++;
		w->skew = (int64_t)(draw(100) * SEC);
		break;
	}
}

static void
run(struct world *w, uint64_t ms)
{
	unsigned i;

	while (ms-- > 0) {
		end_some(w);
		for (i = 0; i < LETTERS; i++)
			if (w->letters[i].used && w->letters[i].at <= w->now)
				deliver(w, &w->letters[i]);
		for (i = 0; i < w->n; i++)
			act(w, i);
		if (draw(250) == 0) {
			copy_store(&w->saved, &w->now_is);
			w->has_saved = true;
		}
		if (w->faults > 0 && draw(w->faults) == 0)
			fault(w);
		w->now += MS;
	}
}

static struct world *
make_world(uint32_t limit, unsigned n, uint64_t longest, unsigned seed)
{
	struct world *w = calloc(1, sizeof *w);
	unsigned i;

	srandom(seed);
	w->limit = limit;
	w->n = n;
	w->run = 1;
	w->now = 1000 * SEC;
	w->delay = 5 * MS;
	w->longest = longest;
	open_store(&w->now_is);
	w->now_is.g.run = 1;
	for (i = 0; i < n; i++)
		be_born(w, &w->proxies[i]);
	return w;
}

static const uint32_t limits[] = { 1, 2, 4, 10, 50 };
static const unsigned proxies[] = { 1, 2, 5, 8 };
static const uint64_t lengths[] = { 50 * MS, 200 * MS, 2 * SEC };

START_TEST(never_over)
{
	unsigned i = (unsigned)_i % 5, turn = (unsigned)_i / 5;
	struct world *w = make_world(limits[i], proxies[turn % 4],
	    lengths[turn / 4 % 3], (unsigned)_i);

	w->delay = (draw(100) + 1) * MS;
	w->faults = 2000;
	w->greedy = turn % 2 == 0;
	run(w, 60000);
	free(w);
}
END_TEST

START_TEST(is_used)
{
	uint32_t limit = limits[(unsigned)_i / 4 % 5];
	struct world *w = make_world(limit, proxies[_i % 4],
	    lengths[_i / 20], 1);
	uint64_t least = UINT64_MAX, most = 0, could;
	unsigned i;

	w->greedy = true;
	run(w, 10000);
	w->used = w->asked = 0;
	for (i = 0; i < w->n; i++)
		w->proxies[i].done = 0;
	run(w, 60000);
	could = 60 * SEC * limit;
	for (i = 0; i < w->n; i++) {
		least = w->proxies[i].done < least ? w->proxies[i].done : least;
		most = w->proxies[i].done > most ? w->proxies[i].done : most;
	}
	printf("# %u slots, up to %.2f s each, %u proxies: %.1f %% used, "
	    "%.1f calls a second, least %.2f of most\n", limit,
	    (double)w->longest / SEC, w->n,
	    100.0 * (double)w->used / (double)could, (double)w->asked / 60,
	    (double)least / (double)most);
	ck_assert_uint_ge(w->used * 100, could * 90);
	ck_assert_uint_ge(least * 3, most);
	free(w);
}
END_TEST

/* Who has the turn to ask the host, and nobody who would, gives it back. */
START_TEST(a_turn_that_is_of_no_use)
{
	struct lease_slots_holder holders[2];
	struct lease_slots_grantor g;
	struct lease_slots_question q = { .holder = 1, .number = 1,
	    .limit = 4, .weight = 1, .want = 1, .ttl = TTL,
	    .told.pause = 1000 * SEC, .longest = 60 * SEC };
	struct lease_slots_answer a;

	lease_slots_init(&g, holders, 2);
	g.run = 1;
	lease_slots_grant(&g, &q, 1, 1001 * SEC, &a);
	ck_assert(a.probe && a.slots == 1);
	q = (struct lease_slots_question){ .holder = 2, .number = 1,
	    .limit = 4, .weight = 1, .want = 1, .ttl = TTL,
	    .longest = 60 * SEC };
	lease_slots_grant(&g, &q, 1, 1001 * SEC, &a);
	ck_assert(!a.probe && a.slots == 0);
	q.holder = 1;
	q.number = 2;
	q.want = 0;
	lease_slots_grant(&g, &q, 1, 1001 * SEC, &a);
	ck_assert(!a.probe && a.slots == 0);
	q.holder = 2;
	q.want = 1;
	lease_slots_grant(&g, &q, 1, 1001 * SEC, &a);
	ck_assert(a.probe && a.slots == 1);
}
END_TEST

/* What was given back with a letter that is lost is given back again. */
START_TEST(a_word_that_is_lost)
{
	struct lease_slots_answer a = { .slots = 4, .keeps = 4, .now = SEC,
	    .ends = SEC + TTL };
	struct lease_slots_question q = { 0 };
	struct lease_slots_hold h;

	lease_slots_hold_init(&h, TTL, SEC);
	lease_slots_hold_ask(&h, 0, 4, SEC, &q);
	a.number = q.number;
	lease_slots_hold_answer(&h, &a, SEC + MS);
	lease_slots_hold_yield(&h, 0);
	ck_assert_uint_eq(lease_slots_hold_due(&h, 0, 0, SEC + MS), SEC + MS);
	lease_slots_hold_ask(&h, 0, 0, SEC + MS, &q);
	ck_assert_uint_eq(q.holds, 0);
	lease_slots_hold_lost(&h);
	ck_assert_uint_eq(lease_slots_hold_due(&h, 0, 0, SEC + 2 * MS),
	    SEC + 2 * MS);
	lease_slots_hold_ask(&h, 0, 0, SEC + 2 * MS, &q);
	ck_assert_uint_eq(q.holds, 0);
	a = (struct lease_slots_answer){ .number = q.number, .now = SEC,
	    .ends = SEC + TTL };
	lease_slots_hold_answer(&h, &a, SEC + 3 * MS);
	ck_assert_uint_eq(lease_slots_hold_due(&h, 0, 0, SEC + 3 * MS),
	    UINT64_MAX);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("lease_slots");
	TCase *tcase = tcase_create("oracle");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, never_over, 0,
	    (int)repetitions(24 * 5));
	tcase_add_loop_test(tcase, is_used, 0,
	    (int)repetitions(60));
	tcase_add_test(tcase, a_turn_that_is_of_no_use);
	tcase_add_test(tcase, a_word_that_is_lost);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
