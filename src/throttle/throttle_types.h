/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_TYPES_H
#define SLUICE_THROTTLE_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include <bsd/sys/queue.h>

#include "throttle/budget_types.h"
#include "throttle/estimate_types.h"
#include "throttle/fair_waiter.h"

/* What a throttle is asked with, and answers with; throttle.h says how. */

#define THROTTLE_UNIT	BUDGET_UNIT	/* a cost of 1 */
#define THROTTLE_NEVER	BUDGET_NEVER
#define THROTTLE_PARTS	32		/* at most */
#define THROTTLE_WHOLE	THROTTLE_PARTS	/* in no part */
#define THROTTLE_ALSO	3		/* parts besides the first, at most */
#define THROTTLE_NAMED_PARTS 32		/* numbered from 1; 0: in none */
#define THROTTLE_NAME	48		/* bytes of a part's, with its end */
#define THROTTLE_METERS	8		/* named budgets, at most */
/* What stands for a named part where a part is asked for. */
#define THROTTLE_NAMED_PART(id)	(THROTTLE_WHOLE + (id))

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
struct throttle_waiter;

/* A named budget, of something else than requests; its name is its owner's. */
struct throttle_meter_limits {
	const char		*name;
	struct budget_limits	 limits;	/* of rates alone */
	/* What was taken is known when the answer has ended; see
	   throttle_meter.h. */
	bool			 settles;
	/* Its owner's, or NULL: two that say the same count the same. */
	const char		*what;
};

struct throttle_limits {
	struct budget_limits	 host;
	const struct budget_limits *parts[THROTTLE_PARTS]; /* copied */
	unsigned		 nparts;
	const struct throttle_meter_limits *meters[THROTTLE_METERS]; /* copied */
	unsigned		 nmeters;
	uint32_t		 queue_length;	/* waiters; 0: none may wait */
	bool			 trust_priority; /* urgency orders clients */
	bool			 learning;	/* the host begins half open */
	bool			 estimates;	/* what nobody tells (estimate.h) */
	bool			 probes;	/* ... and tries more than it knows */
	/* Without estimates: the window that the host names is kept. */
	bool			 named_window;
};

/*
 * What a waiter has paid and may get back, until its verdict; zeroed to start
 * with, in the caller's memory for as long as the waiter.
 */
struct throttle_deposit {
	LIST_ENTRY(throttle_deposit)	 entry;	/* while it can be refunded */
	struct budget_paid		 paid;
	bool				 listed;
	/* The same of the throttle's total. */
	LIST_ENTRY(throttle_deposit)	 total_entry;
	struct budget_paid		 total;
	bool				 in_total;
};

/* A budget on top of those of several throttles; see throttle_total.h. */
struct throttle_total {
	struct budget			 budget;
	struct throttle_meters		*meters; /* owned; NULL: none */
	TAILQ_HEAD(, throttle)		 line;
	LIST_HEAD(, throttle_deposit)	 deposits; /* may be refunded */
	uint64_t			 unblocked_at;	/* ns; as a throttle's */
	uint32_t			 serial;	/* no other has */
};

/*
 * More parts that one is in besides its first, where it cannot be told which of
 * them it belongs to; zeroed to start with.
 */
struct throttle_also {
	uint8_t		 n;
	uint8_t		 parts[THROTTLE_ALSO];
};

/* Whose a budget is. */
enum throttle_whose {
	THROTTLE_OF_HOST,
	THROTTLE_OF_PART,
	THROTTLE_OF_NAMED,
	THROTTLE_OF_TOTAL,
	THROTTLE_OF_METER,
	THROTTLE_OF_TOTAL_METER,
	THROTTLE_WHOSE,		/* how many there are */
};

/* Whose a named budget is. */
enum throttle_meters_of {
	THROTTLE_METERS_OWN,	/* a throttle's */
	THROTTLE_METERS_TOTAL,	/* that of several, on top of theirs */
	THROTTLE_METERS_OF,	/* how many there are */
};

/* What one has taken of a named budget. */
struct throttle_taken {
	uint32_t		 serial;	/* of whom it was taken; or 0 */
	uint32_t		 carried;	/* the same, on its way there */
	bool			 counted;	/* by the host */
	struct budget_paid	 paid;
};

/* What one wants of the named budgets of a name, and has taken of each. */
struct throttle_amount {
	const char		*name;		/* set: its owner's */
	uint64_t		 amount;	/* set: micro units */
	struct throttle_taken	 taken[THROTTLE_METERS_OF];
};

/* Where one who has taken of named budgets is listed until that is settled. */
struct throttle_taker {
	LIST_ENTRY(throttle_wants) entry;
	bool			 listed;
};

/*
 * All that one wants besides what it costs; in the caller's memory for as long
 * as the waiter, zeroed where it is not set.
 */
struct throttle_wants {
	struct throttle_taker	 of[THROTTLE_METERS_OF];
	unsigned		 n;
	struct throttle_amount	 amounts[];
};

