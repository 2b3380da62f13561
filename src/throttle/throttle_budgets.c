/* SPDX-License-Identifier: ISC */
#include "throttle/throttle_budgets.h"

#include "throttle/lease.h"
#include "throttle/throttle_lane.h"
#include "throttle/throttle_meter.h"

struct budget *
throttle_budget_at(struct throttle *t, unsigned n)
{
	if (n == 0)
		return &t->host;
	if (--n < t->nparts)
		return &t->parts[n];
	n -= t->nparts;
	if (t->total == NULL)
		return throttle_meter_budget(t, n);
	return n == 0 ? &t->total->budget : throttle_meter_budget(t, n - 1);
}

void
throttle_budgets_close(struct throttle *t)
{
	struct budget *b;
	unsigned i;

	for (i = 0; (b = throttle_budget_at(t, i)) != NULL; i++)
		lease_close(b);
}
