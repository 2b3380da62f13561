/* SPDX-License-Identifier: ISC */
#include "admin/admin_host.h"

#include <stdlib.h>
#include <string.h>

#include "admin/admin_answer.h"
#include "admin/admin_estimate.h"
#include "admin/admin_explanation.h"
#include "admin/admin_history.h"
#include "admin/admin_host_value.h"
#include "admin/admin_query.h"
#include "admin/admin_walk.h"
#include "base/events.h"
#include "conf/conf.h"
#include "hosts/hosts_name.h"
#include "hosts/hosts_queue.h"
#include "policy/parent.h"

#define USERS		100
#define REFUSALS	20
#define EVENTS_READ	64	/* at a time */

/* What it is made of */

static json_t *
limits_value(const struct host_view *v)
{
	static const char *const https[] = {
		[RULE_HTTPS_TUNNEL] = "tunnel",
		[RULE_HTTPS_UPSTREAM] = "upstream",
		[RULE_HTTPS_INTERCEPT] = "intercept",
	};
	static const char *const keys[] = {
		[RULE_KEY_NONE] = "none",
		[RULE_KEY_CLIENT] = "client",
		[RULE_KEY_USER] = "user",
	};
	const struct rule *rule = v->rule;
	/* where it is only observed, the throttle has none */
	uint32_t concurrency = rule->mode == RULE_OBSERVE && !v->overridden ?
	    rule->limits.concurrency : v->throttle.host.concurrency;
	char per[EVENTS_TEXT];

	if (rule->per.kind == RULE_KEY_JWT)
		snprintf(per, sizeof per, "jwt:%s", rule->per.claims);
	else
		snprintf(per, sizeof per, "%s", rule->per.kind ==
		    RULE_KEY_HEADER ? rule->per.header : keys[rule->per.kind]);
	return json_pack("{s:{s:I, s:s}, s:I, s:o, s:o, s:b, s:s, s:s}",
	    "concurrency", "value", (json_int_t)concurrency, "from",
	    concurrency != rule->limits.concurrency ? "override" :
	    admin_rule_from(rule),
	    "queue_length", (json_int_t)rule->queue_length,
	    "max_wait", admin_seconds(rule->max_wait),
	    "per", admin_string(per),
	    "shared", rule->shared,
	    "https", https[rule->https],
	    "mode", rule->mode == RULE_OBSERVE ? "observe" : "enforce");
}

static const char *
why_part(enum stats_cause cause)
{
	static const char *const why[] = {
		[STATS_NAMED] = "the host named a time",
		[STATS_BACKOFF] = "the host refused and named no time",
		[STATS_EXHAUSTED] = "the host said that nothing is left",
		[STATS_MANUAL] = "by an operator",
	};

	return why[cause];
}

static json_t *
part_value(const struct part_view *p, const struct rule *rule, uint64_t now)
{
	return json_pack("{s:o, s:b, s:o, s:s, s:I, s:I, s:o, s:o, s:o}",
	    "name", admin_string(p->name),
	    "learned", p->named,
	    "estimate", admin_estimate_value(&p->estimate),
	    "state", hosts_state_word(p->state),
	    "in_flight", (json_int_t)p->budget.inflight,
	    "concurrency", (json_int_t)p->budget.concurrency,
	    "pause", admin_pause_value(&p->budget, p->cause,
	    why_part(p->cause), now),
	    "recovery", admin_recovery_value(&p->budget, now),
	    "budgets", admin_budgets_value(&p->budget, NULL, p->name,
	    admin_rule_from(rule), now));
}

static json_t *
parts_value(struct hosts *hs, const struct host_view *v, uint64_t now)
{
	struct part_view *parts = calloc(HOSTS_PARTS, sizeof *parts);
	json_t *list = parts != NULL ? json_array() : NULL;
	size_t i, n = 0;

	if (list != NULL)
		n = hosts_view_parts(hs, v->key, now, parts, HOSTS_PARTS);
	for (i = 0; i < n; i++)
		json_array_append_new(list,
		    part_value(&parts[i], v->rule, now));
	free(parts);
	return list;
}

static json_t *
users_value(struct hosts *hs, const char *key)
{
	struct hosts_user *users = calloc(USERS, sizeof *users);
	json_t *list = users != NULL ? json_array() : NULL;
	size_t i, n = 0;

	if (list != NULL)
		n = hosts_view_users(hs, key, users, USERS);
	for (i = 0; i < n; i++)
		json_array_append_new(list, json_pack("{s:o, s:I, s:I}",
		    "client", admin_string(users[i].client),
		    "waiting", (json_int_t)users[i].waiting,
		    "in_flight", (json_int_t)users[i].inflight));
	free(users);
	return list;
}

