/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ROUTES_H
#define SLUICE_ROUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/http1.h"

/*
 * Which requests belong to which part of a host, as learned from its answers.
 *
 * A route is a request's method and the segments of its path, in which what
 * tells one thing from another of its kind (digits, hexadecimal, UUIDs) counts
 * as *; the query does not count, nor does the spelling (the plain reading of
 * path.h).  A route that was not seen yet belongs where the one does with which
 * it has most segments in common, if all such are of one part and the first is
 * among them; else nowhere.
 *
 * Routes are known by hashes of their beginnings, which the caller makes of
 * the text, with a key of its own.  ROUTES_MAX are remembered; the one that
 * was used the longest time ago is forgotten for another.
 */

#define ROUTES_MAX	256
#define ROUTE_SEGMENTS	8	/* what is behind counts as one */
#define ROUTE_TEXT	512	/* bytes; what is behind does not count */

/* Hashes of the method, and of it with so many segments. */
struct route {
	uint64_t	 hashes[ROUTE_SEGMENTS + 1];
	unsigned	 n;		/* of them; 0: it is not known */
};

/* A part, as the caller hashes its name. */
struct route_part {
	uint64_t	 a;
	uint64_t	 b;
};

struct routes;

/*
 * Writes a route's text, and where its beginnings end.  Returns how many of
 * these there are, at least 1.  path: as in a request, with its query.
 */
unsigned	 route_text(struct http1_str method, struct http1_str path,
		    char text[ROUTE_TEXT], size_t ends[ROUTE_SEGMENTS + 1]);

/* Returns an empty table; NULL without memory. */
struct routes	*routes_new(void);
void		 routes_free(struct routes *);
/* Returns a copy; NULL without memory. */
struct routes	*routes_copy(const struct routes *);

/* Notes that a route belongs to a part.  Returns whether that is new. */
bool		 routes_learn(struct routes *, const struct route *,
		    struct route_part);

/* Tells of the nth route that is known.  Returns false where there is none. */
bool		 routes_nth(const struct routes *, unsigned n, struct route *,
		    struct route_part *);

/* Returns whether a route belongs to another part than that. */
bool		 routes_has_other(const struct routes *, struct route_part);

/* Finds the part that a route belongs to.  Returns false when to none. */
bool		 routes_find(struct routes *, const struct route *,
		    struct route_part *);

#endif
