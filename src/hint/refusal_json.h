/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_REFUSAL_JSON_H
#define SLUICE_REFUSAL_JSON_H

#include <stdbool.h>

#include <jansson.h>

#include "hint/refusal.h"
#include "hint/refusal_text.h"

/* Paths in JSON; what they are stands in hint/refusal.h. */

/* Returns whether it is one, with keys that are not empty. */
bool		 refusal_is_path(const char *);

/* Who is told of what is at a path: one call for each value. */
struct refusal_walk {
	void	(*at)(json_t *, void *);
	void	*arg;
};

/* Tells of each value that is at a path, in their order. */
void		 refusal_json_follow(json_t *, const char *path,
		    const struct refusal_walk *);

/*
 * Parses a body, without the byte order mark that it may begin with.  Returns a
 * reference that the caller drops; NULL when it is no JSON.
 */
json_t		*refusal_json_parse(const struct refusal_text *);

/* Returns whether the rule needs the body as JSON. */
bool		 refusal_reads_json(const struct refusal_rule *);

#endif
