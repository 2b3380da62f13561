/* SPDX-License-Identifier: ISC */
#include "hosts/store_farewell.h"

#include <stdlib.h>

#include "base/stats.h"
#include "hosts/store_desk_state.h"
#include "hosts/store_parting.h"
#include "hosts/store_peers.h"
#include "hosts/store_redis.h"

#define PARTINGS	256		/* last words at a time */

static void
parted_cb(void *arg, const struct store_answer *a)
{
	struct store_desk *d = arg;

	if (!a->ok)
		stats_add(&stats_process.store_failures, 1);
	d->parting--;
	if (!d->closing)
		store_farewell_say(d);
}

static void
say_parting(struct store_desk *d, const struct store_parting *p)
{
	const struct store_question q = {
		.budget = p->name,
		.len = p->len,
		.limits = &p->limits,
		.ask = p->ask,
		.slots = p->of_slots ? &p->slots : NULL,
		.learn = p->of_learn ? &p->learn : NULL,
	};
	bool ok = store_redis_ask(d->redis, &q, parted_cb, d);

	d->parting += ok;
	stats_add(ok ? &stats_process.store_asked :
	    &stats_process.store_failures, 1);
}

void
store_farewell_say(struct store_desk *d)
{
	struct store_parting *p;
	void (*done)(void *) = d->done;

	while (d->parting < PARTINGS &&
	    (p = store_parting_next(&d->hosts->shared)) != NULL) {
		if (d->connected && d->redis != NULL)
			say_parting(d, p);
		free(p);
	}
	if (d->parting == 0 && done != NULL)
		done(d->done_arg);
}

static void
part_all(struct store_desk *d, bool ends)
{
	uint64_t now = loop_now();
	struct store_entry *e, *next;
	struct host *h;

	HASH_ITER(hh, d->entries, e, next) {
		if ((h = store_desk_enter(d, e->serial)) == NULL)
			continue;
		store_parting_add(h, THROTTLE_STORE_LEASES, ends, now);
		store_parting_add(h, THROTTLE_STORE_SLOTS, ends, now);
		store_parting_add(h, THROTTLE_STORE_LEARNED, ends, now);
		hosts_exit(d->hosts, h);
	}
}

void
store_farewell(struct store_desk *d, bool ends)
{
	part_all(d, ends);
	if (ends && d->connected && store_peers_leave(d->peers, parted_cb, d))
		d->parting++;
	store_peers_connect(d->peers, NULL);
	store_farewell_say(d);
}
