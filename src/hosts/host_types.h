/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOST_TYPES_H
#define SLUICE_HOST_TYPES_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bsd/sys/tree.h>

/* An entry that the table has no memory for is not in it: hosts_add() looks. */
#define HASH_NONFATAL_OOM	1
#include <uthash.h>

#include "base/stats.h"
#include "base/text.h"
#include "hosts/host_counted.h"
#include "hosts/host_seen.h"
#include "hosts/hosts_share.h"
#include "hosts/hosts_total.h"
#include "hosts/ticket.h"
#include "net/loop.h"

/* What a host is made of, for the files of this room. */

struct hosts;
struct observe;

TAILQ_HEAD(tickets, ticket);
TAILQ_HEAD(store_parts, store_part);

/* When a loop is to look at the queue. */
struct host_wake {
	struct wake	 wake;
	struct host	*host;
};

/* Since the entry was made; each is changed in one place. */
struct host_counts {
	uint64_t		 admitted;
	uint64_t		 refused;	/* by us */
	uint64_t		 throttled;	/* by the host */
	uint64_t		 resent;
	size_t			 tunnels;	/* open now */
};

/* The last digits are enough for what came in a second. */
struct host_sampled {
	uint32_t		 admitted;
	uint32_t		 throttled;
};

/* What of its whole was told last. */
enum host_phase {
	HOST_OPEN,
	HOST_PAUSED,
	HOST_RECOVERING,
};

#define HOST_PARTS	(THROTTLE_NAMED_PART(THROTTLE_NAMED_PARTS) + 1)

/* What is known of its pauses besides their ends; see host_pause.h. */
struct host_pause {
	enum host_phase		 phase;
	uint8_t			 causes[HOST_PARTS];	/* enum stats_cause */
	char			*why;		/* of the whole; or NULL */
	uint64_t		 settled;	/* ns: is counted until then */
	uint64_t		 manual;	/* ns: an operator's lasts */
};

/* How it stands with what it may spend ahead of what is written; host_lease.h */
enum host_lease {
	HOST_LEASE_NONE,
	HOST_LEASE_WANTS,
	HOST_LEASE_PROMISED,
	HOST_LEASE_GRANTED,
	HOST_LEASES,		/* how many states there are */
};

TAILQ_HEAD(host_lease_list, host);

/* Of all hosts; ring is NULL: nothing is written. */
struct host_leases {
	pthread_mutex_t		 lock;		/* guards the lists */
	struct host_lease_list	 lists[HOST_LEASES];
	/* what is given back to a store (store_parting.h) */
	TAILQ_HEAD(, store_parting) partings;
	void			(*ring)(void *);
	void			*arg;
};

/*
 * Of all hosts, once another process has the word (host_away.h): the tickets
 * that it knows, and what it is to be told.
 */
struct host_away {
	pthread_mutex_t		 lock;		/* guards the next three */
	struct text		 out;		/* lines */
	struct away_ticket	*tickets;	/* by their numbers */
	uint64_t		 last;		/* number that was given */
	bool			 lost;		/* it is gone: by the table's lock */
	void			(*ring)(void *); /* there is something in out */
	void			*arg;
};

/*
 * What is counted of all hosts, on any thread: a set of counters of their own,
 * and who adds to them holds the lock.
 */
struct host_stats {
	pthread_mutex_t		 lock;		/* guards what follows */
	struct stats		*stats;
};

/*
 * One host: its throttle, the tickets at it, the parts that it has named and
 * the routes that belong to them.  The states of tickets, and the locks, are
 * told of in host.c; the life of an entry in hosts_table.h.
 */

