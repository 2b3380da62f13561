/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LEASE_SPEND_H
#define SLUICE_LEASE_SPEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "throttle/budget_types.h"
#include "throttle/lease_account.h"

/*
 * How a budget spends its lease: of what is written down (lease.h), or of a
 * store (lease_account.h); never both.
 */

#define LEASE_NONE	UINT64_MAX	/* nothing is written down of it */

/* Returns whether the lease has a cost; all have where there is none. */
static inline bool
lease_allows(const struct budget *b, uint64_t cost, uint64_t now)
{
	return cost <= b->lease.left && (b->account == NULL ||
	    lease_account_due(b->account, cost, now) <= now);
}

/* Returns whether another lease is needed for a cost. */
static inline bool
lease_is_short(const struct budget *b, uint64_t cost, uint64_t now)
{
	return cost > b->lease.left || (b->account != NULL &&
	    lease_account_due(b->account, cost, now) == BUDGET_NEVER);
}

/* A cost is spent; more than there is only where it could not be refused. */
static inline void
lease_take(struct budget *b, uint64_t cost, uint64_t at)
{
	struct lease *l = &b->lease;

	if (b->account != NULL)
		lease_account_spend(b->account, cost, at);
	if (l->left == LEASE_NONE)
		return;
	l->used += cost;
	if (cost <= l->left) {
		l->left -= cost;
		return;
	}
	cost -= l->left;
	l->left = 0;
	l->kept -= cost < l->kept ? cost : l->kept;
}

#endif
