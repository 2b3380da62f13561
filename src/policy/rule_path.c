/* SPDX-License-Identifier: ISC */
#include "policy/rule_path.h"

#include <string.h>

bool
rule_path_requested(const struct http1_head *head, struct path *path)
{
	static const char whole[] = "OPTIONS";

	if (head->path.len == 0 && head->method.len == sizeof whole - 1 &&
	    memcmp(head->method.p, whole, sizeof whole - 1) == 0)
		return false;
	return path_split(path, head->path);
}

int
rule_path_of(const struct rule *rule, const struct http1_head *head)
{
	struct path path;
	size_t i;

	if (rule->npaths == 0 || !rule_path_requested(head, &path))
		return -1;
	for (i = 0; i < rule->npaths; i++)
		if (path_pattern_match(&rule->paths[i].pattern, &path))
			return (int)i;
	return -1;
}
