/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_LEASE_WORLD_H
#define SLUICE_CHECK_LEASE_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "check_run.h"
#include "throttle/gcra.h"
#include "throttle/lease_account.h"
#include "throttle/lease_grant.h"
#include "throttle/lease_hold.h"

/*
 * Any number of proxies with one budget, whose clocks are off and drift, over a
 * network that delays and loses, with a store that is restarted, loses its last
 * writes, or stands still, and proxies that die and come back: all that they
 * admit is given to one bucket, or one window, that knows the true time.
 */

#define U	1000000ULL	/* a cost of 1 */
#define MS	1000000ULL
#define SEC	1000000000ULL
#define PROXIES	100
#define LETTERS	256
#define LOG	200000
#define TIMEOUT	(200 * MS)

struct letter {
	bool			 used;
	bool			 is_answer;
	unsigned		 proxy;
	uint64_t		 number;	/* of the question */
	uint64_t		 at;
	struct lease_question	 q;
	struct lease_answer	 a;
};

struct proxy {
	uint64_t		 id;
	struct lease_hold	 hold;
	int64_t			 offset;	/* ns */
	int64_t			 drift;		/* ppm */
	uint64_t		 number;	/* of the last question */
	uint64_t		 asked;		/* own; 0: none is under way */
	uint64_t		 trip;		/* ns: the longest lately */
	struct lease_question	 question;	/* the last one */
	uint64_t		 again;		/* own */
	uint64_t		 reported;	/* own */
	uint64_t		 looked;	/* own: what it may spend */
	uint64_t		 told;		/* counted and unused, then */
	uint64_t		 flying[64];	/* true: the host counts it then */
	unsigned		 nflying;
	uint64_t		 dead;		/* true: until then */
	uint64_t		 cost;		/* of the first who waits */
	uint64_t		 since;		/* true: it waits */
	uint64_t		 spent;
};

#define HOLDERS	LEASE_HOLDERS

struct store {
	struct lease_grantor	 g;
	struct window		 window;
	struct lease_holder	 holders[HOLDERS];
};

struct world {
	struct budget_limits	 limits;
	struct store		 now_is, saved;	/* and as it was written */
	uint64_t		 saved_at;
	uint64_t		 run;
	uint64_t		 shut;		/* true: it stands still until */
	int64_t			 skew;		/* of its clock */
	struct letter		 letters[LETTERS];
	unsigned		 nletters;	/* that were ever used */
	struct proxy		 proxies[PROXIES];
	unsigned		 n;
	uint64_t		 now;
	struct gcra		 ever;
	uint64_t		*times;
	size_t			 ntimes;
	uint64_t		 spent;
	uint64_t		 longest;	/* a costly one's wait */
	uint64_t		 delay;		/* most of a letter, ns */
	unsigned		 hiccups;	/* percent of them take 40 ms more */
	uint64_t		 far;		/* ns more, to the first proxy */
	unsigned		 steps;		/* the same, of its clock */
	bool			 back;		/* ... which go back, too */
	int64_t			 slew;		/* ppm: it is too fast */
	uint64_t		 slewed;	/* ns, so far */
	uint64_t		 timeout;	/* ns: no longer one waits */
	unsigned		 faults;	/* one in so many ms; 0: none */
	bool			 costly;
	uint64_t		 asked;
	uint64_t		 late;
	char			 what[64];
};

static inline void
open_store(struct store *s, const struct budget_limits *limits)
{
	lease_grantor_init(&s->g, limits, &s->window, s->holders, HOLDERS);
}

static inline void
copy_store(struct store *to, const struct store *from)
{
	*to = *from;
	to->g.windows = &to->window;
	to->g.holders = to->holders;
}

static uint64_t seed;

static inline unsigned
draw(unsigned n)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(seed >> 33) % n;
}

static inline uint64_t
own(const struct proxy *p, uint64_t t)
{
	return (uint64_t)((int64_t)t + p->offset +
	    (int64_t)(t / 1000000) * p->drift);
}

static inline void
post(struct world *w, const struct letter *l)
{
	unsigned i;

	if (w->faults > 0 && draw(50) == 0)
		return;
	for (i = 0; i < w->nletters && w->letters[i].used; i++)
		continue;
	if (i == LETTERS)
		return;
	if (i == w->nletters)
		w->nletters++;
	w->letters[i] = *l;
	w->letters[i].used = true;
	w->letters[i].at = w->now + draw((unsigned)(w->delay / MS) + 1) * MS;
	if (w->hiccups > 0 && draw(100) < w->hiccups)
		w->letters[i].at += (20 + draw(40)) * MS;
	if (l->proxy == 0)
		w->letters[i].at += w->far;
}

