/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STATS_H
#define SLUICE_STATS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Counters that only rise, for as long as the process lives: a reload does not
 * touch them.  Each thread adds to a set of its own, by plain loads and stores
 * of relaxed atomics, so that counting costs an addition and nobody waits;
 * whoever reads adds up what all threads have.
 *
 * They are kept by series: the name of a rule (its pattern, "defaults"), never
 * what a client asked for.  A name has its number once and for all; those that
 * come when all numbers are given away share STATS_OTHER.
 */

#define STATS_NAMES_MAX		10000	/* numbers for names, at most */
#define STATS_DEFAULT		0	/* "_default": hosts without a rule */
#define STATS_OTHER		1	/* "_other": beyond metrics.hosts */
#define STATS_SERIES		(2 + STATS_NAMES_MAX)

/* What became of a request; the order is that of the names. */
enum stats_outcome {
	STATS_FORWARDED,
	STATS_TUNNEL,
	STATS_UPGRADED,
	STATS_INTERCEPTED,
	STATS_PLAIN,
	STATS_ANSWERED,
	STATS_REFUSED,
	STATS_ABORTED,
	STATS_CLIENT_GONE,
	STATS_UPSTREAM_ERROR,
	STATS_OUTCOMES,
};

/* Why we refused a request. */
enum stats_refusal {
	STATS_QUEUE_FULL,	/* queue.length */
	STATS_MAX_WAIT,		/* it would have waited too long */
	STATS_HOSTS_FULL,	/* limits.hosts */
	STATS_HOSTS_SHARE,	/* the client's share of that */
	STATS_NO_MEMORY,	/* limits.memory, or of the machine */
	STATS_CONNECTIONS,	/* limits.connections */
	STATS_DRAINED,		/* the host is drained, or we end */
	STATS_LOOP,		/* it came back to us */
	STATS_MALFORMED,	/* the request is wrong */
	STATS_TOO_LARGE,	/* 413, 414, 431 */
	STATS_TOO_SLOW,		/* 408 */
	STATS_ACCESS_CLIENT,	/* access.clients */
	STATS_ACCESS_USER,	/* access.users: 407 */
	STATS_DESTINATION,	/* destinations */
	STATS_CLIENT_SHARE,	/* access.share */
	STATS_CLIENT_RATE,	/* access.rate */
	STATS_EXCHANGE_TIME,	/* timeouts.exchange */
	STATS_OTHER_REFUSAL,
	STATS_REFUSALS,
};

/* What paused a host. */
enum stats_cause {
	STATS_NAMED,		/* it refused and named a time */
	STATS_BACKOFF,		/* it refused and named none */
	STATS_EXHAUSTED,	/* it said that nothing is left */
	STATS_MANUAL,		/* an operator */
	STATS_CAUSES,
};

/* What would have become of a request; see hosts/observe.h. */
enum stats_decision {
	STATS_WOULD_GO,		/* at once */
	STATS_WOULD_WAIT,
	STATS_WOULD_REFUSE,
	STATS_DECISIONS,
};

/* What became of amounts of named budgets. */
enum stats_metered {
	STATS_RESERVED,		/* before a request went */
	STATS_USED,		/* as its answer told */
	STATS_REFUNDED,		/* of what was reserved */
	STATS_OWED,		/* ... beyond that */
	STATS_METERED,
};

/* Where bytes of bodies and tunnels go. */
enum stats_direction {
	STATS_IN,		/* from clients */
	STATS_OUT,		/* to them */
	STATS_DIRECTIONS,
};

#define STATS_CLASSES		5	/* 1xx to 5xx */
#define STATS_THROTTLED		8	/* statuses told apart; then "other" */
#define STATS_BUDGETS		8	/* names of named budgets; then "_other" */
#define STATS_ERRORS		32	/* enum failure, at most */
#define STATS_BUCKETS		12	/* of a histogram, without +Inf */

typedef _Atomic uint64_t stats_count;

/* Bounds are .001 .005 .025 .1 .5 1 2.5 5 10 30 60 300 s. */
struct stats_histogram {
	stats_count	 buckets[STATS_BUCKETS + 1];	/* not cumulative */
	stats_count	 sum;				/* ns */
};

