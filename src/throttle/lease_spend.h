/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LEASE_SPEND_H
#define SLUICE_LEASE_SPEND_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/budget_types.h"

/* How a budget spends its lease (lease.h). */

#define LEASE_NONE	UINT64_MAX	/* nothing is written down of it */

/* Returns whether the lease has a cost; all have where there is none. */
static inline bool
lease_allows(const struct lease *l, uint64_t cost)
{
	return cost <= l->left;
}

/* A cost is spent; more than there is only where it could not be refused. */
static inline void
lease_take(struct lease *l, uint64_t cost)
{
	if (l->left == LEASE_NONE)
		return;
	l->left -= cost < l->left ? cost : l->left;
	l->used += cost;
}

#endif
