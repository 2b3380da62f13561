/* SPDX-License-Identifier: ISC */
#include "net/redis_node.h"

#include <stdlib.h>

#include <bsd/stdlib.h>

#include "net/dialer.h"
#include "net/loop.h"

/*
 * Life, round and round: sentinels are asked, if there are any; a connection is
 * opened; it is up; it is lost, and the timer begins the next round.  While it
 * is up the timer has a server that is silent, or does not write, found out
 * before it is needed.
 */

#define MS	UINT64_C(1000000)
#define SOONEST	(50 * MS)
#define LATEST	(1000 * MS)
#define BEAT	(1000 * MS)

struct redis_node {
	struct redis_setup	 setup;
	struct http1_host	 host;
	struct redis_sentinels	*sentinels;	/* or NULL */
	const struct redis_node_events *events;
	void			*owner;
	struct redis_sentinel	*asked;
	struct redis		*redis;
	struct deadline		 timer;
	unsigned		 failures;	/* since it was up */
	bool			 freed;
	struct grave		 grave;
};

static const struct redis_events events;

/* Twice as long each time; half of it by chance. */
static uint64_t
patience(const struct redis_node *n)
{
	uint64_t ns = SOONEST;
	unsigned i;

	for (i = 1; i < n->failures && ns < LATEST; i++)
		ns *= 2;
	if (ns > LATEST)
		ns = LATEST;
	return ns / 2 + arc4random_uniform((uint32_t)(ns / 2));
}

static void
failed(struct redis_node *n, const char *why)
{
	n->failures++;
	deadline_set(&n->timer, loop_now() + patience(n));
	n->events->down(n->owner, n, why, n->failures);
}

static void
open_it(struct redis_node *n)
{
	n->redis = redis_open(&n->setup, &n->host, &events, n);
	if (n->redis == NULL)
		failed(n, "out of memory");
}

static void
found_cb(void *arg, const struct http1_host *host, const char *why)
{
	struct redis_node *n = arg;

	n->asked = NULL;
	if (host == NULL) {
		failed(n, why);
		return;
	}
	n->host = *host;
	open_it(n);
}

static void
begin(struct redis_node *n)
{
	if (n->sentinels == NULL) {
		open_it(n);
		return;
	}
	n->asked = redis_sentinel_ask(n->sentinels, found_cb, n);
	if (n->asked == NULL)
		failed(n, "out of memory");
}

static void
timer_cb(void *arg)
{
	struct redis_node *n = arg;

	if (n->redis == NULL) {
		begin(n);
		return;
	}
	/* one that is lost at once, again and again, is not up */
	n->failures = 0;
	deadline_set(&n->timer, loop_now() + BEAT);
	/* it has been asked enough; or it is lost, and tried again */
	if (!redis_probe(n->redis) && redis_node_is_up(n))
		deadline_set(&n->timer, loop_now() + BEAT / 10);
}

static void
ready_cb(void *arg)
{
	struct redis_node *n = arg;

	deadline_set(&n->timer, loop_now() + BEAT);
	n->events->up(n->owner, n);
}

static void
lost_cb(void *arg, const char *why)
{
	struct redis_node *n = arg;

	redis_close(n->redis);
	n->redis = NULL;
	if (!n->freed)
		failed(n, why);
}

static void
told_cb(void *arg, const struct redis_reply *reply)
{
	struct redis_node *n = arg;

	n->events->told(n->owner, reply);
}

static const struct redis_events events = {
	.ready = ready_cb,
	.lost = lost_cb,
	.told = told_cb,
};

struct redis_node *
redis_node_new(const struct redis_setup *setup, const struct http1_host *host,
    struct redis_sentinels *sentinels, const struct redis_node_events *told,
    void *owner)
{
	struct redis_node *n = calloc(1, sizeof *n);

	if (n == NULL)
		return NULL;
	n->setup = *setup;
	if (host != NULL)
		n->host = *host;
	n->sentinels = sentinels;
	n->events = told;
	n->owner = owner;
	deadline_init(&n->timer, setup->dialer->loop, timer_cb, n);
	deadline_set(&n->timer, loop_now());
	return n;
}

void
redis_node_free(struct redis_node *n)
{
	if (n == NULL || n->freed)
		return;
	n->freed = true;
	redis_sentinel_cancel(n->asked);
	redis_close(n->redis);
	n->redis = NULL;
	deadline_free(&n->timer);
	loop_bury(n->setup.dialer->loop, &n->grave, free, n);
}

bool
redis_node_is_up(const struct redis_node *n)
{
	return n != NULL && redis_is_ready(n->redis);
}

const struct http1_host *
redis_node_host(const struct redis_node *n)
{
	return &n->host;
}

const char *
redis_node_run(const struct redis_node *n)
{
	return redis_run(n->redis);
}

bool
redis_node_send(struct redis_node *n, int nwords, const char *const *words,
    const size_t *lengths, redis_cb *cb, void *arg)
{
	return n->redis != NULL &&
	    redis_send(n->redis, nwords, words, lengths, cb, arg);
}
