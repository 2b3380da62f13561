/* SPDX-License-Identifier: ISC */
#include "net/resolve.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>
#include <event2/event.h>
#include <event2/event_struct.h>

#include "conf/conf.h"
#include "http/http1.h"
#include "net/address.h"
#include "net/loop.h"
#include "net/resolve_ares.h"
#include "net/resolve_cache.h"
#include "net/resolve_share.h"
#include "net/resolve_system.h"

/*
 * Life of what is asked (struct resolve): answered at once, where the answer is
 * known; else it joins the query for its name, where one is under way; else it
 * waits for its turn, which begins a query for it, or finds that the answer is
 * known or under way by now.
 *
 * Life of a query: under way as long as its lookup is, and has a place until
 * then.  When all who asked have left it is idle: it goes on, for its answer
 * may be asked for again, until somebody else needs its place.
 */

#define SECOND		1000000000ULL	/* ns */
#define NO_NAME_NS	(10 * SECOND)	/* remembered, at most */
#define FAILED_NS	(1 * SECOND)
#define LOOK		1		/* s between looks at the system */
#define SPARE		8		/* lookups kept for the next names */

TAILQ_HEAD(asked, resolve);

struct resolve {
	TAILQ_ENTRY(resolve)	 entry;
	struct resolver		*resolver;
	struct query		*query;		/* which it shares, or */
	struct resolve_waiter	 waiter;	/* for its turn, or */
	struct resolve_answer	*known;		/* to be told from the loop,
						   or NULL: no memory */
	resolve_cb		*cb;
	void			*arg;
	char			 name[HTTP1_HOST + 2];	/* as it is asked for */
	uint16_t		 port;
};

struct query {
	RB_ENTRY(query)		 node;
	struct resolver		*resolver;
	struct resolve_place	 place;
	struct resolve_ares	*lookup;
	struct asked		 asked;		/* empty: it is idle */
	uint64_t		 began;		/* ns */
	const char		*name;		/* behind it */
};

RB_HEAD(query_tree, query);

struct resolver {
	struct loop		*loop;
	const struct conf	*conf;
	struct resolve_cache	*cache;
	struct query_tree	 queries;	/* by name */
	struct resolve_share	 share;
	struct resolve_system	 system;
	struct event		 look_ev;	/* at it, while a query runs */
	struct asked		 ready;		/* to be told from the loop */
	struct event		 ready_ev;
	struct resolve_ares	*spare[SPARE];
	size_t			 nspare;
};

static void serve(struct resolver *);

static int
query_cmp(const struct query *a, const struct query *b)
{
	return strcmp(a->name, b->name);
}

RB_PROTOTYPE(query_tree, query, node, query_cmp)
RB_GENERATE(query_tree, query, node, query_cmp)

static struct resolve *
asker_of(struct resolve_waiter *w)
{
	return (struct resolve *)(void *)((char *)w -
	    offsetof(struct resolve, waiter));
}

static struct query *
query_at(struct resolve_place *p)
{
	return (struct query *)(void *)((char *)p -
	    offsetof(struct query, place));
}

/* Answers */

static void
tell(struct resolve *q, const struct resolve_answer *a)
{
	struct sockaddr_storage list[RESOLVE_ADDRESSES];
	size_t i;

	for (i = 0; i < a->n; i++)
		address_unpack(&a->list[i], q->port, &list[i]);
	q->cb(q->arg, a->result, list, a->n);
}

/* What is neither known nor can be asked is told from the loop. */
static void
make_ready(struct resolver *r, struct resolve *q)
{
	TAILQ_INSERT_TAIL(&r->ready, q, entry);
	event_active(&r->ready_ev, EV_TIMEOUT, 0);
}

/* For so many ns, but no longer than the configuration allows. */
static void
remember(struct resolver *r, const char *name, const struct resolve_answer *a,
    uint64_t ns)
{
	const struct conf *conf = r->conf;
	uint64_t now = loop_now();

	if (ns > conf->limit_ttl)
		ns = conf->limit_ttl;
	resolve_cache_put(r->cache, name, a, now + ns, conf->limit_names, now);
}

