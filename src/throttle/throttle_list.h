/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_LIST_H
#define SLUICE_THROTTLE_LIST_H

#include "throttle/throttle_types.h"

/* All waiters, by their next, in the order in which they were queued. */
struct throttle_waiter *throttle_list(struct throttle *);

/* Puts one in front of a list, for fair_each(). */
void		 throttle_list_one(struct fair_waiter *, void *list);
/* Sorts waiters by key, and those with the same key by their turns. */
struct throttle_waiter *throttle_list_sort(const struct fair *,
		    struct throttle_waiter *);

#endif