static inline bool
is_strict(const struct world *w)
{
	return w->limits.rates[0].strict;
}

static inline void
remember(struct world *w, uint64_t cost, uint64_t at)
{
	uint64_t capacity = w->limits.rates[0].capacity / U, i;
	size_t j;

	w->spent += cost;
	if (!is_strict(w)) {
		/* an instant of its own clock is not exactly one of ours */
		at += MS / 1000;
		if (!gcra_conforms(&w->ever, cost, at))
			ck_abort_msg("%s: over by %llu ns", w->what,
			    (unsigned long long)
			    (gcra_due(&w->ever, cost) - at));
		gcra_take(&w->ever, cost, at);
		return;
	}
	for (i = 0; i < cost / U && w->ntimes < LOG; i++) {
		/* they are counted in any order */
		for (j = w->ntimes++; j > 0 && w->times[j - 1] > at; j--)
			w->times[j] = w->times[j - 1];
		w->times[j] = at;
		for (j = w->ntimes > 2 * capacity ? w->ntimes - 2 * capacity :
		    0; j + capacity < w->ntimes; j++)
			ck_assert_often(w->times[j + capacity] -
			    w->times[j] >= w->limits.rates[0].period);
	}
}

static inline void
count(struct world *w, struct proxy *p)
{
	unsigned i, n = 0;

	for (i = 0; i < p->nflying; i++)
		if (p->flying[i] <= w->now)
			lease_hold_count(&p->hold, U);
		else
			p->flying[n++] = p->flying[i];
	p->nflying = n;
}

static inline void
next_cost(struct world *w, struct proxy *p)
{
	p->cost = w->costly && p == w->proxies && draw(20) == 0 ?
	    w->limits.rates[0].burst : U;
	p->since = w->now;
}

static inline void
spend(struct world *w, struct proxy *p)
{
	uint64_t t = own(p, w->now), due;

	while (lease_hold_allows(&p->hold, p->cost, t) && p->nflying < 64) {
		/* it goes between two of these instants, as soon as it may */
		due = lease_hold_due(&p->hold, p->cost, p->looked > t - MS ?
		    p->looked : t - MS);
		lease_hold_spend(&p->hold, p->cost, due);
		p->spent += p->cost;
		if (is_strict(w)) {
			p->flying[p->nflying] = w->now + draw(20) * MS;
			remember(w, p->cost, p->flying[p->nflying++]);
		} else
			remember(w, p->cost, w->now - (t - due));
		if (p->cost > U && w->now - p->since > w->longest)
			w->longest = w->now - p->since;
		next_cost(w, p);
	}
	p->looked = t;
}

static inline void
ask(struct world *w, unsigned i)
{
	struct proxy *p = &w->proxies[i];
	uint64_t t = own(p, w->now);
	struct letter l = { .proxy = i, .number = ++p->number };
	bool wants = lease_hold_due(&p->hold, p->cost, t) == BUDGET_NEVER;

	if (wants)
		lease_hold_return(&p->hold, t, &l.q);
	l.q.holder = p->id;
	l.q.weight = 1;
	l.q.demand = 1000000 * U;
	l.q.first = wants && t >= p->again ? p->cost : 0;
	l.q.horizon = SEC;
	l.q.guard = lease_hold_guard(&p->hold, p->trip, SEC);
	lease_hold_ask(&p->hold, &l.q);
	p->told = p->hold.counted + p->hold.unused;
	p->question = l.q;
	p->asked = p->reported = t;
	w->asked++;
	post(w, &l);
}

static inline void
act(struct world *w, unsigned i)
{
	struct proxy *p = &w->proxies[i];
	uint64_t t = own(p, w->now);
	bool wants, tells;

	if (p->dead > w->now)
		return;
	count(w, p);
	spend(w, p);
	if (p->asked != 0 && t - p->asked < w->timeout)
		return;
	wants = lease_hold_due(&p->hold, p->cost, t) == BUDGET_NEVER &&
	    t >= p->again;
	tells = is_strict(w) && t - p->reported >= (p->told !=
	    p->hold.counted + p->hold.unused ? 100 * MS : SEC);
	if (wants || tells)
		ask(w, i);
}

static inline void
deliver(struct world *w, struct letter *l)
{
	struct proxy *p = &w->proxies[l->proxy];
	struct letter answer = *l;
	uint64_t trip;

	l->used = false;
	if (!l->is_answer) {
		if (w->shut > w->now)
			return;
		lease_grant_share(&w->now_is.g, &l->q, w->run, (uint64_t)
		    ((int64_t)(w->now + w->slewed) + w->skew), &answer.a);
		answer.is_answer = true;
		post(w, &answer);
		return;
	}
	/* what comes late is nobody's */
	if (p->dead > w->now || l->number != p->number || p->asked == 0)
		return;
	trip = own(p, w->now) - p->asked;
	p->trip = trip > p->trip ? trip : p->trip - p->trip / 64;
	if (!lease_hold_take(&p->hold, &l->a, &p->question, p->asked,
	    own(p, w->now)))
		w->late++;
	if (l->a.serial == 0 && l->a.again_at > l->a.now)
		p->again = own(p, w->now) + (l->a.again_at - l->a.now);
	p->asked = 0;
}

