/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_PATH_READING_H
#define SLUICE_PATH_READING_H

#include <stdbool.h>

#include "policy/path.h"

/*
 * All that a path may mean.  Some servers take "%2F" for a slash and others do
 * not, some leave ";x=1" out; who chooses the spelling must not choose by it
 * which limit he is held to.  So there is a plain reading (path_split()), and
 * others, one for each way that servers differ in which makes a difference to
 * this path, and for each combination of such ways:
 */
enum path_way {
	PATH_SLASHES = 1 << 0,		/* %2F is a slash */
	PATH_BACKSLASHES = 1 << 1,	/* \ and %5C are slashes */
	PATH_PARAMETERS = 1 << 2,	/* ; and what follows is left out */
	/* blanks and dots at the end of a segment, and all from %00 on, are */
	PATH_ENDS = 1 << 3,
	PATH_EMPTY = 1 << 4,		/* ".." may take back a // */
	PATH_DOTS = 1 << 5,		/* "." and ".." are names */
};
/* Where dots are names, nothing is taken back. */
#define PATH_READINGS	48

/*
 * Bytes of a path that can be read in more than one way, at most: longer ones
 * would cost too much time.
 */
#define PATH_READ	8192

/* The readings of one path; the fields are path_reading.c's. */
struct path_readings {
	struct http1_str	 path;		/* without its query */
	unsigned		 possible;	/* ways that matter to it */
	unsigned		 way;		/* of the next one */
	bool			 over;
};

/*
 * Starts with the path of a request's target, as path_split() does, whose bytes
 * must stay.  Returns false for what is none.
 */
bool		 path_readings_start(struct path_readings *, struct http1_str)
		    __attribute__((warn_unused_result));

/*
 * Whether a path can be read in more than one way, and is longer than
 * PATH_READ: then only the plain reading follows, and is not to be relied on.
 */
bool		 path_readings_too_long(const struct path_readings *);

/*
 * Takes the next reading, of which some may be the same; the plain one comes
 * first.  Returns false when there are no more.
 */
bool		 path_readings_next(struct path_readings *, struct path *);

#endif
