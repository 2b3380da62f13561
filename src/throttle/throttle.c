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

#include "throttle/throttle_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "throttle/budget_recovery.h"

/* First of its lane, and when its budgets allow it (ns). */
struct head {
	const struct fair_waiter *w;
	uint64_t		 part_due;
	uint64_t		 host_due;
};

/* The budget that a part's name stands for. */
static struct budget *
budget_of(struct throttle *t, unsigned part)
{
	struct budget *b;

	if (part > THROTTLE_WHOLE)
		b = bucket_budget(t, part - THROTTLE_WHOLE);
	else
		b = part_budget(t, part);
	return b != NULL ? b : &t->host;
}

void
throttle_tick(struct throttle *t, uint64_t now)
{
	unsigned i;

	t->now = larger(t->now, now);
	if (budget_tick(&t->host, now))
		set_unblocked_at(t, now);
	for (i = 0; i < t->nparts; i++)
		if (budget_tick(&t->parts[i], now))
			set_unblocked_at(t, now);
	for (i = 0; t->learned != NULL && i < THROTTLE_BUCKETS; i++)
		if (t->learned->buckets[i] != NULL &&
		    budget_tick(&t->learned->buckets[i]->budget, now))
			set_unblocked_at(t, now);
}

/* Whose turn it is among those whose part allows them to go now. */
static struct fair_waiter *
next_in_turn(struct throttle *t, uint64_t now)
{
	struct fair_waiter *w, *best = NULL;
	unsigned lane;

	if (fair_length(t->queue) == 0)
		return NULL;
	for (lane = 0; lane != FAIR_END; lane = fair_next_lane(t->queue,
	    lane)) {
		w = first_of(t, lane);
		if (w == NULL || !inner_allow(t, lane, w->cost, now))
			continue;
		if (best == NULL || fair_before(t->queue, w, best))
			best = w;
	}
	return best;
}

static void
take(struct throttle *t, struct throttle_waiter *w, uint64_t at, uint64_t now)
{
	struct budget *b = part_budget(t, w->part);
	struct budget *bucket = bucket_budget(t, w->bucket);

	w->epoch = budget_take(&t->host, w->fair.cost, at, now);
	if (b != NULL)
		w->part_epoch = budget_take(b, w->fair.cost, at, now);
	if (bucket != NULL)
		w->bucket_epoch = budget_take(bucket, w->fair.cost, at, now);
	if (w->deposit != NULL && b == NULL) {
		budget_paid(&t->host, w->fair.cost, &w->deposit->paid);
		LIST_INSERT_HEAD(&t->deposits, w->deposit, entry);
		w->deposit->listed = true;
	}
	w->fair.returned = false;
	w->held = true;
	w->slotless = false;
	w->settled = false;
}

/* Making and asking */

bool
throttle_set_parts(struct throttle *t, const struct throttle_limits *limits)
{
	unsigned i;

	assert(limits->nparts <= THROTTLE_PARTS);
	t->nparts = limits->nparts;
	t->parts = NULL;
	if (t->nparts == 0)
		return true;
	t->parts = calloc(t->nparts, sizeof *t->parts);
	if (t->parts == NULL)
		return false;
	/* The host's window is enough to begin with. */
	for (i = 0; i < t->nparts; i++)
		budget_init(&t->parts[i], limits->parts[i], false);
	return true;
}

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

void
throttle_free(struct throttle *t)
{
	if (t == NULL)
		return;
	fair_free(t->queue);
	throttle_free_buckets(t);
	free(t->parts);
	free(t);
}

/* False without memory for a lane. */
static bool
fill_in(struct throttle *t, struct throttle_waiter *w,
    const struct throttle_request *q, uint64_t now)
{
	struct pair pair = { q->part, q->bucket };
	unsigned lane = throttle_lane(t, t->queue, pair);

	*w = (struct throttle_waiter){
		.fair = {
			.client = q->client,
			.cost = q->cost,
			.arrived = now,
			.weight = q->weight,
			.urgency = q->urgency,
			.returned = q->returned,
			.lane = (uint16_t)lane,
		},
		.since = now,
		.deadline = q->deadline,
		.again = q->again,
		.latest = q->latest,
		.part = q->part,
		.bucket = q->bucket,
		.deposit = q->deposit,
	};
	return lane != FAIR_END;
}