static json_t *
refusal_value(const struct event_told *e)
{
	return json_pack("{s:I, s:o, s:s, s:o, s:o, s:o, s:o}",
	    "id", (json_int_t)e->id,
	    "time", admin_time(e->time),
	    "kind", events_word(e->kind),
	    "host", admin_string(e->host),
	    "rule", e->rule[0] != '\0' ? admin_string(e->rule) : json_null(),
	    "text", admin_string(e->text),
	    "fields", e->fields[0] != '\0' ? admin_string(e->fields) :
	    json_null());
}

/* The last ones of the events that are kept, the newest first. */
static json_t *
refusals_value(const char *key)
{
	struct event_told *events = calloc(EVENTS_READ, sizeof *events);
	json_t *list = events != NULL ? json_array() : NULL;
	uint64_t missed, after = 0;
	size_t i, n = 0;

	while (list != NULL && (n = events_read(after, events, EVENTS_READ,
	    &missed)) > 0) {
		after = events[n - 1].id;
		for (i = 0; i < n; i++) {
			if (events[i].kind != EVENT_REFUSAL ||
			    strcmp(events[i].host, key) != 0)
				continue;
			json_array_insert_new(list, 0,
			    refusal_value(&events[i]));
			if (json_array_size(list) > REFUSALS)
				json_array_remove(list, REFUSALS);
		}
	}
	free(events);
	return list;
}

static json_t *
counts_value(const struct host_view *v)
{
	return json_pack("{s:I, s:I, s:I, s:I}",
	    "admitted", (json_int_t)v->admitted,
	    "refused", (json_int_t)v->refused,
	    "throttled", (json_int_t)v->throttled,
	    "resent", (json_int_t)v->resent);
}

/* What would have become of its requests. */
static json_t *
observed_value(const struct host_view *v)
{
	const uint64_t *n = v->observed.decided;

	if (!v->observing)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I}",
	    "would_go", (json_int_t)n[STATS_WOULD_GO],
	    "would_wait", (json_int_t)n[STATS_WOULD_WAIT],
	    "would_refuse", (json_int_t)n[STATS_WOULD_REFUSE],
	    "waiting", (json_int_t)v->observed.waiting);
}

/* Why the first of those who wait does; null: nobody waits. */
static json_t *
why_value(struct hosts *hs, const char *key, uint64_t now)
{
	struct hosts_explanation e;

	if (hosts_explain_queue(hs, key, now, &e, 1) == 0)
		return json_null();
	return admin_why_value(&e);
}

/* Adds what a Host has not; the three lists and why are its own. */
static json_t *
detail(json_t *host, const struct host_view *v, json_t *parts, json_t *users,
    json_t *refusals, json_t *why)
{
	json_t *more = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "limits", limits_value(v), "estimate",
	    admin_estimate_value(&v->throttle.estimate), "parts", parts,
	    "clients", users, "refusals", refusals, "counts", counts_value(v),
	    "observed", observed_value(v), "why", why);

	if (host == NULL || more == NULL ||
	    json_object_update(host, more) != 0) {
		json_decref(host);
		host = NULL;
	}
	json_decref(more);
	return host;
}

/* The slots that all credentials have together. */
static json_t *
total_value(const struct host_view *v)
{
	const struct budget_view *total = &v->throttle.total;

	if (!v->throttle.has_total)
		return json_null();
	return json_pack("{s:I, s:I}",
	    "in_flight", (json_int_t)total->inflight,
	    "concurrency", (json_int_t)total->concurrency);
}

/* The proxy through which it is reached, as far as that may be seen. */
static json_t *
parent_value(const struct admin_request *r, const struct host_view *v)
{
	const struct conf *conf = r->context->conf;
	const struct parent *parent;
	struct hosts_name name;

	if (!r->full || !hosts_name_read(&name, conf, v->key) ||
	    (parent = conf_parent(conf, name.rule, &name.host)) == NULL)
		return json_null();
	return admin_string(parent->name);
}

/* Adds what a rule, of many hosts, has none of; the values are its own. */
static json_t *
with_ways(json_t *host, json_t *total, json_t *parent)
{
	json_t *more = json_pack("{s:o, s:o}", "total", total, "parent",
	    parent);

	if (host != NULL && json_object_update_new(host, more) != 0) {
		json_decref(host);
		return NULL;
	}
	if (host == NULL)
		json_decref(more);
	return host;
}

/* A rule */

struct search {
	struct admin_request	*request;
	struct deadline		 next;
	struct walk		*walk;
	uint64_t		 cursor;
};

static void
free_search(struct search *s)
{
	deadline_free(&s->next);
	walk_free(s->walk);
	free(s);
}

static void
ended_cb(struct admin_request *r)
{
	free_search(r->state);
	r->state = NULL;
}

