/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_METRICS_SAMPLE_H
#define SLUICE_METRICS_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "admin/metrics_gauges.h"
#include "admin/metrics_process.h"
#include "admin/metrics_text.h"
#include "base/stats.h"
#include "base/text.h"

/* Samples of a family: what comes before them waits for the first. */

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

struct metrics_sample;

/* A family, and how it is told of. */
struct metrics_row {
	struct metrics_family	 family;
	void			(*put)(struct metrics_sample *);
	bool			 once;		/* not of hosts */
	/* of counters in a block, or of a gauge: */
	size_t			 offset;
	unsigned		 n;
	unsigned		 decimals;
	const char		*label;		/* of n > 1 */
	const char		*(*word)(unsigned); /* for it; NULL: none */
};

/* What is being put. */
struct metrics_sample {
	struct text		*text;
	bool			 open;
	const struct metrics_data *data;
	struct metrics_place	*at;
	const struct metrics_row *row;
	struct metrics_label	 labels[4];	/* the first is the host */
};

/* Puts what comes before the family's samples, unless that was done. */
void	 metrics_sample_begin(struct metrics_sample *);

/* Puts one of the series, with a label besides the host (NULL: without). */
void	 metrics_sample_put(struct metrics_sample *, const char *label,
	    const char *word, struct metrics_value);

/* Puts one that is of no host. */
void	 metrics_sample_once(struct metrics_sample *, struct metrics_value);

/* Returns the gauges of the series. */
const struct metrics_gauges *
	 metrics_sample_gauges(const struct metrics_sample *);

/*
 * Returns a monotonic instant (ns) that is to come as a timestamp, by how far
 * from now it is: a little another one each time.
 */
struct metrics_value
	 metrics_sample_at(const struct metrics_sample *, uint64_t at);

#endif
