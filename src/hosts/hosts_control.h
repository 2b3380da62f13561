/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_CONTROL_H
#define SLUICE_HOSTS_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/events.h"
#include "hosts/hosts.h"
#include "hosts/hosts_override.h"

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
	struct loop	*loop;		/* the caller's own; NULL: none yet */
	uint64_t	 now;		/* ns, monotonic */
	uint64_t	 given;		/* ns since 1970; the same */
	uint64_t	 until;		/* ns; 0: without an end */
	const char	*by;
	const char	*reason;	/* or "" */
	/*
	 * One of an earlier process, which holds on: nobody is told of it
	 * again, and this is what it was then, where that is known; or NULL.
	 */
	const struct hosts_change *kept;
};

enum hosts_done {
	HOSTS_DONE,
	HOSTS_UNKNOWN,		/* no such host, nor can there be one */
	HOSTS_WRONG,		/* these limits are none; is has why */
	HOSTS_TOO_MANY,		/* overrides: admin.overrides is reached */
	HOSTS_NO_MEMORY_FOR_IT,
	HOSTS_AWAY,		/* another process decides, and hears nothing */
};

/*
 * Admits nobody until the order's end, which is needed.  A pause that lasts
 * longer stays as it is.
 */
enum hosts_done	 hosts_pause(struct hosts *, const char *key,
		    const struct hosts_order *, struct hosts_change *);
/* Ends all pauses, recovery, shapes, and draining. */
enum hosts_done	 hosts_resume(struct hosts *, const char *key,
		    const struct hosts_order *, struct hosts_change *);
/* Refuses newcomers (HOSTS_DRAINED); who is there goes on. */
enum hosts_done	 hosts_drain(struct hosts *, const char *key,
		    const struct hosts_order *, struct hosts_change *);
/*
 * Makes it as new: what was spent, paused and learned is gone.  Who is there
 * stays, and so do limits that were set, and draining.
 */
enum hosts_done	 hosts_forget(struct hosts *, const char *key,
		    const struct hosts_order *, struct hosts_change *);
/* Overrides limits, all at once: what was set before is gone. */
enum hosts_done	 hosts_set(struct hosts *, const char *key,
		    const struct hosts_limits *, const struct hosts_order *,
		    struct hosts_change *);
enum hosts_done	 hosts_unset(struct hosts *, const char *key,
		    const struct hosts_order *, struct hosts_change *);

/* One of what was set, for people. */
struct hosts_override_view {
	char		 key[EVENTS_HOST];
	enum hosts_override_kind kind;
	struct hosts_change change;
	char		 by[HOSTS_BY];
	char		 reason[HOSTS_REASON];
	uint64_t	 given;		/* ns since 1970 */
	uint64_t	 until;		/* ns; 0: without an end */
};

/* Lists at most max of them.  Returns how many. */
size_t		 hosts_overrides(struct hosts *, uint64_t now,
		    struct hosts_override_view *, size_t max);
/* The limits that were set for a key.  Returns false where there are none. */
bool		 hosts_override_of(struct hosts *, const char *key,
		    struct hosts_override_view *);
/* Returns how many there are. */
size_t		 hosts_overrides_count(struct hosts *);

#endif