static void
answer_unknown(struct admin_request *r)
{
	if (r->full)
		admin_answer_problem(r, 404, "a key that /v1/hosts lists",
		    "no such host: %s", r->parts[2]);
	else
		admin_answer_problem(r, 404, "the name of a rule; hosts are "
		    "shown on the socket, or with a token", "no such rule");
}

static void
answer_rule(struct search *s)
{
	struct admin_request *r = s->request;
	const struct walk_row *row = NULL;
	size_t total, i;
	json_t *value = NULL;

	if (walk_sort(s->walk, &total, &i))
		for (; (row = walk_row(s->walk, i)) != NULL; i++)
			if (strcmp(row->key, r->parts[2]) == 0)
				break;
	if (row != NULL)
		value = detail(admin_host_value(&row->rule->view,
		    row->rule->hosts, NULL, NULL, loop_now()),
		    &row->rule->view, json_array(), json_array(),
		    json_array(), json_null());
	value = with_ways(value, json_null(), json_null());
	r->ended = NULL;
	r->state = NULL;
	free_search(s);
	if (row == NULL)
		answer_unknown(r);
	else
		admin_answer_json(r, 200, value);
}

static void
next_cb(void *arg)
{
	struct search *s = arg;

	if (hosts_view_piece(s->request->context->hosts, &s->cursor,
	    loop_now(), walk_add, s->walk))
		deadline_set(&s->next, loop_now());
	else
		answer_rule(s);
}

static void
find_rule(struct admin_request *r)
{
	const struct walk_query query = {
		.state = -1,
		.sort = WALK_KEY,
		.by_rule = true,
	};
	struct search *s = calloc(1, sizeof *s);

	if (s == NULL || (s->walk = walk_new(&query)) == NULL) {
		free(s);
		admin_answer_json(r, 503, NULL);
		return;
	}
	s->request = r;
	deadline_init(&s->next, r->context->loop, next_cb, s);
	r->state = s;
	r->ended = ended_cb;
	next_cb(s);
}

void
admin_host(struct admin_request *r)
{
	struct hosts *hs = r->context->hosts;
	uint64_t now = loop_now();
	struct host_view v;
	json_t *value;

	if (!r->full || !hosts_view_one(hs, r->parts[2], now, &v)) {
		find_rule(r);
		return;
	}
	value = admin_host_value(&v, 1, admin_override_of(hs, v.key, now),
	    admin_history_value(r->context->history, v.serial, ADMIN_HISTORY),
	    now);
	value = detail(value, &v, parts_value(hs, &v, now),
	    users_value(hs, v.key), refusals_value(v.key),
	    why_value(hs, v.key, now));
	value = with_ways(value, total_value(&v), parent_value(r, &v));
	host_view_done(&v);
	admin_answer_json(r, 200, value);
}

/* Its queue */

/* In how long (s), or null where that cannot be known. */
static json_t *
in_seconds(uint64_t at, uint64_t now)
{
	if (at == THROTTLE_NEVER)
		return json_null();
	return admin_seconds(at > now ? at - now : 0);
}

static json_t *
waiter_value(const struct hosts_waiter *w, uint64_t now)
{
	const struct waiter_view *v = &w->waiter;

	return json_pack("{s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o}",
	    "client", admin_string(w->said.client),
	    "method", admin_string(w->said.method),
	    "path", admin_string(w->said.path),
	    "cost", admin_units((int64_t)v->cost),
	    "urgency", (int)v->urgency,
	    "waited", admin_seconds(now > v->since ? now - v->since : 0),
	    "starts_in", in_seconds(v->start, now),
	    "part", w->part[0] != '\0' ? admin_string(w->part) : json_null(),
	    "gives_up_in", in_seconds(v->deadline, now));
}

void
admin_queue(struct admin_request *r)
{
	struct hosts *hs = r->context->hosts;
	size_t i, n, all, clients;
	uint64_t limit, now = loop_now();
	struct hosts_waiter *list;
	struct host_view v;
	json_t *waiters;

	if (!admin_query_number(r, "limit", 100, 1, 1000, &limit))
		return;
	if (!hosts_view_one(hs, r->parts[2], now, &v)) {
		answer_unknown(r);
		return;
	}
	host_view_done(&v);
	if ((list = calloc((size_t)limit, sizeof *list)) == NULL) {
		admin_answer_json(r, 503, NULL);
		return;
	}
	waiters = json_array();
	n = hosts_view_queue(hs, r->parts[2], now, list, (size_t)limit, &all,
	    &clients);
	for (i = 0; i < n; i++)
		json_array_append_new(waiters, waiter_value(&list[i], now));
	free(list);
	admin_answer_json(r, 200, json_pack("{s:I, s:I, s:o, s:o}", "waiting",
	    (json_int_t)all, "clients", (json_int_t)clients, "waiters",
	    waiters, "why", why_value(hs, r->parts[2], now)));
}
