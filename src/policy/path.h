/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_PATH_H
#define SLUICE_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "http/http1.h"

/*
 * Path patterns, and which of them wins.
 *
 *	/search			that path
 *	/repos/[*]/issues	(without the brackets) any one segment there
 *	/repos/[**]		/repos and whatever is below it
 *	/			the root alone
 *
 * How a server reads a path is its own affair, and who asks for
 * "//%73earch/" may get what is at "/search".  So a path is read as the most
 * lenient server would, that nothing passes by a limit which others are held
 * to:
 *
 *	- the query does not count, and neither do empty segments, at the end
 *	  or elsewhere;
 *	- "." and ".." are resolved, also where they are encoded;
 *	- what is percent-encoded is the same as what it stands for, but for
 *	  %2F and %25, by which servers tell one segment from two;
 *	- letters differ by case, as they do for most servers.
 *
 * That is the plain reading.  Where servers differ, path_reading.h has the
 * others.
 *
 * No recursion, no memory: the time is linear in the path's length to split it,
 * and in the pattern's to match it.
 */

#define PATH_SEGMENTS	32		/* of a pattern, at most */

/* A path in its segments, which point into the caller's bytes. */
struct path {
	struct http1_str	 segments[PATH_SEGMENTS]; /* the first */
	size_t			 n;	/* all of them */
};

struct path_pattern {
	struct http1_str	 text;	/* the caller's; without the end that
					   does not count */
	unsigned		 nsegments;	/* without the last ** */
	unsigned		 nliterals;	/* of them */
	bool			 rest;	/* ends with ** */
};

/*
 * Splits the path of a request's target, with its query or without.  False for
 * what is none: what does not begin with "/", or is not there (NULL).  An
 * empty path, and a query alone, stand for "/" (RFC 9112 3.2.1).
 */
bool		 path_split(struct path *, struct http1_str)
		    __attribute__((warn_unused_result));

/*
 * Parses a pattern, which points into the text from then on.  NULL when it is
 * one, else what was expected instead: a constant such as "a path that begins
 * with /".
 */
const char	*path_pattern_parse(struct path_pattern *, const char *,
		    size_t len) __attribute__((warn_unused_result));

bool		 path_pattern_match(const struct path_pattern *,
		    const struct path *);

/*
 * Less than 0 where the first pattern wins for a path that both match, 0 for
 * equal ones: more literal segments beat fewer, an end beats **, longer beats
 * shorter, and then a literal segment beats * where they first differ.
 */
int		 path_pattern_compare(const struct path_pattern *,
		    const struct path_pattern *);

#endif
