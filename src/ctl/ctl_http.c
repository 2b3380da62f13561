/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_http.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "http/http1.h"
#include "http/http1_chunked.h"
#include "http/http1_error.h"
#include "http/http1_head.h"
#include "http/http1_response.h"
#include "http/http1_scan.h"

/*
 * Life: new; connected; asked: the head is parsed, and its bytes stay where
 * they are, for it points to them; pieces of the body are read behind it, each
 * in place of the one before.
 */

#define PIECE	16384	/* bytes read at once */

struct ctl_http {
	int			 fd;		/* -1: not connected */
	uint64_t		 deadline;	/* ns */
	struct text		 head_bytes;
	struct http1_head	 head;
	struct http1_chunked	 chunked;
	uint64_t		 left;		/* of a body of known length */
	char			 in[PIECE];	/* what was read of the body */
	size_t			 len;
	size_t			 used;
	char			 error[256];
};

uint64_t
ctl_http_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

struct ctl_http *
ctl_http_new(void)
{
	struct ctl_http *h = calloc(1, sizeof *h);

	if (h == NULL)
		return NULL;
	h->fd = -1;
	h->deadline = CTL_HTTP_NEVER;
	http1_chunked_init(&h->chunked, true);
	return h;
}

void
ctl_http_free(struct ctl_http *h)
{
	if (h == NULL)
		return;
	if (h->fd != -1)
		close(h->fd);
	http1_chunked_free(&h->chunked);
	text_free(&h->head_bytes);
	free(h);
}

void
ctl_http_deadline(struct ctl_http *h, uint64_t deadline)
{
	h->deadline = deadline;
}

static enum ctl_http_result fail(struct ctl_http *, enum ctl_http_result,
    const char *, ...) __attribute__((format(printf, 3, 4)));

static enum ctl_http_result
fail(struct ctl_http *h, enum ctl_http_result result, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(h->error, sizeof h->error, format, ap);
	va_end(ap);
	return result;
}

/* Waits for the socket. */
static enum ctl_http_result
wait_for(struct ctl_http *h, short events)
{
	struct pollfd p = { h->fd, events, 0 };
	uint64_t now;
	int ms, n;

	do {
		now = ctl_http_now();
		if (now >= h->deadline)
			return fail(h, CTL_HTTP_LATE, "no answer in time");
		ms = h->deadline == CTL_HTTP_NEVER ||
		    h->deadline - now > 1000000000000U ? 1000000 :
		    (int)((h->deadline - now + 999999) / 1000000);
		n = poll(&p, 1, ms);
	} while (n == 0 || (n == -1 && errno == EINTR));
	return n == -1 ? fail(h, CTL_HTTP_BROKEN, "%s", strerror(errno)) :
	    CTL_HTTP_DONE;
}

/*
 * A Unix socket whose queue is full has connect() fail at once with EAGAIN, and
 * nothing tells when there is room: it is tried again, ten times a second.
 */
static enum ctl_http_result
connect_again(struct ctl_http *h, const struct sockaddr_un *to)
{
	while (connect(h->fd, (const struct sockaddr *)to, sizeof *to) == -1) {
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return fail(h, CTL_HTTP_ABSENT, "%s", strerror(errno));
		if (ctl_http_now() >= h->deadline)
			return fail(h, CTL_HTTP_LATE, "no answer in time");
		(void)poll(NULL, 0, 100);
	}
	return CTL_HTTP_DONE;
}

enum ctl_http_result
ctl_http_connect(struct ctl_http *h, const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof to.sun_path)
		return fail(h, CTL_HTTP_ABSENT, "longer than the %zu bytes "
		    "that a socket's path may have", sizeof to.sun_path - 1);
	memcpy(to.sun_path, path, strlen(path));
	h->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (h->fd == -1)
		return fail(h, CTL_HTTP_BROKEN, "%s", strerror(errno));
	return connect_again(h, &to);
}

/* Asking */

