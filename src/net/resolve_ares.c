/* SPDX-License-Identifier: ISC */
#include "net/resolve_ares.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <ares.h>
#include <bsd/sys/queue.h>
#include <event2/event.h>
#include <event2/event_struct.h>

#include "conf/conf.h"
#include "http/http1.h"
#include "net/address.h"
#include "net/loop.h"

/*
 * Life: idle; resolve_ares_start() asks c-ares, which tells which sockets it
 * wants watched, and an event stands for each; its answer is kept until c-ares
 * has returned, and told from the loop; then it is idle again.  Where a socket
 * or the time cannot be watched for want of memory it ends at once, and is not
 * sound any more: c-ares would wait for what nobody tells it.
 *
 * c-ares tells addresses of both families together.  There are name servers
 * that never answer for one of them; so when an answer is late each is asked
 * for by itself, too, and what comes first counts.
 */

#define TRY_MS	1500	/* before a server is asked again */
#define TRIES	3
#define MENDED	0x011400	/* c-ares 1.20: see find_root() */

struct watch {
	LIST_ENTRY(watch)	 entry;
	struct event		 ev;
	int			 fd;
};

struct resolve_ares {
	struct loop		*loop;
	ares_channel		 channel;
	resolve_ares_cb		*cb;
	void			*arg;
	LIST_HEAD(, watch)	 watches;
	struct event		 timer_ev;
	struct event		 done_ev;
	const char		*name;		/* the caller's */
	bool			 asking;
	bool			 late;		/* asked for each family */
	bool			 broken;	/* not sound */
	struct resolve_answer	 answer;
	uint32_t		 ttl;		/* s, of the addresses */
};

/* The end */

static void
done_cb(evutil_socket_t fd, short what, void *arg)
{
	struct resolve_ares *l = arg;

	(void)fd;
	(void)what;
	ares_cancel(l->channel);
	l->cb(l->arg, &l->answer, l->ttl);
}

/* Once; the answer is told when c-ares has returned to the loop. */
static void
finish(struct resolve_ares *l, enum resolve_result result)
{
	if (!l->asking)
		return;
	l->asking = false;
	l->answer.result = result;
	evtimer_del(&l->timer_ev);
	event_active(&l->done_ev, EV_TIMEOUT, 0);
}

/* Takes turns between the families, the first one's first (RFC 8305, 4). */
static void
interleave(const struct ares_addrinfo *ai, struct resolve_ares *l)
{
	const struct ares_addrinfo_node *a = ai->nodes, *b = ai->nodes, **turn;
	int first = a != NULL ? a->ai_family : AF_INET;
	struct address *out = l->answer.list;
	size_t n = 0;

	l->ttl = UINT32_MAX;
	for (turn = &a; n < RESOLVE_ADDRESSES; turn = turn == &a ? &b : &a) {
		while (a != NULL && a->ai_family != first)
			a = a->ai_next;
		while (b != NULL && b->ai_family == first)
			b = b->ai_next;
		if (a == NULL && b == NULL)
			break;
		if (*turn == NULL)
			continue;
		address_pack((*turn)->ai_addr, &out[n++]);
		if ((uint32_t)(*turn)->ai_ttl < l->ttl)
			l->ttl = (uint32_t)(*turn)->ai_ttl;
		*turn = (*turn)->ai_next;
	}
	l->answer.n = n;
}

static enum resolve_result
result_of(int status)
{
	switch (status) {
	case ARES_SUCCESS:
	case ARES_ENOTFOUND:
	case ARES_ENODATA:
	case ARES_EBADNAME:
		return RESOLVE_NO_NAME;
	case ARES_ETIMEOUT:
		return RESOLVE_TIMEOUT;
	case ARES_ENOMEM:
		return RESOLVE_NO_MEMORY;
	default:
		return RESOLVE_FAILED;
	}
}

/* Adds what was found, if anybody still wants it. */
static void
take_addresses(struct resolve_ares *l, int status, struct ares_addrinfo *ai)
{
	if (l->asking && status == ARES_SUCCESS && ai != NULL)
		interleave(ai, l);
	if (ai != NULL)
		ares_freeaddrinfo(ai);
}

static void
answer_cb(void *arg, int status, int timeouts, struct ares_addrinfo *ai)
{
	struct resolve_ares *l = arg;

	(void)timeouts;
	take_addresses(l, status, ai);
	finish(l, l->answer.n > 0 ? RESOLVE_OK : result_of(status));
}

