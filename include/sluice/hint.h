/* SPDX-License-Identifier: ISC */
#ifndef LIBSLUICE_HINT_H
#define LIBSLUICE_HINT_H

#include <stddef.h>
#include <stdint.h>

#include <sluice/result.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What a response says of its host's limits: Retry-After (RFC 9110), the
 * RateLimit fields of the IETF's drafts, and what vendors send instead of
 * them.
 *
 * Begin, add the response's fields in their order, read, ask.  Nothing in a
 * response can do harm: fields that are malformed say nothing, numbers
 * saturate, of what is said twice the more cautious counts.  There is no clock
 * inside: durations are ns from the response on.
 *
 * Thread safety: none; the caller locks, or has a hint for each thread.
 */

#define SLUICE_FIELDS	10000		/* of one response, at most */
#define SLUICE_FIELD_BYTES 1048576	/* ... and all of their bytes */

struct sluice_hint;

/* Returns one that has no fields; NULL without memory. */
struct sluice_hint	*sluice_hint_new(void);
/* Frees it, and all texts that it has told.  NULL is allowed. */
void			 sluice_hint_free(struct sluice_hint *);
/* Forgets all, for the next response: texts that it has told are gone. */
void			 sluice_hint_begin(struct sluice_hint *);
/*
 * Adds a field; name and value are copied, and need not end with a NUL.  Fields
 * that say nothing of limits may be added as well.  Returns SLUICE_OK,
 * SLUICE_BAD_FIELD, SLUICE_MANY_FIELDS or SLUICE_NO_MEMORY.
 */
enum sluice_result	 sluice_hint_field(struct sluice_hint *,
			    const char *name, size_t name_length,
			    const char *value, size_t value_length);
/*
 * Reads what was added, as fields of a response of that status.  Dates are
 * measured by the response's own Date, or else by wall_clock (seconds since
 * 1970).  Before it nothing is known.  Returns SLUICE_OK or SLUICE_BAD_STATUS.
 */
enum sluice_result	 sluice_hint_read(struct sluice_hint *, int status,
			    int64_t wall_clock);

/* What follows is about the response that was read last. */

enum sluice_hint_flag {
	/*
	 * It refuses the request for a limit: 429 and 420; 403, 418 and 503
	 * where fields say until when; others where a field names that error.
	 */
	SLUICE_HINT_THROTTLED = 1,
	/* ... because of too many at a time, not of their rate. */
	SLUICE_HINT_CONCURRENCY = 2,
	/* What is refused or used up is only a part of the host. */
	SLUICE_HINT_PARTIAL = 4,
	/* The host asks that the same request is not sent again. */
	SLUICE_HINT_NO_RETRY = 8,
};
/* Returns which of these hold, added up. */
unsigned		 sluice_hint_flags(const struct sluice_hint *);
/*
 * Returns for how long (ns) nothing should be sent to that host, or that part
 * of it, by all that the fields say; 0: no need.  UINT64_MAX: longer than can
 * be said.  A program should have an upper bound of its own.
 */
uint64_t		 sluice_hint_pause(const struct sluice_hint *);
/* Returns whose dialect that rests on, static; NULL where nothing was said. */
const char		*sluice_hint_source(const struct sluice_hint *);
/*
 * Returns the part of the host that the request belongs to, as the host calls
 * it (a bucket, a resource, a policy), and its length; NULL where it has no
 * name.  Not terminated, and what a stranger wrote.
 */
const char		*sluice_hint_part(const struct sluice_hint *,
			    size_t *length);

enum sluice_budget_unit {
	SLUICE_BUDGET_REQUESTS = 0,
	SLUICE_BUDGET_CONCURRENT,	/* requests at a time */
	SLUICE_BUDGET_OTHER,		/* tokens, bytes, points */
};
/* What is known of a budget, added up in its known. */
enum sluice_budget_flag {
	SLUICE_BUDGET_LIMIT = 1,
	SLUICE_BUDGET_REMAINING = 2,
	SLUICE_BUDGET_RESET = 4,
	SLUICE_BUDGET_WINDOW = 8,
	/* It refills all the time, and the reset is when it is full. */
	SLUICE_BUDGET_REFILLS = 16,
	/* It is that of a part of the host only. */
	SLUICE_BUDGET_PARTIAL = 32,
};

/*
 * One limit that the response was measured against.  Later versions may add
 * members at the end, which is why its size is told.
 */
struct sluice_budget {
	const char	*source;	/* whose dialect; static */
	const char	*name;		/* the host's; not terminated; or NULL */
	size_t		 name_length;
	uint32_t	 unit;		/* enum sluice_budget_unit */
	uint32_t	 known;		/* enum sluice_budget_flag */
	uint64_t	 limit;		/* micro units */
	uint64_t	 remaining;	/* micro units */
	uint64_t	 reset;		/* ns from the response on */
	uint64_t	 window;	/* ns */
};
/* Returns how many budgets were told: 8 at most. */
size_t			 sluice_hint_budgets(const struct sluice_hint *);
/*
 * Fills in the first size bytes of *budget (sizeof(struct sluice_budget) as the
 * program knows it) with budget i, and what it does not know with 0.  Returns
 * 1; 0 where there is no such budget: then nothing is written.
 */
int			 sluice_hint_budget(const struct sluice_hint *,
			    size_t i, struct sluice_budget *budget,
			    size_t size);
/*
 * Returns the name of a field that should say for how long and does not, and
 * its length; NULL where there is none.  Not terminated.
 */
const char		*sluice_hint_unusable(const struct sluice_hint *,
			    size_t *length);

#ifdef __cplusplus
}
#endif

#endif
