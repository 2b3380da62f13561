/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LEASE_TURN_H
#define SLUICE_LEASE_TURN_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What a grantor (lease_grant.h) knows of a pause that several proxies share,
 * and whose turn it is to ask the host when that is over: then one of them sends
 * one request for all.  That it succeeded, it says by the pause that it came
 * after, and all may go; one that does not come back with a verdict loses its
 * turn after LEASE_TURN.  lease_pause.h is what the proxies know.
 *
 * Where an operator ends a pause by order, all that was told before is over, be
 * it that of one who has not heard the order yet.
 *
 * Times are in ns of the grantor's clock.  Calls nobody, allocates nothing.
 */

#define LEASE_TURN		10000000000ULL	/* ns: as BUDGET_PATIENCE */
#define LEASE_TURN_MEMORY	600000000000ULL	/* ns: as BUDGET_MEMORY */

/* Zeroed, of no pause. */
struct lease_turn {
	uint64_t	 pause;		/* the latest; may be over */
	uint64_t	 heard;		/* when somebody learned that */
	uint64_t	 opened;	/* the pause after which one succeeded */
	uint64_t	 prober;	/* who has the turn; 0: nobody */
	uint64_t	 ends;		/* its turn */
	uint64_t	 ordered;	/* the last order that ends one; or 0 */
};

/* What a proxy tells of pauses; zeroed, nothing. */
struct lease_turn_news {
	uint64_t	 pause;		/* grantor's: its own; or 0, */
	uint64_t	 ago;		/* ns: ... learned so long ago */
	uint64_t	 opened;	/* grantor's: one that is past; or 0 */
	uint64_t	 heeded;	/* grantor's: the last order it heard of */
	uint64_t	 orders;	/* ns: so long ago one was given there; 0 */
};

enum lease_turn_state {
	LEASE_TURN_OPEN,	/* all may go */
	LEASE_TURN_PROBE,	/* it may send one request */
	LEASE_TURN_SHUT,
};

/*
 * The grantor's clock was set back: what was told by it means nothing, nor do
 * the instants that a proxy tells now.
 */
void		 lease_turn_set_back(struct lease_turn *,
		    struct lease_turn_news *);

/*
 * A proxy tells a pause of its own, after which one a request of its succeeded,
 * or that an operator has ended all of them.  What it knew of a pause before it
 * heard of an order is over.
 */
void		 lease_turn_hear(struct lease_turn *,
		    const struct lease_turn_news *, uint64_t now);

/* A proxy leaves: its turn is another's. */
void		 lease_turn_leave(struct lease_turn *, uint64_t holder);

/* Returns whether all may go. */
bool		 lease_turn_is_open(const struct lease_turn *, uint64_t now);

/*
 * Returns what one may do now who would go, and pauses for longest (ns) at most;
 * sets *again_at where it is shut.  It is to ask again in horizon (ns) at the
 * latest, where another has the turn.
 */
enum lease_turn_state lease_turn_ask(struct lease_turn *, uint64_t holder,
		    uint64_t longest, uint64_t horizon, uint64_t now,
		    uint64_t *again_at);

#endif