static inline void
be_born(struct world *w, struct proxy *p)
{
	static uint64_t ids;
	uint64_t spent = p->spent;

	*p = (struct proxy){ .id = ++ids, .spent = spent };
	p->offset = (int64_t)(draw(1000) * SEC);
	p->drift = (int64_t)draw(401) - 200;
	p->trip = 5 * MS;
	lease_hold_init(&p->hold, &w->limits);
	next_cost(w, p);
}

static inline void
fault(struct world *w)
{
	struct proxy *p;

	ck_assert_uint_gt(w->n, 0);
	p = &w->proxies[draw(w->n)];

	switch (draw(5)) {
	case 0:		/* a proxy dies, and another comes */
		be_born(w, p);
		p->dead = w->now + draw(2000) * MS;
		break;
	case 1:		/* it stands still */
		p->dead = w->now + draw(3000) * MS;
		break;
	case 2:		/* the store does */
		w->shut = w->now + draw(1500) * MS;
		break;
	case 3:		/* another takes over, with its own clock, and lacks
			   the last writes */
		if (w->saved_at != 0)
			copy_store(&w->now_is, &w->saved);
		/* fallthrough */
	default:	/* it begins anew, with nothing, or with all */
		if (draw(2) == 0)
			open_store(&w->now_is, &w->limits);
		w->run++;
		w->skew = (int64_t)(draw(100) * SEC);
		break;
	}
}

static inline void
run(struct world *w, uint64_t ms)
{
	unsigned i;

	while (ms-- > 0) {
		for (i = 0; i < w->nletters; i++)
			if (w->letters[i].used && w->letters[i].at <= w->now)
				deliver(w, &w->letters[i]);
		for (i = 0; i < w->n; i++)
			act(w, i);
		if (draw(250) == 0) {
			copy_store(&w->saved, &w->now_is);
			w->saved_at = w->now;
		}
		w->slewed += (uint64_t)(w->slew * (int64_t)MS / 1000000);
		if (w->steps > 0 && draw(w->steps) == 0)
			w->skew += (int64_t)((draw(5000) + 510) * MS) *
			    (w->back && draw(2) == 0 ? -1 : 1);
		else if (w->faults > 0 && draw(w->faults) == 0)
			fault(w);
		w->now += MS;
	}
}

static inline struct world *
make_world(uint64_t capacity, uint64_t period, uint64_t burst, bool strict,
    unsigned n, unsigned with)
{
	struct world *w = calloc(1, sizeof *w);
	unsigned i;

	seed = with;
	w->limits = (struct budget_limits){
		.rates = { { capacity * U, period, burst * U, strict } },
		.nrates = 1,
	};
	w->n = n;
	snprintf(w->what, sizeof w->what, "%llu per %llu s, burst %llu%s, %u",
	    (unsigned long long)capacity, (unsigned long long)(period / SEC),
	    (unsigned long long)burst, strict ? " exact" : "", n);
	w->run = 1;
	w->now = 1000 * SEC;
	w->delay = 5 * MS;
	w->timeout = TIMEOUT;
	w->times = calloc(LOG, sizeof *w->times);
	gcra_init(&w->ever, &w->limits.rates[0]);
	open_store(&w->now_is, &w->limits);
	w->now_is.g.run = 1;
	for (i = 0; i < n; i++)
		be_born(w, &w->proxies[i]);
	return w;
}

static inline void
free_world(struct world *w)
{
	free(w->times);
	free(w);
}

static const struct {
	uint64_t	 capacity;
	uint64_t	 period;
	uint64_t	 burst;
	bool		 strict;
	unsigned	 used;		/* percent, without faults */
} budgets[] = {
	{ 2, SEC, 2, false, 95 },
	{ 100, SEC, 100, false, 99 },
	{ 100, SEC, 1, false, 93 },
	{ 1000, SEC, 50, false, 95 },
	{ 100, SEC, 100, true, 85 },
	{ 600, 6 * SEC, 600, true, 94 },
	{ 600, 60 * SEC, 600, true, 95 },
	{ 600, 6 * SEC, 20, true, 94 },
};
#define BUDGETS	8
static const unsigned proxies[] = { 1, 2, 5, 8 };

#endif
