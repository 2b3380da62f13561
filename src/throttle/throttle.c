/* SPDX-License-Identifier: ISC */

/*
 * The life of a throttle: made with full buckets; asked by newcomers, who are
 * admitted, queued or refused; emptied through throttle_next() as time passes,
 * slots come back, verdicts are given and pauses end; freed when nobody is left
 * in its queue.
 *
 * A waiter is in the queue (fair.flow is set), or holds a slot (held), or is
 * neither, before and after.
 *
 * Lane 0 of the queue is for those in no part, lane i + 1 for part i, lanes
 * from FAIR_LANES on for those in a bucket, with a part or without.  Of the
 * lanes whose part allows their first one now, the one whose turn it is by
 * fairness is in front; the host's budget has to allow that one.
 */

#include "throttle/throttle.h"

#include <assert.h>
#include <stdlib.h>

#include "throttle/throttle_lane.h"

struct throttle *
throttle_new(const struct throttle_limits *limits)
{
	struct throttle *t;

	t = calloc(1, sizeof *t);
	if (t == NULL)
		return NULL;
	t->queue = fair_new(limits->nparts + 1, limits->trust_priority);
	if (t->queue == NULL || !throttle_set_parts(t, limits)) {
		throttle_free(t);
		return NULL;
	}
	budget_init(&t->host, &limits->host, limits->learning);
	LIST_INIT(&t->deposits);
	t->trust = limits->trust_priority;
	t->queue_length = limits->queue_length;
	return t;
}

static void
free_buckets(struct throttle *t)
{
	unsigned i;

	for (i = 0; t->learned != NULL && i < THROTTLE_BUCKETS; i++)
		free(t->learned->buckets[i]);
	free(t->learned);
}

void
throttle_free(struct throttle *t)
{
	if (t == NULL)
		return;
	fair_free(t->queue);
	free_buckets(t);
	free(t->parts);
	free(t);
}

/* How it stands */

uint64_t
throttle_deadline(const struct throttle *t, const struct throttle_waiter *w)
{
	uint64_t from = larger(w->since, t->host.paused_until);

	if (!w->fair.returned || w->again == 0)
		return w->deadline;
	if (w->part != THROTTLE_WHOLE)
		from = larger(from, t->parts[w->part].paused_until);
	if (w->bucket != 0)
		from = larger(from, throttle_paused_until(t,
		    THROTTLE_BUCKET(w->bucket)));
	return from > THROTTLE_NEVER - w->again || from + w->again > w->latest ?
	    w->latest : from + w->again;
}

static bool
buckets_are_idle(const struct throttle *t, uint64_t now)
{
	unsigned i;

	for (i = 0; t->learned != NULL && i < THROTTLE_BUCKETS; i++)
		if (t->learned->buckets[i] != NULL &&
		    !budget_idle(&t->learned->buckets[i]->budget, now))
			return false;
	return true;
}

bool
throttle_idle(const struct throttle *t, uint64_t now)
{
	unsigned i;

	if (fair_length(t->queue) > 0 || !budget_idle(&t->host, now))
		return false;
	for (i = 0; i < t->nparts; i++)
		if (!budget_idle(&t->parts[i], now))
			return false;
	return buckets_are_idle(t, now);
}

uint32_t
throttle_waiting(const struct throttle *t)
{
	return (uint32_t)fair_length(t->queue);
}

uint32_t
throttle_waiting_of(const struct throttle *t, uint64_t client)
{
	return (uint32_t)fair_length_of(t->queue, client);
}

uint32_t
throttle_inflight(const struct throttle *t)
{
	return t->host.inflight;
}

uint64_t
throttle_paused_until(const struct throttle *t, unsigned part)
{
	if (part == THROTTLE_WHOLE)
		return t->host.paused_until;
	if (part > THROTTLE_WHOLE)
		return t->learned->buckets[part - THROTTLE_WHOLE - 1]->
		    budget.paused_until;
	assert(part < t->nparts);
	return t->parts[part].paused_until;
}
