/* SPDX-License-Identifier: ISC */
#include "throttle/lease_hold.h"

#include <stddef.h>

#include "throttle/lease_math.h"

void
lease_hold_init(struct lease_hold *h, const struct budget_limits *limits)
{
	*h = (struct lease_hold){ .limits = *limits };
}

uint64_t
lease_hold_guard(const struct lease_hold *h, uint64_t trip, uint64_t horizon)
{
	trip = larger(trip, lease_smaller(sum(trip, trip), LEASE_GUARD));
	return sum(trip, lease_guard_drift(&h->limits, horizon));
}

void
lease_hold_ask(const struct lease_hold *h, struct lease_question *q)
{
	q->last = h->last;
	q->stepped = h->stepped;
	q->gained = h->gained;
	q->gained_at = h->theirs;
	q->counted = h->counted;
	q->unused = h->unused;
}

/* A grantor's time is mapped so that what it gives does not go too early. */
static bool
take_interval(struct lease_hold *h, unsigned i, const struct lease_answer *a)
{
	uint64_t length = a->ends[i] - a->now;
	uint64_t late = sum(h->received - h->sent,
	    lease_at_latest(length) - length);

	h->tat[i] = sum(h->received, lease_at_latest(a->begins[i] - a->now));
	h->ends[i] = sum(h->tat[i],
	    lease_at_latest(a->ends[i] - a->begins[i]));
	h->tat[i] = sum(h->tat[i], h->gained);
	return late <= h->guard;
}

/* What their time can be by an answer, at the latest. */
static uint64_t
latest_by(uint64_t theirs, uint64_t sent, uint64_t received)
{
	return sum(theirs, lease_at_latest(received - sent));
}

/*
 * Looks whether their time is later than it can be: a bit, or so much that
 * nobody knows what others have got in between; returns false then.  Of all
 * answers that counts by which it can be the least, or each would allow a bit
 * more.
 */
static bool
judge_clock(struct lease_hold *h, const struct lease_answer *a,
    const struct lease_question *q, uint64_t sent, uint64_t received)
{
	uint64_t latest = h->least_theirs == 0 ? UINT64_MAX :
	    latest_by(h->least_theirs, h->least_sent, received);
	bool ok;

	h->gained = lease_less(a->now, latest);
	ok = h->gained <= LEASE_GUARD;
	if (!ok) {
		h->stepped = a->now;
		h->gained = 0;
	} else if (h->stepped == q->stepped)
		h->stepped = 0;
	if (!ok || latest_by(a->now, sent, received) < latest) {
		h->least_theirs = a->now;
		h->least_sent = sent;
	}
	return ok;
}

bool
lease_hold_take(struct lease_hold *h, const struct lease_answer *a,
    const struct lease_question *q, uint64_t sent, uint64_t received)
{
	bool ok = judge_clock(h, a, q, sent, received);
	unsigned i;

	h->guard = larger(q->guard, a->guard);
	h->first = q->first;
	h->theirs = a->now;
	h->received = received;
	h->sent = sent;
	if (a->serial == 0)
		return ok;
	h->from = sum(received, h->gained);
	h->until = sum(sent, lease_at_earliest(q->horizon));
	for (i = 0; i < h->limits.nrates; i++)
		if (lease_has_bucket(&h->limits.rates[i]) &&
		    !take_interval(h, i, a))
			ok = false;
	h->unused += h->left;
	h->serial = h->last = a->serial;
	h->left = a->amount;
	if (!ok) {
		h->unused += h->left;
		h->left = 0;
	}
	return ok;
}

/* How long a rate takes for a cost, by a clock that may be too fast. */
static uint64_t
span_of(const struct lease_hold *h, unsigned i, uint64_t cost)
{
	uint64_t span = lease_span(&h->limits.rates[i], cost);

	return sum(span, span / LEASE_DRIFT);
}

/* When it has given it, where it goes at an instant. */
static uint64_t
end_of(const struct lease_hold *h, unsigned i, uint64_t cost, uint64_t at)
{
	return sum(larger(h->tat[i], at), span_of(h, i, cost));
}

/* What a burst allows at once, but for the guard. */
static uint64_t
burst_of(const struct lease_hold *h, unsigned i)
{
	const struct gcra_rate *r = &h->limits.rates[i];

	return lease_less(lease_span(r, r->burst), h->guard);
}

