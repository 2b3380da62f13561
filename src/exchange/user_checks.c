/* SPDX-License-Identifier: ISC */
#include "exchange/user_checks.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <crypt.h>
#include <openssl/crypto.h>

#include "base/log.h"

#define WAITING		256	/* of all clients */
#define OF_CLIENT	32
#define NICE		10	/* requests go first */

/* A thread, and what crypt() needs to be called in it. */
struct checker {
	struct user_checks	*all;
	pthread_t		 thread;
	const struct user_check	*at;	/* or NULL */
	struct crypt_data	 data;
};

struct user_checks {
	pthread_mutex_t		 lock;		/* guards all of it */
	pthread_cond_t		 asked;
	TAILQ_HEAD(, user_check) queue;
	unsigned		 waiting;
	struct checker		**checkers;
	unsigned		 nchecker;	/* that were made */
	unsigned		 max;
	unsigned		 idle;
	bool			 ending;
};

void
user_checks_wipe(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

/* Checks */

static bool
is_right(struct checker *c, const struct user_check *check)
{
	const char *hash;
	size_t len = strlen(check->hash);
	bool right;

	hash = crypt_r(check->password, check->hash, &c->data);
	right = hash != NULL && strlen(hash) == len &&
	    CRYPTO_memcmp(hash, check->hash, len) == 0;
	explicit_bzero(&c->data, sizeof c->data);
	return right;
}

/* Who has had fewest goes first; of these, who came first. */
static struct user_check *
next_check(struct user_checks *all)
{
	struct user_check *check, *best = TAILQ_FIRST(&all->queue);

	TAILQ_FOREACH(check, &all->queue, entry) {
		if (check->round < best->round)
			best = check;
	}
	return best;
}

static void
take_out(struct user_checks *all, struct user_check *check)
{
	TAILQ_REMOVE(&all->queue, check, entry);
	all->waiting--;
	check->queued = false;
}

/* Waits for one, which is the caller's then; NULL: it is over. */
static struct user_check *
wait_for_check(struct checker *c)
{
	struct user_checks *all = c->all;
	struct user_check *check = NULL;

	pthread_mutex_lock(&all->lock);
	c->at = NULL;
	all->idle++;
	while (!all->ending && TAILQ_EMPTY(&all->queue))
		pthread_cond_wait(&all->asked, &all->lock);
	all->idle--;
	if (!all->ending) {
		check = next_check(all);
		take_out(all, check);
		c->at = check;
	}
	pthread_mutex_unlock(&all->lock);
	return check;
}

static void
done(struct checker *c, struct user_check *check, bool right)
{
	user_checks_wipe(check->password);
	check->password = NULL;
	check->right = right;
	pthread_mutex_lock(&c->all->lock);
	c->at = NULL;
	pthread_mutex_unlock(&c->all->lock);
	/* it may be gone before this returns */
	loop_post(check->loop, &check->mail);
}

static void *
run(void *arg)
{
	struct checker *c = arg;
	struct user_check *check;

	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	while ((check = wait_for_check(c)) != NULL)
		done(c, check, is_right(c, check));
	return NULL;
}

/* Questions */

/* How many there are of a client, those that are being done with them. */
static unsigned
count_of(const struct user_checks *all, uint64_t client)
{
	const struct user_check *check;
	unsigned i, n = 0;

	TAILQ_FOREACH(check, &all->queue, entry)
		n += check->client == client;
	for (i = 0; i < all->nchecker; i++)
		n += all->checkers[i]->at != NULL &&
		    all->checkers[i]->at->client == client;
	return n;
}

/* Another thread, if none has nothing to do; false: there is none at all. */
static bool
have_thread(struct user_checks *all)
{
	struct checker *c;

	if (all->idle > all->waiting || all->nchecker == all->max)
		return true;
	if ((c = calloc(1, sizeof *c)) == NULL)
		return all->nchecker > 0;
	c->all = all;
	if (pthread_create(&c->thread, NULL, run, c) != 0) {
		log_warn("access.users: no thread to check passwords in");
		free(c);
		return all->nchecker > 0;
	}
	all->checkers[all->nchecker++] = c;
	return true;
}

bool
user_checks_ask(struct user_checks *all, struct user_check *check)
{
	bool ok = false;

	pthread_mutex_lock(&all->lock);
	check->round = count_of(all, check->client);
	if (all->waiting < WAITING && check->round < OF_CLIENT &&
	    have_thread(all)) {
		TAILQ_INSERT_TAIL(&all->queue, check, entry);
		all->waiting++;
		check->queued = ok = true;
		pthread_cond_signal(&all->asked);
	}
	pthread_mutex_unlock(&all->lock);
	return ok;
}

bool
user_checks_take_back(struct user_checks *all, struct user_check *check)
{
	bool queued;

	pthread_mutex_lock(&all->lock);
	if ((queued = check->queued))
		take_out(all, check);
	pthread_mutex_unlock(&all->lock);
	if (queued) {
		user_checks_wipe(check->password);
		check->password = NULL;
	}
	return queued;
}

/* Start and end */

struct user_checks *
user_checks_new(unsigned threads)
{
	struct user_checks *all;

	if ((all = calloc(1, sizeof *all)) == NULL)
		return NULL;
	all->checkers = calloc(threads, sizeof(struct checker *));
	if (all->checkers == NULL) {
		free(all);
		return NULL;
	}
	all->max = threads;
	TAILQ_INIT(&all->queue);
	pthread_mutex_init(&all->lock, NULL);
	pthread_cond_init(&all->asked, NULL);
	return all;
}

void
user_checks_free(struct user_checks *all)
{
	struct checker *c;
	unsigned i;

	pthread_mutex_lock(&all->lock);
	all->ending = true;
	pthread_cond_broadcast(&all->asked);
	pthread_mutex_unlock(&all->lock);
	for (i = 0; i < all->nchecker; i++) {
		c = all->checkers[i];
		pthread_join(c->thread, NULL);
		free(c);
	}
	pthread_mutex_destroy(&all->lock);
	pthread_cond_destroy(&all->asked);
	free(all->checkers);
	free(all);
}
