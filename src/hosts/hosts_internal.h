/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_INTERNAL_H
#define SLUICE_HOSTS_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An entry that the table has no memory for is not in it: hosts_add() looks. */
#define HASH_NONFATAL_OOM	1
#include <uthash.h>

#include "hosts/hosts.h"
#include "hosts/hosts_share.h"
#include "net/loop.h"

/* What hosts.c and hosts_reload.c share. */

/*
 * Life of a host's entry: made by the first ticket that names it, found in
 * the table by its key as long as it is there; dropped when it is idle, so that
 * dropping it loses nothing, or when a reload gave its tickets to another
 * entry.  A loop's tree of wakes may still point to it then: it is "gone", an
 * empty shell that is freed by the last wake, fired or forgotten.
 *
 * The key is what shares a throttle: the host's name; host and port where
 * the rule names a port; the pattern where the rule is shared; and whose it is,
 * where the rule tells clients apart.
 */

#define HOSTS_KEY	(HTTP1_HOST + 80)
#define HOSTS_SHARED	"="	/* begins the key of a shared rule */

TAILQ_HEAD(tickets, ticket);

/* When a loop is to look at the queue. */
struct host_wake {
	struct wake	 wake;
	struct host	*host;
};

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
TAILQ_HEAD(host_order, host);

struct hosts {
	pthread_rwlock_t	 lock;		/* guards what follows */
	struct conf		*conf;		/* own reference */
	struct host		*table;
	struct host_order	 order;		/* for the sweep, and reload */
	struct hosts_share	 share;		/* who made entries */
	uint64_t		 left;		/* ns: the latest of them */
	unsigned		 loops;
	bool			 full;		/* has refused, and logged it */
	_Atomic bool		 unread;	/* logged a scheme not known */
};

/* A rule's limits, as the throttle takes them; they point into the rule. */
struct throttle_limits hosts_limits(const struct rule *);

/* Writes the key, and returns its length. */
size_t		 hosts_key(char key[HOSTS_KEY], const struct rule *,
		    const struct http1_host *, const struct client_hash *);
struct host	*hosts_find(struct hosts *, const char *key, size_t len);
/*
 * Makes an entry, charged to a client (NULL: to nobody), with the table locked
 * for writing; NULL without memory.
 */
struct host	*hosts_add(struct hosts *, const char *key,
		    const struct http1_host *, const struct client_hash *,
		    struct conf *, const struct rule *,
		    struct hosts_client *);
/* Takes an entry out of the table, and frees it when no wake points to it. */
void		 hosts_drop(struct hosts *, struct host *);
/*
 * Has a new entry begin with the pause of the one that stood for it before a
 * reload; with the table locked for writing.
 */
void		 hosts_heed_before(struct hosts *, struct host *, uint64_t now);
/* Refuses a waiter that is in no queue any more: it is late. */
void		 hosts_refuse(struct host *, struct ticket *, uint64_t now);

/*
 * Locks the host that a ticket is at, within the table.  Returns NULL, and has
 * locked nothing, where it is at none.
 */
struct host	*hosts_enter(struct hosts *, struct ticket *);
void		 hosts_exit(struct hosts *, struct host *);

/* Takes a ticket, whatever its state, from one host to another. */
void		 hosts_move(struct host *from, struct host *to,
		    struct ticket *);
/* Returns whether no ticket is at the host. */
bool		 hosts_is_empty(const struct host *);

/* Admits who may go now, and has the loop look again when others may. */
void		 hosts_admit(struct host *, struct loop *, uint64_t now);

static inline struct ticket *
ticket_of(struct throttle_waiter *waiter)
{
	return (struct ticket *)(void *)((char *)waiter -
	    offsetof(struct ticket, waiter));
}

/* hosts_learn.c */

/* What a ticket's route is, if that is not known yet. */
void		 hosts_know_route(struct ticket *, struct http1_str method,
		    struct http1_str path);
/* The bucket that a ticket's route belongs to, if that is held up; or 0. */
unsigned	 hosts_bucket(struct host *, const struct ticket *);

#endif