static enum ctl_http_result
send_all(struct ctl_http *h, const char *p, size_t n)
{
	enum ctl_http_result result;
	ssize_t sent;

	while (n > 0) {
		sent = send(h->fd, p, n, MSG_NOSIGNAL);
		if (sent >= 0) {
			p += sent;
			n -= (size_t)sent;
		} else if (errno == EAGAIN) {
			result = wait_for(h, POLLOUT);
			if (result != CTL_HTTP_DONE)
				return result;
		} else if (errno == EPIPE || errno == ECONNRESET) {
			/* it may have answered before it closed */
			return CTL_HTTP_DONE;
		} else if (errno != EINTR) {
			return fail(h, CTL_HTTP_CUT, "%s", strerror(errno));
		}
	}
	return CTL_HTTP_DONE;
}

/* Reads at most n bytes; 0 of them is the end. */
static enum ctl_http_result
receive(struct ctl_http *h, char *p, size_t n, size_t *got)
{
	enum ctl_http_result result;
	ssize_t len;

	for (;;) {
		len = recv(h->fd, p, n, 0);
		if (len >= 0) {
			*got = (size_t)len;
			return CTL_HTTP_DONE;
		}
		if (errno != EAGAIN && errno != EINTR)
			return fail(h, CTL_HTTP_CUT, "%s", strerror(errno));
		if (errno == EAGAIN &&
		    (result = wait_for(h, POLLIN)) != CTL_HTTP_DONE)
			return result;
	}
}

static enum ctl_http_result
cut(struct ctl_http *h)
{
	return fail(h, CTL_HTTP_CUT, "the connection ended before the answer");
}

static enum ctl_http_result
foreign(struct ctl_http *h, enum http1_error error)
{
	return fail(h, CTL_HTTP_FOREIGN, "the answer is not HTTP: %s",
	    http1_strerror(error));
}

/* Reads until the head is whole; what is behind it is the body's. */
static enum ctl_http_result
read_head(struct ctl_http *h, size_t *end)
{
	struct http1_scan scan = { 0 };
	enum ctl_http_result result;
	size_t got = 0;

	for (;;) {
		if (!text_reserve(&h->head_bytes, PIECE))
			return fail(h, CTL_HTTP_BROKEN, "out of memory");
		result = receive(h, h->head_bytes.p + h->head_bytes.len, PIECE,
		    &got);
		if (result != CTL_HTTP_DONE)
			return result;
		if (got == 0)
			return cut(h);
		h->head_bytes.len += got;
		switch (http1_scan(&scan, h->head_bytes.p, h->head_bytes.len,
		    CTL_HTTP_HEAD, CTL_HTTP_HEAD, end)) {
		case HTTP1_DONE:
			return CTL_HTTP_DONE;
		case HTTP1_FAILED:
			return foreign(h, scan.error);
		case HTTP1_MORE:
			break;
		}
	}
}

static enum ctl_http_result
parse_head(struct ctl_http *h, const char *method, size_t end)
{
	struct http1_str m = { method, strlen(method) };
	enum http1_error error;
	size_t rest = h->head_bytes.len - end;

	error = http1_response(&h->head, h->head_bytes.p, end, m);
	if (error != HTTP1_OK)
		return foreign(h, error);
	if (h->head.status < 200)
		return fail(h, CTL_HTTP_FOREIGN, "the answer is an interim "
		    "one, of status %d", h->head.status);
	/* at most what was read last */
	memcpy(h->in, h->head_bytes.p + end, rest);
	h->len = rest;
	h->used = 0;
	h->left = h->head.body == HTTP1_LENGTH ? h->head.length : 0;
	return CTL_HTTP_DONE;
}

static bool
put_request(struct text *t, const char *method, const char *target,
    const char *json)
{
	text_putf(t, "%s ", method);
	text_puts(t, target);
	text_puts(t, " HTTP/1.1\r\nHost: localhost\r\n"
	    "User-Agent: sluice\r\nConnection: close\r\n");
	if (json != NULL)
		text_putf(t, "Content-Type: application/json\r\n"
		    "Content-Length: %zu\r\n", strlen(json));
	text_puts(t, "\r\n");
	if (json != NULL)
		text_puts(t, json);
	return !t->failed;
}

