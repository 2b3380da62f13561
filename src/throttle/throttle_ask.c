/* SPDX-License-Identifier: ISC */

/*
 * Who asks, who goes, and when the next one may: from nothing to the queue or
 * to an admission (throttle.c tells the states).
 */

#include "throttle/throttle_ask.h"

#include "throttle/budget_rates.h"
#include "throttle/lease.h"
#include "throttle/throttle.h"
#include "throttle/throttle_lane.h"
#include "throttle/throttle_lease.h"
#include "throttle/throttle_meter.h"
#include "throttle/throttle_part.h"
#include "throttle/throttle_start.h"
#include "throttle/throttle_tick.h"
#include "throttle/throttle_total.h"

/* First of its lane, and when its budgets allow it (ns). */
struct head {
	const struct fair_waiter *w;
	uint64_t		 part_due;
	uint64_t		 host_due;
};

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
	struct budget *named = named_budget(t, w->named);
	unsigned i;

	w->turn = t->turn;
	w->asks_again = w->fair.returned && !t->open;
	w->epoch = budget_take(&t->host, w->fair.cost, at, now);
	if (b != NULL)
		w->part_epoch = budget_take(b, w->fair.cost, at, now);
	for (i = 0; b != NULL && i < w->also.n; i++)
		w->also_epochs[i] = budget_take(part_budget(t,
		    w->also.parts[i]), w->fair.cost, at, now);
	if (named != NULL)
		w->named_epoch = budget_take(named, w->fair.cost, at, now);
	throttle_part_take(t, w, at, now);
	if (w->deposit != NULL && b == NULL) {
		budget_paid(&t->host, w->fair.cost, &w->deposit->paid);
		LIST_INSERT_HEAD(&t->deposits, w->deposit, entry);
		w->deposit->listed = true;
	}
	if (t->estimate != NULL) {
		estimate_take(t->estimate, &w->mark, at, now);
		w->mark.again = w->fair.returned;
		if (t->learner != NULL)
			learn_account_went(t->learner);
	}
	w->total = 0;
	if (t->total != NULL)
		throttle_total_take(t, w, at, now);
	if (t->meters != NULL)
		throttle_meters_take(t, w, at, now);
	w->fair.returned = w->again_waits = false;
	w->held = true;
	w->slotless = false;
	w->settled = false;
	w->counted = false;
	w->refused = false;
}

bool
throttle_fill_in(struct throttle *t, struct throttle_waiter *w,
    const struct throttle_request *q, uint64_t now)
{
	struct pair pair = { q->part, q->named, q->also };
	unsigned lane = throttle_lane(t, t->queue, pair);

	*w = (struct throttle_waiter){
		.fair = {
			.client = q->client,
			.owner = q->owner,
			.cost = q->cost,
			.arrived = q->arrived != 0 ? q->arrived : now,
			.weight = q->weight,
			.urgency = q->urgency,
			.returned = q->returned,
			.lane = (uint16_t)lane,
			.turn = t->meters != NULL ? throttle_meters_turn(t,
			    q->wants, q->cost) : 0,
			.wants = q->wants,
		},
		.since = q->since != 0 ? q->since : now,
		.deadline = q->deadline,
		.again = q->again,
		.latest = q->latest,
		.part = q->part,
		.also = q->also,
		.named = q->named,
		.deposit = q->deposit,
		.again_waits = q->returned,
	};
	return lane != FAIR_END;
}

/* Whether a newcomer is allowed by all that is configured, but for its turn. */
static bool
allowed(struct throttle *t, const struct fair_waiter *w, uint64_t now)
{
	return budget_allows(&t->host, w->cost, now) &&
	    inner_allow(t, w->lane, w->cost, now) &&
	    (t->meters == NULL || throttle_meters_allow(t->meters, w, now)) &&
	    (t->total == NULL || throttle_total_allows(t, w, now));
}

/* Those who cannot wait are not asked to where nothing was refused yet. */
static bool
estimate_allows(const struct throttle *t, uint64_t deadline, uint64_t now)
{
	return estimate_of(t, now) <= now ||
	    (deadline <= now && estimate_is_open(t->estimate) &&
	    estimate_is_ours(t, now));
}

