/* SPDX-License-Identifier: ISC */
#ifndef BENCH_SHARED_WORLD_H
#define BENCH_SHARED_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/gcra.h"
#include "throttle/lease_flow.h"
#include "throttle/lease_hold.h"

/*
 * Who asks for what in the simulation: proxies with clocks of their own,
 * budgets, and a member for each proxy that asks for a budget.  Budgets are of
 * three kinds: few that all proxies ask for, more that twenty ask for, and many
 * that one to three do.  Of each kind a part has more demand than it gives.
 */

#define MS	1000000ULL
#define SEC	1000000000ULL
#define UNIT	BUDGET_UNIT

enum kind {
	ALL,
	SOME,
	FEW,
	KINDS
};

/* What a run is told. */
struct settings {
	uint64_t	 proxies;
	uint64_t	 budgets;
	uint64_t	 nodes;		/* servers that have a part each */
	uint64_t	 seed;
	uint64_t	 seconds;	/* that are measured */
	uint64_t	 warm;		/* seconds before */
	uint64_t	 service;	/* ns a call */
	uint64_t	 each;		/* ns more for each holder of it */
	uint64_t	 trip;		/* ns one way; half as much more at random */
	uint64_t	 horizon;	/* ns */
	uint64_t	 busy;		/* percent of budgets with too much demand */
	uint64_t	 quiet;		/* ms between requests of a quiet member */
	uint64_t	 fail;		/* second of a failover; 0: none */
	uint64_t	 lost;		/* ns of writes that it loses */
	uint64_t	 down;		/* ns that nobody answers */
};

struct clock {
	int64_t		 offset;	/* ns */
	int64_t		 drift;		/* ppm */
};

struct budget_sim {
	struct lease_grantor	 grantor;
	struct gcra		 ever;	/* that knows all, and the true time */
	enum kind		 kind;
	bool			 busy;
	unsigned		 members;
	uint64_t		 spent;	/* while it is measured */
};

struct member {
	struct lease_hold	 hold;
	struct lease_question	 question;	/* the last one */
	uint32_t		 budget;
	uint32_t		 proxy;
	uint32_t		 letter;	/* under way; 0: none */
	uint32_t		 waiting;	/* requests */
	uint32_t		 next;		/* in its proxy's line; 0: last */
	bool			 in_line;
	uint64_t		 due;		/* true: that timer */
	uint64_t		 every;		/* ns between requests; 0: always */
	uint64_t		 again;		/* own */
	uint64_t		 trip;		/* ns: the longest lately */
	uint64_t		 last;
	uint64_t		 since;		/* true: its first request waits */
	uint64_t		 came;		/* true: its first request; 0: went */
	uint64_t		 spent;		/* while it is measured */
};

struct world {
	struct settings		 set;
	struct clock		*clocks;
	struct budget_sim	*budgets;
	struct member		*members;
	uint32_t		 nmembers;
};

/* A number below n, the next of the seed's. */
uint64_t	 draw(uint64_t n);
/* A time between things that come at random, that long on average. */
uint64_t	 draw_gap(uint64_t mean);

/* Makes all; the process ends without memory. */
void		 world_make(struct world *);

/* What a proxy's clock says; and when that says an instant. */
uint64_t	 clock_own(const struct clock *, uint64_t t);
uint64_t	 clock_true(const struct clock *, uint64_t own, uint64_t now);

#endif
