/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_REFUSAL_H
#define SLUICE_CHECK_REFUSAL_H

#include <check.h>
#include <stdint.h>
#include <string.h>

#include "hint/refusal_pick.h"
#include "check_run.h"

/* What the tests of refusals share: rules, and responses to pick them for. */

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define SECOND	1000000000ULL
#define NOW	1700000000

#define NONE	UINT64_MAX

static inline struct refusal_rule
rule(const char *json, const char *const *in, const char *contains,
    const char *delay)
{
	return (struct refusal_rule){
		.name = "test",
		.statuses = { 403 },
		.nstatuses = 1,
		.json = json,
		.in = in,
		.contains = contains,
		.delay = delay,
	};
}

static struct http1_head head;

static inline void
field(const char *line)
{
	struct http1_field *f = &head.fields[head.nfields++];
	const char *colon = strchr(line, ':');

	f->name = (struct http1_str){ line, (size_t)(colon - line) };
	f->value = (struct http1_str){ colon + 2, strlen(colon + 2) };
	f->id = http1_str_is(f->name, "content-type") ? HTTP1_CONTENT_TYPE :
	    HTTP1_OTHER;
}

static inline unsigned
pick(const struct refusal_rule *r, const char *path)
{
	struct http1_str p = { path, path == NULL ? 0 : strlen(path) };
	const struct refusal_rule *picked[REFUSAL_RULES];

	return refusal_pick(r, 1, &head, p, picked, 0);
}

#endif