static bool
may_go_at_once(struct throttle *t, const struct throttle_waiter *w,
    uint64_t now)
{
	return budget_allows(&t->host, w->fair.cost, now) &&
	    inner_allow(t, w->fair.lane, w->fair.cost, now) &&
	    first_of(t, w->fair.lane) == NULL && next_in_turn(t, now) == NULL;
}

enum throttle_answer
throttle_ask(struct throttle *t, struct throttle_waiter *w,
    const struct throttle_request *q, uint64_t now, struct throttle_report *r)
{
	throttle_tick(t, now);
	*r = (struct throttle_report){ .start = now };
	if (!fill_in(t, w, q, now))
		return THROTTLE_NO_MEMORY;
	if (may_go_at_once(t, w, now)) {
		join_bucket(t, w->bucket);
		take(t, w, now, now);
		if (!q->returned)
			fair_pass(t->queue, q->client, q->weight, q->cost);
		*r = (struct throttle_report){
			.start = now,
			.waiting = throttle_waiting(t),
		};
		return THROTTLE_GO;
	}
	throttle_start(t, &w->fair, now, r);
	if (!q->returned && throttle_waiting(t) >= t->queue_length)
		return THROTTLE_FULL;
	if (r->start > q->deadline)
		return THROTTLE_LATE_START;
	if (!fair_add(t->queue, &w->fair, t->now))
		return THROTTLE_NO_MEMORY;
	join_bucket(t, w->bucket);
	return THROTTLE_WAIT;
}

struct throttle_waiter *
throttle_next(struct throttle *t, uint64_t now)
{
	struct throttle_waiter *w;
	struct fair_waiter *f;
	uint64_t at;

	throttle_tick(t, now);
	if (t->head_changed) {
		t->head_changed = false;
		set_unblocked_at(t, now);
	}
	if (!budget_room(&t->host) || (f = next_in_turn(t, now)) == NULL ||
	    !budget_allows(&t->host, f->cost, now))
		return NULL;
	w = waiter_of(f);
	at = throttle_accounted(t, w, now);
	fair_serve(t->queue, f, t->now);
	take(t, w, at < now ? at : now, now);
	return w;
}

/* When the budgets on top of the host's allow a cost (ns). */
static uint64_t
inner_due(struct throttle *t, unsigned lane, uint64_t cost)
{
	struct budget *b[2];
	unsigned i, n = inner_budgets(t, pair_of(t, lane), b);
	uint64_t due = 0;

	for (i = 0; i < n; i++)
		due = larger(due, larger(budget_opens(b[i]),
		    budget_due(b[i], cost)));
	return due;
}

/* The first ones of all lanes in the order of their turns; how many. */
static unsigned
all_heads(struct throttle *t, struct head heads[FAIR_END])
{
	struct head h = { .w = NULL };
	unsigned lane, i, n = 0;

	for (lane = 0; lane != FAIR_END; lane = fair_next_lane(t->queue,
	    lane)) {
		if ((h.w = first_of(t, lane)) == NULL)
			continue;
		h.part_due = inner_due(t, lane, h.w->cost);
		h.host_due = larger(budget_opens(&t->host),
		    budget_due(&t->host, h.w->cost));
		for (i = n++; i > 0 &&
		    fair_before(t->queue, h.w, heads[i - 1].w); i--)
			heads[i] = heads[i - 1];
		heads[i] = h;
	}
	return n;
}

/* Whether one of these is in front then, and not allowed by the host. */
static bool
held_up(const struct head *heads, unsigned n, uint64_t at)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (heads[i].part_due <= at && heads[i].host_due > at)
			return true;
	return false;
}

uint64_t
throttle_wake(struct throttle *t, uint64_t now)
{
	uint64_t at, wake = THROTTLE_NEVER;
	struct head heads[FAIR_END];
	unsigned i, n;

	throttle_tick(t, now);
	if (fair_length(t->queue) == 0 ||
	    budget_opens(&t->host) == BUDGET_NEVER)
		return THROTTLE_NEVER;
	n = all_heads(t, heads);
	for (i = 0; i < n; i++) {
		at = larger(heads[i].part_due, heads[i].host_due);
		if (at < wake && !held_up(heads, i, larger(at, now)))
			wake = at;
	}
	return wake;
}

