/* SPDX-License-Identifier: ISC */

/*
 * A rate's state is one number.  The theoretical arrival time is kept in units
 * of 1/refill ns (the refill being the rate's micro cost units per period), so
 * a cost c moves it by exactly c * period.  Only instants that are handed out
 * are rounded, and those up: a burst is whole, nothing is over-admitted, and a
 * waiter leaves when it was computed to, or later by less than a nanosecond
 * for each one ahead that emptied the bucket.
 *
 * Products of two 64-bit numbers fit 128 bits; sums saturate.  A saturated
 * instant is never reached.
 */

#include "throttle/gcra.h"

#include <assert.h>

void
rate_init(struct budget_state *r, const struct budget_rate *limit)
{
	assert(limit->capacity != 0 && limit->period != 0 &&
	    limit->burst != 0);
	r->limit = *limit;
	r->refill = limit->capacity;
	if (limit->strict && limit->burst < limit->capacity)
		r->refill -= limit->burst;
	r->tat = 0;
}

/* A cost's worth of a rate, in the units of its tat. */
static wide
rate_span(const struct budget_state *r, wide cost)
{
	if (cost > UINT64_MAX)
		return WIDE_MAX;
	return cost * r->limit.period;
}

static wide
rate_at(const struct budget_state *r, uint64_t ns)
{
	return (wide)ns * r->refill;
}

/* The first nanosecond that is not before an instant of the rate. */
static uint64_t
rate_ns(const struct budget_state *r, wide at)
{
	wide ns = at / r->refill + (at % r->refill != 0);

	return ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}

/*
 * When a rate that stands at tat allows a cost.  A cost above the burst can
 * never be covered: it waits for the full bucket and overdraws it.
 */
static wide
rate_allows_at(const struct budget_state *r, wide tat, uint64_t cost)
{
	wide spare = 0;

	if (tat == WIDE_MAX)
		return WIDE_MAX;
	if (cost < r->limit.burst)
		spare = rate_span(r, r->limit.burst - cost);
	return tat > spare ? tat - spare : 0;
}

bool
rate_conforms(const struct budget_state *r, uint64_t cost, uint64_t now)
{
	return rate_at(r, now) >= rate_allows_at(r, r->tat, cost);
}

uint64_t
rate_due(const struct budget_state *r, uint64_t cost)
{
	return rate_ns(r, rate_allows_at(r, r->tat, cost));
}

uint64_t
rate_due_behind(const struct budget_state *r, wide ahead, uint64_t first,
    uint64_t cost)
{
	wide tat = wide_sum(wide_larger(r->tat, rate_at(r, first)),
	    rate_span(r, ahead));

	return rate_ns(r, rate_allows_at(r, tat, cost));
}

void
rate_take(struct budget_state *r, uint64_t cost, uint64_t at)
{
	r->tat = wide_sum(wide_larger(r->tat, rate_at(r, at)),
	    rate_span(r, cost));
}

/*
 * What was worked off already stays spent: others may have gone since because
 * of it, with a bucket that was full.
 */
wide
rate_refund(struct budget_state *r, uint64_t cost, wide end, uint64_t now)
{
	wide left, span, sooner;

	if (cost == 0 || r->tat == WIDE_MAX || end <= rate_at(r, now))
		return 0;
	left = end - rate_at(r, now);
	span = rate_span(r, cost);
	sooner = left < span ? left : span;
	r->tat -= sooner;
	return sooner;
}

bool
rate_is_full(const struct budget_state *r, uint64_t now)
{
	return r->tat <= rate_at(r, now);
}

/* What is consumed, in cost, is the distance from now to tat by the period. */
void
rate_inherit(struct budget_state *r, const struct budget_state *from,
    uint64_t now)
{
	uint64_t period = r->limit.period;
	wide used, whole, part;

	if (from->tat <= rate_at(from, now))
		return;
	used = from->tat - rate_at(from, now);
	if (from->tat == WIDE_MAX)
		used = WIDE_MAX;
	else if (period != from->limit.period) {
		whole = used / from->limit.period;
		part = used % from->limit.period * period;
		part = part / from->limit.period +
		    (part % from->limit.period != 0);
		used = wide_sum(rate_span(r, whole), part);
	}
	r->tat = wide_larger(r->tat, wide_sum(rate_at(r, now), used));
}
