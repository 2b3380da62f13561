/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_NAMED_H
#define SLUICE_THROTTLE_NAMED_H

#include <stdint.h>

struct throttle;

/*
 * Takes over what another throttle's named parts remember; they are made where
 * they are missing, as long as there is room for them.
 */
void		 throttle_named_inherit(struct throttle *,
		    const struct throttle *, uint64_t now);

/* Renews each (budget_renew()), and forgets those in which there is nobody. */
void		 throttle_named_renew(struct throttle *);

#endif
