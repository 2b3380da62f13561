/* SPDX-License-Identifier: ISC */
#include "hosts/store_peers.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/stats.h"
#include "hosts/store_command.h"
#include "hosts/store_redis.h"
#include "net/loop.h"
#include "throttle/lease_account.h"

#define BEAT	1000000000ULL	/* ns */
#define KEPT	600000000000ULL	/* ns: of which the most is kept */
#define ENOUGH	3		/* answers: all who are there were heard */

/* No budget of a host begins so (store_name.h). */
static const char name[] = " proxies";

struct store_peers {
	struct wake		 wake;		/* for the next time */
	struct loop		*loop;
	struct store_redis	*redis;		/* or NULL: not connected */
	uint64_t		 id;		/* ours */
	unsigned		 heard;		/* answers that counted */
	uint64_t		 most;		/* of these ten minutes */
	uint64_t		 before;	/* of those before */
	uint64_t		 since;		/* ns */
	uint64_t		 leavers;	/* that the store knew */
	unsigned		 tag;		/* the next whose epoch is looked at */
};

static void
note(struct store_peers *p, uint64_t peers, uint64_t now)
{
	if (now >= p->since + KEPT) {
		p->before = now < p->since + 2 * KEPT ? p->most : 0;
		p->most = 0;
		p->since = now;
	}
	if (peers > p->most)
		p->most = peers;
	atomic_store(&stats_process.store_peers, store_peers(p));
}

static uint64_t
less(uint64_t most, uint64_t gone)
{
	return most > gone ? most - gone : 0;
}

/* Who has said so is not cut off. */
static void
note_leavers(struct store_peers *p, uint64_t leavers)
{
	uint64_t gone = p->heard > 0 && leavers > p->leavers ?
	    leavers - p->leavers : 0;

	p->leavers = leavers;
	p->most = less(p->most, gone);
	p->before = less(p->before, gone);
}

static void
answer_cb(void *arg, const struct store_answer *a)
{
	struct store_peers *p = arg;

	if (!a->ok) {
		stats_add(&stats_process.store_failures, 1);
		return;
	}
	note_leavers(p, a->lease.leavers);
	/* in quarantine others are not known yet, or none has a place */
	if (a->lease.again_at == 0 && p->heard < ENOUGH)
		p->heard++;
	note(p, a->lease.peers, a->received);
}

static bool
say(const struct store_peers *p, bool leaves, store_answer_cb *cb, void *arg)
{
	static const struct budget_limits none;
	const struct store_question q = {
		.budget = name,
		.len = sizeof name - 1,
		.limits = &none,
		.ask = { .holder = p->id, .weight = 1,
		    .horizon = LEASE_HORIZON, .leaves = leaves },
	};
	bool ok = store_redis_ask(p->redis, &q, cb, arg);

	stats_add(ok ? &stats_process.store_asked :
	    &stats_process.store_failures, 1);
	return ok;
}

static void
beat(struct store_peers *p, uint64_t now)
{
	(void)say(p, false, answer_cb, p);
	/* the store may have lost it without a word */
	store_redis_begin(p->redis, p->tag++ % STORE_TAGS);
	loop_wake_at(p->loop, &p->wake, now + BEAT);
}

/* l is NULL where the loop has ended. */
static void
fire_cb(struct wake *k, struct loop *l, uint64_t now)
{
	struct store_peers *p = (struct store_peers *)k;

	if (l == NULL)
		free(p);
	else if (p->redis != NULL)
		beat(p, now);
}

struct store_peers *
store_peers_new(struct loop *l, uint64_t id)
{
	struct store_peers *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->loop = l;
	p->id = id;
	p->wake.fire = fire_cb;
	return p;
}

void
store_peers_free(struct store_peers *p)
{
	if (p == NULL)
		return;
	p->redis = NULL;
	/* what is in the loop's tree goes with that */
	if (!p->wake.armed)
		free(p);
}

uint64_t
store_peers_id(const struct store_peers *p)
{
	return p->id;
}

bool
store_peers_leave(struct store_peers *p, store_answer_cb *cb, void *arg)
{
	return p->redis != NULL && say(p, true, cb, arg);
}

void
store_peers_forget(struct store_peers *p)
{
	p->heard = 0;
	p->most = p->before = 0;
}

void
store_peers_connect(struct store_peers *p, struct store_redis *redis)
{
	unsigned tag;

	p->redis = redis;
	for (tag = 0; redis != NULL && tag < STORE_TAGS; tag++)
		store_redis_begin(redis, tag);
	if (redis != NULL && !p->wake.armed)
		loop_wake_at(p->loop, &p->wake, loop_now() + 1);
}

uint64_t
store_peers(const struct store_peers *p)
{
	uint64_t most = p->most > p->before ? p->most : p->before;

	/* where all places are taken there may be any number */
	return p->heard < ENOUGH || most >= LEASE_HOLDERS ? 0 : most;
}
