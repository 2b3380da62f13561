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
 * Named parts are those that a host makes known by itself, at any time.  They
 * have no limits of their own, but are paused, recover and are shaped; a waiter
 * may be in a part and in a named one.  It may also be in several parts, and then
 * pays to each of them.  One that has nothing to remember is
 * forgotten.
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
 * Returns a throttle with full buckets; NULL without memory.  The limits are
 * copied.
 */
struct throttle	*throttle_new(const struct throttle_limits *);

/* Returns the number of the part of that name; 0 when there is none. */
unsigned	 throttle_named(const struct throttle *,
		    const struct throttle_key *);
/*
 * Returns the same, made where it is missing; 0 where all are in use, or
 * without memory.  The text is shown for it: copied, and cut to THROTTLE_NAME.
 */
unsigned	 throttle_named_make(struct throttle *,
		    const struct throttle_key *, const char *text,
		    uint64_t now);
/* Returns the key of the named part of that number; NULL: there is none. */
const struct throttle_key *throttle_named_key(const struct throttle *,
		    unsigned named);
/* Returns the text that is shown for a named part; it lives as long as that. */
const char	*throttle_named_text(const struct throttle *, unsigned named);
/*
 * A waiter, queued or admitted, belongs to another named part (0: none) from
 * now on.  Returns false without memory: it stays where it is.
 */
bool		 throttle_named_move(struct throttle *,
		    struct throttle_waiter *, unsigned named, uint64_t now);
/*
 * For a waiter that was taken out of one throttle and is to move to another:
 * makes its named part the one of the same name there, or none.
 */
void		 throttle_named_carry(const struct throttle *from,
		    const struct throttle *to, struct throttle_waiter *);

/* Frees a throttle in whose queue nobody is left.  NULL is allowed. */
void		 throttle_free(struct throttle *);

/*
 * Asks for admission.  A newcomer goes at once only where nobody waits whose
 * parts would let him go; what the waiter held before is overwritten.
 * Returns what became of it, with a report; a refusal takes nothing.  Into a
 * full queue it comes only where another one yields, which the report names:
 * that one is the caller's to refuse, and others may go for it.
 */
enum throttle_answer throttle_ask(struct throttle *, struct throttle_waiter *,
		    const struct throttle_request *, uint64_t now,
		    struct throttle_report *)
		    __attribute__((warn_unused_result));

/*
 * Returns the next waiter that may start now, taken from the queue, paid and
 * holding a slot; NULL when there is none.  To be called until it returns NULL.
 */
struct throttle_waiter *throttle_next(struct throttle *, uint64_t now)
		    __attribute__((warn_unused_result));

/*
 * Returns when throttle_next() will next have somebody by the passing of time
 * alone (ns); THROTTLE_NEVER when nobody waits, or only a slot or a verdict is
 * missing.
 */
uint64_t	 throttle_wake(struct throttle *, uint64_t now);

/* Takes a waiter out of the queue; it has spent nothing. */
void		 throttle_cancel(struct throttle *, struct throttle_waiter *);

/*
 * An admitted one was sent whole: the host has counted it within the time of
 * throttle_counted_within() from now, or with its verdict if that is sooner.
 * Before that it occupies the place in strict rates that it was admitted to,
 * however long it takes.
 */
void		 throttle_sent(struct throttle *, struct throttle_waiter *,
		    uint64_t now);

/*
 * The host will not see an admitted one: its place in strict rates is free.
 * What it paid otherwise stays spent.
 */
void		 throttle_unsent(struct throttle *, struct throttle_waiter *,
		    uint64_t now);

/* Returns whether there are strict rates, which have to know that. */
bool		 throttle_is_strict(const struct throttle *);

/*
 * Sets how long (ns) it takes at most until the host has counted one, from when
 * that was sent whole; for those that are sent from now on.  0 to begin with.
 */
void		 throttle_counted_within(struct throttle *, uint64_t ns);

/*
 * Says what became of an admitted one.  The first call counts; one for a waiter
 * that is not admitted does nothing.
 */
