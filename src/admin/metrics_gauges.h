/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_METRICS_GAUGES_H
#define SLUICE_METRICS_GAUGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/stats.h"

/*
 * How the hosts of each series stand, all of a rule's together: lengths are
 * added up, of waits and pauses the longest counts, of what is left the least.
 */

struct conf;
struct host_view;
struct part_view;

#define METRICS_BUDGET	384	/* bytes of its name, with its end */
#define METRICS_BUDGETS	264	/* of a series: all that a rule can have */

struct metrics_budget {
	char		 name[METRICS_BUDGET];	/* "30 per 1m of /search" */
	bool		 whole;		/* of no path */
	int64_t		 left;		/* micro cost units; below 0: a debt */
	uint64_t	 burst;		/* the same */
	uint64_t	 capacity;	/* the same, in each: */
	uint64_t	 period;	/* ns */
	bool		 of_part;	/* not of the whole host */
	bool		 shared;	/* by a store, which has told: */
	uint64_t	 left_of_all;	/* that nobody had, where fewest */
	uint64_t	 leased;	/* that may go here, of all hosts */
};

struct metrics_gauges {
	bool		 known;		/* a rule has it, or a host */
	bool		 counted;	/* something was, ever */
	uint64_t	 hosts;		/* that are remembered */
	uint64_t	 waiting;
	uint64_t	 queue_length;	/* most that may wait */
	uint64_t	 oldest;	/* ns that it has waited */
	uint64_t	 inflight;
	uint64_t	 concurrency;	/* 0: none has a limit */
	uint64_t	 tunnels;
	bool		 shared;	/* some budgets are, by a store */
	uint64_t	 without;	/* hosts that have one without it */
	uint64_t	 paused[STATS_CAUSES];	/* hosts */
	uint64_t	 paused_until;	/* ns, monotonic; 0: none is */
	bool		 learned;	/* what follows is there */
	uint64_t	 left;		/* requests, says the host */
	uint64_t	 reset;		/* ns, monotonic; of that */
	struct metrics_budget *budgets;	/* owned */
	size_t		 nbudgets;
	bool		 failed;	/* without memory for one */
};

/*
 * Begins with the rules of a configuration, for n series: a budget of which
 * there is no host yet is full.
 */
void		 metrics_gauges_begin(struct metrics_gauges *, size_t n,
		    const struct conf *);
/* Adds a host, or a part that its rule gives it; now: ns, monotonic. */
void		 metrics_gauges_host(struct metrics_gauges *,
		    const struct host_view *, uint64_t now);
void		 metrics_gauges_part(struct metrics_gauges *,
		    const struct part_view *);
/* Frees what n of them own. */
void		 metrics_gauges_free(struct metrics_gauges *, size_t n);

#endif
