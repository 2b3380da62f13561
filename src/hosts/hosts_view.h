/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_VIEW_H
#define SLUICE_HOSTS_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/events.h"
#include "base/stats.h"
#include "hosts/hosts.h"
#include "throttle/throttle_view.h"

/*
 * How hosts stand, to be looked at: copies, taken with a host's lock held for
 * microseconds, and read without.  The table's is taken for reading, for
 * HOSTS_PIECE hosts at a time, so that whoever adds one never waits for long.
 */

#define HOSTS_PIECE	64	/* hosts looked at in one go */

enum hosts_state {		/* from the best */
	HOSTS_OPEN,
	HOSTS_RECOVERING,
	HOSTS_PAUSED,
	HOSTS_DRAINING,
};

/* What operators have set; see hosts_control.h. */
struct hosts_override;

struct host_view {
	char		 key[EVENTS_HOST];	/* as the API has it */
	struct conf	*conf;			/* own reference */
	const struct rule *rule;		/* of conf */
	enum hosts_state state;
	struct throttle_view throttle;
	size_t		 tunnels;
	enum stats_cause cause;			/* of its pause */
	char		 why[EVENTS_TEXT];	/* ... in words */
	bool		 overridden;		/* limits, for a time */
	/* Since the entry was made. */
	uint64_t	 admitted;
	uint64_t	 refused;		/* by us */
	uint64_t	 throttled;		/* by the host */
	uint64_t	 resent;
};

/* Gives the reference back. */
void		 host_view_done(struct host_view *);

/*
 * Calls fn for each host, from the place behind *cursor (0: the first), for
 * at most HOSTS_PIECE of them; the view is the callback's for the length of the
 * call.  Returns whether there are more: *cursor is where to go on.  Those that
 * are added or dropped between two calls may be told or not; no other twice.
 */
bool		 hosts_view_piece(struct hosts *, uint64_t *cursor,
		    uint64_t now, void (*fn)(const struct host_view *, void *),
		    void *arg);

/* The one of that key.  Returns false where there is none. */
bool		 hosts_view_one(struct hosts *, const char *key, uint64_t now,
		    struct host_view *);

/* A part of it, or one that it has named. */
struct part_view {
	char		 name[EVENTS_TEXT];
	bool		 named;			/* by the host */
	enum hosts_state state;
	struct budget_view budget;
};

/* Those of a key, at most max.  Returns how many; 0 without such a host. */
size_t		 hosts_view_parts(struct hosts *, const char *key,
		    uint64_t now, struct part_view *, size_t max);

/* One that waits, for people. */
struct hosts_waiter {
	char		 client[128];		/* address, user or value */
	char		 method[32];
	char		 path[128];		/* without its query */
	char		 part[EVENTS_TEXT];	/* or "" */
	struct waiter_view waiter;		/* its pointer is NULL */
};

/*
 * Those who wait at a key, the next first, at most max.  Returns how many; *all
 * is how many there are.
 */
size_t		 hosts_view_queue(struct hosts *, const char *key,
		    uint64_t now, struct hosts_waiter *, size_t max,
		    size_t *all);

#endif
