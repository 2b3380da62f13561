/* SPDX-License-Identifier: ISC */
#include "throttle/lease_hold.h"

#include <stddef.h>

#include "throttle/lease_math.h"

void
lease_hold_init(struct lease_hold *h, const struct budget_limits *limits)
{
	*h = (struct lease_hold){ .limits = *limits };
}

/* A time of another clock is by this one a bit longer, or shorter. */
static uint64_t
at_latest(uint64_t ns)
{
	return lease_sum(ns, ns / LEASE_DRIFT + 1);
}

static uint64_t
at_earliest(uint64_t ns)
{
	return lease_less(ns, ns / LEASE_DRIFT + 1);
}

uint64_t
lease_hold_guard(const struct lease_hold *h, uint64_t trip, uint64_t horizon)
{
	uint64_t longest = 0;
	unsigned i;

	for (i = 0; i < h->limits.nrates; i++)
		if (!h->limits.rates[i].strict)
			longest = larger(longest, lease_span(&h->limits.rates[i],
			    h->limits.rates[i].burst));
	return lease_sum(trip, lease_sum(longest, 2 * horizon) / LEASE_DRIFT + 1);
}

bool
lease_hold_take(struct lease_hold *h, const struct lease_answer *a,
    const struct lease_question *q, uint64_t sent, uint64_t received)
{
	bool in_time = true;
	uint64_t late, length;
	unsigned i;

	for (i = 0; a->serial != 0 && i < h->limits.nrates; i++) {
		length = a->ends[i] - a->now;
		if (h->limits.rates[i].strict) {
			h->tat[i] = 0;
			h->ends[i] = lease_sum(sent, at_earliest(length));
			continue;
		}
		late = lease_sum(received - sent, at_latest(length) - length);
		in_time = in_time && late <= q->guard;
		h->tat[i] = lease_sum(received, at_latest(a->begins[i] - a->now));
		h->ends[i] = lease_sum(h->tat[i], a->ends[i] - a->begins[i]);
	}
	h->serial = a->serial;
	h->left = a->serial != 0 && in_time ? a->amount : 0;
	h->guard = q->guard;
	h->first = q->first;
	h->theirs = a->now;
	h->received = received;
	h->sent = sent;
	return in_time;
}

/* When a rate has given it, where it goes at an instant. */
static uint64_t
end_of(const struct lease_hold *h, unsigned i, uint64_t cost, uint64_t at)
{
	if (h->limits.rates[i].strict)
		return at;
	return lease_sum(larger(h->tat[i], at), lease_span(&h->limits.rates[i], cost));
}

/* How long before its part has ended something may go. */
static uint64_t
ahead_of(const struct lease_hold *h, unsigned i, uint64_t cost)
{
	const struct gcra_rate *r = &h->limits.rates[i];

	return larger(lease_less(lease_span(r, r->burst), h->guard),
	    lease_span(r, cost));
}

static bool
fits_behind(const struct lease_hold *h, unsigned i, uint64_t cost)
{
	const struct gcra_rate *r = &h->limits.rates[i];

	return r->strict || lease_span(r, cost) <=
	    lease_less(lease_span(r, r->burst), h->guard);
}

uint64_t
lease_hold_due(const struct lease_hold *h, uint64_t cost, uint64_t now)
{
	uint64_t at = now;
	unsigned i;

	if (h->serial == 0 || cost > h->left)
		return BUDGET_NEVER;
	/* one that needs a longer gap than there was needs its own lease */
	for (i = 0; i < h->limits.nrates; i++)
		if (cost > h->first && !fits_behind(h, i, cost))
			return BUDGET_NEVER;
	for (i = 0; i < h->limits.nrates; i++)
		if (!h->limits.rates[i].strict)
			at = larger(at, lease_less(lease_sum(h->tat[i], lease_span(
			    &h->limits.rates[i], cost)),
			    ahead_of(h, i, cost)));
	for (i = 0; i < h->limits.nrates; i++)
		if (end_of(h, i, cost, at) > h->ends[i])
			return BUDGET_NEVER;
	return at;
}

bool
lease_hold_allows(const struct lease_hold *h, uint64_t cost, uint64_t now)
{
	return lease_hold_due(h, cost, now) <= now;
}

void
lease_hold_spend(struct lease_hold *h, uint64_t cost, uint64_t now)
{
	unsigned i;

	for (i = 0; i < h->limits.nrates; i++)
		if (!h->limits.rates[i].strict)
			h->tat[i] = end_of(h, i, cost, now);
	h->left -= lease_smaller(cost, h->left);
}

void
lease_hold_return(struct lease_hold *h, uint64_t now, struct lease_question *q)
{
	uint64_t used;
	unsigned i;

	q->returned = h->serial;
	for (i = 0; i < h->limits.nrates; i++) {
		/* by theirs, at the latest: as if it had been told at once */
		used = lease_less(larger(h->tat[i], now), h->sent);
		q->ends[i] = h->limits.rates[i].strict ? 0 :
		    lease_sum(h->theirs, at_latest(used));
	}
	h->serial = 0;
	h->left = 0;
}
