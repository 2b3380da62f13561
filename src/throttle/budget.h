/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_BUDGET_H
#define SLUICE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What may be spent, and when: rates, slots, pause, recovery, shape.  A host
 * has one, and each of its parts that has limits of its own another.
 *
 * Each rate is a GCRA (ITU-T I.371, the virtual scheduling form), the token
 * bucket kept as one number: tat, the theoretical arrival time.  Costs are in
 * micro cost units (BUDGET_UNIT is a cost of 1), times in ns of a monotonic
 * clock which the caller reads and passes in.
 *
 * Recovery: when a pause is over the budget is half open.  It admits one
 * request, a probe, and waits for its verdict; each success lets one more be
 * on its way at a time, so they double with each round trip, until the
 * configured limits hold again.  Where the host has refused before, they
 * double up to what went through between its last opening and that refusal;
 * then it is one at a time again, and one more with each round trip, so that
 * its limit costs one refusal and not as many as are on their way.  A request
 * counts until its verdict, not until its end; but one that is long in coming
 * (an upload, an answer that hangs) lets another go each BUDGET_PATIENCE, so
 * that nobody closes a host.
 *
 * Backoff, for refusals that name no time: the first pause is a given one, and
 * doubles each time the first probe after it is refused, too.  Any success
 * means that the pause has helped.  How long after the refusal that was is
 * remembered, and the next pause is about that; a little shorter each time,
 * as long as the host admits the probe and as many go through as before.
 *
 * Windows: after such a refusal each rate is a window, too.  No more than its
 * capacity, or its burst where that is more, is on its way or has had a verdict
 * within a period: what a bucket allows beyond that may be what was refused.
 *
 * Shape: what the host says is left until its reset is spread over the time
 * until then, within the configured limits.  Shape counts requests, not cost:
 * hosts do.  When the reset comes the budget is half open: what the host
 * allows now is not known before it has said so.
 *
 * An epoch is the time from one half opening to the next.  What was admitted
 * in an earlier one says nothing of how things stand now.
 *
 * Calls nobody, allocates nothing.  Not thread safe.
 */

#define BUDGET_UNIT	1000000ULL	/* micro cost units in one unit */
#define BUDGET_RATES	8		/* rates of one budget at most */
#define BUDGET_SLOTS	32		/* of a period, as windows */
#define BUDGET_NEVER	UINT64_MAX
#define BUDGET_RECOVERY	1024		/* requests on their way that end it */
#define BUDGET_PATIENCE	10000000000ULL	/* ns */
#define BUDGET_NOW	20000000ULL	/* ns: what is named below is "now" */

/*
 * For how long (ns) a budget that nobody uses stays half open.  After that it
 * is as a new one: else each host that was ever paused would have to be
 * remembered for ever.
 */
#define BUDGET_MEMORY	600000000000ULL

__extension__ typedef unsigned __int128 budget_wide;

#define BUDGET_WIDE_MAX	(~(budget_wide)0)

/* One rate: capacity per period, with a burst. */
struct budget_rate {
	uint64_t capacity;	/* micro cost units per period, not 0 */
	uint64_t period;	/* ns, not 0 */
	uint64_t burst;		/* micro cost units, not 0 */
	/*
	 * No window of one period sees more than capacity: refills at
	 * (capacity - burst) per period.  Where burst >= capacity (a capacity
	 * of 1 or less) it refills at capacity per period.
	 */
	bool	 strict;
};

struct budget_limits {
	struct budget_rate	 rates[BUDGET_RATES];
	unsigned		 nrates;	/* 0: no limit of rate */
	uint32_t		 concurrency;	/* slots; 0: no limit */
};

enum budget_verdict {
	BUDGET_SUCCESS,		/* the host answered, and not for a limit */
	BUDGET_THROTTLED,	/* it refused for a limit */
	BUDGET_NEUTRAL,		/* nobody knows: it failed, or was aborted */
};

/* Which limit is in the way. */
enum budget_short {
	BUDGET_SHORT_NONE,
	BUDGET_SHORT_RATE,
	BUDGET_SHORT_CONCURRENCY,
	BUDGET_SHORT_PAUSE,
	BUDGET_SHORT_RECOVERY,
	BUDGET_SHORT_SHAPE,
};

