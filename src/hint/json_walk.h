/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_JSON_WALK_H
#define SLUICE_JSON_WALK_H

#include <stdbool.h>

#include <jansson.h>

#define JSON_WALK_DEPTH		5	/* of values in values */
#define JSON_WALK_ELEMENTS	16	/* of an array */

/* Returns whether a member of an object is what is looked for. */
typedef bool json_walk_fn(const char *key, json_t *value, void *arg);

/*
 * Shows the members of all objects in a value (NULL: there are none), each before
 * what is inside of it, until one is what is looked for.  Returns whether one
 * was.  It recurses to JSON_WALK_DEPTH, whatever the text looks like.
 */
bool	 json_walk(json_t *, json_walk_fn *, void *arg);

#endif
