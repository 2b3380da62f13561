/* SPDX-License-Identifier: ISC */
#include "proxy/resolve.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <ares.h>
#include <bsd/sys/queue.h>
#include <event2/event.h>
#include <event2/event_struct.h>

#include "log.h"
#include "proxy/net.h"
#include "proxy/worker.h"

/*
 * One c-ares channel a worker.  c-ares tells which sockets it wants watched; an
 * event stands for each.  A query cannot be taken back from c-ares, so a
 * cancelled one only forgets whom to tell.
 */

#define TRY_MS	1500	/* before a server is asked again */
#define TRIES	3

struct watch {
	LIST_ENTRY(watch)	 entry;
	struct event		 ev;
	int			 fd;
	struct resolver		*resolver;
};

struct resolver {
	struct worker		*worker;
	ares_channel		 channel;
	bool			 open;
	LIST_HEAD(, watch)	 watches;
	struct event		 timer_ev;
};

struct resolve {
	resolve_cb		*cb;	/* NULL: cancelled */
	void			*arg;
	const char		*name;	/* the caller's, until cancelled */
	uint16_t		 port;
	bool			 starting;
	bool			 done;
};

/* What c-ares wants of the loop */

static void
set_timer(struct resolver *r)
{
	struct timeval tv, *next;

	if ((next = ares_timeout(r->channel, NULL, &tv)) != NULL)
		evtimer_add(&r->timer_ev, next);
	else
		evtimer_del(&r->timer_ev);
}

static void
timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct resolver *r = arg;

	(void)fd;
	(void)what;
	ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	set_timer(r);
}

static void
socket_cb(evutil_socket_t fd, short what, void *arg)
{
	struct resolver *r = arg;

	ares_process_fd(r->channel, what & EV_READ ? fd : ARES_SOCKET_BAD,
	    what & EV_WRITE ? fd : ARES_SOCKET_BAD);
	set_timer(r);
}

static struct watch *
find_watch(struct resolver *r, int fd)
{
	struct watch *w;

	LIST_FOREACH(w, &r->watches, entry) {
		if (w->fd == fd)
			return w;
	}
	return NULL;
}

static void
watch_cb(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct resolver *r = arg;
	struct watch *w = find_watch(r, fd);
	short what;

	if (w != NULL)
		event_del(&w->ev);
	if (!readable && !writable) {
		if (w != NULL) {
			LIST_REMOVE(w, entry);
			free(w);
		}
		return;
	}
	if (w == NULL) {
		if ((w = calloc(1, sizeof *w)) == NULL)
			return;		/* the query will time out */
		w->fd = fd;
		w->resolver = r;
		LIST_INSERT_HEAD(&r->watches, w, entry);
	}
	what = (short)(EV_PERSIST | (readable ? EV_READ : 0) |
	    (writable ? EV_WRITE : 0));
	event_assign(&w->ev, r->worker->base, fd, what, socket_cb, r);
	event_add(&w->ev, NULL);
}

/* Which servers to ask, where not the system's. */
static bool
set_servers(struct resolver *r, const struct conf_addresses *servers)
{
	char *csv, *p, addr[NET_ADDRSTR];
	size_t i, size = servers->n * NET_ADDRSTR + 1;
	bool ok;

	if (servers->n == 0)
		return true;
	if ((csv = calloc(1, size)) == NULL)
		return false;
	for (i = 0, p = csv; i < servers->n; i++) {
		net_addrstr((const struct sockaddr *)&servers->list[i].addr,
		    addr, sizeof addr);
		p += snprintf(p, size - (size_t)(p - csv), "%s%s",
		    i > 0 ? "," : "", addr);
	}
	ok = ares_set_servers_ports_csv(r->channel, csv) == ARES_SUCCESS;
	free(csv);
	return ok;
}

struct resolver *
resolver_new(struct worker *w)
{
	struct ares_options options = {
		.timeout = TRY_MS,
		.tries = TRIES,
		.sock_state_cb = watch_cb,
	};
	struct resolver *r;

	if ((r = calloc(1, sizeof *r)) == NULL)
		return NULL;
	r->worker = w;
	LIST_INIT(&r->watches);
	evtimer_assign(&r->timer_ev, w->base, timer_cb, r);
	options.sock_state_cb_data = r;
	if (ares_init_options(&r->channel, &options, ARES_OPT_TIMEOUTMS |
	    ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB) != ARES_SUCCESS) {
		free(r);
		return NULL;
	}
	r->open = true;
	if (!set_servers(r, &w->conf->resolver)) {
		resolver_free(r);
		return NULL;
	}
	return r;
}