/* An earliest start, and what decides it. */
struct budget_start {
	uint64_t		 at;		/* ns */
	enum budget_short	 what;
	unsigned		 rate;		/* which, when it is a rate */
};

struct budget_state {	/* one rate: its limit and what is consumed */
	struct budget_rate	 limit;
	uint64_t		 refill;	/* micro cost units a period */
	budget_wide		 tat;		/* 1/refill ns */
	/* what the host has counted; in thousands of micro cost units */
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
	budget_wide		 ends[BUDGET_RATES]; /* 1/refill ns */
};

/* Lives in the caller's memory; the fields are the budget's. */
struct budget {
	struct budget_state	 rates[BUDGET_RATES];
	unsigned		 nrates;
	uint32_t		 concurrency;
	uint32_t		 inflight;	/* slots held */
	uint32_t		 pending;	/* admitted, no verdict yet */
	uint64_t		 paused_until;	/* ns */
	/* recovery */
	uint32_t		 epoch;		/* counts half openings */
	uint32_t		 window;	/* 0: not half open */
	uint32_t		 unsettled;	/* pending, of this epoch */
	uint32_t		 overdue;	/* of them, beyond patience */
	uint32_t		 passed;	/* successes of this epoch */
	uint32_t		 grown;		/* ... towards one more place */
	uint32_t		 before;	/* ... and of those that belong to it */
	uint32_t		 went;		/* ... until the last refusal */
	uint32_t		 cut;		/* the epoch that it ended */
	uint32_t		 abreast;	/* at once, fewer than when the host
						   refused; 0: not known */
	uint64_t		 heard;		/* ns: a verdict or a reset */
	/* backoff */
	uint32_t		 failures;	/* pauses that did not help */
	uint64_t		 refused;	/* ns: since then; 0: it does not */
	uint64_t		 since;		/* ns: the last that was not early */
	uint64_t		 opens;		/* ns after it the host admitted
						   again; 0: not known */
	uint64_t		 shut;		/* ns after it it did not yet */
	bool			 doubted;	/* that opens holds next time */
	bool			 guessed;	/* the pause: none was named */
	bool			 exact;		/* rates are windows, too */
	/* what a pause of that length gave, to judge shorter ones by */
	uint64_t		 ref_opens;	/* ns; 0: none */
	uint64_t		 ref_cycle;	/* ns from refusal to refusal */
	uint32_t		 ref_went;
	bool			 trickles;	/* shorter ones gave less */
	bool			 early;		/* the last refusal came early */
	bool			 believed;	/* "now", since a success */
	bool			 at_once;	/* half open by that */
	bool			 paused;	/* since it last was whole */
	bool			 learning;	/* a new one is half open */
	/* shape */
	uint64_t		 shape_until;	/* ns; 0: none */
	int64_t			 shape_left;	/* requests until then */
	uint64_t		 last;		/* ns: the last admission */
};

/* Full buckets, all slots free; learning: half open. */
void		 budget_init(struct budget *, const struct budget_limits *,
		    bool learning);

/* Full buckets again; all else stays. */
void		 budget_refill(struct budget *);

/*
 * Sets new limits.  What was consumed stays consumed (each tat is rescaled;
 * rates pair by equal period first, then in order; a rate without a pair
 * starts full), all else stays.
 */
void		 budget_limit(struct budget *, const struct budget_limits *,
		    bool learning, uint64_t now);

/*
 * Takes over what another budget has consumed (per rate paired as above, the
 * larger of the two), its pause (the later), its recovery (the one that is
 * less far) and its shape (the one that leaves less).
 */
void		 budget_inherit(struct budget *, const struct budget *,
		    uint64_t now);

/*
 * Lets a shape whose time is over end, forgets a half opening that nobody made
 * use of, and runs out of patience; to be called before the calls below.  True
 * when it did any of these.
 */
bool		 budget_tick(struct budget *, uint64_t now);

/* Whether a slot is free, and a place in recovery and windows. */
bool		 budget_room(const struct budget *);

/*
 * When there may be room without a slot given back or a verdict (ns): 0 where
 * there is, by patience, as windows move on, or BUDGET_NEVER.
 */
