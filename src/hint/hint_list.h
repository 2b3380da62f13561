/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_LIST_H
#define SLUICE_HINT_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "http/http1_str.h"

#define HINT_SERIES	4	/* limits of one response that are lists */

/* What the members of a list say, in their order. */
struct hint_series {
	unsigned	 n;		/* may be more than there is room for */
	uint64_t	 v[HINT_SERIES];
};

void		 hint_series_add(struct hint_series *, uint64_t);

/*
 * Takes the first member off a list.  Empty ones are left out, blanks around
 * them as well, their parameters and a string's quotes.  The comma inside of an
 * HTTP-date, or before a timestamp's fraction, ends none.  Returns false behind
 * the last.
 */
bool		 hint_member(struct http1_str *list, struct http1_str *member);
/*
 * Finds the latest time among a list's members, as hint_until() reads them;
 * those that are none are left out.  Of resets some may be over.  Sets *odd
 * where one is left out, or where there is no member at all.  Adds each to
 * *all, unless that is NULL.  Returns false when no member is a time.
 */
bool		 hint_latest(struct http1_str list, bool reset, uint64_t unit,
		    int64_t date, uint64_t *ns, bool *odd,
		    struct hint_series *all);

#endif