static void
remember_answer(struct resolver *r, const char *name,
    const struct resolve_answer *a, uint32_t ttl)
{
	switch (a->result) {
	case RESOLVE_OK:
		remember(r, name, a, ttl * SECOND);
		break;
	case RESOLVE_NO_NAME:
		remember(r, name, a, NO_NAME_NS);
		break;
	case RESOLVE_FAILED:
	case RESOLVE_TIMEOUT:
		remember(r, name, a, FAILED_NS);
		break;
	case RESOLVE_NO_MEMORY:
		break;
	}
}

/* "localhost", and all below it. */
static bool
is_localhost(const char *name)
{
	static const char localhost[] = "localhost";
	size_t len = strlen(name), n = sizeof localhost - 1;

	return len >= n && strcmp(name + len - n, localhost) == 0 &&
	    (len == n || name[len - n - 1] == '.');
}

static void
loopback(struct resolve_answer *a)
{
	static const struct in6_addr v6 = IN6ADDR_LOOPBACK_INIT;
	static const unsigned char v4[] = { 127, 0, 0, 1 };

	memset(a, 0, sizeof *a);
	a->result = RESOLVE_OK;
	a->n = 2;
	a->list[0].family = AF_INET;
	memcpy(a->list[0].address, v4, sizeof v4);
	a->list[1].family = AF_INET6;
	memcpy(a->list[1].address, &v6, sizeof v6);
}

/* Queries */

static struct query *
find_query(struct resolver *r, const char *name)
{
	struct query key = { .name = name };

	return RB_FIND(query_tree, &r->queries, &key);
}

static void
join(struct query *y, struct resolve *q)
{
	TAILQ_INSERT_TAIL(&y->asked, q, entry);
	q->query = y;
	resolve_share_set_idle(&y->resolver->share, &y->place, false);
}

static void
leave(struct query *y, struct resolve *q)
{
	TAILQ_REMOVE(&y->asked, q, entry);
	if (TAILQ_EMPTY(&y->asked))
		resolve_share_set_idle(&y->resolver->share, &y->place, true);
}

static void
put_lookup(struct resolver *r, struct resolve_ares *l)
{
	if (r->nspare < SPARE && resolve_ares_sound(l))
		r->spare[r->nspare++] = l;
	else
		resolve_ares_free(l);
}

/* Gives its lookup and its place back; whoever asked is still to be told. */
static void
end_query(struct query *y)
{
	struct resolver *r = y->resolver;

	RB_REMOVE(query_tree, &r->queries, y);
	if (RB_EMPTY(&r->queries))
		event_del(&r->look_ev);
	put_lookup(r, y->lookup);
	resolve_share_give_back(&r->share, &y->place);
}

static void
drop_idle(struct query *y)
{
	resolve_ares_cancel(y->lookup);
	end_query(y);
	free(y);
}

static void
answered_cb(void *arg, const struct resolve_answer *told, uint32_t ttl)
{
	struct query *y = arg;
	struct resolver *r = y->resolver;
	struct resolve_answer answer = *told;
	struct resolve *q;

	remember_answer(r, y->name, &answer, ttl);
	end_query(y);
	while ((q = TAILQ_FIRST(&y->asked)) != NULL) {
		TAILQ_REMOVE(&y->asked, q, entry);
		tell(q, &answer);
		free(q);
	}
	free(y);
	serve(r);
}

static void
free_spare(struct resolver *r)
{
	while (r->nspare > 0)
		resolve_ares_free(r->spare[--r->nspare]);
}

static struct resolve_ares *
take_lookup(struct resolver *r)
{
	if (r->nspare > 0)
		return r->spare[--r->nspare];
	return resolve_ares_new(r->loop, &r->conf->resolver, answered_cb);
}

/* Without memory nobody looks, until something else is asked. */
static void
look_later(struct resolver *r)
{
	static const struct timeval later = { .tv_sec = LOOK };

	(void)event_add(&r->look_ev, &later);
}

