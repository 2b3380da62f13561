/* SPDX-License-Identifier: ISC */
#include "base/stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A name that there is no memory for is not in the table: add_name() looks. */
#define HASH_NONFATAL_OOM	1
#include <uthash.h>

/*
 * A block is made by the thread that counts in it, when it first does so, and
 * stays until stats_free(): with a thread that has ended its counts would go
 * back.  It has cache lines of its own, so that threads that count the same
 * series do not slow each other down.
 */

#define LINE	64	/* bytes of a cache line */

struct stats {
	struct stats	*next;		/* in all */
	_Atomic(struct stats_block *) blocks[STATS_SERIES];
};

struct name {
	UT_hash_handle	 hh;
	unsigned	 series;
	char		 text[];
};

struct stats_process stats_process;

static _Atomic(struct stats *) all;
/* Changed by the main thread only. */
static struct name *table;
static _Atomic(struct name *) names[STATS_NAMES_MAX];
static _Atomic unsigned nnames;

/* The usual ones are there from the start: the first one is one more, too. */
#define USUAL	{ 429, 503 }

static _Atomic int throttled[STATS_THROTTLED] = USUAL;

/* Threads and their blocks */

struct stats *
stats_new(void)
{
	struct stats *s;

	if ((s = calloc(1, sizeof *s)) == NULL)
		return NULL;
	if (stats_of(s, STATS_OTHER) == NULL) {
		free(s);
		return NULL;
	}
	s->next = atomic_load(&all);
	while (!atomic_compare_exchange_weak(&all, &s->next, s))
		;
	return s;
}

static struct stats_block *
new_block(struct stats *s, unsigned series)
{
	size_t size = (sizeof(struct stats_block) + LINE - 1) / LINE * LINE;
	struct stats_block *b;

	if ((b = aligned_alloc(LINE, size)) == NULL)
		return atomic_load_explicit(&s->blocks[STATS_OTHER],
		    memory_order_relaxed);
	memset(b, 0, size);
	/* whoever reads finds it zeroed */
	atomic_store_explicit(&s->blocks[series], b, memory_order_release);
	return b;
}

struct stats_block *
stats_of(struct stats *s, unsigned series)
{
	struct stats_block *b = atomic_load_explicit(&s->blocks[series],
	    memory_order_relaxed);

	return b != NULL ? b : new_block(s, series);
}

void
stats_sum(unsigned series, struct stats_block *sum)
{
	const size_t n = sizeof *sum / sizeof(stats_count);
	stats_count *to = (stats_count *)sum;
	const stats_count *from;
	struct stats *s;
	size_t i;

	_Static_assert(sizeof(struct stats_block) % sizeof(stats_count) == 0,
	    "a block is counters, and nothing else");
	for (s = atomic_load(&all); s != NULL; s = s->next) {
		from = (const stats_count *)atomic_load_explicit(
		    &s->blocks[series], memory_order_acquire);
		for (i = 0; from != NULL && i < n; i++)
			stats_add(&to[i], atomic_load_explicit(&from[i],
			    memory_order_relaxed));
	}
}

/* Histograms */

#define MS	UINT64_C(1000000)

static const uint64_t bounds[STATS_BUCKETS] = {
	1 * MS, 5 * MS, 25 * MS, 100 * MS, 500 * MS, 1000 * MS, 2500 * MS,
	5000 * MS, 10000 * MS, 30000 * MS, 60000 * MS, 300000 * MS,
};

uint64_t
stats_bound(unsigned bucket)
{
	return bounds[bucket];
}

void
stats_observe(struct stats_histogram *h, uint64_t ns)
{
	unsigned i;

	for (i = 0; i < STATS_BUCKETS && ns > bounds[i]; i++)
		;
	stats_add(&h->buckets[i], 1);
	stats_add(&h->sum, ns);
}

/* Names */

