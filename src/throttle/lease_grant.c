/* SPDX-License-Identifier: ISC */

/*
 * Two sides of one protocol; lease_grant.h says why it is safe.
 *
 * An interval [begin, end) of the grantor's time is one of the holder's that is
 * later by the guard g at most, by the same for all that goes in it.  What goes
 * at an instant t has a part of it that ends before t + B - g, and begins after
 * t.  So of all that goes in a time L the parts lie, by the grantor's clock,
 * between g before it and B - g behind it, and do not touch: L + B in all.  Where
 * a burst is shorter than a cost and g together, it exceeds that by what is
 * missing, once for all leases; and each begins as much later as that.
 *
 * One who is refused because his cost does not fit yet has the next turn: else
 * those with small ones would push the end before him for ever.
 */

#include "throttle/lease_grant.h"

#include <stddef.h>
#include <string.h>

#include "throttle/lease_math.h"

void
lease_grantor_init(struct lease_grantor *g, const struct budget_limits *limits,
    struct window *windows, struct lease_holder *holders, unsigned nholders)
{
	unsigned i;

	*g = (struct lease_grantor){ .limits = *limits, .windows = windows,
		.holders = holders, .nholders = nholders };
	memset(holders, 0, nholders * sizeof holders[0]);
	for (i = 0; i < limits->nrates; i++)
		if (limits->rates[i].strict)
			window_init(&g->windows[i], limits->rates[i].capacity,
			    limits->rates[i].period);
}

/* What others have may be spent until the end of the quarantine. */
static void
be_born_empty(struct lease_grantor *g, uint64_t at)
{
	const struct gcra_rate *r;
	unsigned i;

	g->quarantine = at;
	g->turn = 0;
	for (i = 0; i < g->nholders; i++)
		g->holders[i].id = 0;
	for (i = 0; i < g->limits.nrates; i++) {
		r = &g->limits.rates[i];
		if (!r->strict) {
			g->tat[i] = lease_sum(at, lease_span(r, r->burst));
			continue;
		}
		window_init(&g->windows[i], r->capacity, r->period);
		window_tick(&g->windows[i], at);
		window_take(&g->windows[i], r->capacity);
		window_count(&g->windows[i], r->capacity, at);
	}
}

static void
settle(struct lease_grantor *g, struct lease_holder *h, uint64_t counted,
    uint64_t unused, uint64_t at)
{
	unsigned i;

	counted = lease_smaller(counted, h->held);
	unused = lease_smaller(unused, h->held - counted);
	h->held -= counted + unused;
	for (i = 0; i < g->limits.nrates; i++) {
		if (!g->limits.rates[i].strict)
			continue;
		window_count(&g->windows[i], counted, at);
		window_drop(&g->windows[i], unused);
	}
}

/* Whoever is silent for so long has used all that it had. */
static void
pass_time(struct lease_grantor *g, uint64_t now)
{
	struct lease_holder *h;
	unsigned i;

	for (i = 0; i < g->limits.nrates; i++)
		if (g->limits.rates[i].strict)
			window_tick(&g->windows[i], now);
	for (i = 0; i < g->nholders; i++) {
		h = &g->holders[i];
		/* it may be cut off, and go on until its lease ends */
		if (h->id == 0 || h->until > now || h->ends > now)
			continue;
		settle(g, h, h->held, 0, now);
		h->id = 0;
	}
	if (g->turn_until <= now)
		g->turn = 0;
}

static struct lease_holder *
holder_of(struct lease_grantor *g, uint64_t id)
{
	struct lease_holder *free_one = NULL;
	unsigned i;

	for (i = 0; i < g->nholders; i++) {
		if (g->holders[i].id == id)
			return &g->holders[i];
		if (free_one == NULL && g->holders[i].id == 0)
			free_one = &g->holders[i];
	}
	if (free_one != NULL)
		*free_one = (struct lease_holder){ .id = id };
	return free_one;
}

static wide
all_weights(const struct lease_grantor *g)
{
	wide all = 0;
	unsigned i;

	for (i = 0; i < g->nholders; i++)
		if (g->holders[i].id != 0)
			all += g->holders[i].weight;
	return all;
}

/* The tail of the last lease, if that is the last one. */
static void
take_back(struct lease_grantor *g, const struct lease_question *q)
{
	unsigned i;

	if (q->returned == 0 || q->returned != g->serial)
		return;
	for (i = 0; i < g->limits.nrates; i++)
		if (q->ends[i] != 0 && q->ends[i] < g->tat[i])
			g->tat[i] = q->ends[i];
	g->serial++;	/* it is given back once */
}

/* What there is for it: its share of a horizon, or what it needs. */
static uint64_t
share_of(const struct lease_grantor *g, const struct lease_question *q)
{
	wide weights = all_weights(g), units;
	uint64_t share = UINT64_MAX;
	unsigned i;

	for (i = 0; i < g->limits.nrates; i++) {
		units = (wide)lease_given(&g->limits.rates[i], q->horizon) *
		    q->weight / weights;
		if (units < share)
			share = (uint64_t)units;
	}
	/* what is left of one that is no whole number of costs is lost */
	if (q->first != 0)
		share -= share % q->first;
	return lease_smaller(larger(q->demand, q->first), larger(q->first, share));
}

