/* SPDX-License-Identifier: ISC */
#include "tls/tls_session.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Without memory for it, what is added is not in the table: see hh.tbl. */
#define HASH_NONFATAL_OOM	1
#include <uthash.h>

#include "base/log.h"

/*
 * A connection has a reference to its set, because it may live longer than the
 * configuration does that it was made under.
 */

struct session {
	UT_hash_handle	 hh;
	SSL_SESSION	*session;
	char		 key[];
};

struct tls_sessions {
	pthread_mutex_t	 lock;
	struct session	*table;		/* the oldest first */
	unsigned	 max;
	atomic_uint	 references;
};

/* What a connection knows of it. */
struct attached {
	struct tls_sessions	*sessions;
	char			 key[];
};

static int attached_index = -1;

static void
free_attached_cb(void *parent, void *ptr, CRYPTO_EX_DATA *data, int index,
    long argl, void *argp)
{
	struct attached *a = ptr;

	(void)parent;
	(void)data;
	(void)index;
	(void)argl;
	(void)argp;
	if (a == NULL)
		return;
	tls_sessions_unref(a->sessions);
	free(a);
}

/* Once, before main(): no thread can race for it. */
__attribute__((constructor)) static void
make_index(void)
{
	attached_index = SSL_get_ex_new_index(0, NULL, NULL, NULL,
	    free_attached_cb);
	if (attached_index == -1)
		fatal("cannot start: out of memory");
}

struct tls_sessions *
tls_sessions_new(unsigned max)
{
	struct tls_sessions *s;

	if ((s = calloc(1, sizeof *s)) == NULL)
		return NULL;
	pthread_mutex_init(&s->lock, NULL);
	s->max = max;
	atomic_store(&s->references, 1);
	return s;
}

static void
drop(struct tls_sessions *s, struct session *e)
{
	HASH_DEL(s->table, e);
	SSL_SESSION_free(e->session);
	free(e);
}

void
tls_sessions_unref(struct tls_sessions *s)
{
	if (s == NULL || atomic_fetch_sub(&s->references, 1) != 1)
		return;
	while (s->table != NULL)
		drop(s, s->table);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* Takes the session, unless false. */
static bool
remember(struct tls_sessions *s, const char *key, SSL_SESSION *session)
{
	size_t size = strlen(key) + 1;
	struct session *e, *old;
	bool added;

	if ((e = malloc(sizeof *e + size)) == NULL)
		return false;
	memcpy(e->key, key, size);
	e->session = session;
	pthread_mutex_lock(&s->lock);
	HASH_FIND_STR(s->table, key, old);
	if (old == NULL && HASH_COUNT(s->table) >= s->max)
		old = s->table;
	if (old != NULL)
		drop(s, old);
	HASH_ADD_KEYPTR(hh, s->table, e->key, size - 1, e);
	added = e->hh.tbl != NULL;
	pthread_mutex_unlock(&s->lock);
	if (!added)
		free(e);
	return added;
}

static int
new_session_cb(SSL *ssl, SSL_SESSION *session)
{
	struct attached *a = SSL_get_ex_data(ssl, attached_index);
	SSL_SESSION *copy;

	if (a == NULL || (copy = SSL_SESSION_dup(session)) == NULL)
		return 0;
	if (!remember(a->sessions, a->key, copy))
		SSL_SESSION_free(copy);
	return 0;	/* the connection's own stays its own */
}

void
tls_sessions_watch(SSL_CTX *ctx)
{
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT |
	    SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, new_session_cb);
}

/* A copy for each connection: they change theirs as they go. */
static SSL_SESSION *
recall(struct tls_sessions *s, const char *key)
{
	SSL_SESSION *copy = NULL;
	struct session *e;

	pthread_mutex_lock(&s->lock);
	HASH_FIND_STR(s->table, key, e);
	if (e != NULL && SSL_SESSION_is_resumable(e->session))
		copy = SSL_SESSION_dup(e->session);
	pthread_mutex_unlock(&s->lock);
	return copy;
}

bool
tls_sessions_attach(struct tls_sessions *s, SSL *ssl, const char *key)
{
	size_t size = strlen(key) + 1;
	struct attached *a;
	SSL_SESSION *session;

	if ((a = malloc(sizeof *a + size)) == NULL)
		return false;
	a->sessions = s;
	memcpy(a->key, key, size);
	if (SSL_set_ex_data(ssl, attached_index, a) != 1) {
		free(a);
		return false;
	}
	atomic_fetch_add(&s->references, 1);
	if ((session = recall(s, key)) != NULL) {
		(void)SSL_set_session(ssl, session);
		SSL_SESSION_free(session);
	}
	return true;
}