/* Returns NULL without memory. */
static struct name *
add_name(const char *text, unsigned series)
{
	size_t len = strlen(text);
	struct name *name;

	if ((name = calloc(1, sizeof *name + len + 1)) == NULL)
		return NULL;
	name->series = series;
	memcpy(name->text, text, len);
	HASH_ADD(hh, table, text[0], len, name);
	if (name->hh.tbl == NULL) {
		free(name);
		return NULL;
	}
	return name;
}

static const char *const ours[] = {
	[STATS_DEFAULT] = "_default",
	[STATS_OTHER] = "_other",
};

/* Nobody else's label may be one of the two that are ours. */
static bool
is_ours(const char *text, unsigned *series)
{
	for (*series = 0; *series < 2; ++*series) {
		if (strcmp(text, ours[*series]) == 0)
			return true;
	}
	return false;
}

unsigned
stats_series(const char *text, size_t max)
{
	unsigned n = atomic_load(&nnames), series;
	struct name *name;

	if (is_ours(text, &series))
		return series;
	HASH_FIND(hh, table, text, strlen(text), name);
	if (name != NULL)
		return name->series;
	if (n >= max || n >= STATS_NAMES_MAX ||
	    (name = add_name(text, n + 2)) == NULL)
		return STATS_OTHER;
	atomic_store(&names[n], name);
	atomic_store(&nnames, n + 1);
	return name->series;
}

const char *
stats_name(unsigned series)
{
	const struct name *name;

	if (series < 2)
		return ours[series];
	if (series >= STATS_SERIES ||
	    (name = atomic_load(&names[series - 2])) == NULL)
		return NULL;
	return name->text;
}

unsigned
stats_names(void)
{
	return atomic_load(&nnames) + 2;
}

/* Statuses */

unsigned
stats_throttled_slot(int status)
{
	unsigned i;
	int is;

	for (i = 0; i < STATS_THROTTLED; i++) {
		is = 0;
		if (atomic_compare_exchange_strong(&throttled[i], &is,
		    status) || is == status)
			return i;
	}
	return STATS_THROTTLED;
}

int
stats_throttled_status(unsigned slot)
{
	return slot < STATS_THROTTLED ? atomic_load(&throttled[slot]) : 0;
}

/* Named budgets */

#define BUDGET_NAME	32	/* bytes, with its end */

static char		 budgets[STATS_BUDGETS][BUDGET_NAME];
static _Atomic unsigned	 nbudgets;

unsigned
stats_budget(const char *name)
{
	unsigned i, n = atomic_load(&nbudgets);

	for (i = 0; i < n; i++)
		if (strcmp(budgets[i], name) == 0)
			return i;
	if (n == STATS_BUDGETS)
		return n;
	snprintf(budgets[n], sizeof budgets[n], "%s", name);
	atomic_store(&nbudgets, n + 1);
	return n;
}

const char *
stats_budget_name(unsigned slot)
{
	if (slot == STATS_BUDGETS)
		return "_other";
	return slot < atomic_load(&nbudgets) ? budgets[slot] : NULL;
}

/* The end */

static void
free_names(void)
{
	struct name *name, *next;
	unsigned i;

	HASH_ITER(hh, table, name, next) {
		HASH_DELETE(hh, table, name);
		free(name);
	}
	for (i = 0; i < atomic_load(&nnames); i++)
		atomic_store(&names[i], NULL);
	atomic_store(&nnames, 0);
}

void
stats_free(void)
{
	static const int usual[STATS_THROTTLED] = USUAL;
	struct stats *s;
	unsigned i;

	while ((s = atomic_load(&all)) != NULL) {
		atomic_store(&all, s->next);
		for (i = 0; i < STATS_SERIES; i++)
			free(atomic_load(&s->blocks[i]));
		free(s);
	}
	free_names();
	atomic_store(&nbudgets, 0);
	memset(&stats_process, 0, sizeof stats_process);
	for (i = 0; i < STATS_THROTTLED; i++)
		atomic_store(&throttled[i], usual[i]);
}
