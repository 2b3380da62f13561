/* SPDX-License-Identifier: ISC */
#include "net/resolve_share.h"

#include <stdlib.h>
#include <string.h>

#include "net/address.h"

/*
 * A client is there as long as something of it waits, or it is charged with a
 * place.  It is among those with turns as long as something of it waits, and it
 * is charged with less than its share, or one of its own places is idle.
 */

#define SHARE	4	/* a client gets the fourth part */

struct resolve_client {
	RB_ENTRY(resolve_client)	 node;
	TAILQ_ENTRY(resolve_client)	 entry;		/* of those with
							   turns */
	struct address			 address;
	struct resolve_waiters		 waiters;
	size_t				 charged;	/* places, */
	size_t				 idle;		/* of which idle */
	bool				 in_turn;	/* it is among those */
};

static int
client_cmp(const struct resolve_client *a, const struct resolve_client *b)
{
	return memcmp(&a->address, &b->address, sizeof a->address);
}

RB_PROTOTYPE(resolve_clients, resolve_client, node, client_cmp)
RB_GENERATE(resolve_clients, resolve_client, node, client_cmp)

/* Returns how many places a client may have. */
static size_t
client_places(const struct resolve_share *share)
{
	return share->places < SHARE ? 1 : share->places / SHARE;
}

/*
 * Returns the client of that address, made where it is missing; NULL without
 * memory.
 */
static struct resolve_client *
need_client(struct resolve_share *share, const struct sockaddr *address)
{
	struct resolve_client *c, key;

	address_client(address, &key.address);
	if ((c = RB_FIND(resolve_clients, &share->clients, &key)) != NULL)
		return c;
	if ((c = calloc(1, sizeof *c)) == NULL)
		return NULL;
	c->address = key.address;
	TAILQ_INIT(&c->waiters);
	RB_INSERT(resolve_clients, &share->clients, c);
	return c;
}

static void
set_in_turn(struct resolve_share *share, struct resolve_client *c, bool in_turn)
{
	if (in_turn && !c->in_turn)
		TAILQ_INSERT_TAIL(&share->turns, c, entry);
	else if (!in_turn && c->in_turn)
		TAILQ_REMOVE(&share->turns, c, entry);
	c->in_turn = in_turn;
}

/* Has it take turns, or not any more, or go; after each change of it. */
static void
settle(struct resolve_share *share, struct resolve_client *c)
{
	set_in_turn(share, c, !TAILQ_EMPTY(&c->waiters) &&
	    (c->charged < client_places(share) || c->idle > 0));
	if (TAILQ_EMPTY(&c->waiters) && c->charged == 0) {
		RB_REMOVE(resolve_clients, &share->clients, c);
		free(c);
	}
}

void
resolve_share_init(struct resolve_share *share, size_t places)
{
	share->places = places;
	share->taken = 0;
	TAILQ_INIT(&share->idle);
	RB_INIT(&share->clients);
	TAILQ_INIT(&share->turns);
}

void
resolve_share_resize(struct resolve_share *share, size_t places)
{
	struct resolve_client *c, *next;

	share->places = places;
	RB_FOREACH_SAFE(c, resolve_clients, &share->clients, next)
		settle(share, c);
}

/* Waiters */

bool
resolve_share_wait(struct resolve_share *share, struct resolve_waiter *w,
    const struct sockaddr *client)
{
	struct resolve_client *c = need_client(share, client);

	if (c == NULL)
		return false;
	TAILQ_INSERT_TAIL(&c->waiters, w, entry);
	w->client = c;
	settle(share, c);
	return true;
}

bool
resolve_share_waits(const struct resolve_waiter *w)
{
	return w->client != NULL;
}

void
resolve_share_leave(struct resolve_share *share, struct resolve_waiter *w)
{
	struct resolve_client *c = w->client;

	TAILQ_REMOVE(&c->waiters, w, entry);
	w->client = NULL;
	settle(share, c);
}

/* Turns */

struct resolve_waiter *
resolve_share_next(const struct resolve_share *share)
{
	struct resolve_client *c = TAILQ_FIRST(&share->turns);

	return c != NULL ? TAILQ_FIRST(&c->waiters) : NULL;
}

bool
resolve_share_has_room(const struct resolve_share *share,
    const struct resolve_waiter *w)
{
	return w->client->charged < client_places(share) &&
	    share->taken < share->places;
}

struct resolve_place *
resolve_share_victim(const struct resolve_share *share,
    const struct resolve_waiter *w)
{
	struct resolve_place *p = TAILQ_FIRST(&share->idle);

	/* one who has all of its share gives one of its own */
	if (w->client->charged >= client_places(share)) {
		while (p != NULL && p->client != w->client)
			p = TAILQ_NEXT(p, entry);
	}
	return p;
}

void
resolve_share_end_turn(struct resolve_share *share, struct resolve_waiter *w)
{
	set_in_turn(share, w->client, false);
	resolve_share_leave(share, w);
}

/* Places */

void
resolve_share_take(struct resolve_share *share, struct resolve_place *p,
    const struct resolve_waiter *w)
{
	p->client = w->client;
	p->client->charged++;
	share->taken++;
	settle(share, p->client);
}

static void
set_idle(struct resolve_share *share, struct resolve_place *p, bool idle)
{
	if (idle && !p->idle) {
		TAILQ_INSERT_TAIL(&share->idle, p, entry);
		p->client->idle++;
	} else if (!idle && p->idle) {
		TAILQ_REMOVE(&share->idle, p, entry);
		p->client->idle--;
	}
	p->idle = idle;
}

void
resolve_share_set_idle(struct resolve_share *share, struct resolve_place *p,
    bool idle)
{
	set_idle(share, p, idle);
	settle(share, p->client);
}

void
resolve_share_give_back(struct resolve_share *share, struct resolve_place *p)
{
	struct resolve_client *c = p->client;

	set_idle(share, p, false);
	c->charged--;
	share->taken--;
	settle(share, c);
}