/* Begins a query for whose turn it is.  Returns NULL without memory. */
static struct query *
begin(struct resolver *r, const struct resolve *q)
{
	size_t size = strlen(q->name) + 1;
	struct query *y;

	if ((y = calloc(1, sizeof *y + size)) == NULL)
		return NULL;
	if ((y->lookup = take_lookup(r)) == NULL) {
		free(y);
		return NULL;
	}
	y->name = memcpy(y + 1, q->name, size);
	y->resolver = r;
	y->began = loop_now();
	TAILQ_INIT(&y->asked);
	resolve_share_take(&r->share, &y->place, &q->waiter);
	if (RB_EMPTY(&r->queries))
		look_later(r);
	RB_INSERT(query_tree, &r->queries, y);
	resolve_ares_start(y->lookup, y->name, y);
	return y;
}

/* Asks again, by a new lookup.  Returns false without memory. */
static bool
ask_again(struct query *y)
{
	struct resolver *r = y->resolver;
	struct resolve_ares *l = resolve_ares_new(r->loop, &r->conf->resolver,
	    answered_cb);

	resolve_ares_cancel(y->lookup);
	if (l == NULL)
		return false;
	resolve_ares_free(y->lookup);
	y->lookup = l;
	y->began = loop_now();
	resolve_ares_start(l, y->name, y);
	return true;
}

static void
fail_query(struct query *y)
{
	struct resolve *q;

	while ((q = TAILQ_FIRST(&y->asked)) != NULL) {
		leave(y, q);
		q->query = NULL;
		make_ready(y->resolver, q);
	}
	drop_idle(y);
}

/* Other servers, or other domains: what was asked of those before is void. */
static void
start_over(struct resolver *r)
{
	struct query *y, *next;

	resolve_cache_clear(r->cache);
	RB_FOREACH_SAFE(y, query_tree, &r->queries, next) {
		if (TAILQ_EMPTY(&y->asked))
			drop_idle(y);
		else if (!ask_again(y))
			fail_query(y);
	}
	free_spare(r);		/* they would ask whom they did before */
}

/*
 * Before anything known is believed, or a query joined or begun.  What it ends
 * gives its places back, so take_turns() is to follow; nobody is told but from
 * the loop.  Returns whether there was a change.
 */
static bool
follow_system(struct resolver *r)
{
	bool changed = resolve_system_changed(&r->system);

	if (changed)
		start_over(r);
	return changed;
}

/* Turns */

/* Finds a place for whose turn it is.  Returns false when there is none. */
static bool
make_room(struct resolver *r, const struct resolve *q)
{
	struct resolve_place *p;

	if (resolve_share_has_room(&r->share, &q->waiter))
		return true;
	if ((p = resolve_share_victim(&r->share, &q->waiter)) == NULL)
		return false;
	drop_idle(query_at(p));
	return true;
}

static struct resolve_answer *
find_known(struct resolver *r, const char *name)
{
	struct resolve_answer known, *copy;

	if (!resolve_cache_get(r->cache, name, loop_now(), &known) ||
	    (copy = malloc(sizeof *copy)) == NULL)
		return NULL;
	*copy = known;
	return copy;
}

/* It is its turn.  Returns false when there is no place for anybody. */
static bool
take_turn(struct resolver *r, struct resolve *q)
{
	struct query *y = find_query(r, q->name);

	if (y == NULL && (q->known = find_known(r, q->name)) == NULL) {
		if (!make_room(r, q))
			return false;
		y = begin(r, q);
	}
	resolve_share_end_turn(&r->share, &q->waiter);
	if (y != NULL)
		join(y, q);
	else
		make_ready(r, q);
	return true;
}

static void
take_turns(struct resolver *r)
{
	struct resolve_waiter *w;

	while ((w = resolve_share_next(&r->share)) != NULL &&
	    take_turn(r, asker_of(w)))
		;
}

/* A place is free, perhaps; who waits for it may have done so for long. */
static void
serve(struct resolver *r)
{
	if (resolve_share_next(&r->share) != NULL)
		(void)follow_system(r);
	take_turns(r);
}

/*
 * Joins who asks for the same, or waits for its turn.  Returns false without
 * memory.
 */
static bool
ask(struct resolver *r, struct resolve *q, const struct sockaddr *client)
{
	struct query *y = find_query(r, q->name);

	if (y != NULL) {
		join(y, q);
		return true;
	}
	if (!resolve_share_wait(&r->share, &q->waiter, client))
		return false;
	take_turns(r);
	return true;
}

