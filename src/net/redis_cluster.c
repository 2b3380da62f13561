/* SPDX-License-Identifier: ISC */
#include "net/redis_cluster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/dialer.h"
#include "net/loop.h"
#include "net/redis_place.h"
#include "net/redis_reply.h"
#include "policy/store.h"

/*
 * The first node is the one that is configured, and stays.  The others are
 * those that answers have named; one that cannot be reached is dropped when
 * others can: if it comes back, somebody names it again.
 */

#define TRIES	5	/* until a node is dropped */

struct redis_cluster {
	struct redis_setup	 setup;
	struct redis_sentinels	 sentinels;
	const struct redis_cluster_events *events;
	void			*owner;
	struct redis_node	*nodes[REDIS_NODES];	/* NULL: none */
	struct redis_node	*by_tag[REDIS_TAGS];	/* NULL: any */
	bool			 up;
	bool			 told_down;
	bool			 freed;
	struct grave		 grave;
};

static struct redis_node *
any_up(const struct redis_cluster *c)
{
	unsigned i;

	for (i = 0; i < REDIS_NODES; i++)
		if (redis_node_is_up(c->nodes[i]))
			return c->nodes[i];
	return NULL;
}

static void
up_cb(void *arg, struct redis_node *n)
{
	struct redis_cluster *c = arg;

	if (!c->up) {
		c->up = true;
		c->events->up(c->owner);
	}
	if (!c->freed)
		c->events->ready(c->owner, n);
}

/* Who has taken its place is asked for its keys. */
static void
forget_tags(struct redis_cluster *c, const struct redis_node *n)
{
	unsigned i;

	for (i = 0; i < REDIS_TAGS; i++)
		if (c->by_tag[i] == n)
			c->by_tag[i] = NULL;
}

static void
drop(struct redis_cluster *c, struct redis_node *n)
{
	unsigned i;

	for (i = 1; i < REDIS_NODES && c->nodes[i] != n; i++)
		continue;
	if (i == REDIS_NODES)
		return;
	c->nodes[i] = NULL;
	c->events->gone(c->owner, n);
	redis_node_free(n);
}

static void
down_cb(void *arg, struct redis_node *n, const char *why, unsigned times)
{
	struct redis_cluster *c = arg;
	const struct http1_host *host = redis_node_host(n);
	char where[REDIS_WHY + 80];

	forget_tags(c, n);
	if (c->freed)
		return;
	if (any_up(c) != NULL) {
		if (times >= TRIES)
			drop(c, n);
		return;
	}
	snprintf(where, sizeof where, "%.64s%s%s", host->name,
	    host->name[0] != '\0' ? ": " : "", why);
	if (c->up || !c->told_down) {
		c->up = false;
		c->told_down = true;
		c->events->down(c->owner, where);
	}
}

static const struct redis_node_events node_events = {
	.up = up_cb,
	.down = down_cb,
};

void
redis_cluster_setup(struct redis_setup *setup,
    struct redis_sentinels *sentinels, const struct dialer *dialer,
    const struct store *s)
{
	*setup = (struct redis_setup){
		.dialer = dialer,
		.role = REDIS_MASTER,
		.tls = s->tls,
		.user = s->user,
		.password = s->password,
		.db = s->db,
		.timeout = s->timeout,
	};
	*sentinels = (struct redis_sentinels){
		.setup = *setup,
		.list = s->sentinels,
		.n = s->nsentinels,
		.master = s->host,
	};
	sentinels->setup.role = REDIS_SENTINEL;
	sentinels->setup.user = NULL;
	sentinels->setup.password = s->sentinel_password;
	sentinels->setup.db = 0;
}

struct redis_cluster *
redis_cluster_new(const struct dialer *dialer, const struct store *s,
    const struct redis_cluster_events *events, void *owner)
{
	struct redis_cluster *c = calloc(1, sizeof *c);
	struct http1_host host = { .port = 0 };

	if (c == NULL)
		return NULL;
	redis_cluster_setup(&c->setup, &c->sentinels, dialer, s);
	c->events = events;
	c->owner = owner;
	if (s->nsentinels > 0)
		c->nodes[0] = redis_node_new(&c->setup, NULL, &c->sentinels,
		    &node_events, c);
	else if (store_host(s, &host))
		c->nodes[0] = redis_node_new(&c->setup, &host, NULL,
		    &node_events, c);
	if (c->nodes[0] != NULL)
		return c;
	free(c);
	return NULL;
}

void
redis_cluster_free(struct redis_cluster *c)
{
	unsigned i;

	if (c == NULL || c->freed)
		return;
	c->freed = true;
	for (i = 0; i < REDIS_NODES; i++)
		redis_node_free(c->nodes[i]);
	loop_bury(c->setup.dialer->loop, &c->grave, free, c);
}

struct redis_node *
redis_cluster_node(struct redis_cluster *c, unsigned tag)
{
	struct redis_node *n = c->by_tag[tag % REDIS_TAGS];

	return redis_node_is_up(n) ? n : any_up(c);
}

static bool
is_at(const struct redis_node *n, const struct http1_host *host)
{
	const struct http1_host *place = redis_node_host(n);

	return place->port == host->port &&
	    strcmp(place->name, host->name) == 0;
}

bool
redis_cluster_other(const struct redis_cluster *c, const struct http1_host *but,
    struct http1_host *other)
{
	unsigned i;

	for (i = 0; i < REDIS_NODES; i++) {
		if (!redis_node_is_up(c->nodes[i]) || is_at(c->nodes[i], but))
			continue;
		*other = *redis_node_host(c->nodes[i]);
		return true;
	}
	return false;
}

static struct redis_node *
node_at(struct redis_cluster *c, const struct http1_host *host)
{
	unsigned i, room = 0;

	for (i = 0; i < REDIS_NODES; i++) {
		if (c->nodes[i] == NULL) {
			room = room == 0 ? i : room;
			continue;
		}
		if (is_at(c->nodes[i], host))
			return c->nodes[i];
	}
	if (room == 0)
		return NULL;
	c->nodes[room] = redis_node_new(&c->setup, host, NULL, &node_events, c);
	return c->nodes[room];
}

struct redis_node *
redis_cluster_moved(struct redis_cluster *c, unsigned tag,
    const struct redis_node *asked, const struct redis_reply *reply,
    bool *once)
{
	struct http1_host host;
	struct redis_node *n;

	if (!redis_place_moved(reply, redis_node_host(asked), &host))
		return NULL;
	n = node_at(c, &host);
	*once = redis_place_is_once(reply);
	if (n != NULL && !*once)
		c->by_tag[tag % REDIS_TAGS] = n;
	return n;
}
