/* SPDX-License-Identifier: ISC */
#include "hint/json_steps.h"

#include <string.h>

static bool
is_step(const char *path, const struct json_scan_step *step, const char *key,
    size_t len)
{
	return step->any || (step->len == len &&
	    memcmp(path + step->at, key, len) == 0);
}

/* The value of a path's next step: it is there, or leads on. */
static void
go_on(struct json_scan *s, unsigned path, uint16_t at)
{
	uint64_t bit = (uint64_t)1 << path;

	if (s->paths->steps[at].last) {
		s->hits |= bit;
		return;
	}
	s->leads |= bit;
	s->here[path] = (uint16_t)(at + 1);
}

void
json_steps_key(struct json_scan *s, const char *key, size_t len)
{
	const struct json_scan_paths *paths = s->paths;
	const uint16_t *at = s->at[s->depth - 1];
	uint64_t left;
	unsigned i;

	for (left = s->in[s->depth - 1]; left != 0; left &= left - 1) {
		i = (unsigned)__builtin_ctzll(left);
		if (is_step(paths->all[i], &paths->steps[at[i]], key, len))
			go_on(s, i, at[i]);
	}
}

void
json_steps_element(struct json_scan *s)
{
	const uint16_t *at = s->at[s->depth - 1];
	uint64_t left;
	unsigned i;

	s->hits = s->leads = 0;
	for (left = s->in[s->depth - 1]; left != 0; left &= left - 1) {
		i = (unsigned)__builtin_ctzll(left);
		if (s->paths->steps[at[i]].any) {
			go_on(s, i, at[i]);
			continue;
		}
		s->leads |= left & -left;
		s->here[i] = at[i];
	}
}

void
json_steps_found(struct json_scan *s, enum json_scan_kind kind, uint64_t amount)
{
	struct json_scan_value *v;
	uint64_t left;

	for (left = s->hits; left != 0; left &= left - 1) {
		v = &s->values[__builtin_ctzll(left)];
		v->kind = kind;
		v->amount = amount;
		v->hash = kind == JSON_SCAN_TEXT ? s->hash : 0;
		if (amount > v->most)
			v->most = amount;
	}
}

void
json_steps_in(struct json_scan *s)
{
	uint64_t left, lengths = 0;
	unsigned i;

	for (left = s->leads; left != 0; left &= left - 1) {
		i = (unsigned)__builtin_ctzll(left);
		s->at[s->depth][i] = s->here[i];
		lengths |= s->paths->steps[s->here[i]].lengths;
	}
	s->in[s->depth] = s->leads;
	s->lengths[s->depth] = lengths;
}
