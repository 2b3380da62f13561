/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOST_H
#define SLUICE_HOST_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An entry that the table has no memory for is not in it: hosts_add() looks. */
#define HASH_NONFATAL_OOM	1
#include <uthash.h>

#include "hosts/hosts_share.h"
#include "hosts/ticket.h"
#include "net/loop.h"

struct hosts;

TAILQ_HEAD(tickets, ticket);

/* When a loop is to look at the queue. */
struct host_wake {
	struct wake	 wake;
	struct host	*host;
};

/*
 * One host: its throttle, the tickets at it, the parts that it has named and
 * the routes that belong to them.  The states of tickets, and the locks, are
 * told of in host.c; the life of an entry in hosts_table.h.
 */

struct host {
	UT_hash_handle		 hh;
	TAILQ_ENTRY(host)	 entry;		/* in hosts.order */
	struct hosts		*hosts;
	char			*key;
	struct http1_host	 name;		/* of the first ticket */
	struct client_hash	 credential;
	struct hosts_charge	 charge;	/* for limits.hosts */
	pthread_mutex_t		 lock;		/* guards what follows */
	struct conf		*conf;		/* own reference */
	const struct rule	*rule;		/* of conf: its limits */
	struct throttle		*throttle;
	struct routes		*routes;	/* NULL: no part was named */
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
	bool			 carries;	/* is there for that alone */
	/*
	 * Something is used up until (ns) then, as an answer that was no
	 * refusal said; the pause for it ends, or has ended, at rested.
	 */
	uint64_t		 spent;
	uint64_t		 rested;
	bool			 refusing;	/* logged that it does */
	unsigned		 told;		/* logged: enum hosts_news */
	bool			 gone;		/* not in the table any more */
	struct host_wake	 wakes[];	/* one a loop */
};

/* Returns a rule's limits as the throttle takes them; they point into it. */
struct throttle_limits host_limits(const struct rule *);

/* Makes one for that many loops.  Returns NULL without memory. */
struct host	*host_new(const char *key, const struct http1_host *,
		    const struct client_hash *, struct conf *,
		    const struct rule *, unsigned loops);
/* Frees what it holds, but not what wakes need that still point to it. */
void		 host_empty(struct host *);
/* Frees the rest, when none does. */
void		 host_free(struct host *);

/* Asks for a ticket's admission, as hosts_ask() does; takes the host's lock. */
enum hosts_answer host_ask(struct host *, struct ticket *,
		    const struct claim *, const struct claim_source *,
		    uint64_t now);

/* The rest is called with the host's lock held. */

/* Puts an admitted ticket back, as hosts_return() does. */
enum hosts_answer host_return(struct host *, struct ticket *, uint64_t now);
/* Takes a ticket from the host; a refund is of what it has paid. */
void		 host_leave(struct host *, struct ticket *, bool refund,
		    uint64_t now);
/* Refuses a waiter that is in no queue any more: it is late. */
void		 host_refuse(struct host *, struct ticket *, uint64_t now);
/* Takes a ticket, whatever its state, from one host to another. */
void		 host_move(struct host *from, struct host *to,
		    struct ticket *);
/* Returns whether no ticket is at the host. */
bool		 host_is_empty(const struct host *);

/* Admits who may go now, and has the loop look again when others may. */
void		 host_admit(struct host *, struct loop *, uint64_t now);

/* Returns whether nothing has reached the host, nor will: it may be dropped. */
bool		 host_is_nowhere(const struct host *);

/* Notes which route a ticket's request is of, if that is not known yet. */
void		 host_know_route(struct ticket *, struct http1_str method,
		    struct http1_str path);
/* Returns the named part that a ticket's route is in; 0: none is held up. */
unsigned	 host_named_part(struct host *, const struct ticket *);

static inline struct ticket *
ticket_of(struct throttle_waiter *waiter)
{
	return (struct ticket *)(void *)((char *)waiter -
	    offsetof(struct ticket, waiter));
}

#endif