/* What is asked for; the caller fills it in. */
struct throttle_request {
	uint64_t	 client;	/* whose turns it uses */
	uint64_t	 owner;		/* whose place in the queue it is */
	uint64_t	 cost;		/* micro cost units */
	uint64_t	 deadline;	/* ns, to start by; THROTTLE_NEVER */
	/*
	 * When it is sent back (throttle_return()), it has so long (ns) from
	 * then, or from the end of the pause, to start; but not past the latest
	 * (ns).  0: the deadline stays.
	 */
	uint64_t	 again;
	uint64_t	 latest;
	uint64_t	 arrived;	/* ns; 0: just now */
	uint64_t	 since;		/* ns: waits since then; the same */
	uint32_t	 weight;	/* of the client; FAIR_WEIGHT is 1 */
	uint8_t		 urgency;	/* RFC 9218: 0 to 7 */
	unsigned	 part;		/* or THROTTLE_WHOLE: in none */
	struct throttle_also also;
	unsigned	 named;		/* part, or 0 */
	/* For throttle_refund(), in no part only; or NULL. */
	struct throttle_deposit *deposit;
	/* Of named budgets, all or nothing with the rest; or NULL. */
	struct throttle_wants	*wants;
	/*
	 * It has had its turn and could not use it: it goes before all others,
	 * and the queue's length is not enforced.
	 */
	bool		 returned;
};

/*
 * The mark of one for the estimate of its named part, but for when it was sent,
 * which is that of the host's.
 */
struct throttle_part_mark {
	uint32_t	 era;
	uint8_t		 role;		/* enum estimate_role */
	uint8_t		 window;
	bool		 guess:1;
	bool		 waits:1;	/* for its answer */
	bool		 counted:1;	/* by the host; or never */
};

/*
 * Lives in the caller's memory from throttle_ask() to the end of what it asked
 * for; the fields are the throttle's.  throttle.c says what states it is in.
 */
struct throttle_waiter {
	struct fair_waiter		 fair;
	TAILQ_ENTRY(throttle_waiter)	 entry;	/* of throttle_hopeless() */
	TAILQ_ENTRY(throttle_waiter)	 sent_entry;
	struct throttle_waiter		*next;	/* while all are listed */
	struct throttle_part_mark	 part_mark;	/* before the key: no gap */
	wide				 key;	/* to sort by */
	uint64_t			 since;	/* ns: waits since then */
	uint64_t			 deadline; /* ns, to start by */
	uint64_t			 again;	/* see throttle_request */
	uint64_t			 latest;
	uint64_t			 grace;	/* ns; see throttle_lease.h */
	unsigned			 part;
	struct throttle_deposit		*deposit; /* or NULL */
	uint32_t			 epoch;	/* the host's, at admission */
	uint32_t			 part_epoch;
	struct throttle_also		 also;
	uint32_t			 also_epochs[THROTTLE_ALSO];
	unsigned			 named;
	uint32_t			 named_epoch;
	uint32_t			 total;	/* the serial of that one */
	uint32_t			 total_epoch;
	struct estimate_mark		 mark;	/* where there is an estimate */
	bool				 charged; /* its client, for its turn */
	bool				 again_waits; /* sent back to the queue */
	bool				 held;	/* admitted, not released */
	bool				 slotless; /* ... and holds no slot */
	bool				 settled; /* its verdict is given */
	bool				 counted; /* by the host; or never */
	/* admitted as returned, where none that went since the last one that
	   was refused was served */
	bool				 asks_again;
	bool				 sent;	/* counted at that time: */
	uint64_t			 count_at; /* ns */
	bool				 ended;	/* ... for one that is gone */
	bool				 refused; /* the estimate dropped it */
	uint8_t				 turn;	/* the throttle's, at admission */
};
TAILQ_HEAD(throttle_queue, throttle_waiter);

enum throttle_answer {
	THROTTLE_GO,	/* admitted: paid, and holds a slot */
	THROTTLE_WAIT,	/* queued; throttle_next() will return it */
	THROTTLE_FULL,	/* refused: the queue is full, nobody yields */
	THROTTLE_LATE_START, /* refused: could not start by its deadline */
	THROTTLE_NO_MEMORY, /* refused */
};

/*
 * How it stands with what was asked.  The start is computed from rates, pause,
 * shape and the cost that is certain to be served before; when slots and
 * verdicts will come cannot be known, so the true start may be later, never
 * earlier.  Who is refused and comes back then need not wait.
 */
struct throttle_report {
	uint64_t		 start;		/* ns */
	uint32_t		 waiting;	/* how many wait */
	enum budget_short	 what;		/* what is short */
	bool			 of_part;	/* in a part, not the host */
	uint8_t			 part;		/* in which, then */
	bool			 of_named;	/* in the named part */
	bool			 of_total;	/* in what others have, too */
	bool			 of_meter;	/* in a named budget, */
	uint8_t			 meter;		/* ... that one of those, or
						   with of_total of these */
	unsigned		 rate;		/* which, when it is a rate */
	/*
	 * Of throttle_ask(): who was taken out of a full queue, having spent
	 * nothing, since its owner has more places than this one's; or NULL.
	 */
	struct throttle_waiter	*yielded;
	bool		 courtesy;	/* only where nothing is known yet: */
					/* see estimate_is_open() */
};

/* What a host calls a part, hashed by the caller. */
struct throttle_key {
	uint64_t		 a;
	uint64_t		 b;
};

#endif
