/* SPDX-License-Identifier: ISC */
#include "admin/admin_hosts.h"

#include <stdlib.h>
#include <string.h>

#include "admin/admin_answer.h"
#include "admin/admin_history.h"
#include "admin/admin_host_value.h"
#include "admin/admin_query.h"
#include "admin/admin_walk.h"

/*
 * The list is made in pieces, between which the loop goes round: first all
 * hosts are looked at, HOSTS_PIECE at a time; then those of the page are looked
 * at again, PAGE_PIECE at a time, as they are then.  What is gone meanwhile is
 * left out.
 */

#define PAGE_PIECE	16	/* hosts, with their history */
#define PAGE_HISTORY	200	/* hosts of a page that has their history */

static const char *const states[] = {
	[HOSTS_OPEN] = "open",
	[HOSTS_RECOVERING] = "recovering",
	[HOSTS_PAUSED] = "paused",
	[HOSTS_DRAINING] = "draining",
	NULL,
};

static const char *const sorts[] = {
	[WALK_WORST] = "worst",
	[WALK_KEY] = "key",
	[WALK_WAITING] = "waiting",
	[WALK_IN_FLIGHT] = "in_flight",
	[WALK_OLDEST] = "oldest",
	NULL,
};

static const char *const bys[] = { "host", "rule", NULL };

struct list {
	struct admin_request	*request;
	admin_hosts_done	*done;
	struct deadline		 next;
	struct walk		*walk;
	uint64_t		 cursor;
	uint64_t		 limit;
	bool			 walked;
	size_t			 total;
	size_t			 at;		/* the next row */
	size_t			 end;		/* of the page */
	json_t			*hosts;
};

static void
free_list(struct list *l)
{
	deadline_free(&l->next);
	walk_free(l->walk);
	json_decref(l->hosts);
	free(l);
}

static void
ended_cb(struct admin_request *r)
{
	free_list(r->state);
	r->state = NULL;
}

static void
answer(struct list *l, json_t *value)
{
	struct admin_request *r = l->request;
	admin_hosts_done *done = l->done;

	r->ended = NULL;
	r->state = NULL;
	free_list(l);
	done(r, value);
}

static void
answer_page(struct list *l)
{
	char after[WALK_AFTER];
	json_t *next = json_null();

	if (l->end < l->total)
		next = admin_string(walk_after(after,
		    walk_row(l->walk, l->end - 1)));
	answer(l, json_pack("{s:O, s:I, s:o}", "hosts", l->hosts, "total",
	    (json_int_t)l->total, "next", next));
}

static json_t *
value_of(struct list *l, const struct walk_row *row, uint64_t now)
{
	struct admin_context *context = l->request->context;
	json_t *history = NULL, *value;
	struct host_view v;

	if (row->rule != NULL)
		return admin_host_value(&row->rule->view, row->rule->hosts,
		    NULL, NULL, now);
	if (!hosts_view_one(context->hosts, row->key, now, &v))
		return json_null();
	if (l->limit <= PAGE_HISTORY)
		history = admin_history_value(context->history, v.serial,
		    ADMIN_HISTORY);
	value = admin_host_value(&v, 1,
	    admin_override_of(context->hosts, v.key, now), history, now);
	host_view_done(&v);
	return value;
}

/* Returns false without memory. */
static bool
show_piece(struct list *l)
{
	uint64_t now = loop_now();
	json_t *value;
	int i;

	for (i = 0; i < PAGE_PIECE && l->at < l->end; i++) {
		value = value_of(l, walk_row(l->walk, l->at++), now);
		if (value == NULL)
			return false;
		if (json_is_null(value))
			json_decref(value);
		else if (json_array_append_new(l->hosts, value) != 0)
			return false;
	}
	return true;
}

static bool
walk_piece(struct list *l)
{
	if (hosts_view_piece(l->request->context->hosts, &l->cursor,
	    loop_now(), walk_add, l->walk))
		return true;
	l->walked = true;
	if (!walk_sort(l->walk, &l->total, &l->at))
		return false;
	l->end = l->total - l->at > l->limit ? l->at + l->limit : l->total;
	return true;
}

static void
next_cb(void *arg)
{
	struct list *l = arg;
	bool ok = l->walked ? show_piece(l) : walk_piece(l);

	if (!ok)
		answer(l, NULL);
	else if (l->walked && l->at == l->end)
		answer_page(l);
	else
		deadline_set(&l->next, loop_now());
}

static bool
read_query(struct admin_request *r, struct walk_query *q, uint64_t *limit)
{
	int sort, by;

	q->match = admin_query(r, "match");
	q->after = admin_query(r, "after");
	if (!admin_query_choice(r, "state", states, -1, &q->state) ||
	    !admin_query_choice(r, "sort", sorts, WALK_WORST, &sort) ||
	    !admin_query_choice(r, "by", bys, 0, &by) ||
	    !admin_query_number(r, "limit", 100, 1, 1000, limit))
		return false;
	if (q->after != NULL && !walk_is_after(q->after)) {
		admin_answer_problem(r, 400, "what the answer before this had "
		    "as next", "after is wrong");
		return false;
	}
	q->sort = (enum walk_sort)sort;
	/* who may not see all sees rules only, as that is named there */
	q->by_rule = by == 1 || !r->full;
	return true;
}

static void
list(struct admin_request *r, const struct walk_query *query, uint64_t limit,
    admin_hosts_done *done)
{
	struct list *l;

	if ((l = calloc(1, sizeof *l)) == NULL ||
	    (l->hosts = json_array()) == NULL) {
		free(l);
		done(r, NULL);
		return;
	}
	l->request = r;
	l->limit = limit;
	l->done = done;
	deadline_init(&l->next, r->context->loop, next_cb, l);
	if ((l->walk = walk_new(query)) == NULL) {
		free_list(l);
		done(r, NULL);
		return;
	}
	r->state = l;
	r->ended = ended_cb;
	next_cb(l);
}

static void
send_list(struct admin_request *r, json_t *value)
{
	admin_answer_json(r, 200, value);
}

void
admin_hosts(struct admin_request *r)
{
	struct walk_query query;
	uint64_t limit;

	if (read_query(r, &query, &limit))
		list(r, &query, limit, send_list);
}

void
admin_hosts_worst(struct admin_request *r, size_t limit,
    admin_hosts_done *done)
{
	struct walk_query query = {
		.state = -1,
		.sort = WALK_WORST,
		.by_rule = !r->full,
	};

	list(r, &query, limit, done);
}