/* When a bucket allows it, within its interval. */
static uint64_t
due_of(const struct lease_hold *h, unsigned i, uint64_t cost)
{
	uint64_t span = span_of(h, i, cost);

	/* one that needs a longer gap than there was needs its own lease */
	if (cost > h->first && span > burst_of(h, i))
		return BUDGET_NEVER;
	/* how long before its part has ended something may go */
	return lease_less(sum(h->tat[i], span),
	    larger(burst_of(h, i), span));
}

/* Whether it is still this lease's, where it goes at an instant. */
static bool
ends_before(const struct lease_hold *h, uint64_t cost, uint64_t at)
{
	const struct gcra_rate *r;
	unsigned i;

	for (i = 0; i < h->limits.nrates; i++) {
		r = &h->limits.rates[i];
		if ((r->strict && at > h->until) || (lease_has_bucket(r) &&
		    end_of(h, i, cost, at) > h->ends[i]))
			return true;
	}
	return false;
}

uint64_t
lease_hold_due(const struct lease_hold *h, uint64_t cost, uint64_t now)
{
	uint64_t at = larger(now, h->from);
	unsigned i;

	if (h->serial == 0 || cost > h->left)
		return BUDGET_NEVER;
	for (i = 0; i < h->limits.nrates; i++)
		if (lease_has_bucket(&h->limits.rates[i]))
			at = larger(at, due_of(h, i, cost));
	return at == BUDGET_NEVER || ends_before(h, cost, at) ? BUDGET_NEVER :
	    at;
}

uint64_t
lease_hold_ends(const struct lease_hold *h)
{
	uint64_t at = UINT64_MAX;
	unsigned i;

	if (h->serial == 0 || h->left == 0)
		return 0;
	for (i = 0; i < h->limits.nrates; i++) {
		if (h->limits.rates[i].strict)
			at = lease_smaller(at, h->until);
		if (lease_has_bucket(&h->limits.rates[i]))
			at = lease_smaller(at, h->ends[i]);
	}
	return at;
}

uint64_t
lease_hold_left(const struct lease_hold *h, uint64_t now)
{
	uint64_t left = h->left;
	const struct gcra_rate *r;
	unsigned i;

	if (lease_hold_ends(h) <= now)
		return 0;
	for (i = 0; i < h->limits.nrates; i++) {
		r = &h->limits.rates[i];
		/* what was not used melts */
		if (lease_has_bucket(r))
			left = lease_smaller(left, lease_given(r, lease_less(
			    h->ends[i], larger(h->tat[i], now))));
	}
	return left;
}

bool
lease_hold_allows(const struct lease_hold *h, uint64_t cost, uint64_t now)
{
	return lease_hold_due(h, cost, now) <= now;
}

void
lease_hold_spend(struct lease_hold *h, uint64_t cost, uint64_t at)
{
	unsigned i;

	for (i = 0; i < h->limits.nrates; i++)
		if (lease_has_bucket(&h->limits.rates[i]))
			h->tat[i] = end_of(h, i, cost, at);
	h->left -= lease_smaller(cost, h->left);
}

/* Which part of a cost was one of the leases'. */
static uint64_t
own(struct lease_hold *h, uint64_t cost)
{
	uint64_t part = lease_smaller(h->foreign, cost);

	h->foreign -= part;
	return cost - part;
}

void
lease_hold_count(struct lease_hold *h, uint64_t cost)
{
	h->counted += own(h, cost);
}

void
lease_hold_drop(struct lease_hold *h, uint64_t cost)
{
	cost = own(h, cost);
	h->unused += lease_less(cost, h->kept);
	h->kept = 0;
}

void
lease_hold_keep(struct lease_hold *h, uint64_t cost)
{
	h->kept = cost;
}

void
lease_hold_tell_spent(struct lease_hold *h)
{
	h->stepped = UINT64_MAX;
}

void
lease_hold_return(struct lease_hold *h, uint64_t now, struct lease_question *q)
{
	const struct gcra_rate *r;
	unsigned i;

	q->returned = h->serial;
	for (i = 0; i < h->limits.nrates; i++) {
		r = &h->limits.rates[i];
		/* by theirs, at the latest: as if it had been told at once */
		q->ends[i] = !lease_has_bucket(r) ? 0 : sum(h->theirs,
		    lease_at_latest(lease_less(larger(h->tat[i], now), h->sent)));
	}
	h->unused += h->left;
	h->serial = 0;
	h->left = 0;
}
