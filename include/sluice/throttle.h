/* SPDX-License-Identifier: ISC */
#ifndef LIBSLUICE_THROTTLE_H
#define LIBSLUICE_THROTTLE_H

#include <stddef.h>
#include <stdint.h>

#include <sluice/result.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A throttle: what may be done in a period of time and how much of it at once,
 * and a fair queue of those who wait for that.
 *
 * There is no clock, no thread and no callback inside.  Times are ns of one
 * monotonic clock, which the caller reads and passes to each call; amounts are
 * micro units of cost, so that SLUICE_UNIT is what one ordinary request costs.
 * Whoever asks is admitted at once, or waits in the throttle's queue until
 * sluice_next() names it.  Whatever may let somebody go is followed by the
 * caller's loop over sluice_next() until that returns NULL: the time that
 * sluice_wake() named, sluice_leave(), sluice_give_back(), sluice_counted(),
 * sluice_verdict(), sluice_resume(), sluice_throttle_limit().
 *
 * Thread safety: none, as for other objects of memory.  Calls for one throttle
 * and its waiters must not overlap, the caller locks; different throttles have
 * nothing in common.
 *
 * All structures are opaque, so programs that were built with this version work
 * with all later ones of the same soname.
 */

#define SLUICE_UNIT	UINT64_C(1000000)	/* a cost of 1 */
#define SLUICE_SECOND	UINT64_C(1000000000)	/* ns */
#define SLUICE_NEVER	UINT64_MAX	/* no instant */

#define SLUICE_RATES	8		/* of one throttle, at most */
#define SLUICE_COST_MAX	UINT64_C(1000000000000000)	/* of capacity, burst, cost */
#define SLUICE_PERIOD_MAX UINT64_C(100000000000000000)	/* ns: three years */
#define SLUICE_WEIGHT_MAX 1000000000U
#define SLUICE_WEIGHT	1000000U	/* a weight of 1 */

struct sluice_limits;
struct sluice_throttle;
struct sluice_waiter;

/* Limits */

/*
 * Returns limits that limit nothing: no rate, any number at a time, a queue of
 * any length, pauses that simply end.  NULL without memory.
 */
struct sluice_limits	*sluice_limits_new(void);
/* Frees them; throttles have copies.  NULL is allowed. */
void			 sluice_limits_free(struct sluice_limits *);

/* What sluice_limits_rate() is told besides numbers. */
enum sluice_rate_flag {
	/*
	 * No window of one period sees more than the capacity where it is
	 * counted, wherever the window begins: what was admitted occupies its
	 * place until a period after it was counted there, see
	 * sluice_counted().
	 */
	SLUICE_STRICT = 1,
};

/*
 * Adds a rate: capacity (micro units, not 0) in each period (ns, not 0).  Who
 * is admitted takes from all rates there are, or from none.  burst is the most
 * that may go at once (micro units); 0: the capacity, but no less than one
 * unit.  With SLUICE_STRICT it may not exceed the larger of these two.  In any
 * time t no more than burst + t * capacity / period is admitted; a cost above
 * the burst goes when the whole burst is there, and leaves a debt.
 *
 * Returns SLUICE_OK, SLUICE_BAD_RATE or SLUICE_MANY_RATES.
 */
enum sluice_result	 sluice_limits_rate(struct sluice_limits *,
			    uint64_t capacity, uint64_t period,
			    uint64_t burst, unsigned flags);
/* Sets how many may be admitted at a time; 0: any number. */
void			 sluice_limits_concurrency(struct sluice_limits *,
			    uint32_t);
/* Sets how many may wait; 0: nobody. */
void			 sluice_limits_queue(struct sluice_limits *, uint32_t);
/*
 * Sets whether the throttle is careful after a pause: half open, so that one
 * goes first, and more for each verdict that says SLUICE_SUCCESS.  Then each
 * one that was admitted needs a verdict.
 */
void			 sluice_limits_careful(struct sluice_limits *, int);

/* Throttles */

/*
 * Returns a throttle with nothing spent; NULL without memory.  Limits are
 * copied; NULL: those of sluice_limits_new().
 */
struct sluice_throttle	*sluice_throttle_new(const struct sluice_limits *);
/*
 * Frees it.  Its waiters are out of it, and can only be freed then.  NULL is
 * allowed.
 */
void			 sluice_throttle_free(struct sluice_throttle *);
/*
 * Sets new limits.  What was spent stays spent, rates pair by equal periods
 * first, then in order; pauses, waiters and slots stay.  Holds from the next
 * admission.  NULL: those of sluice_limits_new().  Returns SLUICE_OK;
 * SLUICE_NO_MEMORY: the old limits hold.
 */
enum sluice_result	 sluice_throttle_limit(struct sluice_throttle *,
			    const struct sluice_limits *, uint64_t now);

/*
 * Returns the next one who waited and is admitted now, holding a slot; NULL
 * where there is none.  To be called until it returns NULL.
 */
struct sluice_waiter	*sluice_next(struct sluice_throttle *, uint64_t now);
/*
 * Returns when sluice_next() will have somebody by the passing of time alone
 * (ns), never later than that: the instant for a timer, to be asked for anew
 * after each call that may have changed it.  Not after now: somebody may go
 * now.  SLUICE_NEVER: nobody waits, or only for others to leave.
 */
uint64_t		 sluice_wake(struct sluice_throttle *, uint64_t now);
/*
 * Returns one who waits and cannot start by its deadline any more, taken out of
 * the queue; NULL where there is none.  To be called until it returns NULL,
 * after a pause became longer, say; it looks at all who wait.
 */