/* Nobody may ask anything in this thread meanwhile. */
static void
look_cb(evutil_socket_t fd, short what, void *arg)
{
	struct resolver *r = arg;

	(void)fd;
	(void)what;
	if (follow_system(r))
		take_turns(r);
	if (!RB_EMPTY(&r->queries))
		look_later(r);
}

static void
ready_cb(evutil_socket_t fd, short what, void *arg)
{
	static const struct resolve_answer no_memory = {
		.result = RESOLVE_NO_MEMORY,
	};
	const struct resolve_answer *a;
	struct resolver *r = arg;
	struct resolve *q;

	(void)fd;
	(void)what;
	while ((q = TAILQ_FIRST(&r->ready)) != NULL) {
		TAILQ_REMOVE(&r->ready, q, entry);
		a = q->known != NULL ? q->known : &no_memory;
		tell(q, a);
		free(q->known);
		free(q);
	}
}

struct resolve *
resolve_name(struct resolver *r, const struct http1_host *host,
    const struct sockaddr *client, resolve_cb *cb, void *arg)
{
	struct resolve now = { .cb = cb, .arg = arg, .port = host->port }, *q;
	struct resolve_answer a = { .result = RESOLVE_NO_MEMORY };

	snprintf(now.name, sizeof now.name, "%s%s", host->name,
	    host->absolute ? "." : "");
	if (is_localhost(host->name)) {
		loopback(&a);
		tell(&now, &a);
		return NULL;
	}
	if (follow_system(r))
		take_turns(r);
	if (!resolve_cache_get(r->cache, now.name, loop_now(), &a) &&
	    (q = calloc(1, sizeof *q)) != NULL) {
		*q = now;
		q->resolver = r;
		if (ask(r, q, client))
			return q;
		free(q);
	}
	tell(&now, &a);
	return NULL;
}

static void
drop(struct resolve *q)
{
	struct resolver *r = q->resolver;

	if (q->query != NULL)
		leave(q->query, q);
	else if (resolve_share_waits(&q->waiter))
		resolve_share_leave(&r->share, &q->waiter);
	else
		TAILQ_REMOVE(&r->ready, q, entry);
	free(q->known);
	free(q);
	serve(r);
}

void
resolve_cancel(struct resolve *q)
{
	if (q != NULL)
		drop(q);
}

enum resolve_waited
resolve_give_up(struct resolve *q)
{
	static const struct resolve_answer timeout = {
		.result = RESOLVE_TIMEOUT,
	};
	bool queued = resolve_share_waits(&q->waiter);
	struct query *y = q->query;

	/* who asks for it next has not to find that out again */
	if (y != NULL && loop_now() - y->began >= FAILED_NS)
		remember(q->resolver, y->name, &timeout, FAILED_NS);
	drop(q);
	return queued ? RESOLVE_QUEUED : RESOLVE_ASKED;
}

/* Start, reload and end */

struct resolver *
resolver_new(struct loop *loop, const struct conf *conf)
{
	struct resolver *r;

	if ((r = calloc(1, sizeof *r)) == NULL)
		return NULL;
	if ((r->cache = resolve_cache_new()) == NULL) {
		free(r);
		return NULL;
	}
	r->loop = loop;
	r->conf = conf;
	(void)resolve_system_changed(&r->system);
	RB_INIT(&r->queries);
	resolve_share_init(&r->share, conf->limit_lookups);
	TAILQ_INIT(&r->ready);
	event_assign(&r->ready_ev, loop->base, -1, 0, ready_cb, r);
	event_assign(&r->look_ev, loop->base, -1, 0, look_cb, r);
	return r;
}

void
resolver_free(struct resolver *r)
{
	struct query *y, *next;

	/* whoever asked has cancelled it */
	RB_FOREACH_SAFE(y, query_tree, &r->queries, next)
		drop_idle(y);
	free_spare(r);
	event_del(&r->ready_ev);
	event_del(&r->look_ev);
	resolve_cache_free(r->cache);
	free(r);
}

void
resolver_reload(struct resolver *r, const struct conf *conf)
{
	r->conf = conf;
	resolve_share_resize(&r->share, conf->limit_lookups);
	start_over(r);
	take_turns(r);
}
