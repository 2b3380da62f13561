/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_THROTTLE_LEASE_H
#define SLUICE_CHECK_THROTTLE_LEASE_H

#include <stdlib.h>

#include "check_throttle_parts.h"
#include "throttle/throttle_lease.h"
#include "throttle/throttle_save.h"
#include "throttle/throttle_total.h"

/* What tests of a throttle's leases share. */

/* Leases are promised, for so long (ns); returns whether that is to be safe. */
static inline bool
lease_ahead(struct throttle *t, uint64_t horizon, uint64_t now)
{
	return throttle_lease_promise(t, &(struct lease_ahead){ horizon,
	    horizon / 5 }, now);
}

/* So many tokens a second, too; the limits name memory that the next uses. */
static inline struct throttle_limits
tokens(struct throttle_limits l, uint64_t capacity)
{
	static struct throttle_meter_limits meter;

	meter = (struct throttle_meter_limits){ .name = "tokens" };
	meter.limits.nrates = 1;
	meter.limits.rates[0].capacity = capacity * U;
	meter.limits.rates[0].period = SEC;
	meter.limits.rates[0].burst = capacity * U;
	l.meters[0] = &meter;
	l.nmeters = 1;
	return l;
}

/* What one wants of them; the caller frees it. */
static inline struct throttle_wants *
want(uint64_t amount)
{
	struct throttle_wants *w = calloc(1, sizeof *w +
	    sizeof w->amounts[0]);

	w->n = 1;
	w->amounts[0].name = "tokens";
	w->amounts[0].amount = amount * U;
	return w;
}

#endif