bool
throttle_goes(struct throttle *t, const struct fair_waiter *w,
    uint64_t deadline, uint64_t now)
{
	return allowed(t, w, now) && estimate_allows(t, deadline, now) &&
	    first_of(t, w->lane) == NULL && next_in_turn(t, now) == NULL;
}

bool
throttle_opens_more(struct throttle *t, const struct fair_waiter *w,
    uint64_t now)
{
	return t->estimate != NULL && estimate_is_open(t->estimate) &&
	    estimate_is_ours(t, now) && allowed(t, w, now);
}

/* With the report of a newcomer that does not go at once. */
static enum throttle_answer
wait_in_queue(struct throttle *t, struct throttle_waiter *w,
    const struct throttle_request *q, struct throttle_report *r)
{
	bool lease = throttle_lease_is_all(t, r);
	bool full = !q->returned && !lease &&
	    throttle_waiting(t) >= t->queue_length;
	struct fair_waiter *yields = NULL;

	if (full && throttle_opens_more(t, &w->fair, t->now))
		estimate_open(t->estimate, throttle_waiting(t) + 1 -
		    t->queue_length);
	else if (full && (yields = fair_yields(t->queue, q->owner)) == NULL)
		return THROTTLE_FULL;
	if (r->start > q->deadline && !lease)
		return THROTTLE_LATE_START;
	if (!fair_add(t->queue, &w->fair, t->now))
		return THROTTLE_NO_MEMORY;
	join_named(t, w->named);
	if (yields != NULL) {
		r->yielded = waiter_of(yields);
		throttle_cancel(t, r->yielded);
	}
	return THROTTLE_WAIT;
}

enum throttle_answer
throttle_ask(struct throttle *t, struct throttle_waiter *w,
    const struct throttle_request *q, uint64_t now, struct throttle_report *r)
{
	throttle_tick(t, now);
	*r = (struct throttle_report){ .start = now };
	if (!throttle_fill_in(t, w, q, now))
		return THROTTLE_NO_MEMORY;
	if (throttle_goes(t, &w->fair, q->deadline, now)) {
		join_named(t, w->named);
		take(t, w, now, now);
		w->charged = !q->returned && fair_pass(t->queue, q->client,
		    q->weight, fair_turn_of(&w->fair));
		*r = (struct throttle_report){
			.start = now,
			.waiting = throttle_waiting(t),
		};
		return THROTTLE_GO;
	}
	throttle_start(t, &w->fair, now, r);
	return wait_in_queue(t, w, q, r);
}

/* By what is learned; but no courtesy holds up one who cannot wait any more. */
static bool
is_held_up(const struct throttle *t, uint64_t now)
{
	return estimate_of(t, now) > now && !(now < t->graced_until &&
	    estimate_is_open(t->estimate) && estimate_is_ours(t, now));
}

struct throttle_waiter *
throttle_next(struct throttle *t, uint64_t now)
{
	struct throttle_waiter *w;
	struct fair_waiter *f;
	uint64_t at;

	if (fair_length(t->queue) == 0) {
		t->head_changed = false;
		return NULL;
	}
	throttle_tick(t, now);
	if (t->head_changed) {
		t->head_changed = false;
		set_unblocked_at(t, now);
	}
	if (!budget_room(&t->host) || is_held_up(t, now) ||
	    (f = next_in_turn(t, now)) == NULL ||
	    !budget_allows(&t->host, f->cost, now) ||
	    (t->meters != NULL && !throttle_meters_allow(t->meters, f, now)) ||
	    (t->total != NULL && !throttle_total_allows(t, f, now)))
		return NULL;
	w = waiter_of(f);
	at = throttle_accounted(t, w, now);
	w->charged = !f->returned;
	fair_serve(t->queue, f, t->now);
	take(t, w, at < now ? at : now, now);
	return w;
}

/* Where another throttle has the word */

