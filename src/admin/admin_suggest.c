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

/* What all are collected in. */
struct list {
	json_t		*items;
	json_t		*asked;		/* those whose parts are to be told */
	uint64_t	 now;		/* ns */
	bool		 failed;	/* no memory for one */
};

static void
add(const struct host_view *v, void *arg)
{
	struct list *list = arg;
	struct suggestion s;
	json_t *item;

	suggestion_make(&s, v, list->now);
	item = json_pack("{so ss sb so so s[]}",
	    "key", admin_string(v->key), "rule", v->rule->name,
	    "confident", s.confident, "why", admin_string(s.why),
	    "limits", limits_of(&s), "parts");
	if (v->throttle.nlearned > 0 &&
	    json_array_append(list->asked, item) != 0)
		list->failed = true;
	if (json_array_append_new(list->items, item) != 0)
		list->failed = true;
}

/* Of the parts that the host names, those of which a limit was found. */
static void
add_parts(struct hosts *hs, json_t *item, struct list *list)
{
	struct part_view *parts = calloc(HOSTS_PARTS, sizeof *parts);
	json_t *told = json_object_get(item, "parts");
	size_t i, n;

	if (parts == NULL) {
		list->failed = true;
		return;
	}
	n = hosts_view_parts(hs, json_string_value(json_object_get(item,
	    "key")), list->now, parts, HOSTS_PARTS);
	for (i = 0; i < n; i++)
		if (parts[i].estimate.nlimits > 0 &&
		    json_array_append_new(told, json_pack("{so so}",
		    "name", admin_string(parts[i].name), "estimate",
		    admin_estimate_value(&parts[i].estimate))) != 0)
			list->failed = true;
	free(parts);
}

/* Returns false, having answered, where there is no such host. */
static bool
add_one(struct admin_request *r, const char *key, struct list *list)
{
	struct host_view v;

	if (!hosts_view_one(r->context->hosts, key, list->now, &v)) {
		admin_answer_problem(r, 404, NULL,
		    "no request has reached that host, or all is forgotten");
		return false;
	}
	add(&v, list);
	host_view_done(&v);
	return true;
}

void
admin_suggest(struct admin_request *r)
{
	struct list list = { json_array(), json_array(), loop_now(), false };
	const char *key = admin_query(r, "host");
	uint64_t cursor = 0;
	size_t i;

	list.failed = list.items == NULL || list.asked == NULL;
	if (!list.failed && key != NULL && !add_one(r, key, &list)) {
		json_decref(list.items);
		json_decref(list.asked);
		return;
	}
	while (!list.failed && key == NULL && hosts_view_piece(
	    r->context->hosts, &cursor, list.now, add, &list))
		;
	for (i = 0; !list.failed && i < json_array_size(list.asked); i++)
		add_parts(r->context->hosts, json_array_get(list.asked, i),
		    &list);
	json_decref(list.asked);
	if (list.failed) {
		json_decref(list.items);
		admin_answer_json(r, 200, NULL);
		return;
	}
	admin_answer_json(r, 200, json_pack("{so}", "suggestions",
	    list.items));
}
