/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_METRICS_FAMILIES_H
#define SLUICE_METRICS_FAMILIES_H

#include <stdbool.h>

#include "admin/metrics_sample.h"

/*
 * All metrics that there are, one family a row: what they are named, what they
 * mean, and where they are from.
 */

/*
 * Puts the next series of the family at that place, or its only one, and goes
 * on to the place behind.  Returns whether there is more.
 */
bool	 metrics_put_next(struct text *, bool open,
	    const struct metrics_data *, struct metrics_place *);

/* Returns whether anything was counted in those. */
bool	 metrics_counted(const struct stats_block *);

#endif
