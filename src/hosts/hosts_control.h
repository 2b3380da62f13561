/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_CONTROL_H
#define SLUICE_HOSTS_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/events.h"
#include "hosts/hosts.h"

/*
 * What an operator changes, by a host's key.  It holds for whoever comes, also
 * where the table has no such host yet, and is never written to the file.  What
 * a reload changes of the same key wins, and that is told.
 *
 * From any thread; those who may go by it are admitted on the loop that is
 * given.
 */

/* By whom and why; the texts are copied. */
struct hosts_order {
	struct loop	*loop;		/* the caller's own */
	uint64_t	 now;		/* ns, monotonic */
	uint64_t	 until;		/* ns; 0: without an end */
	const char	*by;
	const char	*reason;	/* or "" */
};

/* What was, and what is, in words: "open", "paused for 30 s", "5 per 1s". */
struct hosts_change {
	char		 was[EVENTS_TEXT];
	char		 is[EVENTS_TEXT];
};

enum hosts_done {
	HOSTS_DONE,
	HOSTS_UNKNOWN,		/* no such host, nor can there be one */
	HOSTS_WRONG,		/* these limits are none; is has why */
	HOSTS_TOO_MANY,		/* overrides: admin.overrides is reached */
	HOSTS_NO_MEMORY_FOR_IT,
};

/* Limits that are set; what is 0, or has no flag, stays as it is. */
struct hosts_limits {
	uint64_t	 capacity;	/* micro cost units */
	uint64_t	 period;	/* ns */
	uint64_t	 burst;		/* micro cost units */
	bool		 has_concurrency;
	uint32_t	 concurrency;	/* 0: no limit */
};

enum hosts_done	 hosts_pause(struct hosts *, const char *key,
		    const struct hosts_order *, struct hosts_change *);
enum hosts_done	 hosts_resume(struct hosts *, const char *key,
		    const struct hosts_order *, struct hosts_change *);
enum hosts_done	 hosts_drain(struct hosts *, const char *key,
		    const struct hosts_order *, struct hosts_change *);
enum hosts_done	 hosts_forget(struct hosts *, const char *key,
		    const struct hosts_order *, struct hosts_change *);
enum hosts_done	 hosts_set(struct hosts *, const char *key,
		    const struct hosts_limits *, const struct hosts_order *,
		    struct hosts_change *);
enum hosts_done	 hosts_unset(struct hosts *, const char *key,
		    const struct hosts_order *, struct hosts_change *);

/* One of what was set, for people. */
enum hosts_override_kind {
	HOSTS_OVERRIDE_LIMITS,
	HOSTS_OVERRIDE_PAUSE,
	HOSTS_OVERRIDE_DRAIN,
};

struct hosts_override_view {
	char		 key[EVENTS_HOST];
	enum hosts_override_kind kind;
	struct hosts_change change;
	char		 by[64];
	char		 reason[208];
	uint64_t	 since;		/* ns, monotonic */
	uint64_t	 until;		/* ns; 0: without an end */
};

/* Lists at most max of them.  Returns how many. */
size_t		 hosts_overrides(struct hosts *, uint64_t now,
		    struct hosts_override_view *, size_t max);

/*
 * Ends those whose time is over.  Returns when the next one's is (ns);
 * THROTTLE_NEVER: none is left that ends.
 */
uint64_t	 hosts_expire(struct hosts *, struct loop *, uint64_t now);

#endif
