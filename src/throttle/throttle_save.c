/* SPDX-License-Identifier: ISC */
#include "throttle/throttle_save.h"

#include <string.h>

#include "throttle/lease_spend.h"
#include "throttle/throttle_budgets.h"
#include "throttle/throttle_lane.h"
#include "throttle/throttle_meter.h"
#include "throttle/throttle_tick.h"

/* Slots are nobody's any more when it is read back. */
static bool
says_nothing(const struct budget *b, uint64_t now)
{
	struct budget still = *b;

	still.inflight = 0;
	return budget_idle(&still, now) && (b->lease.left == LEASE_NONE ||
	    b->lease.left + b->lease.promised + b->lease.kept == 0);
}

bool
throttle_save(struct throttle *t, enum throttle_whose whose, unsigned n,
    uint64_t now, struct budget_saved *saved)
{
	const struct budget *b = throttle_budget_one(t,
	    (struct throttle_budget){ whose, n });

	if (b == NULL || says_nothing(b, now))
		return false;
	budget_save(b, now, saved);
	return true;
}

bool
throttle_restore(struct throttle *t, enum throttle_whose whose, unsigned n,
    const struct budget_saved *saved, uint64_t passed, uint64_t now)
{
	struct budget *b = throttle_budget_one(t,
	    (struct throttle_budget){ whose, n });

	if (b == NULL)
		return false;
	throttle_tick(t, now);
	budget_restore(b, saved, passed, now);
	return true;
}

unsigned
throttle_meter_named(const struct throttle *t, enum throttle_meters_of of,
    const char *name)
{
	const char *other;
	unsigned i;

	for (i = 0; throttle_meter(t, of, i, &other) != NULL; i++)
		if (strcmp(other, name) == 0)
			return i;
	return THROTTLE_METERS;
}