/* One series of one thread. */
struct stats_block {
	stats_count	 requests[STATS_OUTCOMES];
	stats_count	 refusals[STATS_REFUSALS];
	stats_count	 responses[STATS_CLASSES];
	/* by status, told by stats_throttled_status() */
	stats_count	 throttled[STATS_THROTTLED + 1];
	stats_count	 errors[STATS_ERRORS];
	stats_count	 resends;
	stats_count	 cost;			/* micro cost units */
	stats_count	 pauses[STATS_CAUSES];
	stats_count	 paused[STATS_CAUSES];	/* ns */
	stats_count	 bytes[STATS_DIRECTIONS];
	stats_count	 observed[STATS_DECISIONS];
	/* micro units, by stats_budget() */
	stats_count	 metered[STATS_BUDGETS + 1][STATS_METERED];
	struct stats_histogram wait;		/* in the queue */
	struct stats_histogram upstream;	/* until the response began */
	struct stats_histogram observed_wait;
};

/* What is counted of the process: of nobody's series. */
struct stats_process {
	/* By the main thread: */
	stats_count	 reloads;	/* that took effect */
	stats_count	 failed;	/* that did not */
	_Atomic bool	 wrong;		/* the last one did not */
	_Atomic uint64_t loaded;	/* ns since 1970: conf is since then */
	/* By the thread that writes what outlives the process: */
	stats_count	 state_failures;	/* of writing */
	_Atomic uint64_t state_written;	/* ns, monotonic: all was; 0: never */
	_Atomic uint64_t state_bytes;
	/* By the store's: */
	stats_count	 store_asked;	/* questions */
	stats_count	 store_failures; /* that came to nothing */
	_Atomic bool	 store_connected;
	_Atomic uint64_t store_since;	/* ns, monotonic; 0: there is none */
	_Atomic uint64_t store_leases;	/* of which something may go */
	_Atomic uint64_t store_slots;	/* that it has lent us */
	_Atomic uint64_t store_cut;	/* budgets that it does not answer */
	_Atomic uint64_t store_peers;	/* proxies; 0: it is not known */
	/* By the control plane's: */
	stats_count	 dropped;	/* readers of events, too slow */
};
extern struct stats_process stats_process;

/* One thread's; only that thread adds to it. */
struct stats;

/* Adds to a counter of the calling thread's own. */
static inline void
stats_add(stats_count *c, uint64_t n)
{
	atomic_store_explicit(c, atomic_load_explicit(c,
	    memory_order_relaxed) + n, memory_order_relaxed);
}

/*
 * A thread's, known to all who read from now on, and after the thread has
 * ended, too; NULL without memory.
 */
struct stats	*stats_new(void);

/*
 * Returns a series' counters; never NULL: without memory for them, those of
 * STATS_OTHER count.
 */
struct stats_block *stats_of(struct stats *, unsigned series);

/* Notes a duration (ns). */
void		 stats_observe(struct stats_histogram *, uint64_t ns);
/* Returns the upper bound (ns), included, of a bucket below STATS_BUCKETS. */
uint64_t	 stats_bound(unsigned bucket);

/*
 * Returns the number of a name, given to it now if it has none and fewer than
 * max names have one; else STATS_OTHER.  From the main thread.  Our own two
 * names have their numbers, so that no label can stand for two series.
 */
unsigned	 stats_series(const char *name, size_t max);
/*
 * Returns the name of a number, "_default" and "_other" among them; NULL where
 * none was given.  From any thread; the name stays.
 */
const char	*stats_name(unsigned series);
/* Returns how many numbers there are, the two included. */
unsigned	 stats_names(void);

/*
 * Returns which counter of throttled a status counts in: one of its own for
 * 429, 503, and the next statuses that come; STATS_THROTTLED have one.
 */
unsigned	 stats_throttled_slot(int status);
/* Returns the status of such a counter; 0 where it has none. */
int		 stats_throttled_status(unsigned slot);

/*
 * Returns which counters a named budget counts in: those of its name, as long
 * as there are any; STATS_BUDGETS have one.  From the main thread.
 */
unsigned	 stats_budget(const char *name);
/* Returns such a name, "_other" behind the last; NULL where it has none. */
const char	*stats_budget_name(unsigned slot);

/* Adds up a series over all threads into a block of the caller's, zeroed. */
void		 stats_sum(unsigned series, struct stats_block *);

/* Frees all of it, when no thread counts any more. */
void		 stats_free(void);

#endif