bool
throttle_unqueue(struct throttle *t, struct throttle_waiter *w)
{
	bool head = first_of(t, w->fair.lane) == &w->fair;

	fair_remove(t->queue, &w->fair);
	leave_bucket(t, w->bucket);
	return head;
}

void
throttle_cancel(struct throttle *t, struct throttle_waiter *w)
{
	if (throttle_unqueue(t, w))
		t->head_changed = true;
}

/* Those who were admitted */

/* What was paid stays spent. */
static void
spend(struct throttle_deposit *d)
{
	if (d != NULL && d->listed) {
		LIST_REMOVE(d, entry);
		d->listed = false;
	}
}

void
throttle_spend_all(struct throttle *t)
{
	while (!LIST_EMPTY(&t->deposits))
		spend(LIST_FIRST(&t->deposits));
}

void
throttle_verdict(struct throttle *t, struct throttle_waiter *w,
    enum budget_verdict verdict, uint64_t now)
{
	struct budget *b, *bucket;
	bool held;

	throttle_tick(t, now);
	if (!w->held || w->settled)
		return;
	w->settled = true;
	if (verdict != BUDGET_NEUTRAL)
		spend(w->deposit);
	b = part_budget(t, w->part);
	bucket = bucket_budget(t, w->bucket);
	held = !has_room(t, w);
	budget_verdict(&t->host, w->epoch, verdict, now);
	if (b != NULL)
		budget_verdict(b, w->part_epoch, verdict, now);
	if (bucket != NULL)
		budget_verdict(bucket, w->bucket_epoch, verdict, now);
	/* A neutral one may let a shape's next one go sooner. */
	if (held || verdict == BUDGET_NEUTRAL)
		set_unblocked_at(t, now);
}

void
throttle_release_slot(struct throttle *t, struct throttle_waiter *w,
    uint64_t now)
{
	struct budget *b[2];
	unsigned n;

	assert(w->held);
	if (w->slotless)
		return;
	n = inner_budgets(t, pair_of_waiter(w), b);
	if (!has_room(t, w))
		set_unblocked_at(t, now);
	budget_release(&t->host);
	while (n > 0)
		budget_release(b[--n]);
	w->slotless = true;
}

static void
give_back(struct throttle *t, struct throttle_waiter *w, uint64_t now)
{
	bool slotless = w->slotless;

	spend(w->deposit);
	throttle_release_slot(t, w, now);
	leave_bucket(t, w->bucket);
	w->held = false;
	/* It may go on elsewhere, as it was. */
	w->slotless = slotless;
}

void
throttle_release(struct throttle *t, struct throttle_waiter *w, uint64_t now)
{
	bool settled = w->settled;

	throttle_verdict(t, w, BUDGET_NEUTRAL, now);
	/* It may go on elsewhere, and have its verdict there. */
	w->settled = settled;
	give_back(t, w, now);
}

void
throttle_refund(struct throttle *t, struct throttle_waiter *w, uint64_t now)
{
	budget_wide sooner[BUDGET_RATES];
	struct throttle_deposit *d;

	throttle_tick(t, now);
	if (w->deposit != NULL && w->deposit->listed) {
		budget_refund(&t->host, &w->deposit->paid, now, sooner);
		LIST_FOREACH(d, &t->deposits, entry)
			budget_refunded(&t->host, &w->deposit->paid, sooner,
			    &d->paid);
		/* Whom it lets go now could not have gone before. */
		set_unblocked_at(t, now);
	}
	throttle_release(t, w, now);
}

void
throttle_refill(struct throttle *t, uint64_t now)
{
	unsigned i;

	throttle_tick(t, now);
	throttle_spend_all(t);
	budget_refill(&t->host);
	for (i = 0; i < t->nparts; i++)
		budget_refill(&t->parts[i]);
	/* Whom it lets go now could not have gone before. */
	set_unblocked_at(t, now);
}