static void
family_cb(void *arg, int status, int timeouts, struct ares_addrinfo *ai)
{
	struct resolve_ares *l = arg;

	(void)timeouts;
	take_addresses(l, status, ai);
	if (l->answer.n > 0)
		finish(l, RESOLVE_OK);
}

static void
ask_family(struct resolve_ares *l, int family, ares_addrinfo_callback cb)
{
	struct ares_addrinfo_hints hints = {
		.ai_family = family,
		.ai_socktype = SOCK_STREAM,
	};

	ares_getaddrinfo(l->channel, l->name, NULL, &hints, cb, l);
}

/* The hosts file */

/* The address of an entry, as it is in the file. */
static void
take_entry(struct resolve_ares *l, int family, const char *bytes)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct address *a = &l->answer.list[l->answer.n++];

	if (family == AF_INET) {
		memcpy(&in.sin_addr, bytes, sizeof in.sin_addr);
		address_pack((struct sockaddr *)&in, a);
	} else {
		memcpy(&in6.sin6_addr, bytes, sizeof in6.sin6_addr);
		address_pack((struct sockaddr *)&in6, a);
	}
}

static void
take_entries(struct resolve_ares *l, const char *name, int family)
{
	struct hostent *found;
	char **p;

	if (ares_gethostbyname_file(l->channel, name, family, &found) !=
	    ARES_SUCCESS)
		return;
	for (p = found->h_addr_list; *p != NULL &&
	    l->answer.n < RESOLVE_ADDRESSES; p++)
		take_entry(l, family, *p);
	ares_free_hostent(found);
}

/*
 * c-ares looks for a name with a dot behind it as it is, and names in the file
 * have none; but no domain is searched for them.
 */
static bool
is_in_file(struct resolve_ares *l)
{
	char name[HTTP1_HOST + 1];
	size_t len = strlen(l->name);

	if (len == 0 || len > sizeof name || l->name[len - 1] != '.')
		return false;
	memcpy(name, l->name, len - 1);
	name[len - 1] = '\0';
	take_entries(l, name, AF_INET6);
	take_entries(l, name, AF_INET);
	return l->answer.n > 0;
}

/* What c-ares wants of the loop */

/* After each call of c-ares. */
static void
set_timer(struct resolve_ares *l)
{
	struct timeval tv, *next;

	if (!l->asking)
		return;
	next = ares_timeout(l->channel, NULL, &tv);
	if (next == NULL || evtimer_add(&l->timer_ev, next) == -1)
		l->broken = true;
	if (l->broken)
		finish(l, RESOLVE_NO_MEMORY);
}

static void
timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct resolve_ares *l = arg;

	(void)fd;
	(void)what;
	ares_process_fd(l->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	if (l->asking && !l->late) {
		l->late = true;
		ask_family(l, AF_INET, family_cb);
		ask_family(l, AF_INET6, family_cb);
	}
	set_timer(l);
}

static void
socket_cb(evutil_socket_t fd, short what, void *arg)
{
	struct resolve_ares *l = arg;

	ares_process_fd(l->channel, what & EV_READ ? fd : ARES_SOCKET_BAD,
	    what & EV_WRITE ? fd : ARES_SOCKET_BAD);
	set_timer(l);
}

static struct watch *
find_watch(struct resolve_ares *l, int fd)
{
	struct watch *w;

	LIST_FOREACH(w, &l->watches, entry) {
		if (w->fd == fd)
			return w;
	}
	return NULL;
}

static void
watch_cb(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct resolve_ares *l = arg;
	struct watch *w = find_watch(l, fd);
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
		if ((w = calloc(1, sizeof *w)) == NULL) {
			l->broken = true;
			return;
		}
		w->fd = fd;
		LIST_INSERT_HEAD(&l->watches, w, entry);
	}
	what = (short)(EV_PERSIST | (readable ? EV_READ : 0) |
	    (writable ? EV_WRITE : 0));
	event_assign(&w->ev, l->loop->base, fd, what, socket_cb, l);
	if (event_add(&w->ev, NULL) == -1)
		l->broken = true;
}

