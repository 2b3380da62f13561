/* SPDX-License-Identifier: ISC */
#include "admin/admin_suggest.h"

#include <stdlib.h>

#include "admin/admin_answer.h"
#include "admin/admin_estimate.h"
#include "admin/admin_query.h"
#include "admin/admin_value.h"
#include "admin/suggestion.h"

static json_t *
limits_of(const struct suggestion *s)
{
	if (!s->confident)
		return json_null();
	return json_pack("{so so so ss}",
	    "capacity", s->capacity > 0 ? admin_units((int64_t)s->capacity) :
	    json_null(), "period", s->capacity > 0 ?
	    admin_seconds(s->period) : json_null(),
	    "concurrency", s->concurrency > 0 ?
	    json_integer(s->concurrency) : json_null(), "yaml", s->yaml);
}

/*
 * All of them are collected piece by piece; then the parts of those that have
 * some, which cannot be asked for while a host is looked at.
 */

#define PARTS_PIECE	16	/* hosts, whose parts are told */

struct list {
	struct admin_request *request;
	struct deadline	 next;
	uint64_t	 cursor;	/* of the table of hosts */
	bool		 walked;
	json_t		*items;
	json_t		*asked;		/* those whose parts are to be told */
	size_t		 at;		/* the next one of these */
	struct part_view parts[HOSTS_PARTS];
	uint64_t	 now;		/* ns */
	bool		 failed;	/* no memory for one */
};

static void
free_list(struct list *l)
{
	deadline_free(&l->next);
	json_decref(l->asked);
	json_decref(l->items);
	free(l);
}

static void
ended_cb(struct admin_request *r)
{
	free_list(r->state);
	r->state = NULL;
}

static void
answer(struct list *l)
{
	struct admin_request *r = l->request;
	json_t *value = l->failed ? NULL :
	    json_pack("{sO}", "suggestions", l->items);

	r->state = NULL;
	r->ended = NULL;
	free_list(l);
	admin_answer_json(r, 200, value);
}

static void
add(const struct host_view *v, void *arg)
{
	struct list *l = arg;
	struct suggestion s;
	json_t *item;

	suggestion_make(&s, v, l->now);
	item = json_pack("{so ss sb so so s[]}",
	    "key", admin_string(v->key), "rule", v->rule->name,
	    "confident", s.confident, "why", admin_string(s.why),
	    "limits", limits_of(&s), "parts");
	if (v->throttle.nlearned > 0 &&
	    json_array_append(l->asked, item) != 0)
		l->failed = true;
	if (json_array_append_new(l->items, item) != 0)
		l->failed = true;
}

/* Of the parts that the host names, those of which a limit was found. */
static void
add_parts(struct list *l, json_t *item)
{
	json_t *told = json_object_get(item, "parts");
	const struct part_view *part;
	size_t i, n;

	n = hosts_view_parts(l->request->context->hosts,
	    json_string_value(json_object_get(item, "key")), l->now,
	    l->parts, HOSTS_PARTS);
	for (i = 0; i < n; i++) {
		part = &l->parts[i];
		if (part->estimate.nlimits > 0 &&
		    json_array_append_new(told, json_pack("{so so}",
		    "name", admin_string(part->name), "estimate",
		    admin_estimate_value(&part->estimate))) != 0)
			l->failed = true;
	}
}

static void
next_cb(void *arg)
{
	struct list *l = arg;
	unsigned i;

	l->now = loop_now();
	if (!l->walked)
		l->walked = !hosts_view_piece(l->request->context->hosts,
		    &l->cursor, l->now, add, l);
	else
		for (i = 0; i < PARTS_PIECE &&
		    l->at < json_array_size(l->asked); i++)
			add_parts(l, json_array_get(l->asked, l->at++));
	if (l->failed || (l->walked && l->at == json_array_size(l->asked)))
		answer(l);
	else
		deadline_set(&l->next, loop_now());
}

/* Returns false, having answered, where there is no such host. */
static bool
add_one(struct list *l, const char *key)
{
	struct host_view v;

	if (!hosts_view_one(l->request->context->hosts, key, l->now, &v)) {
		admin_answer_problem(l->request, 404, NULL,
		    "no request has reached that host, or all is forgotten");
		return false;
	}
	add(&v, l);
	host_view_done(&v);
	l->walked = true;
	return true;
}

void
admin_suggest(struct admin_request *r)
{
	const char *key = admin_query(r, "host");
	struct list *l;

	if ((l = calloc(1, sizeof *l)) == NULL) {
		admin_answer_json(r, 200, NULL);
		return;
	}
	l->request = r;
	l->now = loop_now();
	l->items = json_array();
	l->asked = json_array();
	l->failed = l->items == NULL || l->asked == NULL;
	deadline_init(&l->next, r->context->loop, next_cb, l);
	if (!l->failed && key != NULL && !add_one(l, key)) {
		free_list(l);
		return;
	}
	r->state = l;
	r->ended = ended_cb;
	next_cb(l);
}
