/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_NAMES_H
#define SLUICE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/address.h"

/*
 * What names were resolved to, for as long as that holds: addresses, or that
 * there are none.  Bounded in entries; the one that was not asked for the
 * longest goes first.  Times are ns of a monotonic clock.
 */

#define NAMES_ADDRESSES	16	/* of one name, at most */

struct names;

/* What a name was resolved to. */
struct names_answer {
	int			 code;	/* the caller's: why there are none */
	size_t			 n;
	struct address		 list[NAMES_ADDRESSES];
};

/* Returns one that knows no name; NULL without memory. */
struct names	*names_new(void);
void		 names_free(struct names *);

/*
 * Remembers an answer until then, in place of what is known of the name, and
 * forgets others so that there are at most max.  Without memory, or with a
 * time that is over, nothing is known of the name afterwards.
 */
void		 names_put(struct names *, const char *name,
		    const struct names_answer *, uint64_t until, size_t max,
		    uint64_t now);

/*
 * Copies what is known of a name, which is compared byte by byte: it is
 * canonical.  Returns false when nothing is known, or not any more.
 */
bool		 names_get(struct names *, const char *name, uint64_t now,
		    struct names_answer *)
		    __attribute__((warn_unused_result));

/* Forgets all of them. */
void		 names_clear(struct names *);

/* Returns how many are remembered, those included whose time is over. */
size_t		 names_count(const struct names *);

#endif
