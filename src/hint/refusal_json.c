/* SPDX-License-Identifier: ISC */
#include "hint/refusal_json.h"

#include <string.h>

static void	 descend(json_t *, const char *, unsigned,
		    const struct refusal_walk *);

static void
each(json_t *from, const char *rest, unsigned depth,
    const struct refusal_walk *w)
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
    unsigned depth, const struct refusal_walk *w)
{
	json_t *value = json_object_getn(from, key, n);

	if (value != NULL)
		descend(value, rest, depth, w);
}

/* It recurses once for each step of the path, whatever the text looks like. */
static void
descend(json_t *from, const char *path, unsigned depth,
    const struct refusal_walk *w)
{
	size_t i, n = strcspn(path, ".");
	const char *rest = path[n] == '.' ? path + n + 1 : path + n;
	json_t *value;

	if (n == 0) {
		w->at(from, w->arg);
		return;
	}
	if (depth == REFUSAL_STEPS)
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
refusal_json_follow(json_t *root, const char *path,
    const struct refusal_walk *w)
{
	descend(root, path, 0, w);
}

bool
refusal_is_path(const char *path)
{
	unsigned steps;
	size_t n;

	for (steps = 1; steps <= REFUSAL_STEPS; steps++) {
		n = strcspn(path, ".");
		if (n == 0)
			return false;
		if (path[n] == '\0')
			return true;
		path += n + 1;
	}
	return false;
}

json_t *
refusal_json_parse(const struct refusal_text *t)
{
	static const char mark[] = "\xef\xbb\xbf";
	size_t skip = 0;

	if (t->len >= 3 && memcmp(t->p, mark, 3) == 0)
		skip = 3;
	return json_loadb(t->p + skip, t->len - skip, JSON_DECODE_INT_AS_REAL |
	    JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, NULL);
}

bool
refusal_reads_json(const struct refusal_rule *r)
{
	return r->json != NULL || r->delay != NULL || r->need != NULL ||
	    r->limit;
}