void
resolver_free(struct resolver *r)
{
	r->open = false;
	ares_destroy(r->channel);
	evtimer_del(&r->timer_ev);
	free(r);
}

/* Queries */

/* Takes turns between the families, the first one's first (RFC 8305, 4). */
static size_t
interleave(const struct ares_addrinfo *ai, uint16_t port,
    struct sockaddr_storage *out)
{
	const struct ares_addrinfo_node *a = ai->nodes, *b = ai->nodes;
	const struct ares_addrinfo_node **turn;
	int first = a != NULL ? a->ai_family : AF_INET;
	size_t n = 0;

	for (turn = &a; n < RESOLVE_ADDRESSES; turn = turn == &a ? &b : &a) {
		while (a != NULL && a->ai_family != first)
			a = a->ai_next;
		while (b != NULL && b->ai_family == first)
			b = b->ai_next;
		if (a == NULL && b == NULL)
			break;
		if (*turn == NULL)
			continue;
		memset(&out[n], 0, sizeof out[n]);
		memcpy(&out[n], (*turn)->ai_addr, (*turn)->ai_addrlen);
		net_set_port((struct sockaddr *)&out[n++], port);
		*turn = (*turn)->ai_next;
	}
	return n;
}

/*
 * "localhost" and names below it are the loopback's wherever the hosts file
 * does not say so (RFC 6761, 6.3).
 */
static size_t
loopback(const char *name, uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)&out[0];
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&out[1];
	size_t len = strlen(name), n = strlen("localhost");

	if (len < n || strcmp(name + len - n, "localhost") != 0 ||
	    (len > n && name[len - n - 1] != '.'))
		return 0;
	memset(out, 0, 2 * sizeof *out);
	in4->sin_family = AF_INET;
	in4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in6->sin6_family = AF_INET6;
	in6->sin6_addr = in6addr_loopback;
	net_set_port((struct sockaddr *)in4, port);
	net_set_port((struct sockaddr *)in6, port);
	return 2;
}

static void
tell(struct resolve *q, int status, const struct ares_addrinfo *ai)
{
	struct sockaddr_storage list[RESOLVE_ADDRESSES];
	enum resolve_result result = RESOLVE_NOT_FOUND;
	size_t n = 0;

	if (status == ARES_SUCCESS && ai != NULL)
		n = interleave(ai, q->port, list);
	if (n == 0)
		n = loopback(q->name, q->port, list);
	if (n > 0)
		result = RESOLVE_OK;
	else if (status == ARES_ETIMEOUT)
		result = RESOLVE_TIMEOUT;
	q->cb(q->arg, result, list, n);
}

static void
answer_cb(void *arg, int status, int timeouts, struct ares_addrinfo *ai)
{
	struct resolve *q = arg;

	(void)timeouts;
	q->done = true;
	/* ARES_EDESTRUCTION: whoever asked is being torn down itself */
	if (q->cb != NULL && status != ARES_EDESTRUCTION)
		tell(q, status, ai);
	if (ai != NULL)
		ares_freeaddrinfo(ai);
	if (!q->starting)
		free(q);
}

struct resolve *
resolve_name(struct resolver *r, const char *name, uint16_t port,
    resolve_cb *cb, void *arg)
{
	struct ares_addrinfo_hints hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
	};
	struct resolve *q;

	if ((q = calloc(1, sizeof *q)) == NULL) {
		cb(arg, RESOLVE_NOT_FOUND, NULL, 0);
		return NULL;
	}
	q->cb = cb;
	q->arg = arg;
	q->name = name;
	q->port = port;
	q->starting = true;
	ares_getaddrinfo(r->channel, name, NULL, &hints, answer_cb, q);
	set_timer(r);
	q->starting = false;
	if (q->done) {
		free(q);
		return NULL;
	}
	return q;
}

void
resolve_cancel(struct resolve *q)
{
	if (q != NULL)
		q->cb = NULL;
}
