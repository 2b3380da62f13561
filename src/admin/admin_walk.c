/* SPDX-License-Identifier: ISC */
#include "admin/admin_walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HASH_NONFATAL_OOM	1
#include <uthash.h>

#include "admin/admin_match.h"

struct rule_entry {
	UT_hash_handle		 hh;
	const char		*name;		/* of its row */
	struct walk_rule	 rule;
};

struct walk {
	struct walk_query	 query;
	struct walk_row		 after;		/* where there is one */
	struct walk_row		*rows;
	size_t			 n;
	size_t			 room;
	struct rule_entry	*rules;		/* by name */
	bool			 failed;	/* for want of memory */
};

/* Order */

static int
less_first(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int
more_first(uint64_t a, uint64_t b)
{
	return less_first(b, a);
}

/* Who has waited longest; behind those who wait, nobody. */
static int
oldest_first(const struct walk_row *a, const struct walk_row *b)
{
	return less_first(a->oldest - 1, b->oldest - 1);
}

static int
worst_first(const struct walk_row *a, const struct walk_row *b)
{
	int order = more_first(a->state, b->state);

	if (order == 0)
		order = more_first(a->waiting, b->waiting);
	if (order == 0)
		order = oldest_first(a, b);
	return order != 0 ? order : more_first(a->in_flight, b->in_flight);
}

static int
row_cmp(const struct walk_row *a, const struct walk_row *b,
    enum walk_sort sort)
{
	int order = 0;

	switch (sort) {
	case WALK_WORST:
		order = worst_first(a, b);
		break;
	case WALK_KEY:
		break;
	case WALK_WAITING:
		order = more_first(a->waiting, b->waiting);
		break;
	case WALK_IN_FLIGHT:
		order = more_first(a->in_flight, b->in_flight);
		break;
	case WALK_OLDEST:
		order = oldest_first(a, b);
		break;
	}
	return order != 0 ? order : strcmp(a->key, b->key);
}

static int
sort_cb(const void *a, const void *b, void *sort)
{
	return row_cmp(a, b, *(const enum walk_sort *)sort);
}

/* Pages */

const char *
walk_after(char buf[WALK_AFTER], const struct walk_row *row)
{
	snprintf(buf, WALK_AFTER, "%d.%" PRIu64 ".%" PRIu64 ".%" PRIu64 ".%s",
	    (int)row->state, row->waiting, row->oldest, row->in_flight,
	    row->key);
	return buf;
}

static bool
read_number(const char **p, uint64_t *n)
{
	char *end;

	if (**p < '0' || **p > '9')
		return false;
	*n = strtoull(*p, &end, 10);
	if (*end != '.')
		return false;
	*p = end + 1;
	return true;
}

/* Returns the key, which is the text's end; or NULL. */
static const char *
read_after(struct walk_row *row, const char *p)
{
	uint64_t state;

	if (!read_number(&p, &state) || state > HOSTS_DRAINING ||
	    !read_number(&p, &row->waiting) ||
	    !read_number(&p, &row->oldest) ||
	    !read_number(&p, &row->in_flight))
		return NULL;
	row->state = (enum hosts_state)state;
	return p;
}

bool
walk_is_after(const char *text)
{
	struct walk_row row = { 0 };

	return read_after(&row, text) != NULL;
}

/* The walk */

struct walk *
walk_new(const struct walk_query *query)
{
	const char *key;
	struct walk *w;

	if ((w = calloc(1, sizeof *w)) == NULL)
		return NULL;
	w->query = *query;
	if (query->after != NULL &&
	    ((key = read_after(&w->after, query->after)) == NULL ||
	    (w->after.key = strdup(key)) == NULL)) {
		walk_free(w);
		return NULL;
	}
	return w;
}

void
walk_free(struct walk *w)
{
	struct rule_entry *entry, *next;
	size_t i;

	if (w == NULL)
		return;
	HASH_ITER(hh, w->rules, entry, next) {
		HASH_DEL(w->rules, entry);
		host_view_done(&entry->rule.view);
		free(entry);
	}
	for (i = 0; i < w->n; i++)
		free(w->rows[i].key);
	free(w->rows);
	free(w->after.key);
	free(w);
}

static void
fill(struct walk_row *row, const struct host_view *v)
{
	row->state = v->state;
	row->waiting = v->throttle.waiting;
	row->oldest = v->throttle.waiting > 0 ? v->throttle.oldest : 0;
	row->in_flight = v->throttle.host.inflight;
}

static struct walk_row *
add_row(struct walk *w, const char *key)
{
	size_t room = w->room > 0 ? 2 * w->room : 256;
	struct walk_row *rows;

	if (w->n == w->room) {
		rows = reallocarray(w->rows, room, sizeof *rows);
		if (rows == NULL)
			return NULL;
		w->rows = rows;
		w->room = room;
	}
	w->rows[w->n] = (struct walk_row){ .key = strdup(key) };
	return w->rows[w->n].key != NULL ? &w->rows[w->n++] : NULL;
}

/* Rules */

/* Of each rate the least that is left of any. */
static void
merge_budget(struct budget_view *to, const struct budget_view *b)
{
	unsigned i;

	to->inflight += b->inflight;
	to->unsettled += b->unsettled;
	to->window += b->window;
	for (i = 0; i < to->nrates && i < b->nrates; i++)
		if (b->rates[i].left < to->rates[i].left) {
			to->rates[i] = b->rates[i];
			to->shared.leased = b->shared.leased;
			to->shared.told_at = b->shared.told_at;
		}
	if (b->shape_until != 0 && (to->shape_until == 0 ||
	    b->shape_left < to->shape_left)) {
		to->shape_until = b->shape_until;
		to->shape_left = b->shape_left;
	}
}

static void
merge_observed(struct host_view *to, const struct host_view *v)
{
	unsigned i;

	if (!v->observing)
		return;
	if (!to->observing)
		to->observed = (struct observe_view){ .waiting = 0 };
	to->observing = true;
	for (i = 0; i < STATS_DECISIONS; i++)
		to->observed.decided[i] += v->observed.decided[i];
	to->observed.waiting += v->observed.waiting;
}

/* Of several that are shared, one that is without the store. */
static void
merge_shared(struct shared_view *to, const struct shared_view *s)
{
	to->lent += s->lent;
	if (!to->is || s->source != LEASE_STORE)
		to->source = s->source;
	to->is = to->is || s->is;
}

static void
merge(struct host_view *to, const struct host_view *v)
{
	struct throttle_view *t = &to->throttle;

	if (v->throttle.host.paused_until > t->host.paused_until) {
		t->host.paused_until = v->throttle.host.paused_until;
		to->cause = v->cause;
		memcpy(to->why, v->why, sizeof to->why);
	}
	if (v->state > to->state)
		to->state = v->state;
	if (t->waiting == 0 || (v->throttle.waiting > 0 &&
	    v->throttle.oldest < t->oldest))
		t->oldest = v->throttle.oldest;
	t->waiting += v->throttle.waiting;
	t->clients += v->throttle.clients;
	merge_budget(&t->host, &v->throttle.host);
	merge_shared(&t->shared, &v->throttle.shared);
	merge_shared(&t->host.shared, &v->throttle.host.shared);
	merge_observed(to, v);
	to->tunnels += v->tunnels;
	to->overridden = to->overridden || v->overridden;
	to->admitted += v->admitted;
	to->refused += v->refused;
	to->throttled += v->throttled;
	to->resent += v->resent;
}

/* What an operator wrote may name a host. */
static void
hide(struct host_view *v)
{
	if (v->cause == STATS_MANUAL)
		snprintf(v->why, sizeof v->why, "by an operator");
}

static void
add_rule(struct walk *w, const struct host_view *v)
{
	struct rule_entry *entry;
	struct host_view one = *v;

	hide(&one);
	HASH_FIND_STR(w->rules, v->rule->name, entry);
	if (entry != NULL) {
		merge(&entry->rule.view, &one);
		entry->rule.hosts++;
		return;
	}
	if ((entry = calloc(1, sizeof *entry)) == NULL) {
		w->failed = true;
		return;
	}
	entry->rule.view = one;
	entry->rule.view.conf = conf_ref(v->conf);
	snprintf(entry->rule.view.key, sizeof entry->rule.view.key, "%s",
	    v->rule->name);
	entry->rule.hosts = 1;
	entry->name = entry->rule.view.key;
	HASH_ADD_KEYPTR(hh, w->rules, entry->name, strlen(entry->name),
	    entry);
	if (entry->hh.tbl == NULL) {
		host_view_done(&entry->rule.view);
		free(entry);
		w->failed = true;
	}
}

static void
take(struct walk *w, const struct host_view *v, struct walk_rule *rule)
{
	struct walk_row *row;

	if (w->query.match != NULL && !admin_match(w->query.match, v->key))
		return;
	if (w->query.state >= 0 &&
	    v->state != (enum hosts_state)w->query.state)
		return;
	if ((row = add_row(w, v->key)) == NULL) {
		w->failed = true;
		return;
	}
	fill(row, v);
	row->rule = rule;
}

void
walk_add(const struct host_view *v, void *arg)
{
	struct walk *w = arg;

	if (w->query.by_rule)
		add_rule(w, v);
	else
		take(w, v, NULL);
}

bool
walk_sort(struct walk *w, size_t *total, size_t *first)
{
	struct rule_entry *entry, *next;

	HASH_ITER(hh, w->rules, entry, next)
		take(w, &entry->rule.view, &entry->rule);
	if (w->n > 0)
		qsort_r(w->rows, w->n, sizeof *w->rows, sort_cb,
		    &w->query.sort);
	*total = w->n;
	for (*first = 0; w->after.key != NULL && *first < w->n; ++*first)
		if (row_cmp(&w->rows[*first], &w->after,
		    w->query.sort) > 0)
			break;
	return !w->failed;
}

const struct walk_row *
walk_row(const struct walk *w, size_t n)
{
	return n < w->n ? &w->rows[n] : NULL;
}
