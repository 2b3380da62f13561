/* SPDX-License-Identifier: ISC */
#include "tls/tls_locked.h"

#include <errno.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <openssl/crypto.h>

/*
 * OpenSSL has a heap of its own for secrets, but would put each handshake's
 * there, too, under one lock and with an end, where handshakes fail.  This one
 * is for keys from files alone; what has no room goes where it went before.
 *
 * Blocks stand one behind the other, each with its size before it.  They are few
 * and made at starts and reloads, so the first that fits will do.
 */

#define ARENA	(64 * 1024)	/* bytes */
#define LEAST	16		/* bytes; a block's size is a multiple */

struct block {
	alignas(LEAST) size_t	 size;	/* with this */
	bool			 used;
};

static unsigned char *arena;	/* that is locked; or NULL */
static bool ours;		/* OpenSSL allocates by us */
static size_t used;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local bool wanted;	/* for what is allocated */

static struct block *
next_of(struct block *b)
{
	return (struct block *)((unsigned char *)b + b->size);
}

static bool
is_end(const struct block *b)
{
	return (const unsigned char *)b == arena + ARENA;
}

static bool
is_ours(const void *p)
{
	return arena != NULL && (uintptr_t)p - (uintptr_t)arena < ARENA;
}

/* Free neighbours become one. */
static void
join(struct block *b)
{
	while (!is_end(next_of(b)) && !next_of(b)->used)
		b->size += next_of(b)->size;
}

static void
split(struct block *b, size_t size)
{
	struct block *rest;

	if (b->size - size >= 2 * sizeof *b) {
		rest = (struct block *)((unsigned char *)b + size);
		*rest = (struct block){ .size = b->size - size };
		b->size = size;
	}
	b->used = true;
	used += b->size;
}

static void *
take(size_t n)
{
	size_t size = sizeof(struct block) + (n + LEAST - 1) / LEAST * LEAST;
	struct block *b;

	if (n > ARENA)
		return NULL;
	for (b = (struct block *)arena; !is_end(b); b = next_of(b)) {
		if (b->used)
			continue;
		join(b);
		if (b->size < size)
			continue;
		split(b, size);
		return b + 1;
	}
	return NULL;
}

static void
give(struct block *b)
{
	explicit_bzero(b + 1, b->size - sizeof *b);
	used -= b->size;
	b->used = false;
}

/* OpenSSL's functions; the place is for its own debugging. */

static void *
malloc_cb(size_t n, const char *file, int line)
{
	void *p = NULL;

	(void)file;
	(void)line;
	if (wanted) {
		pthread_mutex_lock(&lock);
		p = take(n);
		pthread_mutex_unlock(&lock);
	}
	return p != NULL ? p : malloc(n);
}

static void
free_cb(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	/* nine of ten, with each record a hundred and fifty times */
	if (p == NULL)
		return;
	if (!is_ours(p)) {
		free(p);
		return;
	}
	pthread_mutex_lock(&lock);
	give((struct block *)p - 1);
	pthread_mutex_unlock(&lock);
}

static void *
realloc_cb(void *p, size_t n, const char *file, int line)
{
	size_t old;
	void *to;

	if (!is_ours(p))
		return p == NULL ? malloc_cb(n, file, line) : realloc(p, n);
	old = ((struct block *)p - 1)->size - sizeof(struct block);
	if ((to = malloc_cb(n, file, line)) == NULL)
		return NULL;
	memcpy(to, p, old < n ? old : n);
	free_cb(p, file, line);
	return to;
}

/* For others */

/*
 * OpenSSL takes them only as long as it has allocated nothing, and constructors
 * of ours have it do that.
 */
__attribute__((constructor(101)))
static void
set_functions(void)
{
	ours = CRYPTO_set_mem_functions(malloc_cb, realloc_cb, free_cb) == 1;
}

/* Whole pages, so that nothing else is in them. */
static void *
map_locked(void)
{
	void *p = mmap(NULL, ARENA, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int error;

	if (p == MAP_FAILED)
		return NULL;
	if (mlock(p, ARENA) == 0)
		return p;
	error = errno;
	munmap(p, ARENA);
	errno = error;
	return NULL;
}

bool
tls_locked_init(void)
{
	unsigned char *p;

	errno = EBUSY;
	if (!ours || (p = map_locked()) == NULL)
		return false;
	(void)madvise(p, ARENA, MADV_DONTDUMP);
	*(struct block *)p = (struct block){ .size = ARENA };
	arena = p;
	return true;
}

/*
 * A copy has just what the key needs.  Reading it there would not do: with the
 * first key of a kind OpenSSL allocates a lot that it keeps.
 */
EVP_PKEY *
tls_locked_key(EVP_PKEY *key)
{
	EVP_PKEY *copy;

	if (arena == NULL)
		return key;
	wanted = true;
	copy = EVP_PKEY_dup(key);
	wanted = false;
	if (copy == NULL)
		return key;
	EVP_PKEY_free(key);
	return copy;
}

size_t
tls_locked_used(void)
{
	size_t n;

	pthread_mutex_lock(&lock);
	n = used;
	pthread_mutex_unlock(&lock);
	return n;
}
