/* SPDX-License-Identifier: ISC */
#include "hint/json_path.h"

#include <string.h>

static void	 descend(json_t *, const char *, unsigned,
		    const struct json_path_walk *);

static void
each(json_t *from, const char *rest, unsigned depth,
    const struct json_path_walk *w)
{
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_array(from)) {
		json_array_foreach (from, i, value)
			descend(value, rest, depth, w);
		return;
	}
	json_object_foreach (from, key, value)
		descend(value, rest, depth, w);
}

static void
member(json_t *from, const char *key, size_t n, const char *rest,
    unsigned depth, const struct json_path_walk *w)
{
	json_t *value = json_object_getn(from, key, n);

	if (value != NULL)
		descend(value, rest, depth, w);
}

/* It recurses once for each step of the path, whatever the text looks like. */
static void
descend(json_t *from, const char *path, unsigned depth,
    const struct json_path_walk *w)
{
	size_t i, n = strcspn(path, ".");
	const char *rest = path[n] == '.' ? path + n + 1 : path + n;
	json_t *value;

	if (n == 0) {
		w->at(from, w->arg);
		return;
	}
	if (depth == JSON_PATH_STEPS)
		return;
	if (n == 1 && path[0] == '*')
		each(from, rest, depth + 1, w);
	else if (json_is_array(from)) {
		json_array_foreach (from, i, value)
			member(value, path, n, rest, depth + 1, w);
	} else
		member(from, path, n, rest, depth + 1, w);
}

void
json_path_follow(json_t *root, const char *path,
    const struct json_path_walk *w)
{
	descend(root, path, 0, w);
}

bool
json_path_is(const char *path)
{
	unsigned steps;
	size_t n;

	for (steps = 1; steps <= JSON_PATH_STEPS; steps++) {
		n = strcspn(path, ".");
		if (n == 0)
			return false;
		if (path[n] == '\0')
			return true;
		path += n + 1;
	}
	return false;
}