bool
throttle_queue(struct throttle *t, struct throttle_waiter *w,
    const struct throttle_request *q, uint64_t now)
{
	throttle_tick(t, now);
	if (!throttle_fill_in(t, w, q, now) ||
	    !fair_add(t->queue, &w->fair, t->now))
		return false;
	join_named(t, w->named);
	return true;
}

void
throttle_admit(struct throttle *t, struct throttle_waiter *w, uint64_t now)
{
	throttle_tick(t, now);
	fair_remove(t->queue, &w->fair);
	take(t, w, now, now);
}

bool
throttle_hold_asked(struct throttle *t, struct throttle_waiter *w,
    const struct throttle_request *q, uint64_t now)
{
	bool slotless = w->slotless, settled = w->settled;
	bool counted = w->counted;
	unsigned same[THROTTLE_PARTS], i;

	for (i = 0; i < THROTTLE_PARTS; i++)
		same[i] = i;
	if (!throttle_fill_in(t, w, q, now))
		return false;
	w->slotless = slotless;
	w->settled = settled;
	w->counted = counted;
	throttle_hold(t, w, same, now);
	return true;
}

/* When what is on top of the host's allows a cost (ns). */
static uint64_t
inner_due(struct throttle *t, unsigned lane, uint64_t cost)
{
	struct budget *b[THROTTLE_INNER];
	unsigned i, n = inner_budgets(t, pair_of(t, lane), b);
	uint64_t due = part_estimate_due(t, pair_of(t, lane).named, t->now);

	for (i = 0; i < n; i++)
		due = larger(due, larger(budget_opens(b[i]),
		    lease_due(b[i], cost, t->now)));
	return due;
}

/* The first ones of all lanes in the order of their turns; how many. */
static unsigned
all_heads(struct throttle *t, struct head heads[FAIR_END])
{
	struct head h = { .w = NULL };
	uint64_t estimate = estimate_of(t, t->now);
	unsigned lane, i, n = 0;

	for (lane = 0; lane != FAIR_END; lane = fair_next_lane(t->queue,
	    lane)) {
		if ((h.w = first_of(t, lane)) == NULL)
			continue;
		h.part_due = inner_due(t, lane, h.w->cost);
		h.host_due = larger(larger(budget_opens(&t->host),
		    lease_due(&t->host, h.w->cost, t->now)),
		    larger(throttle_meters_due(t->meters, h.w, t->now),
		    estimate));
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

static bool
counts_first(const struct head *heads, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (heads[i].part_due == BUDGET_NEVER ||
		    heads[i].host_due == BUDGET_NEVER)
			return true;
	return false;
}

/* By its own budgets alone; sets *w to who goes then, if anybody does. */
static uint64_t
own_wake(struct throttle *t, uint64_t now, const struct fair_waiter **w)
{
	uint64_t at, wake = THROTTLE_NEVER;
	struct head heads[FAIR_END];
	unsigned i, n;

	if (budget_opens(&t->host) == BUDGET_NEVER)
		return THROTTLE_NEVER;
	n = all_heads(t, heads);
	for (i = 0; i < n; i++) {
		at = larger(heads[i].part_due, heads[i].host_due);
		if (at >= wake || held_up(heads, i, larger(at, now)))
			continue;
		/* of those who may go now it is the first one's turn */
		if (*w == NULL || wake > now)
			*w = heads[i].w;
		wake = at;
	}
	/* what is on its way may have to be counted before */
	if (counts_first(heads, n) && !TAILQ_EMPTY(&t->sent) &&
	    TAILQ_FIRST(&t->sent)->count_at < wake)
		wake = TAILQ_FIRST(&t->sent)->count_at;
	return wake;
}

uint64_t
throttle_wake(struct throttle *t, uint64_t now)
{
	const struct fair_waiter *w = NULL;
	uint64_t at = THROTTLE_NEVER;

	if (fair_length(t->queue) > 0) {
		throttle_tick(t, now);
		at = own_wake(t, now, &w);
	}
	return t->total != NULL ? throttle_total_wake(t, w, at, now) : at;
}

void
throttle_cancel(struct throttle *t, struct throttle_waiter *w)
{
	if (throttle_unqueue(t, w))
		t->head_changed = true;
}
