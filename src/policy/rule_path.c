/* SPDX-License-Identifier: ISC */
#include "policy/rule_path.h"

#include <string.h>

bool
rule_path_requested(const struct http1_head *head, struct path_readings *r)
{
	static const char whole[] = "OPTIONS";

	if (head->path.len == 0 && head->method.len == sizeof whole - 1 &&
	    memcmp(head->method.p, whole, sizeof whole - 1) == 0)
		return false;
	return path_readings_start(r, head->path);
}

/* The part that wins for one reading; npaths: none does. */
static size_t
winner(const struct rule *rule, const struct path *path)
{
	size_t i;

	for (i = 0; i < rule->npaths; i++)
		if (path_pattern_match(&rule->paths[i].pattern, path))
			break;
	return i;
}

static bool
has(const unsigned *parts, int n, size_t part)
{
	while (n > 0)
		if (parts[--n] == part)
			return true;
	return false;
}

int
rule_path_of(const struct rule *rule, const struct http1_head *head,
    unsigned parts[RULE_PATH_PARTS])
{
	struct path_readings readings;
	struct path path;
	size_t part;
	int n = 0;

	if (rule->npaths == 0 && rule->ncosts == 0)
		return 0;
	if (!rule_path_requested(head, &readings))
		return 0;
	if (path_readings_too_long(&readings))
		return -1;
	if (rule->npaths == 0)
		return 0;
	while (path_readings_next(&readings, &path)) {
		part = winner(rule, &path);
		if (part == rule->npaths || has(parts, n, part))
			continue;
		if (n == RULE_PATH_PARTS)
			return -1;
		parts[n++] = (unsigned)part;
	}
	return n;
}
