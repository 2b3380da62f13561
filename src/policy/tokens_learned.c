/* SPDX-License-Identifier: ISC */
#include "policy/tokens_learned.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct kind {
	uint64_t		 kind;		/* 0: none */
	uint64_t		 used;		/* counts uses of the table */
	uint64_t		 last[TOKENS_LEARNED_LAST];
	unsigned		 n;		/* that were noted */
};

struct tokens_learned {
	uint64_t		 uses;
	struct kind		 all[TOKENS_LEARNED_KINDS];
};

struct tokens_learned *
tokens_learned_new(void)
{
	return calloc(1, sizeof(struct tokens_learned));
}

void
tokens_learned_free(struct tokens_learned *t)
{
	free(t);
}

/* Its entry, or the one that it may have. */
static struct kind *
find(struct tokens_learned *t, uint64_t kind)
{
	struct kind *k, *oldest = &t->all[0];
	unsigned i;

	for (i = 0; i < TOKENS_LEARNED_KINDS; i++) {
		k = &t->all[i];
		if (k->kind == kind)
			return k;
		if (k->used < oldest->used)
			oldest = k;
	}
	return oldest;
}

void
tokens_learned_note(struct tokens_learned *t, uint64_t kind, uint64_t amount)
{
	struct kind *k = find(t, kind);

	if (k->kind != kind)
		*k = (struct kind){ .kind = kind };
	k->used = ++t->uses;
	k->last[k->n++ % TOKENS_LEARNED_LAST] = amount;
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

uint64_t
tokens_learned(struct tokens_learned *t, uint64_t kind)
{
	struct kind *k = find(t, kind);
	uint64_t sorted[TOKENS_LEARNED_LAST];
	unsigned n;

	if (k->kind != kind || k->n < TOKENS_LEARNED_LEAST)
		return UINT64_MAX;
	k->used = ++t->uses;
	n = k->n < TOKENS_LEARNED_LAST ? k->n : TOKENS_LEARNED_LAST;
	memcpy(sorted, k->last, n * sizeof sorted[0]);
	qsort(sorted, n, sizeof sorted[0], compare);
	return sorted[(n * 9 + 9) / 10 - 1];
}
