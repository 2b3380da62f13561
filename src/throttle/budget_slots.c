/* SPDX-License-Identifier: ISC */
#include "throttle/budget_slots.h"

#include <stddef.h>

#include "throttle/lease_math.h"
#include "throttle/slots_account.h"

static uint32_t
all_of(uint32_t concurrency)
{
	return concurrency != 0 ? concurrency : UINT32_MAX;
}

void
budget_slots_limit(struct budget *b, uint32_t concurrency)
{
	b->concurrency = concurrency;
	if (b->block == NULL || concurrency == 0)
		budget_slots_end(b);
	else
		b->slots = (uint32_t)lease_smaller(b->slots, concurrency);
}

void
budget_slots_begin(struct budget *b)
{
	if (b->concurrency != 0 && b->block == NULL)
		b->slots = 0;
}

void
budget_slots_end(struct budget *b)
{
	slots_account_free(b->block);
	b->block = NULL;
	b->slots = all_of(b->concurrency);
}

void
budget_slots_leave(struct budget *b)
{
	budget_slots_end(b);
	budget_slots_begin(b);
}

void
budget_slots_tick(struct budget *b, uint64_t now)
{
	if (b->block != NULL)
		b->slots = (uint32_t)lease_smaller(b->concurrency,
		    slots_account_may(b->block, b->concurrency, now));
}

enum budget_short
budget_slots_short(const struct budget *b, uint64_t now)
{
	if (b->inflight >= b->concurrency)
		return BUDGET_SHORT_CONCURRENCY;
	/* who is the first to ask has only to be answered */
	if (b->inflight == 0 && b->slots == 0 &&
	    (b->block == NULL || slots_account_is_new(b->block, now)))
		return BUDGET_SHORT_NONE;
	return b->block != NULL && slots_account_is_away(b->block) ?
	    BUDGET_SHORT_LEASE : BUDGET_SHORT_CONCURRENCY;
}

bool
budget_slots_lent(const struct budget *b, uint64_t now)
{
	return b->block != NULL && slots_account_has_some(b->block, now);
}
