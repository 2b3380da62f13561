/* SPDX-License-Identifier: ISC */
#include "admin/admin_live.h"

#include <stdlib.h>
#include <string.h>

#include <bsd/sys/queue.h>
#define HASH_NONFATAL_OOM	1
#include <uthash.h>

#include "admin/admin_answer.h"
#include "admin/admin_history.h"
#include "admin/admin_host_value.h"
#include "admin/admin_status.h"
#include "admin/admin_walk.h"
#include "base/text.h"
#include "conf/conf.h"
#include "exchange/json_text.h"

/*
 * A round a second: WALKING over all hosts, a piece each time around the loop,
 * which leaves a list of those that changed and were not there before; SENDING
 * these, as many at a time as fit below half of limits.buffer; then IDLE until
 * the next.  A reader who takes a round late gets the next one late, too.
 *
 * Who may not see all gets rules in place of hosts.
 */

#define SECOND		UINT64_C(1000000000)
#define EVENT_HOSTS	32	/* of one event */
#define HOSTS		10000	/* that are followed at most */

enum phase {
	IDLE,
	WALKING,
	SENDING,
};

/* A host that was told of. */
struct seen {
	UT_hash_handle		 hh;
	TAILQ_ENTRY(seen)	 change;	/* while listed */
	bool			 listed;
	uint64_t		 hash;		/* of how it stood */
	uint64_t		 round;		/* when it was there last */
	char			 key[];
};
TAILQ_HEAD(changes, seen);

struct admin_live {
	struct admin_request	*request;
	enum phase		 phase;
	struct deadline		 next;
	uint64_t		 round;
	uint64_t		 began;		/* ns; this round */
	uint64_t		 cursor;
	struct walk		*walk;		/* of rules; or NULL */
	struct seen		*seen;		/* by key */
	struct changes		 changes;
	json_t			*status;	/* of this round */
	json_t			*rules;		/* that changed */
	json_t			*gone;
	bool			 told;		/* something of this round */
};

/*
 * What changed.  Buckets that fill and pauses that run out do so by themselves,
 * and are told once.
 */

static uint64_t
mix(uint64_t hash, uint64_t n)
{
	return (hash ^ n) * UINT64_C(0x9e3779b97f4a7c15) ^ hash >> 29;
}

static uint64_t
mix_budget(uint64_t h, const struct budget_view *b)
{
	unsigned i;

	for (i = 0; i < b->nrates; i++) {
		h = mix(h, b->rates[i].full_at);
		h = mix(h, b->rates[i].limit.capacity);
		h = mix(h, b->rates[i].limit.period);
		h = mix(h, b->rates[i].limit.burst);
	}
	h = mix(h, b->inflight);
	h = mix(h, b->concurrency);
	h = mix(h, b->paused_until);
	h = mix(h, (uint64_t)b->window << 32 | b->unsettled);
	h = mix(h, b->shared.told_at);
	h = mix(h, (uint64_t)b->shared.source << 32 | b->shared.lent);
	h = mix(h, b->shape_until);
	return mix(h, (uint64_t)b->shape_left);
}

static uint64_t
hash_host(const struct host_view *v)
{
	uint64_t h = mix(1, v->serial);
	unsigned i;

	h = mix_budget(h, &v->throttle.host);
	for (i = 0; i < v->nmetered; i++) {
		h = mix(h, v->metered[i].rate.full_at);
		h = mix(h, v->metered[i].reserved);
		h = mix(h, v->metered[i].shared.told_at);
	}
	h = mix(h, (uint64_t)v->state << 8 | v->overridden);
	h = mix(h, v->throttle.waiting);
	h = mix(h, v->throttle.oldest);
	h = mix(h, v->tunnels);
	h = mix(h, v->admitted);
	h = mix(h, v->refused);
	h = mix(h, (uint64_t)v->throttle.shared.source << 8 | v->connected);
	h = mix(h, v->proxies);
	h = mix(h, v->throttled);
	/* a new configuration may say other limits */
	return mix(h, (uintptr_t)v->conf);
}

/* Notes that it is there.  Returns it where it is new or has changed. */
static struct seen *
look(struct admin_live *l, const char *key, uint64_t hash)
{
	size_t len = strlen(key);
	struct seen *s;

	HASH_FIND(hh, l->seen, key, len, s);
	if (s == NULL) {
		if (HASH_COUNT(l->seen) >= HOSTS ||
		    (s = calloc(1, sizeof *s + len + 1)) == NULL)
			return NULL;
		memcpy(s->key, key, len + 1);
		HASH_ADD(hh, l->seen, key, len, s);
		if (s->hh.tbl == NULL) {
			free(s);
			return NULL;
		}
	} else if (s->hash == hash) {
		s->round = l->round;
		return NULL;
	}
	s->hash = hash;
	s->round = l->round;
	return s;
}

static void
look_at_host_cb(const struct host_view *v, void *arg)
{
	struct admin_live *l = arg;
	struct seen *s = look(l, v->key, hash_host(v));

	if (s == NULL || s->listed)
		return;
	s->listed = true;
	TAILQ_INSERT_TAIL(&l->changes, s, change);
}

/* Rules are few: each is worded, and told where its words are others. */
static void
look_at_rule(struct admin_live *l, const struct walk_row *row)
{
	json_t *value = admin_host_value(&row->rule->view, row->rule->hosts,
	    NULL, NULL, l->began);
	struct text text = { 0 };
	uint64_t hash = 1;
	size_t i;

	json_text_put(&text, value, ADMIN_DUMP);
	for (i = 0; i < text.len; i++)
		hash = mix(hash, (unsigned char)text.p[i]);
	if (!text.failed && look(l, row->key, hash) != NULL)
		json_array_append(l->rules, value);
	text_free(&text);
	json_decref(value);
}

