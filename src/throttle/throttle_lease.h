/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_LEASE_H
#define SLUICE_THROTTLE_LEASE_H

#include <stdbool.h>
#include <stdint.h>

struct throttle;

/* The leases (lease.h) of all of a throttle's budgets that have rates. */

/*
 * Nobody goes without one from now on; also called when budgets came that have
 * none.
 */
void		 throttle_lease(struct throttle *);

/* Returns whether one of them should be asked for. */
bool		 throttle_lease_is_low(struct throttle *, uint64_t now);

/* Returns whether nothing was spent since the last promise, nor is wanted. */
bool		 throttle_lease_is_unused(struct throttle *);

/* See lease_promise(), lease_grant() and lease_return(). */
void		 throttle_lease_promise(struct throttle *, uint64_t horizon,
		    uint64_t now);
void		 throttle_lease_grant(struct throttle *, uint64_t now);
void		 throttle_lease_return(struct throttle *);

#endif
