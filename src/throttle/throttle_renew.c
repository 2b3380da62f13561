/* SPDX-License-Identifier: ISC */

/* What an operator does to a throttle: he opens it, or makes it new. */

#include "throttle/throttle.h"

#include "throttle/throttle_lane.h"
#include "throttle/throttle_meter.h"
#include "throttle/throttle_named.h"
#include "throttle/throttle_tick.h"

static void
open_named(struct throttle *t, unsigned named)
{
	struct estimate *e = part_estimate(t, named);

	budget_open(named_budget(t, named));
	if (e != NULL)
		estimate_resume(e);
}

void
throttle_open(struct throttle *t, uint64_t now)
{
	unsigned i;

	throttle_tick(t, now);
	budget_open(&t->host);
	if (t->estimate != NULL)
		estimate_resume(t->estimate);
	for (i = 0; i < t->nparts; i++)
		budget_open(&t->parts[i]);
	for (i = 1; t->learned != NULL && i <= THROTTLE_NAMED_PARTS; i++)
		if (t->learned->named[i - 1] != NULL)
			open_named(t, i);
	set_unblocked_at(t, now);
}

void
throttle_renew(struct throttle *t, uint64_t now)
{
	unsigned i;

	throttle_tick(t, now);
	throttle_spend_all(t);
	budget_renew(&t->host);
	if (t->estimate != NULL)
		estimate_renew(t->estimate);
	for (i = 0; i < t->nparts; i++)
		budget_renew(&t->parts[i]);
	throttle_meters_refill(t->meters);
	throttle_named_renew(t);
	set_unblocked_at(t, now);
}
