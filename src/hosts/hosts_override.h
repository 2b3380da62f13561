/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_OVERRIDE_H
#define SLUICE_HOSTS_OVERRIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bsd/sys/tree.h>

#include "hosts/hosts_name.h"
#include "policy/rule.h"

/*
 * What operators have set, by the key of a throttle: kept beside the table, so
 * that it holds for whoever comes.  With the table locked for writing; what is
 * to be read of it only, for reading.
 */

enum hosts_override_kind {
	HOSTS_OVERRIDE_LIMITS,
	HOSTS_OVERRIDE_PAUSE,
	HOSTS_OVERRIDE_DRAIN,
};

/* Limits that are set; what is 0, or has no flag, stays as it is. */
struct hosts_limits {
	uint64_t	 capacity;	/* micro cost units */
	uint64_t	 period;	/* ns */
	uint64_t	 burst;		/* micro cost units */
	bool		 has_concurrency;
	uint32_t	 concurrency;	/* 0: no limit */
};

/* What was, and what is, in words: "open", "paused for 30 s", "5 per 1s". */
struct hosts_change {
	char		 was[EVENTS_TEXT];
	char		 is[EVENTS_TEXT];
	uint64_t	 until;		/* ns; of a pause that holds longer */
};

#define HOSTS_BY	128	/* bytes of who, with its end */
#define HOSTS_REASON	208	/* bytes of why, with its end */

struct hosts_override {
	RB_ENTRY(hosts_override) entry;
	struct hosts_name	 name;
	enum hosts_override_kind kind;
	struct hosts_change	 change;
	char			 by[HOSTS_BY];
	char			 reason[HOSTS_REASON];
	char			 why[EVENTS_TEXT];	/* both, for people */
	uint64_t		 given;		/* ns since 1970 */
	uint64_t		 until;		/* ns; 0: without an end */
	struct hosts_limits	 asked;
	struct budget_limits	 file;		/* the configuration's then */
	struct budget_limits	 limits;	/* that hold */
};

RB_HEAD(hosts_override_tree, hosts_override);

/* Begins as zero. */
struct hosts_overrides {
	struct hosts_override_tree tree;	/* by key, then kind */
	size_t			 n;
};

/* Returns the one of a key and kind, or NULL. */
struct hosts_override *hosts_override_find(struct hosts_overrides *,
		    const char *key, enum hosts_override_kind);
/*
 * Returns the one of a name and kind, made where it is missing; NULL without
 * memory.
 */
struct hosts_override *hosts_override_make(struct hosts_overrides *,
		    const struct hosts_name *, enum hosts_override_kind);
/* Takes it out and frees it.  NULL is allowed. */
void		 hosts_override_drop(struct hosts_overrides *,
		    struct hosts_override *);
void		 hosts_override_drop_all(struct hosts_overrides *);

/* Return the first, and the one behind that; or NULL. */
struct hosts_override *hosts_override_first(struct hosts_overrides *);
struct hosts_override *hosts_override_next(struct hosts_override *);

/*
 * Sets *limits to those of the file with what was asked for in their place, as
 * the configuration would complete them.  Returns false, and says why, where
 * they are none.
 */
bool		 hosts_override_limits(const struct budget_limits *file,
		    const struct hosts_limits *asked,
		    struct budget_limits *limits, char why[EVENTS_TEXT]);

/* Says what limits are: "5 per 1s (burst 10), 2 at a time".  Returns buf. */
const char	*hosts_override_say(char buf[EVENTS_TEXT],
		    const struct budget_limits *);

/*
 * Follows a new configuration.  Returns NULL where it still holds; else why it
 * does not: the configuration has other limits now.
 */
const char	*hosts_override_follow(struct hosts_override *,
		    const struct conf *);

#endif
