/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_events.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl_args.h"
#include "ctl/ctl_ask.h"
#include "ctl/ctl_event_row.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_json.h"
#include "ctl/ctl_out.h"
#include "ctl/ctl_print.h"
#include "ctl/ctl_sse.h"

#define AGAIN	500	/* ms until it is tried again */

/* The list */

static void
print_list(const struct ctl *c, const json_t *answer)
{
	const json_t *events = ctl_member(answer, "events");
	struct ctl_paper paper = ctl_paper();
	long long missed = ctl_integer(answer, "missed");
	size_t i;

	if (missed > 0)
		ctl_note(c, "%lld before these are not kept any more", missed);
	for (i = 0; i < json_array_size(events); i++)
		ctl_event_print(&paper, json_array_get(events, i));
}

static int
list(struct ctl *c)
{
	struct text target = { NULL, 0, 0, false };
	json_t *answer = NULL;
	int status;

	text_puts(&target, "/v1/events?follow=false");
	ctl_put_query(&target, "after", ctl_arg(c, "after") != NULL ?
	    ctl_arg(c, "after") : "0");
	ctl_put_query(&target, "match", ctl_operand(c, 0));
	ctl_put_query(&target, "limit", ctl_arg(c, "limit"));
	if (ctl_target(&target) == NULL)
		status = ctl_fail(c, CTL_FAILED, "out of memory");
	else
		status = ctl_get(c, target.p, &answer);
	text_free(&target);
	return ctl_out(c, status, answer, print_list);
}

/*
 * Following.  Where the stream ends it is taken up again behind the last event
 * that came; a daemon that was started anew counts from 1 again.
 */

struct following {
	const struct ctl_daemon	*daemon;
	struct ctl_paper	 paper;
	char			 after[32];	/* the last id; "": none yet */
	char			*started;	/* the daemon; or NULL */
	bool			 was_there;	/* once at least */
	bool			 lost;		/* it was said that it is */
	int			 refusal;	/* an exit status, with its
						   reason said; or CTL_DONE */
};

static void
event_cb(const char *name, const char *data, size_t n, void *arg)
{
	struct following *f = arg;
	json_t *event = json_loadb(data, n, 0, NULL);

	(void)name;
	if (!json_is_object(event)) {
		json_decref(event);
		return;
	}
	snprintf(f->after, sizeof f->after, "%lld", ctl_integer(event, "id"));
	if (f->daemon->ctl->json)
		(void)ctl_print_json(event);
	else
		ctl_event_print(&f->paper, event);
	fflush(stdout);
	json_decref(event);
}

/* Another process than before has other ids: all of its events are new. */
static enum ctl_http_result
look_at_start(struct following *f, char *why, size_t size)
{
	enum ctl_http_result result;
	struct ctl_answer a;
	const char *started;

	ctl_ask_quietly(f->daemon, "GET", "/v1/status", NULL, &a);
	result = a.result;
	snprintf(why, size, "%s", a.error);
	started = ctl_string(a.json, "started", NULL);
	if (started != NULL && f->started != NULL &&
	    strcmp(started, f->started) != 0)
		snprintf(f->after, sizeof f->after, "0");
	if (started != NULL) {
		free(f->started);
		f->started = strdup(started);
	}
	ctl_answer_done(&a);
	return result;
}

static bool
put_target(const struct following *f, struct text *target)
{
	text_puts(target, "/v1/events");
	ctl_put_query(target, "match", ctl_operand(f->daemon->ctl, 0));
	if (f->after[0] != '\0')
		ctl_put_query(target, "after", f->after);
	return ctl_target(target) != NULL;
}

/* Reads until the stream ends. */
static enum ctl_http_result
read_stream(struct following *f, struct ctl_http *h)
{
	struct ctl_sse sse = { .failed = false };
	enum ctl_http_result result;
	struct http1_str piece;

	ctl_http_deadline(h, CTL_HTTP_NEVER);
	while ((result = ctl_http_piece(h, &piece)) == CTL_HTTP_MORE)
		if (!ctl_sse_read(&sse, piece.p, piece.len, event_cb, f) ||
		    ferror(stdout))
			break;
	ctl_sse_free(&sse);
	return result == CTL_HTTP_MORE ? CTL_HTTP_FOREIGN : result;
}

/* It is no stream: what it says, or that it is something else. */
static enum ctl_http_result
refused(struct following *f, struct ctl_http *h)
{
	struct ctl_answer a;

	ctl_answer_read(h, &a);
	f->refusal = a.status != 0 && a.status != 200 ?
	    ctl_ask_judge(f->daemon, &a) : CTL_DONE;
	ctl_answer_done(&a);
	return CTL_HTTP_FOREIGN;
}

static enum ctl_http_result
follow_once(struct following *f, struct ctl_http *h, char *why, size_t size)
{
	struct text target = { NULL, 0, 0, false };
	enum ctl_http_result result = look_at_start(f, why, size);

	if (result != CTL_HTTP_DONE)
		return result;
	ctl_http_deadline(h, ctl_http_now() + f->daemon->ctl->timeout);
	if (!put_target(f, &target))
		result = CTL_HTTP_BROKEN;
	else if ((result = ctl_http_connect(h, f->daemon->place.path)) ==
	    CTL_HTTP_DONE)
		result = ctl_http_ask(h, "GET", target.p, NULL);
	text_free(&target);
	if (result == CTL_HTTP_DONE && http1_str_is(ctl_http_type(h),
	    "text/event-stream")) {
		if (f->lost)
			ctl_note(f->daemon->ctl, "it is there again");
		f->lost = false;
		f->was_there = true;
		result = read_stream(f, h);
	} else if (result == CTL_HTTP_DONE) {
		result = refused(f, h);
	}
	snprintf(why, size, "%s", ctl_http_error(h));
	return result;
}

/* Whether it is worth while to try again: a daemon that was there comes back. */
static bool
is_lost(const struct following *f, enum ctl_http_result result)
{
	return f->was_there && !ferror(stdout) && (result == CTL_HTTP_DONE ||
	    result == CTL_HTTP_CUT || result == CTL_HTTP_ABSENT ||
	    result == CTL_HTTP_LATE);
}

static int
follow(struct following *f)
{
	enum ctl_http_result result;
	struct ctl_http *h;
	char why[256] = "out of memory";

	for (;;) {
		if ((h = ctl_http_new()) == NULL)
			result = CTL_HTTP_BROKEN;
		else
			result = follow_once(f, h, why, sizeof why);
		ctl_http_free(h);
		if (ferror(stdout))
			return CTL_FAILED;
		if (f->refusal != CTL_DONE)
			return f->refusal;
		if (!is_lost(f, result))
			return ctl_ask_failed(f->daemon, result, why);
		if (!f->lost)
			ctl_note(f->daemon->ctl, "the daemon is gone; waiting "
			    "until it is there again");
		f->lost = true;
		(void)poll(NULL, 0, AGAIN);
	}
}

int
ctl_events(struct ctl *c)
{
	struct ctl_daemon daemon;
	struct following f = { .daemon = &daemon, .paper = ctl_paper() };
	int status;

	if (!ctl_arg_is(c, "follow"))
		return list(c);
	status = ctl_daemon_find(c, &daemon);
	if (status != CTL_DONE)
		return status;
	if (ctl_arg(c, "after") != NULL)
		snprintf(f.after, sizeof f.after, "%s", ctl_arg(c, "after"));
	status = follow(&f);
	free(f.started);
	return status;
}
