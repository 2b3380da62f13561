/* SPDX-License-Identifier: ISC */
#include "net/dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "conf/conf.h"
#include "http/http1.h"
#include "net/address.h"
#include "net/dialer.h"
#include "net/loop.h"
#include "net/permit.h"
#include "net/resolve.h"
#include "policy/destination_say.h"

/*
 * Life: resolving (query set), then attempts run, at most one for each
 * address; the first that connects wins and the others are closed.  The result
 * is always told from the loop, by done_ev.
 */

#define NEXT_NS	250000000ULL

struct attempt {
	struct dial	*dial;
	struct event	 ev;
	int		 fd;		/* -1: none, or over */
};

struct dial {
	const struct dialer	*dialer;
	struct http1_host	 host;
	bool			 stranger;
	bool			 to_parent;
	dial_cb			*cb;
	void			*arg;
	struct resolve		*query;
	struct sockaddr_storage	 addrs[RESOLVE_ADDRESSES];
	struct attempt		 attempts[RESOLVE_ADDRESSES];
	size_t			 n;		/* addresses */
	size_t			 next;		/* to be tried */
	size_t			 running;
	struct deadline		 timer;		/* the next address */
	struct deadline		 limit;		/* timeouts.connect */
	struct event		 done_ev;
	int			 fd;		/* the winner */
	enum failure		 why;
	struct destination_verdict denied;	/* the first that is */
	bool			 done;
	struct grave		 grave;
};

static void try_next(struct dial *);

static void
end_attempt(struct attempt *a, bool keep_fd)
{
	if (a->fd == -1)
		return;
	event_del(&a->ev);
	if (!keep_fd)
		close(a->fd);
	a->fd = -1;
	a->dial->running--;
}

static void
stop(struct dial *d)
{
	size_t i;

	resolve_cancel(d->query);
	d->query = NULL;
	for (i = 0; i < d->next; i++)
		end_attempt(&d->attempts[i], false);
	deadline_free(&d->timer);
	deadline_free(&d->limit);
}

static void
finish(struct dial *d, int fd, enum failure why)
{
	if (d->done)
		return;
	stop(d);
	d->done = true;
	d->fd = fd;
	d->why = why;
	event_active(&d->done_ev, EV_TIMEOUT, 0);
}

static void
done_cb(evutil_socket_t fd, short what, void *arg)
{
	struct dial *d = arg;
	struct dialled result = {
		.fd = d->fd,
		.why = d->why,
		.detail = failure_answer(d->why)->detail,
	};
	char text[DESTINATION_TEXT];

	(void)fd;
	(void)what;
	if (d->why == FAILURE_DESTINATION)
		result.detail = destination_say(text, &d->denied);
	loop_bury(d->dialer->loop, &d->grave, free, d);
	d->cb(d->arg, &result);
}

static enum failure
classify(int err)
{
	switch (err) {
	case ECONNREFUSED:
		return FAILURE_REFUSED;
	case ETIMEDOUT:
		return FAILURE_CONNECT_TIMEOUT;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
	case EADDRNOTAVAIL:
	case EAGAIN:
		return FAILURE_NO_SOCKET;
	default:
		return FAILURE_UNREACHABLE;
	}
}

/*
 * Of several addresses, the one where somebody has answered says more; one that
 * is denied says the most, since what was asked for may be there.
 */
static void
note_failure(struct dial *d, int err)
{
	if (d->why != FAILURE_REFUSED && d->why != FAILURE_DESTINATION)
		d->why = classify(err);
}

/* Whether an address may be tried; notes why not. */
static bool
may_try(struct dial *d, const struct sockaddr *sa)
{
	struct destination_verdict v = d->to_parent ?
	    permit_parent(d->dialer, &d->host, sa) :
	    permit_address(d->dialer, &d->host, d->stranger, sa);

	if (v.reason == DESTINATION_GOES)
		return true;
	if (d->denied.reason == DESTINATION_GOES)
		d->denied = v;
	d->why = FAILURE_DESTINATION;
	return false;
}

static void
attempt_failed(struct dial *d, int err)
{
	note_failure(d, err);
	if (d->next < d->n)
		try_next(d);
	else if (d->running == 0)
		finish(d, -1, d->why);
}

static void
attempt_cb(evutil_socket_t fd, short what, void *arg)
{
	struct attempt *a = arg;
	struct dial *d = a->dial;
	int err = 0;
	socklen_t len = sizeof err;

	(void)what;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) == -1)
		err = errno;
	if (err == 0) {
		end_attempt(a, true);
		finish(d, fd, 0);
		return;
	}
	end_attempt(a, false);
	attempt_failed(d, err);
}

