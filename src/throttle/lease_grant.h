/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LEASE_GRANT_H
#define SLUICE_LEASE_GRANT_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/budget_types.h"
#include "throttle/lease_turn.h"
#include "throttle/window.h"

/*
 * One budget for several proxies.  A grantor (a script in a store, an older
 * process) gives each of them intervals of the budget's GCRAs; intervals are
 * disjoint, and each proxy runs a GCRA of its own in its interval, so all of
 * them together are one.  An interval melts as time passes: a proxy that is gone
 * costs what it had, and no more.  Of exact windows it gives places, which do
 * not melt: they are reported when the host has counted them, and those that
 * are not used are given back.
 *
 * Clocks differ and drift.  The grantor's time is mapped to a holder's as if the
 * answer had taken no time, so that nothing goes too early; then it may go too
 * late, by the guard at most: the round trip, and drift.  A burst is shorter by
 * the guard; where it is too short for that, a lease begins as much later.
 * Places of exact windows end when they may have ended: as if the question had
 * taken no time.
 *
 * Costs are in micro cost units, times in ns; those of the grantor's clock are
 * named so.  Calls nobody, allocates nothing.
 */

#define LEASE_GUARD	500000000ULL	/* ns: the longest round trip */

/*
 * Returns by how much clocks drift (ns) while a lease may be there; and the
 * longest guard that is answered: that, and the longest round trip.
 */
uint64_t	 lease_guard_drift(const struct budget_limits *,
		    uint64_t horizon);
uint64_t	 lease_guard_most(const struct budget_limits *,
		    uint64_t horizon);

/* Asking */

/* What a holder asks for, and gives back with it. */
struct lease_question {
	uint64_t		 holder;	/* who; not 0 */
	uint64_t		 weight;	/* its share; not 0 */
	uint64_t		 demand;	/* of all who wait */
	uint64_t		 first;		/* of the first of them */
	uint64_t		 horizon;	/* ns */
	uint64_t		 guard;		/* ns; lease_hold_guard() */
	/* The last lease that came; one that came later is nobody's. */
	uint64_t		 last;
	/*
	 * Grantor's: an answer of then that cannot be, since by the own clock it
	 * was not so late; or since when the holder has spent without one.
	 * 0: there is nothing of that kind to tell.
	 */
	uint64_t		 stepped;
	/* By how much (ns) the grantor's clock was ahead of what clocks drift,
	   and when: grantor's, of the last answer. */
	uint64_t		 gained;
	uint64_t		 gained_at;
	/* Of exact windows, in all its life: */
	uint64_t		 counted;	/* by the host */
	uint64_t		 unused;	/* of leases that ended */
	/* The last one's, where no more of it is used from now on: the tail of
	   that is free again where nothing was granted behind it. */
	uint64_t		 returned;	/* its serial; or 0 */
	uint64_t		 ends[BUDGET_RATES];	/* grantor's: used to here */
	/* Of pauses (lease_pause.h): */
	struct lease_turn_news told;
	uint64_t		 longest;	/* ns: it pauses no longer */
	/* It asks no more: what it had and gives not back is used. */
	bool			 leaves;
};

struct lease_answer {
	uint64_t		 serial;	/* of a lease; 0: there is none */
	uint64_t		 now;		/* grantor's */
	uint64_t		 begins[BUDGET_RATES];	/* grantor's: tat */
	uint64_t		 ends[BUDGET_RATES];	/* grantor's: C */
	uint64_t		 left[BUDGET_RATES];	/* that nobody has yet */
	uint64_t		 amount;	/* that may be spent in all */
	/* Holders that are alive, and who asks: one more than there is room for
	   where there is none for that one. */
	uint64_t		 peers;
	uint64_t		 leavers;	/* who have left, so far */
	/* Grantor's: where there is no lease, ask again then. */
	uint64_t		 again_at;
	/* Rates that other holders ask with, and this one does not; they hold
	   for its leases, too.  A store's only. */
	uint64_t		 foreign;
	uint64_t		 pause;		/* grantor's: the latest; or 0 */
	uint64_t		 ordered;	/* grantor's: the last order; or 0 */
	bool			 probe;		/* one request, for all */
	/* That a lease is to be spent with (ns), if it is longer than one's own:
	   of a lease that goes before, and may be as late. */
	uint64_t		 guard;
};

/* Granting */

struct lease_holder {
	uint64_t		 id;		/* 0: nobody */
	uint64_t		 weight;
	uint64_t		 until;		/* grantor's: is alive until then */
	uint64_t		 ends;		/* grantor's: the last lease does */
	uint64_t		 waits;		/* grantor's: since then; or 0 */
	uint64_t		 again;		/* grantor's: it asks again */
	uint64_t		 needs;		/* that is kept for it */
	uint64_t		 last;		/* that was given */
	uint64_t		 amount;	/* of that */
	/* Of exact windows: given, and neither counted nor given back. */
	uint64_t		 held;
	uint64_t		 counted;	/* as it has told */
	uint64_t		 unused;
};

struct lease_grantor {
	struct budget_limits	 limits;
	uint64_t		 run;		/* of the process that keeps it */
	uint64_t		 born;		/* grantor's: knows all since then */
	uint64_t		 quarantine;	/* grantor's: none before then */
	uint64_t		 newest;	/* grantor's: the last instant */
	uint64_t		 lag;		/* ns: its time is behind its clock */
	uint64_t		 lagged;	/* grantor's: since then by so much */
	uint64_t		 serial;
	uint64_t		 leavers;	/* that said so */
	uint64_t		 guard;		/* ns: the longest of late */
	uint64_t		 late;		/* grantor's: it counts until then */
	uint64_t		 tat[BUDGET_RATES];	/* grantor's */
	struct lease_turn	 turn;
	/* the caller's: of each rate, of which strict ones use theirs */
	struct window		*windows;
	struct lease_holder	*holders;	/* the caller's */
	unsigned		 nholders;
};

/*
 * Makes one of which nothing is consumed, for so many holders at a time.  Their
 * places, and windows where a rate is strict, one for each rate, stay the
 * caller's, as long as the grantor.
 */
void		 lease_grantor_init(struct lease_grantor *,
		    const struct budget_limits *, struct window *,
		    struct lease_holder *, unsigned nholders);

/*
 * Answers.  While there is a pause nobody has a lease, and when it is over one
 * has, for its first request alone, until that is known to have succeeded.
 * Where another run keeps it than before, or its clock was set back, or a holder
 * says that it has jumped, what others had may not be known: nothing is granted
 * for a horizon, and then the budget is born empty.  A clock that is a bit too
 * fast is made up for.
 */
void		 lease_grant_share(struct lease_grantor *,
		    const struct lease_question *, uint64_t run, uint64_t now,
		    struct lease_answer *);

#endif
