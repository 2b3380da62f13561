/* SPDX-License-Identifier: ISC */
#include "front/clients.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/client_hash.h"
#include "net/address.h"

/*
 * The life of a client: it is made with its first reference.  Without one it is
 * idle, and stays only as long as its rate has not recovered, and not too many
 * others are idle.
 */

#define SECOND		1000000000ULL	/* ns */
#define IDLE_MAX	(CLIENTS_REMEMBERED / CLIENTS_SHARDS)

RB_HEAD(client_tree, client);
TAILQ_HEAD(client_list, client);

/* Some of them, by their keys. */
struct shard {
	pthread_mutex_t		 lock;		/* guards all of it */
	struct client_tree	 tree;
	struct client_list	 idle;		/* the first one first */
	size_t			 nidle;
};

struct clients {
	struct shard		 shards[CLIENTS_SHARDS];
	struct memory		*memory;
	_Atomic(uint64_t)	 ids;
	atomic_size_t		 count;		/* that are not idle */
};

static int
client_cmp(const struct client *a, const struct client *b)
{
	return memcmp(&a->key, &b->key, sizeof a->key);
}

RB_PROTOTYPE(client_tree, client, node, client_cmp)
RB_GENERATE(client_tree, client, node, client_cmp)

struct clients *
clients_new(struct memory *memory)
{
	struct clients *all;
	unsigned i;

	if ((all = calloc(1, sizeof *all)) == NULL)
		return NULL;
	all->memory = memory;
	for (i = 0; i < CLIENTS_SHARDS; i++) {
		pthread_mutex_init(&all->shards[i].lock, NULL);
		RB_INIT(&all->shards[i].tree);
		TAILQ_INIT(&all->shards[i].idle);
	}
	return all;
}

static void
forget(struct shard *s, struct client *c)
{
	TAILQ_REMOVE(&s->idle, c, entry);
	s->nidle--;
	RB_REMOVE(client_tree, &s->tree, c);
	free(c);
}

void
clients_free(struct clients *all)
{
	struct shard *s;

	if (all == NULL)
		return;
	for (s = all->shards; s < all->shards + CLIENTS_SHARDS; s++) {
		while (!TAILQ_EMPTY(&s->idle))
			forget(s, TAILQ_FIRST(&s->idle));
		pthread_mutex_destroy(&s->lock);
	}
	free(all);
}

size_t
clients_count(const struct clients *all)
{
	return atomic_load_explicit(&all->count, memory_order_relaxed);
}

/* Keys */

static struct client_key
make_key(char what, const void *which, size_t len)
{
	struct client_key key = { { (unsigned char)what } };

	memcpy(key.bytes + 1, which, len);
	return key;
}

struct client_key
client_of_address(const struct sockaddr *sa)
{
	struct address a;

	address_client(sa, &a);
	return make_key(a.family == AF_INET6 ? '6' : '4', a.address,
	    sizeof a.address);
}

struct client_key
client_of_uid(uid_t uid)
{
	return make_key('u', &uid, sizeof uid);
}

struct client_key
client_of_user(const struct client_hash *name)
{
	_Static_assert(sizeof *name + 1 == sizeof(struct client_key),
	    "a key has room for a hash");

	return make_key('n', name, sizeof *name);
}

/* References */

static struct shard *
shard_of(struct clients *all, const struct client_key *key)
{
	unsigned sum = 0;
	size_t i;

	for (i = 0; i < sizeof key->bytes; i++)
		sum = sum * 31 + key->bytes[i];
	return &all->shards[sum % CLIENTS_SHARDS];
}

/* With the lock: one with that key, which is not idle. */
static struct client *
need(struct clients *all, struct shard *s, const struct client_key *key)
{
	struct client *c, like = { .key = *key };

	if ((c = RB_FIND(client_tree, &s->tree, &like)) == NULL) {
		if ((c = calloc(1, sizeof *c)) == NULL)
			return NULL;
		c->key = *key;
		c->id = atomic_fetch_add(&all->ids, 1) + 1;
		memory_holder_init(&c->memory, all->memory);
		RB_INSERT(client_tree, &s->tree, c);
	} else if (c->refs == 0) {
		TAILQ_REMOVE(&s->idle, c, entry);
		s->nidle--;
	}
	return c;
}

uint64_t
clients_id(struct clients *all, const struct client_key *key)
{
	struct shard *s = shard_of(all, key);
	struct client *c, like = { .key = *key };
	uint64_t id;

	pthread_mutex_lock(&s->lock);
	c = RB_FIND(client_tree, &s->tree, &like);
	id = c != NULL ? c->id : 0;
	pthread_mutex_unlock(&s->lock);
	return id;
}

struct client *
clients_ref(struct clients *all, const struct client_key *key)
{
	struct shard *s = shard_of(all, key);
	struct client *c;

	pthread_mutex_lock(&s->lock);
	c = need(all, s, key);
	if (c != NULL && c->refs++ == 0)
		atomic_fetch_add(&all->count, 1);
	pthread_mutex_unlock(&s->lock);
	return c;
}

/* With the lock: nobody refers to it any more. */
static void
set_idle(struct shard *s, struct client *c, uint64_t now)
{
	TAILQ_INSERT_TAIL(&s->idle, c, entry);
	if (++s->nidle > IDLE_MAX)
		forget(s, TAILQ_FIRST(&s->idle));
	while ((c = TAILQ_FIRST(&s->idle)) != NULL &&
	    atomic_load(&c->due) <= now)
		forget(s, c);
}

void
clients_unref(struct clients *all, struct client *c, uint64_t now)
{
	struct shard *s = shard_of(all, &c->key);

	pthread_mutex_lock(&s->lock);
	if (--c->refs == 0) {
		atomic_fetch_sub(&all->count, 1);
		set_idle(s, c, now);
	}
	pthread_mutex_unlock(&s->lock);
}

/* The rate: when all its requests so far are paid for, were they spread */

uint64_t
client_pay(struct client *c, uint64_t rate, uint64_t now)
{
	uint64_t due = atomic_load(&c->due), next;

	do {
		next = (due > now ? due : now) + SECOND / rate;
		if (next > now + SECOND)
			return next - now - SECOND;
	} while (!atomic_compare_exchange_weak(&c->due, &due, next));
	return 0;
}
