/* SPDX-License-Identifier: ISC */
#ifndef BENCH_SHARED_FIGURES_H
#define BENCH_SHARED_FIGURES_H

#include <stddef.h>

#include "shared_world.h"

/* What is counted while a simulation is measured, and printed of it. */

struct figures {
	uint64_t	 series;	/* not 0: what was so each 100 ms, too */
	uint64_t	 begin;		/* ns, true */
	uint64_t	 end;
	uint64_t	 over;		/* requests that a budget did not have */
	uint64_t	 calls;
	uint64_t	 timeouts;
	uint64_t	 busy;		/* ns that stores worked */
	uint64_t	 queued;	/* ns: the longest wait before a store */
	uint64_t	 requests;
	/* since the last tick */
	uint64_t	 now_spent;	/* of budgets with too much demand */
	uint64_t	 now_calls;
	uint64_t	 now_queued;
	/* waits (ns) of newcomers, by kind, and of requests where there is
	   enough */
	struct waits {
		uint64_t	*ns;
		size_t		 n;
		size_t		 room;
	}		 newcomers[KINDS], quiet;
};

void		 figures_begin(struct figures *, uint64_t begin, uint64_t end);

/* A request of a member was admitted. */
void		 figures_spent(struct figures *, struct budget_sim *,
		    struct member *, uint64_t now);

/* A call came to a store: waits so long (ns), and takes so long then. */
void		 figures_call(struct figures *, uint64_t waits, uint64_t takes,
		    uint64_t now);

void		 figures_tick(struct figures *, const struct world *,
		    uint64_t now);
void		 figures_print(struct figures *, const struct world *);

#endif