/* How much later a lease begins than the one before it ends. */
static uint64_t
gap_of(const struct gcra_rate *r, const struct lease_question *q)
{
	return lease_less(q->guard, lease_less(lease_span(r, r->burst),
	    lease_span(r, q->first)));
}

/* When an interval of a cost may be given (ns); 0: now. */
static uint64_t
fits_at(const struct lease_grantor *g, unsigned i,
    const struct lease_question *q, uint64_t now)
{
	const struct gcra_rate *r = &g->limits.rates[i];
	uint64_t end, most;

	if (r->strict) {
		if (window_has_room(&g->windows[i], q->first))
			return 0;
		end = window_due(&g->windows[i], q->first);
		/* what others have comes back, or is counted, by then */
		return end == UINT64_MAX ? lease_sum(now, q->horizon / 10) : end;
	}
	end = lease_sum(lease_sum(larger(g->tat[i], now), gap_of(r, q)),
	    lease_span(r, q->first));
	most = lease_sum(lease_span(r, larger(r->burst, q->first)), q->horizon);
	return end > lease_sum(now, most) ? end - most : 0;
}

/* How much of a cost may be given now; the first one's fits. */
static uint64_t
fit(const struct lease_grantor *g, const struct lease_question *q, uint64_t now)
{
	uint64_t cost = share_of(g, q), most;
	const struct gcra_rate *r;
	int64_t left;
	unsigned i;

	for (i = 0; i < g->limits.nrates; i++) {
		r = &g->limits.rates[i];
		if (!r->strict) {
			most = lease_sum(now, lease_sum(lease_span(r, r->burst), q->horizon));
			cost = lease_smaller(cost, lease_given(r, lease_less(most,
			    lease_sum(larger(g->tat[i], now), gap_of(r, q)))));
			continue;
		}
		left = window_left(&g->windows[i]);
		cost = lease_smaller(cost, left > 0 ? (uint64_t)left : 0);
	}
	return larger(cost, q->first);
}

static void
give(struct lease_grantor *g, struct lease_holder *h,
    const struct lease_question *q, uint64_t cost, struct lease_answer *a)
{
	const struct gcra_rate *r;
	unsigned i;

	a->serial = ++g->serial;
	a->amount = cost;
	g->turn = 0;
	for (i = 0; i < g->limits.nrates; i++) {
		r = &g->limits.rates[i];
		if (r->strict) {
			a->begins[i] = a->now;
			a->ends[i] = lease_sum(a->now, q->horizon);
			window_take(&g->windows[i], cost);
			continue;
		}
		a->begins[i] = lease_sum(larger(g->tat[i], a->now), gap_of(r, q));
		/* who needs the gap has no other slack to be late by */
		a->ends[i] = lease_sum(a->begins[i], lease_sum(lease_span(r, cost),
		    gap_of(r, q)));
		g->tat[i] = a->ends[i];
	}
	h->held += cost;
	h->last = a->serial;
	h->amount = cost;
	for (i = 0; i < g->limits.nrates; i++)
		h->ends = larger(h->ends, a->ends[i]);
}

/* What it says of places; it never got a lease that it does not know. */
static void
hear(struct lease_grantor *g, struct lease_holder *h,
    const struct lease_question *q, uint64_t now)
{
	settle(g, h, lease_less(q->counted, h->counted),
	    lease_less(q->unused, h->unused), now);
	h->counted = q->counted;
	h->unused = q->unused;
	if (h->last != 0 && h->last != q->last)
		settle(g, h, 0, h->amount, now);
	h->last = 0;
	h->weight = q->weight;
	h->until = lease_sum(now, 3 * q->horizon);
}

static bool
wants_later(struct lease_grantor *g, const struct lease_question *q,
    uint64_t now, struct lease_answer *a)
{
	unsigned i;

	if (g->turn != 0 && g->turn != q->holder) {
		a->again_at = lease_sum(now, q->horizon / 10);
		return true;
	}
	for (i = 0; i < g->limits.nrates; i++)
		a->again_at = larger(a->again_at, fits_at(g, i, q, now));
	if (a->again_at <= now) {
		a->again_at = 0;
		return false;
	}
	g->turn = q->holder;
	g->turn_until = lease_sum(a->again_at, q->horizon);
	return true;
}

void
lease_grant_share(struct lease_grantor *g, const struct lease_question *q,
    uint64_t run, uint64_t now, struct lease_answer *a)
{
	struct lease_holder *h;

	now = g->newest = larger(g->newest, now);
	*a = (struct lease_answer){ .now = now };
	/* what another run has given is never taken for one of these */
	if (g->run != run)
		g->serial = run << 32;
	if (g->run != run)
		be_born_empty(g, lease_sum(now, lease_sum(q->horizon, LEASE_GUARD)));
	g->run = run;
	pass_time(g, now);
	take_back(g, q);
	if ((h = holder_of(g, q->holder)) == NULL || now < g->quarantine) {
		a->again_at = larger(g->quarantine, lease_sum(now, q->horizon / 10));
		return;
	}
	hear(g, h, q, now);
	if (q->first == 0 || q->guard > LEASE_GUARD || wants_later(g, q, now, a))
		return;
	give(g, h, q, fit(g, q, now), a);
}
