/* SPDX-License-Identifier: ISC */
#include "exchange/user_gate.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/client_hash.h"
#include "exchange/user_cache.h"
#include "exchange/user_checks.h"
#include "policy/htpasswd.h"
#include "policy/user.h"

/*
 * What is remembered is a hash, with a key of the process, of the name, the
 * password and the hash that it was compared with.  So a change in the file is
 * a change there, too, and nothing has to be forgotten at a reload.
 */

#define KEEP_RIGHT	300000000000ULL	/* ns */
#define KEEP_WRONG	10000000000ULL

/* One check, and who waits for it. */
struct user_question {
	LIST_ENTRY(user_question) entry;
	struct user_gate	*gate;
	struct user_check	 check;
	struct client_hash	 key;
	bool			 known;		/* somebody has the name */
	char			*hash;
	TAILQ_HEAD(, user_waiter) waiters;
};

struct user_gate {
	struct loop		*loop;
	struct client_hasher	*hasher;
	struct user_checks	*checks;
	struct user_cache	 right;
	struct user_cache	 wrong;
	LIST_HEAD(, user_question) questions;
};

struct user_gate *
user_gate_new(struct loop *loop, struct client_hasher *hasher,
    struct user_checks *checks)
{
	struct user_gate *g;

	if ((g = calloc(1, sizeof *g)) == NULL)
		return NULL;
	g->loop = loop;
	g->hasher = hasher;
	g->checks = checks;
	g->right.keep = KEEP_RIGHT;
	g->wrong.keep = KEEP_WRONG;
	LIST_INIT(&g->questions);
	return g;
}

static void
free_question(struct user_question *q)
{
	LIST_REMOVE(q, entry);
	user_checks_wipe(q->check.password);
	user_checks_wipe(q->hash);
	free(q);
}

void
user_gate_free(struct user_gate *g)
{
	struct user_question *q;

	while (g != NULL && (q = LIST_FIRST(&g->questions)) != NULL)
		free_question(q);
	free(g);
}

/* Answers */

/* Whoever comes meanwhile asks the memory, not this question. */
static void
answer_cb(struct mail *m)
{
	struct user_question *q = (struct user_question *)(void *)
	    ((char *)m - offsetof(struct user_question, check.mail));
	struct user_gate *g = q->gate;
	bool right = q->check.right && q->known;
	struct user_waiter *w;

	user_cache_put(right ? &g->right : &g->wrong, &q->key, loop_now());
	q->key = (struct client_hash){ 0 };
	while ((w = TAILQ_FIRST(&q->waiters)) != NULL) {
		TAILQ_REMOVE(&q->waiters, w, entry);
		w->question = NULL;
		w->told(w, right);
	}
	free_question(q);
}

/* Questions */

static bool
add(struct user_gate *g, const char *kind, const char *text,
    struct client_hash *key)
{
	struct client_hash both[2] = { *key };

	return client_hash(g->hasher, kind, text, strlen(text), &both[1]) &&
	    client_hash(g->hasher, kind, both, sizeof both, key);
}

/* What it is remembered by, and the hash that it is to have. */
static bool
look_up(struct user_gate *g, const struct htpasswd *users,
    const struct user_basic *basic, struct client_hash *key, const char **hash,
    bool *known)
{
	*key = (struct client_hash){ 0 };
	if (!add(g, "user", basic->name, key))
		return false;
	*hash = htpasswd_find(users, basic->name);
	*known = *hash != NULL;
	if (!*known)
		*hash = htpasswd_any(users, key->a);
	return add(g, "password", basic->password, key) &&
	    (*hash == NULL || add(g, *known ? "hash" : "somebody's hash",
	    *hash, key));
}

static struct user_question *
find_question(const struct user_gate *g, const struct client_hash *key)
{
	struct user_question *q;

	LIST_FOREACH(q, &g->questions, entry) {
		if (q->key.a == key->a && q->key.b == key->b)
			return q;
	}
	return NULL;
}

static struct user_question *
new_question(struct user_gate *g, const struct user_basic *basic,
    const char *hash, uint64_t client)
{
	struct user_question *q;

	if ((q = calloc(1, sizeof *q)) == NULL)
		return NULL;
	q->gate = g;
	TAILQ_INIT(&q->waiters);
	LIST_INSERT_HEAD(&g->questions, q, entry);
	q->hash = strdup(hash);
	q->check.loop = g->loop;
	q->check.mail.deliver = answer_cb;
	q->check.client = client;
	q->check.password = strdup(basic->password);
	q->check.hash = q->hash;
	if (q->hash != NULL && q->check.password != NULL)
		return q;
	free_question(q);
	return NULL;
}

static enum user_answer
ask(struct user_gate *g, const struct user_basic *basic, const char *hash,
    uint64_t client, struct user_question **asked)
{
	struct user_question *q = new_question(g, basic, hash, client);

	if (q == NULL)
		return USER_NO_MEMORY;
	if (!user_checks_ask(g->checks, &q->check)) {
		free_question(q);
		return USER_BUSY;
	}
	*asked = q;
	return USER_ASKED;
}

enum user_answer
user_gate_ask(struct user_gate *g, const struct htpasswd *users,
    const struct user_basic *basic, uint64_t client, uint64_t now,
    struct user_waiter *w)
{
	struct user_question *q;
	struct client_hash key;
	enum user_answer answer;
	const char *hash;
	bool known;

	if (!look_up(g, users, basic, &key, &hash, &known))
		return USER_NO_MEMORY;
	if (user_cache_has(&g->right, &key, now))
		return USER_RIGHT;
	if (hash == NULL || user_cache_has(&g->wrong, &key, now))
		return USER_WRONG;
	if ((q = find_question(g, &key)) == NULL) {
		answer = ask(g, basic, hash, client, &q);
		if (answer != USER_ASKED)
			return answer;
		q->key = key;
		q->known = known;
	}
	w->question = q;
	TAILQ_INSERT_TAIL(&q->waiters, w, entry);
	return USER_ASKED;
}

void
user_gate_leave(struct user_gate *g, struct user_waiter *w)
{
	struct user_question *q = w->question;

	if (q == NULL)
		return;
	w->question = NULL;
	TAILQ_REMOVE(&q->waiters, w, entry);
	if (TAILQ_EMPTY(&q->waiters) &&
	    user_checks_take_back(g->checks, &q->check))
		free_question(q);
}
