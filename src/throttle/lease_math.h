/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LEASE_MATH_H
#define SLUICE_LEASE_MATH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sum.h"
#include "base/wide.h"
#include "throttle/gcra.h"
#include "throttle/larger.h"

/* What both sides of leases reckon with. */

static inline uint64_t
lease_smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t
lease_less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

#define LEASE_DRIFT	2000	/* clocks differ by 1 ns in so many */

/* A time of another clock is by this one a bit longer, or shorter. */
static inline uint64_t
lease_at_latest(uint64_t ns)
{
	return sum(ns, ns / LEASE_DRIFT + 1);
}

static inline uint64_t
lease_at_earliest(uint64_t ns)
{
	return lease_less(ns, ns / LEASE_DRIFT + 1);
}

/* How long a rate takes for a cost, rounded up (ns). */
static inline uint64_t
lease_span(const struct gcra_rate *r, uint64_t cost)
{
	wide ns = (wide)cost * r->period;

	ns = ns / r->capacity + (ns % r->capacity != 0);
	return ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}

/* What it gives in a time, rounded down. */
static inline uint64_t
lease_given(const struct gcra_rate *r, uint64_t ns)
{
	wide units = (wide)ns * r->capacity / r->period;

	return units > UINT64_MAX ? UINT64_MAX : (uint64_t)units;
}

/* Whether a rate is a bucket: a window allows no more than a whole one does. */
static inline bool
lease_has_bucket(const struct gcra_rate *r)
{
	return !r->strict || r->burst < r->capacity;
}

/* How much later a lease begins than the one before it ends (ns), where it is
   asked for with a guard, for a first cost. */
static inline uint64_t
lease_gap(const struct gcra_rate *r, uint64_t guard, uint64_t first)
{
	return lease_has_bucket(r) ? lease_less(guard, lease_less(
	    lease_span(r, r->burst), lease_span(r, first))) : 0;
}

#endif
