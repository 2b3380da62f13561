/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_BUDGET_TYPES_H
#define SLUICE_BUDGET_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/wide.h"
#include "throttle/gcra.h"

/* What a budget is made of; budget.h says what it does. */

struct lease_account;
struct slots_account;
struct window;

#define BUDGET_UNIT	1000000ULL	/* micro cost units in one unit */
#define BUDGET_RATES	8		/* rates of one budget at most */
#define BUDGET_SLOTS	32		/* of a period, as windows */
#define BUDGET_NEVER	UINT64_MAX
#define BUDGET_RECOVERY	1024		/* requests on their way that end it */
#define BUDGET_PATIENCE	10000000000ULL	/* ns */
#define BUDGET_NOW	20000000ULL	/* ns: what is named below is "now" */

/*
 * A budget that nobody uses stays half open for so long (ns), and is then as a
 * new one: else each host that was ever paused would have to be remembered for
 * ever.
 */
#define BUDGET_MEMORY	600000000000ULL

struct budget_limits {
	struct gcra_rate	 rates[BUDGET_RATES];
	unsigned		 nrates;	/* 0: no limit of rate */
	uint32_t		 concurrency;	/* slots; 0: no limit */
};

enum budget_verdict {
	BUDGET_SUCCESS,		/* the host answered, and not for a limit */
	BUDGET_THROTTLED,	/* it refused for a limit */
	BUDGET_NEUTRAL,		/* it failed, or was aborted: says nothing */
};

/* Which limit is in the way. */
enum budget_short {
	BUDGET_SHORT_NONE,
	BUDGET_SHORT_RATE,
	BUDGET_SHORT_CONCURRENCY,
	BUDGET_SHORT_PAUSE,
	BUDGET_SHORT_RECOVERY,
	BUDGET_SHORT_SHAPE,
	BUDGET_SHORT_LEASE,	/* of what others have a share of, too */
};

/* An earliest start, and what decides it. */
struct budget_start {
	uint64_t		 at;		/* ns */
	enum budget_short	 what;
	unsigned		 rate;		/* which, when it is a rate */
	uint64_t		 due;		/* ns: what decides would allow it */
};

#define BUDGET_REASONS	(BUDGET_RATES + 5)

/* What the host has counted of a rate; in thousands of micro cost units. */
struct budget_counted {
	uint64_t		 flying;	/* no verdict yet */
	uint64_t		 newest;	/* slot of time */
	uint32_t		 slots[BUDGET_SLOTS];
};

/*
 * Where what somebody paid stands in each rate's time: a rate works off what it
 * was asked for in order, and tat is when it is done with all of it.
 */
struct budget_paid {
	uint64_t		 cost;		/* micro cost units; 0: void */
	wide			 ends[BUDGET_RATES]; /* 1/capacity ns */
};

/* What may be spent before it is written down how much that is; lease.h. */
struct lease {
	uint64_t		 left;		/* micro cost units; LEASE_NONE */
	uint64_t		 promised;	/* on top of it, when written */
	uint64_t		 size;		/* what was left with the grant */
	uint64_t		 kept;		/* safe, and to be written anew */
	uint64_t		 whole;		/* with that, when it became safe */
	uint64_t		 unsure;		/* written: spent, nobody knows when */
	uint64_t		 used;		/* since the last promise */
	uint64_t		 need;		/* what who is first lacks; or 0 */
};

/* Lives in the caller's memory; the fields are the budget's. */
struct budget {
	struct gcra		 rates[BUDGET_RATES];
	struct window		*windows[BUDGET_RATES];	/* NULL: not strict */
	struct budget_counted	 counted[BUDGET_RATES];	/* of each rate */
	unsigned		 nrates;
	struct lease		 lease;
	/* where leases are a store's (lease_account.h); owned; or NULL */
	struct lease_account	*account;
	uint32_t		 concurrency;
	/* so many slots may be held: all, or what a store has lent */
	uint32_t		 slots;		/* UINT32_MAX: no limit */
	struct slots_account	*block;		/* with that; owned; or NULL */
	uint32_t		 inflight;	/* slots held */
	uint32_t		 pending;	/* admitted, no verdict yet */
	wide			 uncounted;	/* cost that the host has not */
	uint64_t		 paused_until;	/* ns */

	/* recovery */
	uint32_t		 epoch;		/* counts half openings */
	uint32_t		 window;	/* 0: not half open */
	uint32_t		 unsettled;	/* pending, of this epoch */
	uint32_t		 overdue;	/* of them, beyond patience */
	uint32_t		 passed;	/* successes of this epoch */
	uint32_t		 grown;		/* ... towards one more place */
	/* successes of an epoch that ended early, and count for this one */
	uint32_t		 before;
	uint32_t		 went;		/* passed until the refusal */
	uint32_t		 cut;		/* the epoch that it ended */
	/* how many may go at once: fewer than when the host refused; or 0 */
	uint32_t		 abreast;
	uint64_t		 heard;		/* ns: a verdict or a reset */

	/* backoff */
	uint32_t		 failures;	/* pauses that did not help */
	uint64_t		 refused;	/* ns: shut since; or 0 */
	uint64_t		 since;		/* ns: the last not early one */
	/* so long (ns) after a refusal the host admitted again; 0: unknown */
	uint64_t		 opens;
	uint64_t		 shut;		/* ... and so long not yet */
	bool			 doubted;	/* that opens holds next time */
	bool			 guessed;	/* the pause: none was named */
	bool			 exact;		/* rates are windows, too */
	/* what a pause of that length gave, to judge shorter ones by */
	uint64_t		 ref_opens;	/* ns; 0: none */
	uint64_t		 ref_cycle;	/* ns from refusal to refusal */
	uint32_t		 ref_went;
	bool			 trickles;	/* shorter ones gave less */
	bool			 early;		/* so came the last refusal */
	bool			 believed;	/* "now", since a success */
	bool			 at_once;	/* half open by that */
	bool			 paused;	/* since it last was whole */
	bool			 learning;	/* a new one is half open */

	/* shape */
	uint64_t		 shape_until;	/* ns; 0: none */
	int64_t			 shape_left;	/* requests until then */
	uint64_t		 last;		/* ns: the last admission */
};

#endif
