/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_REFUSAL_JSON_H
#define SLUICE_REFUSAL_JSON_H

#include <stdbool.h>

#include <jansson.h>

#include "hint/refusal.h"
#include "hint/refusal_text.h"

/* Whether it is a path in JSON. */
bool		 refusal_is_path(const char *);

/* All that is at a path, one call for each. */
struct refusal_walk {
	void	(*at)(json_t *, void *);
	void	*arg;
};

/* Follows a path, which is one. */
void		 refusal_json_follow(json_t *, const char *path,
		    const struct refusal_walk *);

/* What is a text with a mark of its order of bytes, is read without. */
json_t		*refusal_json_parse(const struct refusal_text *);

/* Whether the rule needs the body as JSON. */
bool		 refusal_reads_json(const struct refusal_rule *);

#endif
