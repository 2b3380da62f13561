/* SPDX-License-Identifier: ISC */

/*
 * What the host has counted in the last period of each rate.
 *
 * A bucket that is full lets its burst and what it refills go within one
 * period, which a host that counts in windows refuses.  Where one has refused
 * and not said for how long, its rates are windows from then on: a request
 * occupies its cost from its admission until a period after its answer has
 * begun, for the host has counted it by then, and no more than the capacity (or
 * the burst, if that is more) is occupied.  So whatever the network does to the
 * order and the distances of requests, such a host has no cause to refuse.
 *
 * Verdicts are kept by the slot of time that they came in, and forgotten up to
 * one slot late.  A verdict does not say what its request cost: it is given the
 * mean of those that are on their way.  Costs are in thousands of micro cost
 * units here, rounded up.
 */

#include "throttle/budget_counted.h"

#include <string.h>

#include "base/wide.h"
#include "throttle/larger.h"

static uint64_t
slot_length(uint64_t period)
{
	return period / (BUDGET_SLOTS - 1) + 1;
}

/* Forgets what is older than the slots, which now end with that of now. */
static void
roll(struct budget_counted *c, uint64_t period, uint64_t now)
{
	uint64_t newest = now / slot_length(period);

	if (newest <= c->newest)
		return;
	if (newest - c->newest >= BUDGET_SLOTS)
		memset(c->slots, 0, sizeof c->slots);
	else
		while (c->newest < newest)
			c->slots[++c->newest % BUDGET_SLOTS] = 0;
	c->newest = newest;
}

static void
add(struct budget_counted *c, uint64_t period, uint64_t cost, uint64_t at)
{
	uint64_t slot = at / slot_length(period);
	uint32_t *sum;

	if (slot > c->newest)
		slot = c->newest;
	if (c->newest - slot >= BUDGET_SLOTS)
		return;
	sum = &c->slots[slot % BUDGET_SLOTS];
	*sum = cost > UINT32_MAX - *sum ? UINT32_MAX : *sum + (uint32_t)cost;
}

static uint64_t
thousands(uint64_t cost)
{
	return cost / 1000 + (cost % 1000 != 0);
}

static bool
is_full(const struct budget *b, unsigned rate)
{
	const struct budget_counted *c = &b->counted[rate];
	const struct gcra_rate *limit = &b->rates[rate].limit;
	uint64_t sum = c->flying;
	unsigned i;

	for (i = 0; i < BUDGET_SLOTS; i++)
		sum += c->slots[i];
	return sum >= thousands(larger(limit->capacity, limit->burst));
}

/* When the oldest of them is forgotten (ns). */
static uint64_t
next_forgotten(const struct budget_counted *c, uint64_t period)
{
	wide at;
	uint64_t i;

	for (i = 1; i <= BUDGET_SLOTS; i++)
		if (c->slots[(c->newest + i) % BUDGET_SLOTS] != 0)
			break;
	at = (wide)(c->newest + i) * slot_length(period);
	return i > BUDGET_SLOTS || at > BUDGET_NEVER ? BUDGET_NEVER :
	    (uint64_t)at;
}

void
budget_counted_sent(struct budget *b, uint64_t cost)
{
	unsigned i;

	for (i = 0; i < b->nrates; i++)
		b->counted[i].flying += thousands(cost);
}

void
budget_counted_verdict(struct budget *b, enum budget_verdict verdict,
    uint64_t now)
{
	struct budget_counted *c;
	uint64_t cost, period;
	unsigned i;

	for (i = 0; i < b->nrates; i++) {
		c = &b->counted[i];
		period = b->rates[i].limit.period;
		cost = c->flying / b->pending;
		c->flying -= cost;
		roll(c, period, now);
		if (verdict != BUDGET_THROTTLED)
			add(c, period, cost, now);
	}
}

bool
budget_counted_tick(struct budget *b, uint64_t patience, uint64_t now)
{
	bool full = !budget_counted_room(b), changed = false;
	struct budget_counted *c;
	uint64_t period;
	unsigned i;

	for (i = 0; i < b->nrates; i++) {
		c = &b->counted[i];
		period = b->rates[i].limit.period;
		roll(c, period, now);
		if (c->flying == 0 || now < patience)
			continue;
		add(c, period, c->flying, patience);
		c->flying = 0;
		changed = b->exact;
	}
	return changed || (full && budget_counted_room(b));
}

bool
budget_counted_room(const struct budget *b)
{
	unsigned i;

	for (i = 0; b->exact && i < b->nrates; i++)
		if (is_full(b, i))
			return false;
	return true;
}

uint64_t
budget_counted_opens(const struct budget *b, uint64_t patience)
{
	uint64_t at = 0, next;
	unsigned i;

	for (i = 0; b->exact && i < b->nrates; i++) {
		if (!is_full(b, i))
			continue;
		next = next_forgotten(&b->counted[i],
		    b->rates[i].limit.period);
		if (b->counted[i].flying > 0 && patience < next)
			next = patience;
		at = larger(at, next);
	}
	return at;
}

void
budget_counted_inherit(struct budget_counted *c,
    const struct budget_counted *from, uint64_t period, uint64_t now)
{
	struct budget_counted old = *from;
	unsigned i;

	roll(&old, period, now);
	roll(c, period, now);
	for (i = 0; i < BUDGET_SLOTS; i++)
		if (old.slots[i] > c->slots[i])
			c->slots[i] = old.slots[i];
}
