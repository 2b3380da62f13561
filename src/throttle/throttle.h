/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_H
#define SLUICE_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/throttle_types.h"

/*
 * One throttle: a host's budget, budgets of its parts on top of it, and a fair
 * queue of those who wait.  Who is admitted takes from the host's budget and
 * from its part's, all or nothing.  A waiter whose part is short holds up the
 * waiters of that part only; one for whom the host's budget is short holds up
 * everybody: a costly one whose turn it is is not overtaken.
 *
 * Buckets are parts that a host makes known by itself, at any time.  They have
 * no limits of their own, but are paused, recover and are shaped; a waiter may
 * be in a part and in a bucket.  One that has nothing to remember is forgotten.
 *
 * A throttle calls nobody.  Whatever may let a waiter go (a verdict, a
 * release, a cancel, a resume, new limits, the time that throttle_wake()
 * named) is followed by the caller's loop over throttle_next() until that
 * returns NULL.
 *
 * Times are ns of a monotonic clock, costs micro cost units.  Not thread safe;
 * the caller locks.
 */

/*
 * A throttle with full buckets, or NULL without memory.  The limits are
 * copied.
 */
struct throttle	*throttle_new(const struct throttle_limits *);

/* The bucket of that name, or 0. */
unsigned	 throttle_bucket(const struct throttle *,
		    const struct throttle_key *);
/*
 * The same, made where it is missing; text is shown for it.  0 where all are in
 * use, or without memory.
 */
unsigned	 throttle_make_bucket(struct throttle *,
		    const struct throttle_key *, const char *text,
		    uint64_t now);
/* What is shown for it. */
const char	*throttle_bucket_name(const struct throttle *, unsigned bucket);
/*
 * A waiter, queued or admitted, belongs to another bucket from now on.  False
 * without memory: it stays where it is.
 */
bool		 throttle_rebucket(struct throttle *, struct throttle_waiter *,
		    unsigned bucket, uint64_t now);
/*
 * Before a waiter that is at none moves from one throttle to another: its
 * bucket there, if that has one of the same name.
 */
void		 throttle_carry_bucket(const struct throttle *from,
		    const struct throttle *to, struct throttle_waiter *);

/* Frees a throttle in whose queue nobody is left.  NULL is allowed. */
void		 throttle_free(struct throttle *);

/*
 * Asks for admission.  Goes at once only where nobody whose part would let
 * him go is ahead; what the waiter held before is overwritten.  A refusal
 * takes nothing.
 */
enum throttle_answer throttle_ask(struct throttle *, struct throttle_waiter *,
		    const struct throttle_request *, uint64_t now,
		    struct throttle_report *)
		    __attribute__((warn_unused_result));

/*
 * The next waiter that may start now, taken from the queue, paid and holding
 * a slot; NULL when there is none.  To be called until it returns NULL.
 */
struct throttle_waiter *throttle_next(struct throttle *, uint64_t now)
		    __attribute__((warn_unused_result));

/*
 * When throttle_next() will next have somebody, by rates, pauses and shapes
 * alone (ns); THROTTLE_NEVER when nobody waits or only a slot or a verdict is
 * missing.
 */
uint64_t	 throttle_wake(struct throttle *, uint64_t now);

/* Takes a waiter out of the queue; it has spent nothing. */
void		 throttle_cancel(struct throttle *, struct throttle_waiter *);

/*
 * What became of an admitted one.  The first call counts; one for a waiter
 * that holds no slot does nothing.
 */
void		 throttle_verdict(struct throttle *, struct throttle_waiter *,
		    enum budget_verdict, uint64_t now);

/*
 * Gives back the slot of one admission.  Where no verdict was given it is
 * neutral.
 */
void		 throttle_release(struct throttle *, struct throttle_waiter *,
		    uint64_t now);

/* Gives back the slot only, once: what it has paid may still be refunded. */
void		 throttle_release_slot(struct throttle *,
		    struct throttle_waiter *, uint64_t now);

/*
 * As throttle_release(), for one that came to nothing, and gives back what it has paid, as
 * far as time has not done so (budget_refund()); but not where limits have
 * changed since, or it has moved, or its verdict was given before.
 */
void		 throttle_refund(struct throttle *, struct throttle_waiter *,
		    uint64_t now);

/*
 * All that was paid so far came to nothing: the buckets are full again.  The
 * slots of who paid it were given back before.
 */
void		 throttle_refill(struct throttle *, uint64_t now);

/*
 * Puts an admitted one whose verdict was given back, before all others: gives
 * its slot back, keeps its cost; what it spent stays spent, and
 * it pays again when it goes.  THROTTLE_WAIT, or THROTTLE_LATE_START when it
 * could not start by its deadline, or THROTTLE_NO_MEMORY: it then still holds
 * its slot.  The queue's length is not enforced.
 */
