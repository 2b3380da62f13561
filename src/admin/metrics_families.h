/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_METRICS_FAMILIES_H
#define SLUICE_METRICS_FAMILIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "admin/metrics_gauges.h"
#include "admin/metrics_process.h"
#include "base/stats.h"
#include "base/text.h"

/*
 * All metrics that there are, one family a row: what they are named, what they
 * mean, and where they are from.
 */

struct admin_context;

/* What they are told of. */
struct metrics_data {
	const struct admin_context *context;
	uint64_t		 now;		/* ns, monotonic */
	uint64_t		 wall;		/* ns since 1970; the same */
	uint64_t		 hosts;		/* in the table */
	struct metrics_process	 process;
	/* One for each series. */
	unsigned		 nseries;
	struct stats_block	*sums;
	struct metrics_gauges	*gauges;
};

/* Where to go on: a family, and the series in it. */
struct metrics_place {
	size_t		 family;
	unsigned	 series;
	bool		 begun;		/* something of it was put */
};

/*
 * Puts the next series of the family at that place, or its only one, and goes
 * on to the place behind.  Returns whether there is more.
 */
bool	 metrics_put_next(struct text *, bool open,
	    const struct metrics_data *, struct metrics_place *);

/* Returns whether anything was counted in those. */
bool	 metrics_counted(const struct stats_block *);

#endif
