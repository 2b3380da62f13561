/* SPDX-License-Identifier: ISC */
#include "admin/admin_events.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/sys/queue.h>

#include "admin/admin_answer.h"
#include "admin/admin_event.h"
#include "admin/admin_live.h"
#include "admin/admin_query.h"
#include "base/log.h"
#include "base/stats.h"
#include "base/text.h"
#include "conf/conf.h"
#include "exchange/json_text.h"

/*
 * Whoever tells of an event has this loop look at the ring, once, however many
 * events come before it does.  Then each stream gets what is behind the last
 * one that it had.  A reader who leaves more than limits.buffer waiting is cut
 * off: he can come back with the last id that he had.
 */

#define PIECE		32		/* events looked at in one go */
#define SECOND		UINT64_C(1000000000)
#define QUIET		(15 * SECOND)	/* then it is said that we are there */
#define KEPT		4		/* connections for who asks and goes */

struct stream {
	LIST_ENTRY(stream)	 entry;
	struct admin_request	*request;
	uint64_t		 after;		/* the id that it had last */
	char			*match;		/* or NULL */
	uint64_t		 spoke;		/* ns; when it got something */
	struct admin_live	*live;		/* or NULL */
};

struct admin_events {
	struct admin_context	*context;
	struct mail		 mail;
	atomic_bool		 posted;
	LIST_HEAD(, stream)	 streams;
	struct deadline		 quiet;
	struct event_told	 piece[PIECE];	/* for the length of a call */
};

/* Streams */

static void
free_stream(struct stream *s)
{
	LIST_REMOVE(s, entry);
	admin_live_free(s->live);
	free(s->match);
	free(s);
}

static void
ended_cb(struct admin_request *r)
{
	free_stream(r->state);
}

static void
writable_cb(struct admin_request *r)
{
	struct stream *s = r->state;

	if (s->live != NULL)
		admin_live_writable(s->live);
}

static void
end(struct stream *s)
{
	struct admin_request *r = s->request;

	free_stream(s);
	admin_stream_end(r, true);
}

/* A reader who does not read must not have us keep what he will never take. */
static void
drop(struct stream *s)
{
	stats_add(&stats_process.dropped, 1);
	log_debug("control plane: a reader of events does not read");
	end(s);
}

static bool
put(struct stream *s, struct text *text)
{
	uint64_t max = s->request->context->conf->limit_buffer;
	bool ok = !text->failed;

	if (ok && text->len > 0) {
		admin_stream_put(s->request, text->p, text->len);
		s->spoke = loop_now();
	}
	text_free(text);
	if (ok && admin_stream_waiting(s->request) <= max)
		return true;
	drop(s);
	return false;
}

static void
put_event(struct text *text, const struct event_told *e, bool full)
{
	json_t *o = admin_event_json(e, full);

	text_puts(text, "id: ");
	text_put_number(text, e->id);
	text_puts(text, "\ndata: ");
	json_text_put(text, o, ADMIN_DUMP);
	json_decref(o);
	text_puts(text, "\n\n");
}

/* Sends what has come; returns whether the stream is still there. */
static bool
catch_up(struct admin_events *events, struct stream *s)
{
	struct text text = { 0 };
	uint64_t missed = 0;
	size_t i, n;
	bool full = s->request->full;

	do {
		n = events_read(s->after, events->piece, PIECE, &missed);
		if (missed > 0)
			text_putf(&text, ": %llu are not kept any more\n\n",
			    (unsigned long long)missed);
		for (i = 0; i < n; i++) {
			s->after = events->piece[i].id;
			if (admin_event_fits(&events->piece[i], full,
			    s->match))
				put_event(&text, &events->piece[i], full);
		}
		if (!put(s, &text))
			return false;
	} while (n == PIECE);
	return true;
}

static void
deliver_cb(struct mail *m)
{
	struct admin_events *events = (struct admin_events *)(void *)
	    ((char *)m - offsetof(struct admin_events, mail));
	struct stream *s, *next;

	atomic_store(&events->posted, false);
	LIST_FOREACH_SAFE(s, &events->streams, entry, next)
		(void)catch_up(events, s);
}

/* On whatever thread tells. */
static void
told_cb(void *arg)
{
	struct admin_events *events = arg;

	if (!atomic_exchange(&events->posted, true))
		loop_post(events->context->loop, &events->mail);
}

/* Who hears nothing cannot tell whether there is anybody. */
static void
quiet_cb(void *arg)
{
	struct admin_events *events = arg;
	struct text text = { 0 };
	struct stream *s, *next;
	uint64_t now = loop_now();

	LIST_FOREACH_SAFE(s, &events->streams, entry, next) {
		if (now - s->spoke < QUIET)
			continue;
		text_puts(&text, ":\n\n");
		(void)put(s, &text);
	}
	if (!LIST_EMPTY(&events->streams))
		deadline_set(&events->quiet, now + SECOND);
}

/* Requests */