enum ctl_http_result
ctl_http_ask(struct ctl_http *h, const char *method, const char *target,
    const char *json)
{
	struct text request = { NULL, 0, 0, false };
	enum ctl_http_result result;
	size_t end = 0;

	if (put_request(&request, method, target, json))
		result = send_all(h, request.p, request.len);
	else
		result = fail(h, CTL_HTTP_BROKEN, "out of memory");
	text_free(&request);
	if (result == CTL_HTTP_DONE)
		result = read_head(h, &end);
	if (result == CTL_HTTP_DONE)
		result = parse_head(h, method, end);
	return result;
}

int
ctl_http_status(const struct ctl_http *h)
{
	return h->head.status;
}

struct http1_str
ctl_http_type(const struct ctl_http *h)
{
	const struct http1_field *f = http1_find(&h->head, HTTP1_CONTENT_TYPE);
	struct http1_str type = { "", 0 };
	const char *end;

	if (f == NULL)
		return type;
	type = f->value;
	if ((end = memchr(type.p, ';', type.len)) != NULL)
		type.len = (size_t)(end - type.p);
	return http1_str_trim(type);
}

/* The body */

/* What was read is used up: more. */
static enum ctl_http_result
fill(struct ctl_http *h)
{
	h->used = 0;
	h->len = 0;
	return receive(h, h->in, sizeof h->in, &h->len);
}

static enum ctl_http_result
piece_chunked(struct ctl_http *h, struct http1_str *piece)
{
	size_t used = 0;

	switch (http1_chunked(&h->chunked, h->in + h->used, h->len - h->used,
	    &used, piece)) {
	case HTTP1_DONE:
		return CTL_HTTP_DONE;
	case HTTP1_FAILED:
		return foreign(h, h->chunked.error);
	case HTTP1_MORE:
		break;
	}
	h->used += used;
	return CTL_HTTP_MORE;
}

static enum ctl_http_result
piece_plain(struct ctl_http *h, struct http1_str *piece)
{
	piece->p = h->in + h->used;
	piece->len = h->len - h->used;
	if (h->head.body == HTTP1_LENGTH) {
		if (piece->len > h->left)
			piece->len = (size_t)h->left;
		h->left -= piece->len;
	}
	h->used += piece->len;
	return CTL_HTTP_MORE;
}

static bool
is_over(const struct ctl_http *h)
{
	return h->head.body == HTTP1_NO_BODY ||
	    (h->head.body == HTTP1_LENGTH && h->left == 0);
}

enum ctl_http_result
ctl_http_piece(struct ctl_http *h, struct http1_str *piece)
{
	enum ctl_http_result result;

	piece->p = h->in;
	piece->len = 0;
	if (is_over(h))
		return CTL_HTTP_DONE;
	if (h->used == h->len) {
		if ((result = fill(h)) != CTL_HTTP_DONE)
			return result;
		if (h->len == 0)
			return h->head.body == HTTP1_UNTIL_CLOSE ?
			    CTL_HTTP_DONE : cut(h);
	}
	return h->head.body == HTTP1_CHUNKED ? piece_chunked(h, piece) :
	    piece_plain(h, piece);
}

enum ctl_http_result
ctl_http_body(struct ctl_http *h, struct text *all)
{
	enum ctl_http_result result;
	struct http1_str piece;

	while ((result = ctl_http_piece(h, &piece)) == CTL_HTTP_MORE) {
		if (all->len + piece.len > CTL_HTTP_BODY)
			return fail(h, CTL_HTTP_FOREIGN, "the answer has more "
			    "than %u bytes", CTL_HTTP_BODY);
		text_put(all, piece.p, piece.len);
	}
	if (result == CTL_HTTP_DONE && all->failed)
		return fail(h, CTL_HTTP_BROKEN, "out of memory");
	return result;
}

const char *
ctl_http_error(const struct ctl_http *h)
{
	return h->error;
}
