/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LEASE_FLOW_H
#define SLUICE_LEASE_FLOW_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How many questions (lease_grant.h) a proxy may have on their way to one store.
 * Where a store is asked for more than it can do, what waits before it grows
 * until each answer comes too late; what is asked anew then makes it longer, and
 * it never recovers.  So questions wait at the proxy, where one still knows what
 * it wants when its turn comes: as many are on their way as come back within
 * LEASE_FLOW_TRIP and the shortest trip that there was, which is the way to a
 * store that is far away; fewer by half each time that one takes longer.
 *
 * Times are in ns.  Calls nobody, allocates nothing.
 */

#define LEASE_FLOW_MOST	256		/* on their way */
#define LEASE_FLOW_TRIP	50000000ULL	/* ns: of waiting before the store */
#define LEASE_FLOW_WAY	500000000ULL	/* ns: no longer one is believed */

struct lease_flow {
	uint32_t		 most;		/* that may be on their way */
	uint32_t		 flying;
	uint32_t		 grown;		/* ... towards one more */
	bool			 was_full;	/* since it grew */
	uint64_t		 cut;		/* ns: when it was halved */
	uint64_t		 least;		/* ns: the shortest trip */
};

void		 lease_flow_init(struct lease_flow *);

/* Returns whether one more may go. */
bool		 lease_flow_may(const struct lease_flow *);

void		 lease_flow_sent(struct lease_flow *);

/*
 * An answer came at now to what was sent then, though nobody may wait for it
 * any more.
 */
void		 lease_flow_answered(struct lease_flow *, uint64_t sent,
		    uint64_t now);

/* The connection is gone, with all that was on its way. */
void		 lease_flow_lost(struct lease_flow *);

#endif