struct host {
	UT_hash_handle		 hh;
	TAILQ_ENTRY(host)	 entry;		/* in hosts.order */
	RB_ENTRY(host)		 by_serial;	/* in hosts.serials */
	uint64_t		 serial;	/* from 1, in the order of birth */
	struct hosts		*hosts;
	struct host_stats	*stats;		/* the table's */
	char			*key;
	struct http1_host	 name;		/* of the first ticket */
	struct client_hash	 credential;
	struct hosts_charge	 charge;	/* for limits.hosts */
	/* What it spends from with others, changed with the table locked for
	   writing; NULL: nothing. */
	struct host_total	*total;
	pthread_mutex_t		*mutex;		/* see host_lock() */
	pthread_mutex_t		 lock;
	struct conf		*conf;		/* own reference */
	const struct rule	*rule;		/* of conf: its limits */
	struct throttle		*throttle;
	struct observe		*observe;	/* its shadow; NULL: none */
	struct routes		*routes;	/* NULL: no part was named */
	struct store_parts	 told_parts;	/* owned; see store_part.h */
	struct tickets		 tickets;	/* all that wait or hold */
	size_t			 count[TICKET_STATES];	/* of them */
	/* Admissions that may have reached the host: what they took counts. */
	uint64_t		 reached;
	uint64_t		 armed_at;	/* ns; or NEVER */
	unsigned		 armed_by;	/* by which loop */
	unsigned		 armed;		/* wakes in trees */
	uint64_t		 told_until;	/* ns: until then held up, and
						   who cannot wait was told */
	/*
	 * Before a reload it stood for others, too, that have entries of their
	 * own since; so its pause of then is theirs, until that instant (ns).
	 */
	uint64_t		 left;
	/*
	 * Something is used up until (ns) then, as an answer that was no
	 * refusal said; the pause for it ends, or has ended, at rested.
	 */
	uint64_t		 spent;
	uint64_t		 rested;
	uint64_t		 held_next;	/* ns: log.held, not before */
	/* Together: there are many hosts. */
	unsigned		 told;		/* logged: enum hosts_news */
	bool			 whole;		/* hosts_keep_whole() */
	bool			 refusing;	/* logged that it does */
	bool			 drained;	/* newcomers are refused */
	bool			 carries;	/* is there for left alone */
	/* Tickets are not in the order they came in: a reload merged two, or the
	   process before had two. */
	bool			 mixed;
	uint64_t		 first_told;	/* ns: of one that waits */
	struct host_counts	 counts;
	struct host_sampled	 sampled;	/* as of the last sample */
	struct host_seen	 seen;
	struct host_pause	 pause;
	struct host_counted	 counted;
	struct host_leases	*leases;	/* the table's; NULL: none */
	enum host_lease		 lease;
	bool			 lease_noted;	/* what is to be safe soon */
	TAILQ_ENTRY(host)	 lease_entry;	/* in the list of that state */
	struct host_away	*away;		/* the table's; NULL: we decide */
	/* What an operator has set it to; NULL: the rule's limits hold. */
	const struct budget_limits *override;
	bool			 gone;		/* not in the table any more */
	struct host_wake	 wakes[];	/* one a loop */
};

/*
 * Locks what is in a host from conf on: by its own lock, or that of all
 * who spend from the same total.  The table is locked at least for reading.
 */
static inline void
host_lock(struct host *h)
{
	pthread_mutex_lock(h->mutex);
}

static inline void
host_unlock(struct host *h)
{
	pthread_mutex_unlock(h->mutex);
}

/* With the table locked for writing, or before it is in the table. */
static inline void
host_set_total(struct host *h, struct host_total *total)
{
	h->total = total;
	h->mutex = total != NULL ? &total->lock : &h->lock;
}

/* Notes admissions that may have reached it. */
static inline void
host_reach(struct host *h, uint64_t n)
{
	h->reached += n;
	if (h->total != NULL)
		h->total->reached += n;
}

/* One of them has not. */
static inline void
host_unreach(struct host *h)
{
	h->reached--;
	if (h->total != NULL)
		h->total->reached--;
}

/* Returns the limits that hold for its whole. */
static inline const struct budget_limits *
host_budget_limits(const struct host *h)
{
	return h->override != NULL ? h->override : &h->rule->limits;
}

static inline const struct ticket *
const_ticket_of(const struct throttle_waiter *waiter)
{
	return (const struct ticket *)(const void *)((const char *)waiter -
	    offsetof(struct ticket, waiter));
}

static inline struct ticket *
ticket_of(struct throttle_waiter *waiter)
{
	return (struct ticket *)(void *)((char *)waiter -
	    offsetof(struct ticket, waiter));
}

#endif