void		 throttle_verdict(struct throttle *, struct throttle_waiter *,
		    enum budget_verdict, uint64_t now);
/*
 * The same of one that was refused for a limit of one part alone.  Where limits
 * are learned nothing is learned of the host by that; the named part that it is
 * in, if it is in one, learns its own from then on.
 */
void		 throttle_part_refused(struct throttle *,
		    struct throttle_waiter *, uint64_t now);
/*
 * The same of one that was refused for no limit of requests: for one of tokens,
 * say, or for good.  Where limits are learned nothing is learned by that; nor
 * has it asked for one (throttle_asks()).
 */
void		 throttle_refused_aside(struct throttle *,
		    struct throttle_waiter *, uint64_t now);

/*
 * Ends an admission: gives its slot back, and a neutral verdict where none was
 * given.
 */
void		 throttle_release(struct throttle *, struct throttle_waiter *,
		    uint64_t now);

/* Gives back the slot alone, once: what was paid may still be refunded. */
void		 throttle_release_slot(struct throttle *,
		    struct throttle_waiter *, uint64_t now);

/*
 * Ends an admission that came to nothing: as throttle_release(), and gives back
 * what was paid, as far as time has not done so (budget_refund()).  Nothing
 * comes back where limits have changed since, the waiter has moved, or another
 * verdict than a neutral one was given.
 */
void		 throttle_refund(struct throttle *, struct throttle_waiter *,
		    uint64_t now);

/*
 * Fills all buckets, because all that was paid so far came to nothing.  The
 * slots of those who paid were given back before.
 */
void		 throttle_refill(struct throttle *, uint64_t now);

/*
 * Sends an admitted one, whose verdict was given, back to the queue, before all
 * others; but behind them from when one has asked in vain whether the host is
 * open, until the host serves two in a row, or refuses one after one that it
 * served.  Who asks is an estimate's probe, and who was sent back and goes before
 * another was served.  Its slot is given back; what it spent stays spent, and it
 * pays again when it goes.  The queue's length is not enforced.
 * Returns THROTTLE_WAIT; THROTTLE_LATE_START when it could not start by its
 * deadline, or THROTTLE_NO_MEMORY: it then still holds its slot.
 */
enum throttle_answer throttle_return(struct throttle *,
		    struct throttle_waiter *, uint64_t now,
		    struct throttle_report *)
		    __attribute__((warn_unused_result));

/*
 * Admits nobody of a part (THROTTLE_WHOLE: of the host; THROTTLE_NAMED_PART()
 * may stand for one here and below) before until (ns); from then on it is half
 * open (budget.h).  Never shortens an earlier pause.  Returns whether it made
 * the pause longer; the caller then asks throttle_hopeless().
 */
bool		 throttle_pause(struct throttle *, unsigned part,
		    uint64_t until, uint64_t now);

/*
 * Shortens all pauses, and all waits that a shape demands, to longest (ns) from
 * now: of the host, its parts and its named parts.
 */
void		 throttle_shorten(struct throttle *, uint64_t longest,
		    uint64_t now);

/* Ends a pause now: the configured limits hold. */
void		 throttle_resume(struct throttle *, unsigned part,
		    uint64_t now);

/*
 * Ends all pauses, recovery and shapes, of the host, its parts and its named
 * parts: the configured limits hold.
 */
void		 throttle_open(struct throttle *, uint64_t now);

/*
 * Makes it as a new one with the same limits, but for those who wait or were
 * admitted: they stay, and what they have paid is not refunded.  Named parts
 * are forgotten in which there is nobody.
 */
void		 throttle_renew(struct throttle *, uint64_t now);

/*
 * Returns how long (ns) to pause for a throttled answer that names no time:
 * base at first, then as budget_backoff() says, at most max; 0 when the answer
 * says nothing new.  The waiter is the one that got it, and has its verdict.
 * throttle_pause() is to follow.
 */
uint64_t	 throttle_backoff(struct throttle *, unsigned part,
		    const struct throttle_waiter *, uint64_t base,
		    uint64_t max, uint64_t now);

