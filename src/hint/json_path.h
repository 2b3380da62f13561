/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_JSON_PATH_H
#define SLUICE_JSON_PATH_H

#include <stdbool.h>

#include <jansson.h>

/*
 * A path in JSON is keys with dots between them: error.errors.*.reason.  * is
 * each member or element; an array where a key is looked for stands for each
 * of its elements.
 */

#define JSON_PATH_STEPS		16	/* of a path, at most */

/* Returns whether it is one, with keys that are not empty. */
bool		 json_path_is(const char *);

/* Who is told of what is at a path: one call for each value. */
struct json_path_walk {
	void	(*at)(json_t *, void *);
	void	*arg;
};

/* Tells of each value that is at a path, in their order. */
void		 json_path_follow(json_t *, const char *path,
		    const struct json_path_walk *);

#endif
