/* SPDX-License-Identifier: ISC */
#include "hint/json_walk.h"

#include <stddef.h>

static bool
walk(json_t *from, json_walk_fn *is, void *arg, unsigned depth)
{
	const char *key;
	json_t *value;
	size_t i;

	if (depth > JSON_WALK_DEPTH)
		return false;
	json_array_foreach (from, i, value)
		if (i < JSON_WALK_ELEMENTS && walk(value, is, arg, depth + 1))
			return true;
	json_object_foreach (from, key, value)
		if (is(key, value, arg) || walk(value, is, arg, depth + 1))
			return true;
	return false;
}

bool
json_walk(json_t *from, json_walk_fn *is, void *arg)
{
	return walk(from, is, arg, 0);
}
