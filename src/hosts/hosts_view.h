/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_VIEW_H
#define SLUICE_HOSTS_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/events.h"
#include "base/stats.h"
#include "hosts/host_seen.h"
#include "hosts/hosts.h"
#include "hosts/observe.h"
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

/* Rates of named budgets that are shown of a host. */
#define HOSTS_METERED	16
#define HOSTS_METER	64	/* bytes of the name of one */
/* What is behind the name of one that all credentials have together. */
#define HOSTS_METER_OF_ALL " of all credentials"

struct metered_view {
	char		 name[HOSTS_METER];
	struct rate_view rate;
	uint64_t	 reserved;		/* of what is not left */
	struct shared_view shared;
};

struct host_view {
	char		 key[EVENTS_HOST];	/* as the API has it */
	uint64_t	 serial;		/* no other has, nor will have */
	struct conf	*conf;			/* own reference */
	const struct rule *rule;		/* of conf */
	enum hosts_state state;
	/* Where limits are only observed, their rates are those of the shadow. */
	struct throttle_view throttle;
	struct metered_view metered[HOSTS_METERED];
	unsigned	 nmetered;
	size_t		 tunnels;
	enum stats_cause cause;			/* of its pause */
	char		 why[EVENTS_TEXT];	/* ... in words */
	bool		 overridden;		/* limits, for a time */
	/* Of a store that shares its budgets (throttle.shared): */
	bool		 connected;		/* it can be asked */
	uint64_t	 proxies;		/* 0: it is not known */
	/* Since the entry was made. */
	uint64_t	 admitted;
	uint64_t	 refused;		/* by us */
	uint64_t	 throttled;		/* by the host */
	uint64_t	 resent;
	struct host_seen seen;
	bool		 observing;		/* it has a shadow, that */
	struct observe_view observed;		/* ... stands so */
};

/* Returns the word for a state, as the API has it. */
const char	*hosts_state_word(enum hosts_state);
/* Returns the word for what paused a host. */
const char	*hosts_cause_word(enum stats_cause);

/* Gives the reference back. */
void		 host_view_done(struct host_view *);

/*
 * Calls fn for each host, from the place behind *cursor (0: the first), for
 * at most HOSTS_PIECE of them; the view is the callback's for the length of the
 * call, in which it must not call hosts.  Returns whether there are more:
 * *cursor is where to go on.  They come in the order in which they were made:
 * those that are added between two calls come last, none twice.
 */
bool		 hosts_view_piece(struct hosts *, uint64_t *cursor,
		    uint64_t now, void (*fn)(const struct host_view *, void *),
		    void *arg);

/* What a host did since it was sampled before: cheap to look at. */
struct host_sample {
	uint64_t	 serial;
	uint64_t	 started;	/* requests that were admitted */
	uint64_t	 refused;	/* by the host, for a limit */
	size_t		 waiting;	/* now */
};

/* The same in short, for one who samples. */
bool		 hosts_sample_piece(struct hosts *, uint64_t *cursor,
		    void (*fn)(const struct host_sample *, void *), void *arg);

/* The one of that key.  Returns false where there is none. */
bool		 hosts_view_one(struct hosts *, const char *key, uint64_t now,
		    struct host_view *);

/* A part of it, or one that it has named. */
struct part_view {
	char		 name[EVENTS_TEXT];
	bool		 named;			/* by the host */
	enum hosts_state state;
	enum stats_cause cause;			/* of its pause */
	struct budget_view budget;
	struct estimate_view estimate;		/* what is learned of it */
};

/* of one at most: configured, and named */
#define HOSTS_PARTS	(THROTTLE_PARTS + THROTTLE_NAMED_PARTS)

/* Those of a key, at most max.  Returns how many; 0 without such a host. */
size_t		 hosts_view_parts(struct hosts *, const char *key,
		    uint64_t now, struct part_view *, size_t max);

/* Returns how many entries there are. */
size_t		 hosts_view_count(struct hosts *);

#endif