/*
 * Returns whether to believe a throttled answer that names "now" as the time to
 * come back: once, until a success (budget_at_once()); otherwise it is one that
 * names no time.
 */
bool		 throttle_at_once(struct throttle *, unsigned part,
		    const struct throttle_waiter *, uint64_t now);

/*
 * Spreads what the host says is left (requests) over the time until its reset
 * (ns).  The verdict of the request whose answer says so is given before.
 */
void		 throttle_shape(struct throttle *, unsigned part,
		    uint64_t left, uint64_t reset, uint64_t now);

/*
 * Moves all waiters whose computed start lies past their deadline from the
 * queue to the tail of out.  Those behind one that goes start sooner for it,
 * which counts.  They come in the order of their turns; those of different
 * clients in the order of the cost ahead of them (fair_ahead()).
 */
void		 throttle_hopeless(struct throttle *, uint64_t now,
		    struct throttle_queue *out);

/*
 * Sets new limits.  What was consumed stays consumed (budget_limit()); pauses,
 * recovery, shapes, waiters and slots stay.  Holds from the next admission;
 * waiters beyond a shorter queue_length stay.  moved[i] is the part that old
 * part i is now, or THROTTLE_WHOLE (NULL where there was none).  Waiters in the
 * queue follow; those that are admitted are moved by throttle_moved().  Returns
 * false without memory: then the old limits hold, and nothing has moved.
 */
bool		 throttle_limit(struct throttle *,
		    const struct throttle_limits *, const unsigned *moved,
		    uint64_t now) __attribute__((warn_unused_result));

/* An admitted waiter follows its part; does nothing to one in the queue. */
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
 * Takes a slot without an admission, for a waiter that moves here after its
 * throttle_release() elsewhere.  moved: as for throttle_limit(); NULL: it is in
 * no part here.
 */
void		 throttle_hold(struct throttle *, struct throttle_waiter *,
		    const unsigned *moved, uint64_t now);

/*
 * Queues a waiter cancelled elsewhere.  Its client, cost, urgency, arrival and
 * deadline are kept, and give it its place; the queue's length is not enforced.
 * Returns false without memory: it is in no queue then.
 */
bool		 throttle_requeue(struct throttle *, struct throttle_waiter *,
		    const unsigned *moved, uint64_t now)
		    __attribute__((warn_unused_result));

/*
 * Returns whether it equals a new one: nobody waits, no slot is held, no pause,
 * recovery or shape, all buckets full, no order that others are to be told of.
 * Only such a throttle may be dropped without loss.
 */
bool		 throttle_idle(struct throttle *, uint64_t now);

/*
 * Fills in how it stands with a waiter: with one that is queued in its place,
 * with any other as if it came now.
 */
void		 throttle_report(struct throttle *,
		    const struct throttle_waiter *, uint64_t now,
		    struct throttle_report *);

/*
 * Returns by when (ns) a waiter has to start.  For one that was sent back it is
 * later when a pause became longer (throttle_request.again), and for one that
 * has a grace (throttle_lease.h).
 */
uint64_t	 throttle_deadline(const struct throttle *,
		    const struct throttle_waiter *);

/* Returns whether the host is paused or half open. */
bool		 throttle_is_held_up(const struct throttle *, uint64_t now);
/* Returns whether it is neither paused, nor half open without a success. */
bool		 throttle_has_opened(const struct throttle *, uint64_t now);

/*
 * Returns whether one who is admitted has a slot that others wait for: one of
 * the host's, of its parts or of the total, which has no other left.
 */
bool		 throttle_is_wanted(struct throttle *,
		    const struct throttle_waiter *);

/* Return how many wait, all or of a client, and how many slots are held. */
uint32_t	 throttle_waiting(const struct throttle *);
uint32_t	 throttle_waiting_of(const struct throttle *, uint64_t client);
uint32_t	 throttle_inflight(const struct throttle *);
/*
 * Returns until when the host or a part is or was paused (ns); 0 when it never
 * was, or was resumed.
 */
uint64_t	 throttle_paused_until(const struct throttle *, unsigned part);

#endif
