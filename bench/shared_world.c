/* SPDX-License-Identifier: ISC */
#include "shared_world.h"

#include <err.h>
#include <math.h>
#include <stdlib.h>

static uint64_t state;

uint64_t
draw(uint64_t n)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 0x2545f4914f6cdd1dULL >> 11) % n;
}

uint64_t
draw_gap(uint64_t mean)
{
	double u = (double)(draw(1 << 30) + 1) / (1 << 30);

	return (uint64_t)(-log(u) * (double)mean) + 1;
}

uint64_t
clock_own(const struct clock *c, uint64_t t)
{
	return (uint64_t)((int64_t)t + c->offset +
	    (int64_t)(t / 1000000) * c->drift);
}

uint64_t
clock_true(const struct clock *c, uint64_t own, uint64_t now)
{
	uint64_t here = clock_own(c, now);

	if (own <= here)
		return now;
	/* a little later rather than a little too early, again and again */
	return now + (own - here) + (own - here) / 4000 + 1000;
}

static void *
need(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (p == NULL)
		err(1, NULL);
	return p;
}

static const struct gcra_rate rates[KINDS] = {
	[ALL] = { 1000 * UNIT, SEC, 1000 * UNIT, false },
	[SOME] = { 50 * UNIT, SEC, 50 * UNIT, false },
	[FEW] = { 2 * UNIT, SEC, 2 * UNIT, false },
};

static enum kind
kind_of(const struct settings *s, uint64_t i)
{
	if (i < s->budgets / 5000)
		return ALL;
	return i < s->budgets / 50 ? SOME : FEW;
}

static unsigned
members_of(const struct settings *s, enum kind kind)
{
	uint64_t n = 1 + draw(3);

	if (kind == ALL)
		n = s->proxies;
	else if (kind == SOME)
		n = 20;
	return (unsigned)(n < s->proxies ? n : s->proxies);
}

static void
make_budget(struct world *w, uint64_t i)
{
	struct budget_sim *b = &w->budgets[i];
	struct budget_limits limits = { .nrates = 1 };

	b->kind = kind_of(&w->set, i);
	b->members = members_of(&w->set, b->kind);
	/* one in ten of each kind, whatever there is of it */
	b->busy = i % 100 < w->set.busy;
	limits.rates[0] = rates[b->kind];
	gcra_init(&b->ever, &limits.rates[0]);
	lease_grantor_init(&b->grantor, &limits, NULL,
	    need(b->members, sizeof(struct lease_holder)), b->members);
	b->grantor.run = 1;
	w->nmembers += b->members;
}

/* How much one of them wants, beside the others. */
static double
appetite(const struct budget_sim *b, unsigned j)
{
	return 1 / (2.0 * (j + 1) / b->members + 0.1);
}

/*
 * Where there is not too much, members together want three quarters of what all
 * and twenty have, unequally; and each of few what is configured.
 */
static void
set_gaps(const struct world *w, const struct budget_sim *b, struct member *m)
{
	double all = 0, ns;
	unsigned j;

	for (j = 0; j < b->members; j++)
		all += appetite(b, j);
	ns = (double)rates[b->kind].period * UNIT /
	    (double)rates[b->kind].capacity / 0.75 * all;
	for (j = 0; j < b->members && !b->busy; j++) {
		m[j].every = (uint64_t)(ns / appetite(b, j));
		if (b->kind == FEW)
			m[j].every = w->set.quiet * MS / 2 +
			    draw(w->set.quiet * MS);
	}
}

static void
make_members(struct world *w, uint32_t i, uint32_t first)
{
	struct budget_sim *b = &w->budgets[i];
	uint64_t from = draw(w->set.proxies);
	struct member *m;
	unsigned j;

	for (j = 0; j < b->members; j++) {
		m = &w->members[first + j];
		m->budget = i;
		m->proxy = (uint32_t)((from + j) % w->set.proxies);
		m->trip = 3 * w->set.trip;
		lease_hold_init(&m->hold, &b->grantor.limits);
	}
	set_gaps(w, b, &w->members[first]);
}

void
world_make(struct world *w)
{
	uint32_t first = 0;
	uint64_t i;

	state = w->set.seed * 0x9e3779b97f4a7c15ULL + 88172645463325252ULL;
	w->clocks = need(w->set.proxies, sizeof w->clocks[0]);
	for (i = 0; i < w->set.proxies; i++)
		w->clocks[i] = (struct clock){
			.offset = (int64_t)(draw(1000) * SEC),
			.drift = (int64_t)draw(401) - 200,
		};
	w->budgets = need(w->set.budgets, sizeof w->budgets[0]);
	for (i = 0; i < w->set.budgets; i++)
		make_budget(w, i);
	w->members = need(w->nmembers, sizeof w->members[0]);
	for (i = 0; i < w->set.budgets; i++) {
		make_members(w, (uint32_t)i, first);
		first += w->budgets[i].members;
	}
}
