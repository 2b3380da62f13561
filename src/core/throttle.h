/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_H
#define SLUICE_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#include <bsd/sys/queue.h>

#include "core/budget.h"

/*
 * One throttle: rates, concurrency, pause, and the queue of those who wait.
 *
 * Each rate is a GCRA (ITU-T I.371, the virtual scheduling form), the token
 * bucket kept as one number: tat, the theoretical arrival time.  Costs are in
 * micro cost units (BUDGET_UNIT is a cost of 1), times in nanoseconds of a
 * monotonic clock which the caller reads and passes in.
 *
 * A throttle calls nobody.  Whatever may let a waiter go (a release, a
 * cancel, a resume, new limits, the time that throttle_wake() named) is
 * followed by the caller's loop over throttle_next() until that returns NULL.
 *
 * Not thread safe; the caller locks.
 */

#define THROTTLE_NEVER	UINT64_MAX

/*
 * A waiter that the caller fetches late (timers and schedulers are) is
 * accounted at the instant it was due, so that lateness does not eat the
 * rate; but never further back than this, so that a stall does not become a
 * burst.  With lateness up to this bound, what leaves in an interval L of
 * real time is at most B + (L + THROTTLE_LATE) / T.  A strict rate gets no
 * such credit.
 */
#define THROTTLE_LATE	20000000ULL	/* ns */

struct throttle;

struct throttle_limits {
	struct budget_limits	 host;
	uint32_t		 queue_length;	/* waiters; 0: none may wait */
};

/* Lives in the caller's memory; the fields are the throttle's. */
struct throttle_waiter {
	TAILQ_ENTRY(throttle_waiter)	 entry;
	uint64_t			 cost;		/* micro cost units */
	uint64_t			 arrived;	/* ns */
	uint64_t			 deadline;	/* ns, to start by */
};
TAILQ_HEAD(throttle_queue, throttle_waiter);

enum throttle_answer {
	THROTTLE_GO,	/* admitted: paid, and holds a slot */
	THROTTLE_WAIT,	/* queued; throttle_next() will return it */
	THROTTLE_FULL,	/* refused: the queue is full */
	THROTTLE_LATE_START, /* refused: could not start by its deadline */
};

/*
 * A throttle with full buckets, or NULL without memory.  The limits are
 * copied.
 */
struct throttle	*throttle_new(const struct throttle_limits *);

/* Frees a throttle in whose queue nobody is left.  NULL is allowed. */
void		 throttle_free(struct throttle *);

/*
 * Asks for admission of a cost (micro cost units) that must start by deadline
 * (ns; THROTTLE_NEVER for none).  Those who came before go first.  Sets *start
 * to the earliest possible start that can be computed (ns): from rates, pause
 * and the cost queued ahead; what slots will do cannot be known.  A refusal's
 * *start is the same: whoever comes back then need not wait.
 */
enum throttle_answer throttle_ask(struct throttle *, struct throttle_waiter *,
		    uint64_t cost, uint64_t deadline, uint64_t now,
		    uint64_t *start) __attribute__((warn_unused_result));

/*
 * The next waiter that may start now, taken from the queue, paid and holding
 * a slot; NULL when there is none.  To be called until it returns NULL.
 */
struct throttle_waiter *throttle_next(struct throttle *, uint64_t now)
		    __attribute__((warn_unused_result));

/*
 * When throttle_next() will next have somebody, by rates and pause alone
 * (ns); THROTTLE_NEVER when nobody waits or only a slot is missing.
 */
uint64_t	 throttle_wake(const struct throttle *);

/* Takes a waiter out of the queue, O(1); it has spent nothing. */
void		 throttle_cancel(struct throttle *, struct throttle_waiter *);

/* Gives back the slot of one admission. */
void		 throttle_release(struct throttle *, uint64_t now);

/*
 * Admits nobody before until (ns).  Never shortens an earlier pause; returns
 * whether it made the pause longer.  The caller then asks
 * throttle_hopeless().
 */
bool		 throttle_pause(struct throttle *, uint64_t until);

/* Ends a pause now. */
void		 throttle_resume(struct throttle *, uint64_t now);

/*
 * Moves to the tail of out, in order, all waiters whose computed start lies
 * past their deadline.  What is set free by one is counted for those behind
 * it.  O(waiters).
 */
void		 throttle_hopeless(struct throttle *, uint64_t now,
		    struct throttle_queue *out);

/*
 * Sets new limits.  What was consumed stays consumed (each tat is rescaled;
 * rates pair by equal period first, then in order; a rate without a pair
 * starts full), pause, waiters and slots stay.  Holds from the next
 * admission; waiters beyond a shorter queue_length stay.
 */
void		 throttle_limit(struct throttle *,
		    const struct throttle_limits *, uint64_t now);

/*
 * Takes over what another throttle has consumed (per rate paired as above,
 * the larger of the two) and its pause (the later).  Slots and waiters are
 * moved one by one by throttle_hold() and throttle_requeue().
 */
void		 throttle_inherit(struct throttle *, const struct throttle *,
		    uint64_t now);

/* Adds a slot in use without an admission: one that moves here. */
void		 throttle_hold(struct throttle *);

/*
 * Queues a waiter cancelled elsewhere, by its time of arrival, behind those
 * who came no later.  Its cost, arrival and deadline are kept; the queue's
 * length is not enforced.
 */
void		 throttle_requeue(struct throttle *, struct throttle_waiter *);

/*
 * Whether it equals a new one: nobody waits, no slot is held, no pause, all
 * buckets full.  Only such a throttle may be dropped without loss.
 */
bool		 throttle_idle(const struct throttle *, uint64_t now);

/* The earliest computed start (ns) of a newcomer of that cost. */
uint64_t	 throttle_start(const struct throttle *, uint64_t cost,
		    uint64_t now);

uint32_t	 throttle_waiting(const struct throttle *);
uint32_t	 throttle_inflight(const struct throttle *);
/* ns, also when that is over; 0: never paused, or resumed. */
uint64_t	 throttle_paused_until(const struct throttle *);

#endif
