/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FAIR_H
#define SLUICE_FAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "throttle/fair_waiter.h"

/*
 * A weighted fair queue over clients.
 *
 * Clients take turns by virtual time, as in start-time fair queueing (Goyal,
 * Vin, Cheng 1996): what a client is served moves its own virtual time by
 * cost / weight, whoever is furthest behind is next, and one that comes anew
 * begins at the queue's virtual time, so that idleness saves nothing and 10,000
 * waiters of one client delay another's first by no more than one turn.
 *
 * Within a client, urgency (RFC 9218: 0 most, 7 least) orders, then arrival;
 * each FAIR_AGE of waiting makes up for one step of urgency, so nobody
 * starves.  Where urgency is trusted it orders clients among each other too,
 * with the same aging; as fine as whole steps, and within a step by turns.
 *
 * Lanes separate waiters that may be held up by something that others are not:
 * each lane has a head of its own, and what a client is served in one lane
 * counts in all.  A lane that was held up is owed nothing for that: its
 * waiters go on in their order as of now.
 *
 * Times are ns of the caller's clock, costs micro cost units.  Operations are
 * O(log n), times the lanes in use; by now, urgency that changes with time is
 * O(log n) amortized.  Not thread safe.
 */

/*
 * Returns a queue with 1 to FAIR_LANES lanes; NULL without memory.  trust: by
 * urgency clients go before each other.
 */
struct fair	*fair_new(unsigned lanes, bool trust);
/*
 * Makes a lane from FAIR_LANES on, if it is not there; it then stays.  Returns
 * whether there is that lane; false without memory, too.
 */
bool		 fair_lane(struct fair *, unsigned lane)
		    __attribute__((warn_unused_result));
/* Returns the next lane that there is; FAIR_END behind the last. */
unsigned	 fair_next_lane(const struct fair *, unsigned lane);
/* Lets time pass until now (ns); the calls that are given it do so, too. */
void		 fair_tick(struct fair *, uint64_t now);
/* Frees an empty queue.  NULL is allowed. */
void		 fair_free(struct fair *);

/*
 * Queues a waiter.  The weight of the client is the one named last.  Those with
 * returned set are served before all others (fair_returned_last()), by arrival
 * among each other, and what they cost was paid when they were served before.
 * Returns false without memory: it is not queued.
 */
bool		 fair_add(struct fair *, struct fair_waiter *, uint64_t now)
		    __attribute__((warn_unused_result));

/* Returns whose turn it is in a lane; NULL when that is empty. */
struct fair_waiter *fair_first(struct fair *, unsigned lane, uint64_t now);

/*
 * Returns whether a goes before b, where both are the first of their lanes, or
 * of one client.  Others are ordered by their clients' firsts.
 */
bool		 fair_before(const struct fair *, const struct fair_waiter *a,
		    const struct fair_waiter *b);

/*
 * Those with returned set go behind all others from now on, or before them
 * again.  Returns whether that is new.
 */
bool		 fair_returned_last(struct fair *, bool last);
/* Returns whether they do. */
bool		 fair_has_returned_last(const struct fair *);

/* Takes one that fair_first() named out: its turn was used. */
void		 fair_serve(struct fair *, struct fair_waiter *, uint64_t now);

/*
 * Charges a client for one that never had to queue, as if it had been served,
 * so that the client's next is not ahead of those that waited.  Does nothing
 * where nobody is queued, nor without memory.  Returns whether it has.
 */
bool		 fair_pass(struct fair *, uint64_t client, uint32_t weight,
		    uint64_t cost);

/*
 * One that had its turn has turned out to count something else than what the
 * client was charged for it.  Does nothing for one that is not remembered.
 */
void		 fair_settle(struct fair *, uint64_t client, uint64_t was,
		    uint64_t is);

/* Takes any waiter out; it used no turn. */
void		 fair_remove(struct fair *, struct fair_waiter *);

/*
 * Returns who gives its place to a newcomer of an owner, where there is no room
 * for both (fair_owner.h); it is still queued.  NULL: nobody does.
 */
struct fair_waiter *fair_yields(const struct fair *, uint64_t owner);

/* Return how many wait: all, or those of a client. */
size_t		 fair_length(const struct fair *);
size_t		 fair_length_of(const struct fair *, uint64_t client);

/* Calls each() for each waiter, in no order; it may not change the queue. */
void		 fair_each(struct fair *, void (*each)(struct fair_waiter *,
		    void *), void *arg);

#endif
