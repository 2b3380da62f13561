/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_TABLE_H
#define SLUICE_HOSTS_TABLE_H

#include "hosts/host.h"
#include "hosts/hosts_key.h"
#include "hosts/hosts_override.h"

/*
 * The table of hosts.  hosts.c, hosts_learn.c and hosts_reload.c work on it;
 * the rest of the program knows their headers.
 *
 * Life of a host's entry: made by the first ticket that names it, found in
 * the table by its key as long as it is there; dropped when it is idle, so that
 * dropping it loses nothing, or when a reload gave its tickets to another
 * entry.  A loop's tree of wakes may still point to it then: it is "gone", an
 * empty shell that is freed by the last wake, fired or forgotten.
 */

TAILQ_HEAD(host_order, host);
RB_HEAD(host_serials, host);

#define HOSTS_NEWS_KEPT	1024	/* of which no second line is logged */

struct hosts {
	pthread_rwlock_t	 lock;		/* guards what follows */
	struct conf		*conf;		/* own reference */
	struct host		*table;
	struct host_order	 order;		/* for the sweep, and reload */
	struct host_serials	 serials;	/* for views, in pieces */
	uint64_t		 serial;	/* the last that was given */
	struct host_stats	 stats;
	struct hosts_overrides	 overrides;	/* what operators have set */
	struct host_leases	 leases;	/* who wants some */
	struct host_leases	 shared;	/* ... of a store */
	struct host_away	*away;		/* NULL: we decide */
	struct hosts_share	 share;		/* who made entries */
	struct hosts_totals	 totals;	/* what entries have together */
	uint64_t		 left;		/* ns: the latest of them */
	unsigned		 loops;
	bool			 full;		/* has refused, and logged it */
	_Atomic uint64_t	 news[HOSTS_NEWS_KEPT];	/* told of hosts */
	_Atomic bool		 unread;	/* logged a scheme not known */
};

/* Returns the entry with that key, or NULL. */
struct host	*hosts_find(struct hosts *, const char *key, size_t len);
/* Returns the first entry from that serial number on, or NULL. */
struct host	*hosts_find_from(struct hosts *, uint64_t serial);
/* Returns the one that was made next, or NULL. */
struct host	*hosts_find_next(struct host *);
/*
 * Makes an entry, charged to a client (NULL: to nobody), with the table locked
 * for writing; it heeds what operators have set.  Returns NULL without memory.
 */
struct host	*hosts_add(struct hosts *, const char *key,
		    const struct http1_host *, const struct client_hash *,
		    struct conf *, const struct rule *,
		    struct hosts_client *, uint64_t now);
/* Takes an entry out of the table, and frees it when no wake points to it. */
void		 hosts_drop(struct hosts *, struct host *, uint64_t now);
/*
 * Has a new entry begin with the pause of the one that stood for it before a
 * reload; with the table locked for writing.
 */
void		 hosts_heed_before(struct hosts *, struct host *, uint64_t now);
/* Has hosts_heed_before() find the pause of an entry whose others leave it. */
void		 hosts_leave_pause(struct hosts *, struct host *);
/*
 * Looks at that many of the oldest entries, and drops those that are idle; with
 * the table locked for writing.
 */
void		 hosts_sweep(struct hosts *, int max, uint64_t now);

/*
 * Locks the host that a ticket is at, within the table.  Returns NULL, and has
 * locked nothing, where it is at none.
 */
struct host	*hosts_enter(struct hosts *, struct ticket *);
void		 hosts_exit(struct hosts *, struct host *);

#endif