enum throttle_answer
throttle_return(struct throttle *t, struct throttle_waiter *w, uint64_t now,
    struct throttle_report *r)
{
	unsigned lane;

	assert(w->held && w->settled);
	throttle_tick(t, now);
	lane = throttle_lane(t, t->queue, pair_of_waiter(w));
	if (lane == FAIR_END)
		return THROTTLE_NO_MEMORY;
	w->fair.lane = (uint16_t)lane;
	w->fair.returned = true;
	w->since = now;
	throttle_start(t, &w->fair, now, r);
	if (r->start > throttle_deadline(t, w)) {
		w->fair.returned = false;
		return THROTTLE_LATE_START;
	}
	if (!fair_add(t->queue, &w->fair, t->now)) {
		w->fair.returned = false;
		return THROTTLE_NO_MEMORY;
	}
	join_bucket(t, w->bucket);
	give_back(t, w, now);
	return THROTTLE_WAIT;
}

/* What the host says */

bool
throttle_pause(struct throttle *t, unsigned part, uint64_t until, uint64_t now)
{
	throttle_tick(t, now);
	if (!budget_pause(budget_of(t, part), until, now))
		return false;
	/* Whom this part's first one held up may pass it. */
	if (part != THROTTLE_WHOLE)
		set_unblocked_at(t, now);
	return true;
}

void
throttle_shorten(struct throttle *t, uint64_t longest, uint64_t now)
{
	bool shorter;
	unsigned i;

	throttle_tick(t, now);
	shorter = budget_shorten(&t->host, longest, now);
	for (i = 0; i < t->nparts; i++)
		shorter |= budget_shorten(&t->parts[i], longest, now);
	for (i = 0; t->learned != NULL && i < THROTTLE_BUCKETS; i++)
		if (t->learned->buckets[i] != NULL)
			shorter |= budget_shorten(
			    &t->learned->buckets[i]->budget, longest, now);
	if (shorter)
		set_unblocked_at(t, now);
}

void
throttle_resume(struct throttle *t, unsigned part, uint64_t now)
{
	struct budget *b = budget_of(t, part);

	throttle_tick(t, now);
	/* One that is over already went at its end, not now. */
	if (!budget_room(b) || b->paused_until > now)
		set_unblocked_at(t, now);
	else
		set_unblocked_at(t, b->paused_until);
	budget_resume(b);
}

/* The epoch in which a waiter has tried a part, or the host. */
static uint32_t
epoch_in(struct throttle *t, unsigned part, const struct throttle_waiter *w)
{
	if (part == THROTTLE_WHOLE)
		return w->epoch;
	if (part == w->part)
		return w->part_epoch;
	if (w->bucket != 0 && part == THROTTLE_BUCKET(w->bucket))
		return w->bucket_epoch;
	/* Whoever is not of the part has not tried it. */
	return budget_of(t, part)->epoch - 1;
}

uint64_t
throttle_backoff(struct throttle *t, unsigned part,
    const struct throttle_waiter *w, uint64_t base, uint64_t max, uint64_t now)
{
	throttle_tick(t, now);
	return budget_backoff(budget_of(t, part), epoch_in(t, part, w), base,
	    max, now);
}

bool
throttle_at_once(struct throttle *t, unsigned part,
    const struct throttle_waiter *w, uint64_t now)
{
	throttle_tick(t, now);
	set_unblocked_at(t, now);
	return budget_at_once(budget_of(t, part), epoch_in(t, part, w), now);
}

void
throttle_shape(struct throttle *t, unsigned part, uint64_t left, uint64_t reset,
    uint64_t now)
{
	throttle_tick(t, now);
	budget_shape(budget_of(t, part), left, reset, now);
	set_unblocked_at(t, now);
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

bool
throttle_idle(const struct throttle *t, uint64_t now)
{
	unsigned i;

	if (fair_length(t->queue) > 0 || !budget_idle(&t->host, now))
		return false;
	for (i = 0; i < t->nparts; i++)
		if (!budget_idle(&t->parts[i], now))
			return false;
	return throttle_buckets_idle(t, now);
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
