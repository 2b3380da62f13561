/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ESTIMATE_CORRECT_H
#define SLUICE_ESTIMATE_CORRECT_H

#include "throttle/estimate_era.h"
#include "throttle/estimate_types.h"

/*
 * A window that was known was refused before its end: it is longer than was
 * thought, or there is less in it, since others take some or the host has
 * lowered it.
 */

/*
 * Returns by how much a window that was all used may be too short (ns).  What is
 * named is rounded up, and says little of a short one: then it may be as long as
 * a round one that is a little longer.
 */
uint64_t	 estimate_missing(const struct estimate *,
		    const struct estimate_window *,
		    const struct estimate_era *);

/* Makes one of the windows longer, or takes some out of it, by what an era was. */
void		 estimate_correct(struct estimate *, struct estimate_window *,
		    const struct estimate_era *, uint64_t now);

#endif
