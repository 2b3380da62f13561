/* SPDX-License-Identifier: ISC */
#include "upstream/upstream_response.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/http1_error.h"
#include "http/http1_keep_alive.h"
#include "http/http1_response.h"
#include "upstream/connection.h"

/* A response from bytes: heads (interim ones come first), then its body. */

#define SECOND		1000000000ULL	/* ns */

/* The bytes at hand are done with the response. */
static void
complete(struct upstream *u)
{
	u->complete = true;
	u->events->done(u->user, NULL);
}

void
upstream_fail(struct upstream *u, enum failure e, const char *why)
{
	u->events->failed(u->user, e, why);
}

/* Its response was not understood. */
static void
malformed(struct upstream *u, enum http1_error error)
{
	enum failure e = FAILURE_MALFORMED;
	char buf[HTTP1_WHY];

	switch (error) {
	case HTTP1_BAD_CODING:
	case HTTP1_BAD_CHUNK:
	case HTTP1_BAD_CHUNK_EXT:
	case HTTP1_BAD_CHUNK_END:
	case HTTP1_MANY_CODINGS:
	case HTTP1_OLD_CODING:
	case HTTP1_UNKNOWN_CODING:
		e = FAILURE_CODING;
		break;
	case HTTP1_LONG_HEAD:
	case HTTP1_MANY_FIELDS:
		e = FAILURE_TOO_LARGE;
		break;
	case HTTP1_LONG_TRAILERS:
		e = FAILURE_LONG_TRAILERS;
		break;
	default:
		break;
	}
	upstream_fail(u, e, http1_explain(error, &u->upstreams->loop->head,
	    u->max_fields, buf));
}

static void
complete_chunked(struct upstream *u)
{
	struct http1_head *trailers = &u->upstreams->loop->head;
	enum http1_error err = http1_trailers(trailers, &u->chunked);

	if (err != HTTP1_OK) {
		malformed(u, err);
		return;
	}
	u->complete = true;
	u->events->done(u->user, trailers);
}

static void
take_chunked(struct upstream *u, char *p, size_t n)
{
	enum http1_result result = HTTP1_MORE;
	struct http1_str data;
	size_t used, off = 0;

	while (off < n && result == HTTP1_MORE && !u->dead) {
		result = http1_chunked_join(&u->chunked, p + off, n - off,
		    &used, &data);
		off += used;
		if (data.len > 0)
			u->events->data(u->user, data.p, data.len);
	}
	if (u->dead)
		return;
	if (result == HTTP1_FAILED) {
		malformed(u, u->chunked.error);
	} else if (result == HTTP1_DONE) {
		u->surplus = off < n;
		complete_chunked(u);
	}
}

static void
take_body(struct upstream *u, char *p, size_t n)
{
	size_t take;

	switch (u->body) {
	case HTTP1_LENGTH:
		take = n > u->left ? (size_t)u->left : n;
		u->left -= take;
		u->surplus = take < n;
		if (take > 0)
			u->events->data(u->user, p, take);
		if (u->left == 0 && !u->dead)
			complete(u);
		break;
	case HTTP1_CHUNKED:
		take_chunked(u, p, n);
		break;
	case HTTP1_UNTIL_CLOSE:
		if (n > 0)
			u->events->data(u->user, p, n);
		break;
	case HTTP1_NO_BODY:
		u->surplus = n > 0;
		complete(u);
		break;
	}
}

/* As many bytes as a head may have, and again for each second of waiting. */
static bool
too_much_interim(struct upstream *u, size_t len)
{
	uint64_t seconds = (loop_now() - u->began) / SECOND;

	u->interim += len;
	return u->interim / u->max_head > seconds;
}

/*
 * What the host says of how long it keeps an idle connection.  Its time began
 * before ours, and its end takes time to arrive.
 */
static void
heed_keep_alive(struct upstream *u, const struct http1_head *head)
{
	struct http1_keep_alive k;

	http1_keep_alive(head, &k);
	if (k.timeout != UINT64_MAX)
		u->patience = k.timeout < 2 ? k.timeout * SECOND / 2 :
		    (k.timeout - 1) * SECOND;
	if (u->more != UINT64_MAX && u->more > 0)
		u->more--;
	if (k.max < u->more)
		u->more = k.max;
}

