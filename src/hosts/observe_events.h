/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_OBSERVE_EVENTS_H
#define SLUICE_OBSERVE_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

#include "base/memory.h"
#include "base/stats.h"
#include "hosts/observe_hear.h"
#include "hosts/observe_wants.h"
#include "throttle/throttle.h"

/* What a shadow (observe.h) is made of, and the events that move it. */

/* What is decided of a place, as far as that is known. */
struct observed_view {
	enum stats_decision	 decision;
	bool			 decided;	/* else it still waits */
	uint64_t		 wait;		/* ns; so far, or at least */
	struct throttle_report	 report;	/* when it asked */
	bool			 full;		/* refused: the queue was */
};

enum observed_state {
	OBSERVED_WAITS,
	OBSERVED_HELD,
	OBSERVED_OUT,
};

struct observed {
	struct throttle_waiter	 waiter;
	struct throttle_deposit	 deposit;
	RB_ENTRY(observed)	 due;		/* while at is not NEVER */
	LIST_ENTRY(observed)	 entry;		/* in all */
	struct observed		**place;	/* NULL: it has ended */
	enum observed_state	 state;
	uint64_t		 at;		/* ns: its next event */
	uint64_t		 seq;		/* how events of one instant go */
	uint64_t		 asked;		/* ns */
	uint64_t		 admitted;	/* ns; in the shadow */
	/* What it really did, as times (ns) from its admission; or NEVER. */
	uint64_t		 sent;		/* ns: its last one; NEVER */
	uint64_t		 before;	/* ns: held before that */
	uint64_t		 hears;
	uint64_t		 gives_slot;
	uint64_t		 ends;
	bool			 refund;	/* with its end */
	bool			 taught;	/* hears was set, once */
	struct observe_heard	 heard;
	struct observed_view	 view;		/* what was decided */
	struct observed_wants	*wants;		/* owned; or NULL */
};

RB_HEAD(observed_due, observed);

struct observe {
	struct throttle		*throttle;
	struct observed_due	 due;
	LIST_HEAD(, observed)	 all;
	struct memory_holder	*memory;	/* counts them; or NULL */
	uint64_t		 now;		/* ns: all before is done */
	uint64_t		 wake;		/* ns: somebody may go then, */
	bool			 changed;	/* ... unless this is so */
	uint64_t		 seq;
	uint64_t		 told;		/* ns; see observe_hear() */
	uint64_t		 typical;	/* ns: slots are held for */
	uint64_t		 decided[STATS_DECISIONS];
	/* What observe_count() has not yet told of them. */
	bool			 uncounted;
	uint64_t		 counted[STATS_DECISIONS];
	struct stats_histogram	 waits;
};

/* The only one that changes a place's state; it may free the place. */
void		 observe_set_state(struct observe *, struct observed *,
		    enum observed_state);
/* The same for one that stays, but has another next event; frees nothing. */
void		 observe_schedule(struct observe *, struct observed *,
		    enum observed_state);
/* Takes one that waits out of the queue, for good. */
void		 observe_leave(struct observe *, struct observed *,
		    enum stats_decision);
/* Refuses whoever left a full queue for one that asked. */
void		 observe_yielded(struct observe *, struct observed *);
void		 observe_decide(struct observe *, struct observed *,
		    enum stats_decision);
void		 observe_free_place(struct observe *, struct observed *);

/* Makes up for all that was due by now (ns). */
void		 observe_run(struct observe *, uint64_t now);

/*
 * Adds what was decided since the last call to a thread's counters of the
 * host's rule; whether there is anything to add.
 */
bool		 observe_is_uncounted(const struct observe *);
void		 observe_count(struct observe *, struct stats_block *);

#endif