enum throttle_answer throttle_return(struct throttle *,
		    struct throttle_waiter *, uint64_t now,
		    struct throttle_report *)
		    __attribute__((warn_unused_result));

/*
 * Admits nobody of a part (THROTTLE_WHOLE: of the host; THROTTLE_BUCKET() may
 * stand for one here and below) before until (ns); from
 * then on it is half open (budget.h).  Never shortens an earlier pause;
 * returns whether it made the pause longer.  The caller then asks
 * throttle_hopeless().
 */
bool		 throttle_pause(struct throttle *, unsigned part,
		    uint64_t until, uint64_t now);

/*
 * No pause, and no wait for the next one of a shape, lasts longer than this (ns)
 * from now; of the host and of all parts.
 */
void		 throttle_shorten(struct throttle *, uint64_t longest,
		    uint64_t now);

/* Ends a pause now: the configured limits hold. */
void		 throttle_resume(struct throttle *, unsigned part,
		    uint64_t now);

/*
 * How long (ns) to pause for a throttled answer that names no time: base at
 * first, then as budget_backoff() says; at most max.  0: that is nothing new.
 * The waiter is the one that got the answer, and has its verdict.  To be
 * followed by throttle_pause().
 */
uint64_t	 throttle_backoff(struct throttle *, unsigned part,
		    const struct throttle_waiter *, uint64_t base,
		    uint64_t max, uint64_t now);

/*
 * Whether to believe a throttled answer that says "now": once, until a success
 * (budget_at_once()).  False: it names no time.
 */
bool		 throttle_at_once(struct throttle *, unsigned part,
		    const struct throttle_waiter *, uint64_t now);

/*
 * What the host says is left (requests) until the reset (ns) is spread until
 * then.  The verdict of the request whose answer says it is given before.
 */
void		 throttle_shape(struct throttle *, unsigned part,
		    uint64_t left, uint64_t reset, uint64_t now);

/*
 * Moves to the tail of out all waiters whose computed start lies past their
 * deadline.  What is set free by one is counted for those behind it.  They are
 * in the order of their turns; different clients' only as far as the cost ahead
 * of them tells (fair_ahead()).
 */
void		 throttle_hopeless(struct throttle *, uint64_t now,
		    struct throttle_queue *out);

/*
 * Sets new limits.  What was consumed stays consumed (budget_limit()); pauses,
 * recovery, shapes, waiters and slots stay.  Holds from the next admission;
 * waiters beyond a shorter queue_length stay.  moved[i] is the part that old
 * part i is now, or THROTTLE_WHOLE (NULL where there was none).  Waiters
 * follow; those that are in flight are moved by throttle_moved().  False
 * without memory: then the old limits hold, and nothing has moved.
 */
bool		 throttle_limit(struct throttle *,
		    const struct throttle_limits *, const unsigned *moved,
		    uint64_t now) __attribute__((warn_unused_result));

/* Does nothing to a waiter in the queue. */
void		 throttle_moved(struct throttle_waiter *,
		    const unsigned *moved);

/*
 * Takes over what another throttle has consumed, its pauses, recovery and
 * shapes (budget_inherit()); its part i is this one's moved[i].  Slots and
 * waiters are moved one by one by throttle_hold() and throttle_requeue().
 */
void		 throttle_inherit(struct throttle *, const struct throttle *,
		    const unsigned *moved, uint64_t now);

/*
 * Adds a slot in use without an admission: one that moves here, after its
 * throttle_release() elsewhere.
 */
void		 throttle_hold(struct throttle *, struct throttle_waiter *,
		    unsigned part, uint64_t now);

/*
 * Queues a waiter cancelled elsewhere.  Its client, cost, urgency, arrival and
 * deadline are kept, and give it its place; the queue's length is not enforced.
 * False without memory.
 */
bool		 throttle_requeue(struct throttle *, struct throttle_waiter *,
		    unsigned part, uint64_t now)
		    __attribute__((warn_unused_result));

/*
 * Whether it equals a new one: nobody waits, no slot is held, no pause,
 * recovery or shape, all buckets full.  Only such a throttle may be dropped
 * without loss.
 */
bool		 throttle_idle(const struct throttle *, uint64_t now);

/*
 * How it stands with a waiter: one that is queued in its place, any other as if
 * it came now.
 */
void		 throttle_report(struct throttle *,
		    const struct throttle_waiter *, uint64_t now,
		    struct throttle_report *);

/*
 * By when (ns) a waiter has to start.  For one that was returned a pause that
 * became longer makes it later.
 */
uint64_t	 throttle_deadline(const struct throttle *,
		    const struct throttle_waiter *);

uint32_t	 throttle_waiting(const struct throttle *);
uint32_t	 throttle_waiting_of(const struct throttle *, uint64_t client);
uint32_t	 throttle_inflight(const struct throttle *);
/* Of the host or a part; ns, also when over; 0: never paused, or resumed. */
uint64_t	 throttle_paused_until(const struct throttle *, unsigned part);

#endif
