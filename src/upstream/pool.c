/* SPDX-License-Identifier: ISC */
#include "upstream/pool.h"

#include <stdlib.h>
#include <string.h>

/* Without memory for it, what is added is not in the table: see hh.tbl. */
#define HASH_NONFATAL_OOM	1
#include <uthash.h>

#include "http/http1.h"
#include "upstream/connection.h"

/*
 * An origin is in the table as long as a connection to it lives that has been
 * idle: one that comes back finds its place without a look into the table.
 */

#define POOL_MAX	1024	/* idle connections of a thread */

struct origin {
	UT_hash_handle		 hh;
	struct upstream_list	 idle;		/* the last used first */
	size_t			 known;		/* connections, idle or not */
	size_t			 len;		/* of key */
	char			 key[];
};

struct pool {
	struct origin		*origins;
	struct upstream_list	 all;		/* the last used first */
	size_t			 n;
	void			(*close)(struct upstream *);
};

struct pool *
pool_new(void (*close)(struct upstream *))
{
	struct pool *p;

	if ((p = calloc(1, sizeof *p)) == NULL)
		return NULL;
	p->close = close;
	TAILQ_INIT(&p->all);
	return p;
}

void
pool_free(struct pool *p)
{
	struct upstream *u;

	while ((u = TAILQ_FIRST(&p->all)) != NULL)
		p->close(u);
	free(p);
}

#define KEY_SIZE	(HTTP1_HOST + 2 + sizeof(uint16_t) + \
			    3 * sizeof(uint64_t))

/* All of it in one number, since each byte of a key costs with each request. */
static uint64_t
pack(const struct pool_kind *kind)
{
	return (uint64_t)kind->tls_settings_id << 32 |
	    (uint32_t)(kind->destinations_id << 1) | kind->stranger;
}

/*
 * The name, with its dot where it is absolute, since another one may be meant
 * without; its end, port and kind: no origin's key begins another's.
 */
static size_t
make_key(char *key, const struct http1_host *h, const struct pool_kind *kind)
{
	uint64_t packed = pack(kind);
	size_t len = strlen(h->name);

	memcpy(key, h->name, len);
	if (h->absolute)
		key[len++] = '.';
	key[len++] = '\0';
	memcpy(key + len, &h->port, sizeof h->port);
	len += sizeof h->port;
	memcpy(key + len, &packed, sizeof packed);
	len += sizeof packed;
	if (kind->parent_id == 0 && kind->owner == 0)
		return len;
	packed = kind->parent_id << 1 | kind->by_tunnel;
	memcpy(key + len, &packed, sizeof packed);
	len += sizeof packed;
	if (kind->owner == 0)
		return len;
	memcpy(key + len, &kind->owner, sizeof kind->owner);
	return len + sizeof kind->owner;
}

static struct origin *
find_origin(struct pool *p, const struct http1_host *h,
    const struct pool_kind *kind)
{
	char key[KEY_SIZE];
	struct origin *o;
	size_t len = make_key(key, h, kind);

	HASH_FIND(hh, p->origins, key, len, o);
	return o;
}

static struct origin *
add_origin(struct pool *p, const struct http1_host *h,
    const struct pool_kind *kind)
{
	struct origin *o;

	if ((o = calloc(1, sizeof *o + KEY_SIZE)) == NULL)
		return NULL;
	o->len = make_key(o->key, h, kind);
	TAILQ_INIT(&o->idle);
	HASH_ADD_KEYPTR(hh, p->origins, o->key, o->len, o);
	if (o->hh.tbl == NULL) {
		free(o);
		return NULL;
	}
	return o;
}

static void
take_out(struct pool *p, struct upstream *u)
{
	TAILQ_REMOVE(&p->all, u, all);
	TAILQ_REMOVE(&u->origin->idle, u, idle);
	u->in_pool = false;
	p->n--;
}

struct upstream *
pool_get(struct pool *p, const struct http1_host *h,
    const struct pool_kind *kind, uint64_t now)
{
	struct origin *o = find_origin(p, h, kind);
	struct upstream *u;

	if (o == NULL)
		return NULL;
	TAILQ_FOREACH(u, &o->idle, idle) {
		if (now < u->idle_until) {
			take_out(p, u);
			return u;
		}
	}
	return NULL;
}

void
pool_remove(struct pool *p, struct upstream *u)
{
	struct origin *o = u->origin;

	if (o == NULL)
		return;
	if (u->in_pool)
		take_out(p, u);
	u->origin = NULL;
	if (--o->known == 0) {
		HASH_DEL(p->origins, o);
		free(o);
	}
}

/* Finds its origin a place; false without memory. */
static bool
join_origin(struct pool *p, struct upstream *u)
{
	struct origin *o = find_origin(p, &u->host, &u->kind);

	if (o == NULL)
		o = add_origin(p, &u->host, &u->kind);
	if (o == NULL)
		return false;
	o->known++;
	u->origin = o;
	return true;
}

void
pool_put(struct pool *p, struct upstream *u)
{
	if (p->n >= POOL_MAX)
		p->close(TAILQ_LAST(&p->all, upstream_list));
	if (u->origin == NULL && !join_origin(p, u)) {
		p->close(u);
		return;
	}
	TAILQ_INSERT_HEAD(&u->origin->idle, u, idle);
	TAILQ_INSERT_HEAD(&p->all, u, all);
	u->in_pool = true;
	p->n++;
}

void
pool_part(struct pool *p, uint64_t owner)
{
	struct upstream *u, *next;

	for (u = TAILQ_FIRST(&p->all); u != NULL; u = next) {
		next = TAILQ_NEXT(u, all);
		if (u->kind.owner == owner)
			p->close(u);
	}
}
