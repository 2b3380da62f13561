/* SPDX-License-Identifier: ISC */

/*
 * A rate's state is one number.  The theoretical arrival time is kept in units
 * of 1/capacity ns (in micro cost units per period), so a cost c moves it by
 * exactly c * period.  Only instants that are handed out
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
gcra_init(struct gcra *r, const struct gcra_rate *limit)
{
	assert(limit->capacity != 0 && limit->period != 0 &&
	    limit->burst != 0);
	r->limit = *limit;
	r->tat = 0;
}

/* A cost's worth of a rate, in the units of its tat. */
static wide
span_of(const struct gcra *r, wide cost)
{
	if (cost > UINT64_MAX)
		return WIDE_MAX;
	return cost * r->limit.period;
}

static wide
from_ns(const struct gcra *r, uint64_t ns)
{
	return (wide)ns * r->limit.capacity;
}

/* The first nanosecond that is not before an instant of the rate. */
static uint64_t
to_ns(const struct gcra *r, wide at)
{
	wide ns = at / r->limit.capacity + (at % r->limit.capacity != 0);

	return ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}

/*
 * When a rate that stands at tat allows a cost.  A cost above the burst can
 * never be covered: it waits for the full bucket and overdraws it.
 */
static wide
allowed_at(const struct gcra *r, wide tat, uint64_t cost)
{
	wide spare = 0;

	if (tat == WIDE_MAX)
		return WIDE_MAX;
	if (cost < r->limit.burst)
		spare = span_of(r, r->limit.burst - cost);
	return tat > spare ? tat - spare : 0;
}

bool
gcra_conforms(const struct gcra *r, uint64_t cost, uint64_t now)
{
	return from_ns(r, now) >= allowed_at(r, r->tat, cost);
}

uint64_t
gcra_due(const struct gcra *r, uint64_t cost)
{
	return to_ns(r, allowed_at(r, r->tat, cost));
}

uint64_t
gcra_due_behind(const struct gcra *r, wide ahead, uint64_t first, uint64_t cost)
{
	wide tat = wide_sum(wide_larger(r->tat, from_ns(r, first)),
	    span_of(r, ahead));

	return to_ns(r, allowed_at(r, tat, cost));
}

void
gcra_take(struct gcra *r, uint64_t cost, uint64_t at)
{
	r->tat = wide_sum(wide_larger(r->tat, from_ns(r, at)),
	    span_of(r, cost));
}

/*
 * What was worked off already stays spent: others may have gone since because
 * of it, with a bucket that was full.
 */
wide
gcra_refund(struct gcra *r, uint64_t cost, wide end, uint64_t now)
{
	wide left, span, sooner;

	if (cost == 0 || r->tat == WIDE_MAX || end <= from_ns(r, now))
		return 0;
	left = end - from_ns(r, now);
	span = span_of(r, cost);
	sooner = left < span ? left : span;
	r->tat -= sooner;
	return sooner;
}

int64_t
gcra_left(const struct gcra *r, uint64_t now)
{
	uint64_t period = r->limit.period;
	wide used = 0, burst = r->limit.burst;

	if (r->tat > from_ns(r, now))
		used = r->tat - from_ns(r, now);
	used = used / period + (used % period != 0);
	if (used > burst)
		return used - burst > INT64_MAX ? INT64_MIN :
		    -(int64_t)(used - burst);
	return burst - used > INT64_MAX ? INT64_MAX : (int64_t)(burst - used);
}

uint64_t
gcra_full_at(const struct gcra *r)
{
	return to_ns(r, r->tat);
}

bool
gcra_is_full(const struct gcra *r, uint64_t now)
{
	return r->tat <= from_ns(r, now);
}

/* What is consumed, in cost, is the distance from now to tat by the period. */
void
gcra_inherit(struct gcra *r, const struct gcra *from, uint64_t now)
{
	uint64_t period = r->limit.period;
	wide used, whole, part;

	if (from->tat <= from_ns(from, now))
		return;
	used = from->tat - from_ns(from, now);
	if (from->tat == WIDE_MAX)
		used = WIDE_MAX;
	else if (period != from->limit.period) {
		whole = used / from->limit.period;
		part = used % from->limit.period * period;
		part = part / from->limit.period +
		    (part % from->limit.period != 0);
		used = wide_sum(span_of(r, whole), part);
	}
	r->tat = wide_larger(r->tat, wide_sum(from_ns(r, now), used));
}
