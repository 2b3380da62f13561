/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_VIEW_H
#define SLUICE_THROTTLE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "throttle/estimate_view.h"
#include "throttle/lease_account.h"
#include "throttle/throttle.h"

/*
 * How a throttle stands, to be looked at: a copy that its owner takes under its
 * lock, and reads without one.  Nothing in it points into the throttle.
 */

/* One rate. */
struct rate_view {
	struct gcra_rate limit;		/* as it holds now */
	int64_t		 left;		/* micro cost units; below 0: a debt */
	uint64_t	 full_at;	/* ns; when the bucket is full again */
	/* Of a shared one: what nobody had, when the store told it. */
	uint64_t	 left_of_all;	/* micro cost units */
};

/* What a budget has of a store by which several proxies share it. */
struct shared_view {
	bool		 is;		/* it is shared */
	bool		 asked;		/* ... and has asked for some */
	enum lease_source source;	/* from where it has that now */
	uint64_t	 leased;	/* micro cost units that may go here */
	uint64_t	 told_at;	/* ns: the store's last word; or 0 */
	uint32_t	 lent;		/* slots that may be used here */
};

/* One budget: a host's, a part's or a named part's. */
struct budget_view {
	struct rate_view rates[BUDGET_RATES];
	unsigned	 nrates;
	uint32_t	 concurrency;	/* 0: no limit */
	uint32_t	 inflight;	/* slots held */
	uint32_t	 pending;	/* no verdict yet */
	uint64_t	 paused_until;	/* ns; not after now: no pause */
	/* Half open: so many may be without a verdict, and are; or 0, 0. */
	uint32_t	 window;
	uint32_t	 unsettled;
	uint32_t	 failures;	/* pauses in a row that did not help */
	bool		 exact;		/* rates are kept as windows, too */
	/* Of a named budget: what those have taken who are not settled yet. */
	uint64_t	 reserved;
	/* What the host said is left, until its reset (ns); or 0. */
	uint64_t	 shape_until;
	int64_t		 shape_left;	/* requests */
	struct shared_view shared;
};

struct throttle_view {
	struct budget_view host;
	struct budget_view total;	/* what it has with others, if it has */
	bool		 has_total;
	unsigned	 nparts;	/* throttle_view_part() has them */
	uint32_t	 waiting;
	uint32_t	 queue_length;	/* most that may wait */
	/* ns: waits since then; 0: nobody.  Left to the throttle's owner. */
	uint64_t	 oldest;
	uint32_t	 clients;	/* how many have somebody waiting */
	struct estimate_view estimate;	/* what is learned */
	unsigned	 nlearned;	/* named parts with a limit of their own */
	struct shared_view shared;	/* where one of all is without it, that */
};

/* Fills in how it stands at now (ns), but for the oldest. */
void		 throttle_view(struct throttle *, uint64_t now,
		    struct throttle_view *);
/*
 * Returns since when (ns) somebody waits longest; 0: nobody does.  O(waiters):
 * an owner who keeps them in order need not ask.
 */
uint64_t	 throttle_oldest(struct throttle *);
/*
 * The same for a part, or THROTTLE_NAMED_PART().  Returns false where there is
 * none.
 */
bool		 throttle_view_part(struct throttle *, unsigned part,
		    uint64_t now, struct budget_view *);

/* What is learned of a part; nothing is, where it is none that is named. */
void		 throttle_view_learned(struct throttle *, unsigned part,
		    struct estimate_view *);

/*
 * The same for the named budget of that number, its own or its total's.  Returns
 * its name, for as long as the limits hold; NULL where there is none.
 */
const char	*throttle_view_meter(struct throttle *,
		    enum throttle_meters_of, unsigned meter, uint64_t now,
		    struct budget_view *);

/* One that waits. */
struct waiter_view {
	const struct throttle_waiter *waiter;	/* while the lock is held */
	uint64_t	 client;
	uint64_t	 cost;		/* micro cost units */
	uint64_t	 since;		/* ns */
	uint64_t	 deadline;	/* ns; THROTTLE_NEVER */
	uint64_t	 start;		/* ns; the earliest, as things stand */
	uint8_t		 urgency;
	unsigned	 part;		/* or THROTTLE_WHOLE */
	unsigned	 named;		/* or 0 */
};

/*
 * Lists the first max of those who wait, in the order in which they would go
 * if nothing new came and no part held anybody up (fair_turn.h).  Returns how
 * many.  O(n log n) of those who wait.
 */
size_t		 throttle_view_queue(struct throttle *, uint64_t now,
		    struct waiter_view *, size_t max);

#endif