/* Which servers to ask, where not the system's. */
static bool
set_servers(struct resolve_ares *l, const struct conf_addresses *servers)
{
	char *csv, *p, addr[ADDRESS_TEXT];
	size_t i, size = servers->n * ADDRESS_TEXT + 1;
	bool ok;

	if (servers->n == 0)
		return true;
	if ((csv = calloc(1, size)) == NULL)
		return false;
	for (i = 0, p = csv; i < servers->n; i++) {
		address_print((const struct sockaddr *)&servers->list[i].addr,
		    addr, sizeof addr);
		p += snprintf(p, size - (size_t)(p - csv), "%s%s",
		    i > 0 ? "," : "", addr);
	}
	ok = ares_set_servers_ports_csv(l->channel, csv) == ARES_SUCCESS;
	free(csv);
	return ok;
}

/*
 * The root among the domains that are searched, which systemd-resolved writes
 * so that there are none, is the name as it is.  c-ares puts a dot between name
 * and domain; before 1.20 it did so for "." as well, had no name of that, and
 * found none.  With "" it is one.  Returns whether there is one to be mended.
 */
static bool
find_root(ares_channel channel, struct ares_options *found)
{
	bool some = false;
	int i, mask, version;

	(void)ares_version(&version);
	if (version >= MENDED ||
	    ares_save_options(channel, found, &mask) != ARES_SUCCESS)
		return false;
	for (i = 0; i < found->ndomains; i++) {
		if (strcmp(found->domains[i], ".") == 0) {
			found->domains[i][0] = '\0';
			some = true;
		}
	}
	return some;
}

/*
 * With these domains.  As the last one the root is not needed: a name that was
 * not asked for as it is, is then.
 */
static bool
reopen(struct resolve_ares *l, struct ares_options *options, int mask,
    const struct ares_options *found)
{
	options->domains = found->domains;
	options->ndomains = found->ndomains;
	if (found->domains[found->ndomains - 1][0] == '\0')
		options->ndomains--;
	ares_destroy(l->channel);
	return ares_init_options(&l->channel, options,
	    mask | ARES_OPT_DOMAINS) == ARES_SUCCESS;
}

static bool
open_channel(struct resolve_ares *l)
{
	struct ares_options options = {
		.timeout = TRY_MS,
		.tries = TRIES,
		.sock_state_cb = watch_cb,
		.sock_state_cb_data = l,
	};
	struct ares_options found = { .ndomains = 0 };
	int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
	    ARES_OPT_SOCK_STATE_CB;
	bool ok;

	if (ares_init_options(&l->channel, &options, mask) != ARES_SUCCESS)
		return false;
	ok = !find_root(l->channel, &found) ||
	    reopen(l, &options, mask, &found);
	ares_destroy_options(&found);
	return ok;
}

struct resolve_ares *
resolve_ares_new(struct loop *loop, const struct conf_addresses *servers,
    resolve_ares_cb *cb)
{
	struct resolve_ares *l;

	if ((l = calloc(1, sizeof *l)) == NULL)
		return NULL;
	l->loop = loop;
	l->cb = cb;
	LIST_INIT(&l->watches);
	evtimer_assign(&l->timer_ev, loop->base, timer_cb, l);
	event_assign(&l->done_ev, loop->base, -1, 0, done_cb, l);
	if (!open_channel(l)) {
		free(l);
		return NULL;
	}
	if (!set_servers(l, servers)) {
		resolve_ares_free(l);
		return NULL;
	}
	return l;
}

void
resolve_ares_free(struct resolve_ares *l)
{
	if (l == NULL)
		return;
	l->asking = false;
	ares_destroy(l->channel);
	evtimer_del(&l->timer_ev);
	event_del(&l->done_ev);
	free(l);
}

void
resolve_ares_start(struct resolve_ares *l, const char *name, void *arg)
{
	l->arg = arg;
	l->name = name;
	l->asking = true;
	l->late = false;
	l->answer.n = 0;
	l->ttl = 0;
	if (is_in_file(l)) {
		finish(l, RESOLVE_OK);
		return;
	}
	ask_family(l, AF_UNSPEC, answer_cb);
	set_timer(l);
}

void
resolve_ares_cancel(struct resolve_ares *l)
{
	l->asking = false;
	ares_cancel(l->channel);
	evtimer_del(&l->timer_ev);
	event_del(&l->done_ev);
}

bool
resolve_ares_sound(const struct resolve_ares *l)
{
	return !l->broken;
}