static void
look_at_rules(struct admin_live *l)
{
	size_t i, total, first;

	if (walk_sort(l->walk, &total, &first)) {
		for (i = 0; i < total; i++)
			look_at_rule(l, walk_row(l->walk, i));
	}
	walk_free(l->walk);
	l->walk = NULL;
}

static void
forget(struct admin_live *l, struct seen *s)
{
	if (s->listed)
		TAILQ_REMOVE(&l->changes, s, change);
	HASH_DEL(l->seen, s);
	free(s);
}

static void
look_for_gone(struct admin_live *l)
{
	struct seen *s, *next;

	HASH_ITER(hh, l->seen, s, next) {
		if (s->round == l->round)
			continue;
		json_array_append_new(l->gone, admin_string(s->key));
		forget(l, s);
	}
}

/* What is told */

/* The value of one that changed; NULL where it went since then. */
static json_t *
value_of(struct admin_live *l, const struct seen *s)
{
	struct admin_context *context = l->request->context;
	uint64_t now = loop_now();
	struct host_view v;
	json_t *value;

	if (!hosts_view_one(context->hosts, s->key, now, &v))
		return NULL;
	value = admin_host_value(&v, 1,
	    admin_override_of(context->hosts, v.key, now),
	    admin_history_value(context->history, v.serial, 1), now);
	host_view_done(&v);
	return value;
}

/* The next of those that changed; their order is that of the walk. */
static json_t *
take_hosts(struct admin_live *l)
{
	json_t *hosts = json_array(), *value;
	struct seen *s;
	int i;

	for (i = 0; i < EVENT_HOSTS; i++) {
		if (json_array_size(l->rules) > 0) {
			json_array_append(hosts, json_array_get(l->rules, 0));
			json_array_remove(l->rules, 0);
			continue;
		}
		if ((s = TAILQ_FIRST(&l->changes)) == NULL)
			break;
		TAILQ_REMOVE(&l->changes, s, change);
		s->listed = false;
		if ((value = value_of(l, s)) != NULL)
			json_array_append_new(hosts, value);
	}
	return hosts;
}

static void
put_live(struct admin_live *l)
{
	struct text text = { 0 };
	json_t *o;

	o = json_pack("{s:O, s:o, s:o}", "status", l->status, "hosts",
	    take_hosts(l), "gone", l->gone);
	l->gone = json_array();
	text_puts(&text, "event: live\ndata: ");
	json_text_put(&text, o, ADMIN_DUMP);
	json_decref(o);
	text_puts(&text, "\n\n");
	if (!text.failed)
		admin_stream_put(l->request, text.p, text.len);
	text_free(&text);
	l->told = true;
}

static bool
is_told(const struct admin_live *l)
{
	return l->told && TAILQ_EMPTY(&l->changes) &&
	    json_array_size(l->rules) == 0;
}

static void
send_some(struct admin_live *l)
{
	uint64_t max = l->request->context->conf->limit_buffer / 2;
	uint64_t now = loop_now();

	while (!is_told(l) && admin_stream_waiting(l->request) <= max)
		put_live(l);
	if (!is_told(l))
		return;			/* until it is writable */
	l->phase = IDLE;
	json_decref(l->status);
	l->status = NULL;
	deadline_set(&l->next, now > l->began + SECOND ? now :
	    l->began + SECOND);
}

/* Rounds */

static void
begin_round(struct admin_live *l)
{
	struct walk_query query = { .state = -1, .by_rule = true };

	l->phase = WALKING;
	l->round++;
	l->began = loop_now();
	l->cursor = 0;
	l->told = false;
	if (!l->request->full)
		l->walk = walk_new(&query);
}

static void
walk_piece(struct admin_live *l)
{
	bool more = false;

	if (l->request->full)
		more = hosts_view_piece(l->request->context->hosts,
		    &l->cursor, l->began, look_at_host_cb, l);
	else if (l->walk != NULL)
		more = hosts_view_piece(l->request->context->hosts,
		    &l->cursor, l->began, walk_add, l->walk);
	if (more)
		return;
	if (l->walk != NULL)
		look_at_rules(l);
	look_for_gone(l);
	l->status = admin_status_json(l->request);
	l->phase = SENDING;
}

static void
next_cb(void *arg)
{
	struct admin_live *l = arg;

	if (l->phase == IDLE)
		begin_round(l);
	if (l->phase == WALKING)
		walk_piece(l);
	if (l->phase == WALKING)
		deadline_set(&l->next, loop_now());
	else
		send_some(l);
}

void
admin_live_writable(struct admin_live *l)
{
	if (l->phase == SENDING)
		send_some(l);
}

/* Start and end */

struct admin_live *
admin_live_new(struct admin_request *r)
{
	struct admin_live *l;

	if ((l = calloc(1, sizeof *l)) == NULL)
		return NULL;
	l->request = r;
	l->rules = json_array();
	l->gone = json_array();
	TAILQ_INIT(&l->changes);
	deadline_init(&l->next, r->context->loop, next_cb, l);
	deadline_set(&l->next, loop_now());
	return l;
}

void
admin_live_free(struct admin_live *l)
{
	struct seen *s, *next;

	if (l == NULL)
		return;
	HASH_ITER(hh, l->seen, s, next)
		forget(l, s);
	walk_free(l->walk);
	json_decref(l->status);
	json_decref(l->rules);
	json_decref(l->gone);
	deadline_free(&l->next);
	free(l);
}