/* Behind which id: the query's, the header's, or none. */
static bool
read_after(struct admin_request *r, bool *has, uint64_t *after)
{
	const char *id = r->last_event_id;

	*has = admin_query(r, "after") != NULL;
	if (!admin_query_number(r, "after", 0, 0, INT64_MAX, after))
		return false;
	if (*has || id == NULL || strspn(id, "0123456789") != strlen(id))
		return true;
	*has = true;
	*after = strtoull(id, NULL, 10);
	return true;
}

/* Streams do not end: some connections of their door are left to others. */
static bool
has_place(const struct admin_request *r)
{
	const struct admin_events *events = r->context->events;
	uint64_t max = r->context->conf->admin_connections;
	const struct stream *s;
	uint64_t n = 0;

	LIST_FOREACH(s, &events->streams, entry)
		n += s->request->by_socket == r->by_socket;
	return n < max - (max / 2 < KEPT ? max / 2 : KEPT);
}

static void
follow(struct admin_request *r, uint64_t after, bool live)
{
	struct admin_events *events = r->context->events;
	const char *match = admin_query(r, "match");
	struct stream *s;

	if (!has_place(r)) {
		admin_answer_problem(r, 503, "another stream's end, or more "
		    "admin.connections", "too many streams of events");
		return;
	}
	if ((s = calloc(1, sizeof *s)) == NULL ||
	    (match != NULL && (s->match = strdup(match)) == NULL)) {
		free(s);
		admin_answer_problem(r, 503, NULL, "out of memory");
		return;
	}
	if (!admin_stream_begin(r, "text/event-stream")) {
		free(s->match);
		free(s);
		return;
	}
	s->request = r;
	s->after = after;
	s->spoke = loop_now();
	r->state = s;
	r->ended = ended_cb;
	r->writable = writable_cb;
	LIST_INSERT_HEAD(&events->streams, s, entry);
	deadline_set(&events->quiet, loop_now() + SECOND);
	if (live && (s->live = admin_live_new(r)) == NULL)
		drop(s);
	else
		(void)catch_up(events, s);
}

/* Those behind an id that a search finds, the oldest first, up to limit. */
static json_t *
read_list(struct admin_request *r, uint64_t after, size_t limit,
    uint64_t *missed)
{
	struct admin_events *events = r->context->events;
	const char *match = admin_query(r, "match");
	json_t *list = json_array();
	uint64_t behind;
	size_t i, n;

	n = events_read(after, events->piece, PIECE, missed);
	while (n > 0 && json_array_size(list) < limit) {
		for (i = 0; i < n && json_array_size(list) < limit; i++) {
			if (admin_event_fits(&events->piece[i], r->full,
			    match))
				json_array_append_new(list, admin_event_json(
				    &events->piece[i], r->full));
		}
		n = events_read(events->piece[n - 1].id, events->piece, PIECE,
		    &behind);
	}
	return list;
}

/* Without an id the last ones are asked for. */
static void
answer_list(struct admin_request *r, bool has, uint64_t after, size_t limit)
{
	uint64_t missed = 0, last = events_last();
	json_t *list;

	if (!has && admin_query(r, "match") == NULL)
		after = last > limit ? last - limit : 0;
	list = read_list(r, after, limit, &missed);
	if (!has)
		missed = 0;
	admin_answer_json(r, 200, json_pack("{s:o, s:I}", "events", list,
	    "missed", (json_int_t)missed));
}

void
admin_events_get(struct admin_request *r)
{
	uint64_t after, limit;
	bool follows, live, has;

	if (!admin_query_boolean(r, "follow", true, &follows) ||
	    !admin_query_boolean(r, "live", false, &live) ||
	    !admin_query_number(r, "limit", 100, 1, 1000, &limit) ||
	    !read_after(r, &has, &after))
		return;
	if (!follows)
		answer_list(r, has, after, limit);
	else
		follow(r, has ? after : events_last(), live);
}

void
admin_events_revoke(struct admin_events *events)
{
	struct stream *s, *next;

	LIST_FOREACH_SAFE(s, &events->streams, entry, next) {
		if (s->request->by_token)
			end(s);
	}
}

void
admin_events_end(struct admin_events *events)
{
	struct stream *s, *next;

	LIST_FOREACH_SAFE(s, &events->streams, entry, next)
		end(s);
}

/* Start and end */

struct admin_events *
admin_events_new(struct admin_context *context)
{
	struct admin_events *events;

	if ((events = calloc(1, sizeof *events)) == NULL)
		return NULL;
	events->context = context;
	events->mail.deliver = deliver_cb;
	LIST_INIT(&events->streams);
	deadline_init(&events->quiet, context->loop, quiet_cb, events);
	events_notify(told_cb, events);
	return events;
}

void
admin_events_free(struct admin_events *events)
{
	if (events == NULL)
		return;
	events_notify(NULL, NULL);
	deadline_free(&events->quiet);
	free(events);
}