/* A socket that connects to that address, or -1 with errno. */
static int
start_connect(const struct sockaddr *sa)
{
	int fd, on = 1, err;

	fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd == -1)
		return -1;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	/* one that is interrupted goes on, too */
	if (connect(fd, sa, address_length(sa)) == -1 &&
	    errno != EINPROGRESS && errno != EINTR) {
		err = errno;
		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

static void
try_next(struct dial *d)
{
	const struct sockaddr *sa;
	struct attempt *a;
	int fd;

	while (d->next < d->n) {
		a = &d->attempts[d->next];
		a->fd = -1;
		sa = (struct sockaddr *)&d->addrs[d->next++];
		if (!may_try(d, sa))
			continue;
		fd = start_connect(sa);
		if (fd == -1) {
			note_failure(d, errno);
			continue;
		}
		a->dial = d;
		a->fd = fd;
		event_assign(&a->ev, d->dialer->loop->base, fd, EV_WRITE,
		    attempt_cb, a);
		d->running++;
		if (event_add(&a->ev, NULL) == -1) {
			end_attempt(a, false);
			note_failure(d, ENOMEM);
			continue;
		}
		if (d->next < d->n)
			deadline_set(&d->timer, loop_now() + NEXT_NS);
		return;
	}
	if (d->running == 0)
		finish(d, -1, d->why);
}

static void
timer_cb(void *arg)
{
	try_next(arg);
}

static void
limit_cb(void *arg)
{
	struct dial *d = arg;
	struct resolve *query = d->query;
	enum failure why = FAILURE_CONNECT_TIMEOUT;

	d->query = NULL;
	if (query != NULL)
		why = resolve_give_up(query) == RESOLVE_QUEUED ?
		    FAILURE_LOOKUPS : FAILURE_DNS_TIMEOUT;
	finish(d, -1, why);
}

static void
resolved_cb(void *arg, enum resolve_result result,
    const struct sockaddr_storage *addrs, size_t n)
{
	static const enum failure failures[] = {
		[RESOLVE_NO_NAME] = FAILURE_NO_NAME,
		[RESOLVE_FAILED] = FAILURE_DNS_ERROR,
		[RESOLVE_TIMEOUT] = FAILURE_DNS_TIMEOUT,
		[RESOLVE_NO_MEMORY] = FAILURE_NO_MEMORY,
	};
	struct dial *d = arg;

	d->query = NULL;
	if (result != RESOLVE_OK) {
		finish(d, -1, failures[result]);
		return;
	}
	memcpy(d->addrs, addrs, n * sizeof *addrs);
	d->n = n;
	try_next(d);
}

/* What is no name is its own address. */
static void
begin(struct dial *d, const struct sockaddr *client)
{
	if (!d->to_parent)
		d->denied = permit_host(d->dialer, &d->host, d->stranger);
	if (d->denied.reason != DESTINATION_GOES) {
		finish(d, -1, FAILURE_DESTINATION);
	} else if (address_literal(&d->host, d->host.port, &d->addrs[0])) {
		d->n = 1;
		try_next(d);
	} else
		d->query = resolve_name(d->dialer->resolver, &d->host, client,
		    resolved_cb, d);
}

struct dial *
dial_start(const struct dialer *dialer, const struct http1_host *host,
    const struct dial_client *client, dial_cb *cb, void *arg)
{
	struct loop *loop = dialer->loop;
	struct dial *d;

	if ((d = calloc(1, sizeof *d)) == NULL)
		return NULL;
	d->dialer = dialer;
	d->host = *host;
	d->stranger = client->stranger;
	d->to_parent = client->to_parent;
	d->cb = cb;
	d->arg = arg;
	d->why = FAILURE_UNREACHABLE;
	deadline_init(&d->timer, loop, timer_cb, d);
	deadline_init(&d->limit, loop, limit_cb, d);
	event_assign(&d->done_ev, loop->base, -1, 0, done_cb, d);
	deadline_set(&d->limit, loop_now() + dialer->conf->timeout_connect);
	begin(d, client->address);
	return d;
}

void
dial_cancel(struct dial *d)
{
	if (d == NULL)
		return;
	if (d->done) {
		event_del(&d->done_ev);
		if (d->fd != -1)
			close(d->fd);
	} else
		stop(d);
	d->done = true;
	loop_bury(d->dialer->loop, &d->grave, free, d);
}