uint64_t	 budget_opens(const struct budget *);

/* When rates, pause and shape allow a cost, with nobody ahead (ns). */
uint64_t	 budget_due(const struct budget *, uint64_t cost);

/* Whether a cost may start now: there is room, and it is due. */
bool		 budget_allows(const struct budget *, uint64_t cost,
		    uint64_t now);

/*
 * The earliest start of a cost behind others that cost so much ahead and
 * begin to spend at first (ns; no strict rate before now).
 */
struct budget_start budget_start(const struct budget *, budget_wide ahead,
		    uint64_t cost, uint64_t first, uint64_t now);

/*
 * Admits: pays, takes a slot, waits for a verdict.  The cost is accounted at
 * an instant that may lie before now, with strict rates now.  The epoch it
 * returns goes with the verdict.
 */
uint32_t	 budget_take(struct budget *, uint64_t cost, uint64_t at,
		    uint64_t now);

/*
 * What was just taken, to be given back by budget_refund() perhaps.  Void once
 * the budget's limits have changed.
 */
void		 budget_paid(const struct budget *, uint64_t cost,
		    struct budget_paid *);

/*
 * Gives back what was paid, as far as time has not done so by now: from then on
 * all is as if less had been asked for when it was, and what is admitted in any
 * interval without it keeps within the limits.  Returns by how much (1/refill
 * ns) each rate is done sooner with what was asked of it later, for
 * budget_refunded().
 */
void		 budget_refund(struct budget *, struct budget_paid *,
		    uint64_t now, budget_wide sooner[BUDGET_RATES]);

/* Another refund has moved what was paid after it. */
void		 budget_refunded(const struct budget *,
		    const struct budget_paid *refund,
		    const budget_wide sooner[BUDGET_RATES],
		    struct budget_paid *);

/* What became of one that was admitted in that epoch; once for each. */
void		 budget_verdict(struct budget *, uint32_t epoch,
		    enum budget_verdict, uint64_t now);

/* Gives back a slot; the verdict was given before. */
void		 budget_release(struct budget *);

/*
 * Takes a slot without admission, for one that moves here; pending when it has
 * no verdict yet.  Returns an epoch that is over: it was admitted elsewhere.
 */
uint32_t	 budget_hold(struct budget *, bool pending);

/*
 * Admits nobody before until (ns), and is half open from then on.  Never
 * shortens an earlier pause; returns whether it made the pause longer.  What
 * makes a pause longer that still lasts belongs to the same epoch.
 */
bool		 budget_pause(struct budget *, uint64_t until, uint64_t now);

/*
 * Has a pause, and what the shape lets the next one wait for, end by longest
 * (ns) from now.  True when one would have lasted longer.
 */
bool		 budget_shorten(struct budget *, uint64_t longest,
		    uint64_t now);

/* Ends a pause, recovery and windows: the configured limits hold at once. */
void		 budget_resume(struct budget *);

/*
 * How long (ns) to pause for a refusal that names no time, got by a request of
 * that epoch: base, or about as long as the host was shut last time; longer
 * each time the first probe after the pause is refused, too; at most max.  0
 * for one of an earlier epoch, while paused or half open: it says nothing new,
 * so that the refusals of one burst count once.  Its verdict is given before;
 * to be followed by budget_pause().
 */
uint64_t	 budget_backoff(struct budget *, uint32_t epoch, uint64_t base,
		    uint64_t max, uint64_t now);

/*
 * Whether to believe a refusal got by a request of that epoch that says "now",
 * or sooner than BUDGET_NOW: once, until a success; then it names no time.
 * Believed it is a pause that is over at once: half open.  One of an earlier
 * epoch is believed, and changes nothing.
 */
bool		 budget_at_once(struct budget *, uint32_t epoch, uint64_t now);

/*
 * The host has said that so many requests are left until its reset (ns).
 * Those without a verdict may not have been counted by it, and are taken off.
 * The latest report counts.  One whose reset is over ends the shape.
 */
void		 budget_shape(struct budget *, uint64_t left, uint64_t reset,
		    uint64_t now);

/* Whether it equals a new one, so that nothing is lost with it. */
bool		 budget_idle(const struct budget *, uint64_t now);

#endif
