/* SPDX-License-Identifier: ISC */
#include "throttle/throttle_budgets.h"

#include "throttle/lease.h"
#include "throttle/throttle_lane.h"
#include "throttle/throttle_meter.h"
#include "throttle/throttle_meters.h"

static unsigned
meters_in(const struct throttle_meters *all)
{
	return all != NULL ? all->n : 0;
}

/* Which the nth one is, if there are so many. */
static struct throttle_budget
which_is(const struct throttle *t, unsigned n)
{
	unsigned total = t->total != NULL, meters = meters_in(t->meters);

	if (n == 0)
		return (struct throttle_budget){ THROTTLE_OF_HOST, 0 };
	if (--n < t->nparts)
		return (struct throttle_budget){ THROTTLE_OF_PART, n };
	if ((n -= t->nparts) < total)
		return (struct throttle_budget){ THROTTLE_OF_TOTAL, 0 };
	if ((n -= total) < meters)
		return (struct throttle_budget){ THROTTLE_OF_METER, n };
	return (struct throttle_budget){ THROTTLE_OF_TOTAL_METER, n - meters };
}

struct budget *
throttle_budget_one(struct throttle *t, struct throttle_budget which)
{
	switch (which.whose) {
	case THROTTLE_OF_HOST:
		return which.n == 0 ? &t->host : NULL;
	case THROTTLE_OF_PART:
		return which.n < t->nparts ? &t->parts[which.n] : NULL;
	case THROTTLE_OF_TOTAL:
		return which.n == 0 && t->total != NULL ? &t->total->budget :
		    NULL;
	case THROTTLE_OF_METER:
		return throttle_meter(t, THROTTLE_METERS_OWN, which.n, NULL);
	case THROTTLE_OF_TOTAL_METER:
		return throttle_meter(t, THROTTLE_METERS_TOTAL, which.n, NULL);
	case THROTTLE_OF_NAMED:
		return has_named(t, which.n) ? named_budget(t, which.n) :
		    NULL;
	case THROTTLE_WHOSE:
		break;
	}
	return NULL;
}

struct budget *
throttle_budget_at(struct throttle *t, unsigned n,
    struct throttle_budget *which)
{
	struct throttle_budget is = which_is(t, n);

	if (which != NULL)
		*which = is;
	return throttle_budget_one(t, is);
}

void
throttle_budgets_close(struct throttle *t)
{
	struct throttle_budget which;
	struct budget *b;
	unsigned i;

	for (i = 0; (b = throttle_budget_at(t, i, &which)) != NULL; i++)
		if (which.whose != THROTTLE_OF_TOTAL &&
		    which.whose != THROTTLE_OF_TOTAL_METER)
			lease_close(b);
}