/* A whole head; false when there is nothing more to read of these bytes. */
static bool
take_head(struct upstream *u, const char *p, size_t len)
{
	struct http1_head *head = &u->upstreams->loop->head;
	enum http1_error err;

	err = http1_response(head, p, len, u->method);
	memset(&u->scan, 0, sizeof u->scan);
	if (head->nfields > u->max_fields)
		err = HTTP1_MANY_FIELDS;
	if (err != HTTP1_OK) {
		malformed(u, err);
		return false;
	}
	if (head->status < 200 && too_much_interim(u, len)) {
		upstream_fail(u, FAILURE_TOO_LARGE,
		    "interim answers beyond limits.head");
		return false;
	}
	if (head->status >= 200) {
		u->in_body = true;
		u->body = head->body;
		u->left = head->length;
		u->keep_alive = head->keep_alive;
		heed_keep_alive(u, head);
		if (u->body == HTTP1_CHUNKED) {
			http1_chunked_init(&u->chunked, true);
			http1_chunked_heed(&u->chunked, head);
		}
	}
	u->events->response(u->user, head);
	return !u->dead;
}

/*
 * Takes all heads that are whole (interim ones come first), then the body.
 * Returns how many bytes are left over: a head's beginning.
 */
static size_t
take_response(struct upstream *u, char *p, size_t n)
{
	size_t end, max = u->max_head;

	while (!u->in_body) {
		switch (http1_scan(&u->scan, p, n, max, max, &end)) {
		case HTTP1_MORE:
			return n;
		case HTTP1_FAILED:
			malformed(u, u->scan.error);
			return 0;
		case HTTP1_DONE:
			break;
		}
		u->rest = p + end;
		u->rest_len = n - end;
		if (!take_head(u, p, end))
			return 0;
		p += end;
		n -= end;
	}
	take_body(u, p, n);
	return 0;
}

static bool
grow_stash(struct upstream *u, size_t size)
{
	char *p;

	if (size <= u->stash_size)
		return true;
	if (size < 1024)
		size = 1024;
	if ((p = realloc(u->stash, size * 2)) == NULL)
		return false;
	u->stash = p;
	u->stash_size = size * 2;
	return true;
}

void
upstream_feed(struct upstream *u, char *p, size_t n)
{
	void *user = u->user;
	size_t left;
	bool stashed = u->stash_len > 0;

	u->silent = false;
	if (u->complete) {
		u->surplus = true;
		return;
	}
	if (stashed && !u->in_body) {
		if (!grow_stash(u, u->stash_len + n)) {
			upstream_fail(u, FAILURE_NO_MEMORY, "out of memory");
			return;
		}
		memcpy(u->stash + u->stash_len, p, n);
		p = u->stash;
		n += u->stash_len;
	}
	left = take_response(u, p, n);
	if (!u->dead && u->user == user && !u->complete &&
	    !u->events->flush(user)) {
		u->paused = true;
		stream_read(&u->stream, false);
	}
	if (u->dead || u->user != user)
		return;
	if (left > 0 && !stashed) {
		if (!grow_stash(u, left)) {
			upstream_fail(u, FAILURE_NO_MEMORY, "out of memory");
			return;
		}
	}
	if (left > 0)
		memmove(u->stash, p + n - left, left);
	u->stash_len = left;
}

/* How far its response had come. */
static void
cut_short(struct upstream *u, const char *why)
{
	char text[128];

	snprintf(text, sizeof text, "%s%s%s", u->silent ? "nothing had come" :
	    u->in_body ? "in its body" : "in its head",
	    why != NULL ? ", " : "", why != NULL ? why : "");
	upstream_fail(u, FAILURE_CLOSED, text);
}

void
upstream_feed_end(struct upstream *u, const char *why)
{
	if (u->in_body && u->body == HTTP1_UNTIL_CLOSE && why == NULL &&
	    !u->stream.broken)
		complete(u);
	else
		cut_short(u, why);
}