struct sluice_waiter	*sluice_late(struct sluice_throttle *, uint64_t now);

/*
 * Admits nobody before until (ns).  Never shortens an earlier pause.
 */
void			 sluice_pause(struct sluice_throttle *,
			    uint64_t until, uint64_t now);
/* Ends a pause, and all care after one, now. */
void			 sluice_resume(struct sluice_throttle *, uint64_t now);
/* Returns until when it is or was paused (ns); 0: it never was, or resumed. */
uint64_t		 sluice_paused_until(const struct sluice_throttle *);
/*
 * Takes a host's word that so many requests are left until its reset (ns), and
 * spreads them over that time, within the limits.  The latest word counts.
 */
void			 sluice_left(struct sluice_throttle *,
			    uint64_t requests, uint64_t reset, uint64_t now);

/* Return how many wait, and how many are admitted and have not left. */
uint32_t		 sluice_waiting(const struct sluice_throttle *);
uint32_t		 sluice_admitted(const struct sluice_throttle *);

/* Waiters */

/*
 * Returns one who may ask that throttle, again and again, once at a time; data
 * is the caller's.  NULL without memory.  To be freed before the throttle or
 * after it.
 */
struct sluice_waiter	*sluice_waiter_new(struct sluice_throttle *,
			    void *data);
/*
 * Frees it.  If it waits it leaves, if it is admitted its slot is given back as
 * of the last instant that its throttle was told.  NULL is allowed.
 */
void			 sluice_waiter_free(struct sluice_waiter *);
/* Returns the caller's data. */
void			*sluice_waiter_data(const struct sluice_waiter *);

enum sluice_state {
	SLUICE_IDLE = 0,
	SLUICE_WAITS,
	SLUICE_ADMITTED,
};
/* Returns where it is. */
enum sluice_state	 sluice_waiter_state(const struct sluice_waiter *);

/*
 * Say how it asks, from the next time on.  Until they are called: of client 0
 * with SLUICE_WEIGHT, urgency 3, no deadline.  SLUICE_BUSY: it waits.
 *
 * Clients take turns in the queue, each by its weight (that of its last
 * waiter); requests of one client go in the order in which they asked.
 */
enum sluice_result	 sluice_waiter_client(struct sluice_waiter *,
			    uint64_t client, uint32_t weight);
/*
 * One client's requests go by urgency first (RFC 9218: 0 is the most urgent, 7
 * the least); five seconds of waiting make up for a step.
 */
enum sluice_result	 sluice_waiter_urgency(struct sluice_waiter *,
			    unsigned);
/* By when (ns) it has to start, or is refused; SLUICE_NEVER: there is time. */
enum sluice_result	 sluice_waiter_deadline(struct sluice_waiter *,
			    uint64_t);

/*
 * Asks for admission at a cost (micro units).  Returns SLUICE_OK: it is
 * admitted, has paid and holds a slot; SLUICE_WAIT: it is in the queue, and
 * goes when it is its turn.  SLUICE_FULL, SLUICE_LATE, SLUICE_NO_MEMORY,
 * SLUICE_BAD_COST: it is refused, and idle; SLUICE_BUSY: it has asked before, and
 * is where it was.
 */
enum sluice_result	 sluice_ask(struct sluice_waiter *, uint64_t cost,
			    uint64_t now);
/*
 * Returns the earliest instant (ns) at which one who waits may start; or at
 * which one who does not could, if it asked now at that cost.  The true start
 * may be later, since nobody knows when others leave; never earlier.
 */
uint64_t		 sluice_start(struct sluice_waiter *, uint64_t cost,
			    uint64_t now);

/*
 * Leaves, whatever it is doing: one who waits has spent nothing, one who was
 * admitted gives back its slot, and what it paid stays spent.  An idle one may
 * leave, too.  Others may go now.
 */
void			 sluice_leave(struct sluice_waiter *, uint64_t now);
/*
 * Leaves as one who came to nothing, having sent nothing: as sluice_leave(),
 * and of what it paid comes back what time has not given back yet.  Not after
 * a verdict other than SLUICE_NEUTRAL.
 */
void			 sluice_give_back(struct sluice_waiter *,
			    uint64_t now);
/*
 * Says of one who is admitted that it has been counted at the other end, by now
 * at the latest.  With SLUICE_STRICT its place is occupied until a period
 * after that; without this call until a period after its verdict, or its leave.
 */
void			 sluice_counted(struct sluice_waiter *, uint64_t now);

enum sluice_verdict {
	SLUICE_SUCCESS = 0,	/* answered, and not for a limit */
	SLUICE_THROTTLED,	/* refused for a limit */
	SLUICE_NEUTRAL,		/* it failed: that says nothing of limits */
};
/*
 * Says what became of one who is admitted; the first time counts, and none is
 * SLUICE_NEUTRAL.  It makes a difference after pauses (sluice_limits_careful())
 * and for sluice_backoff().
 */
void			 sluice_verdict(struct sluice_waiter *,
			    enum sluice_verdict, uint64_t now);
/*
 * Returns for how long (ns) to pause because of one whose verdict was
 * SLUICE_THROTTLED, where nobody has said for how long: base at first, then
 * longer each time that the first one after a pause is refused, too, at most
 * max, and about as long as it took the last time where that is known; 0: this
 * refusal says nothing new.  To be asked before it leaves, of a throttle that
 * is careful; sluice_pause() is to follow.
 */
uint64_t		 sluice_backoff(struct sluice_waiter *,
			    uint64_t base, uint64_t max, uint64_t now);

#ifdef __cplusplus
}
#endif

#endif
