/* SPDX-License-Identifier: ISC */

/*
 * What a reload does to a throttle: new limits, other parts, and what moves
 * from one throttle to another.
 */

#include "throttle/throttle.h"

#include <stdlib.h>

#include "throttle/budget_slots.h"
#include "throttle/throttle_budgets.h"
#include "throttle/throttle_estimate.h"
#include "throttle/throttle_named.h"
#include "throttle/throttle_lane.h"
#include "throttle/throttle_lease.h"
#include "throttle/throttle_list.h"
#include "throttle/throttle_meter.h"
#include "throttle/throttle_meter_move.h"
#include "throttle/throttle_part.h"
#include "throttle/throttle_slots.h"
#include "throttle/throttle_tick.h"
#include "throttle/throttle_total.h"

/* Whether all lanes stay what they are. */
static bool
same_lanes(const struct throttle *t, const struct throttle_limits *limits,
    const unsigned *moved)
{
	unsigned i;

	if (t->trust != limits->trust_priority || t->nparts != limits->nparts)
		return false;
	for (i = 0; i < t->nparts; i++)
		if (moved_part(moved, i, t->nparts) != i)
			return false;
	return true;
}

/* Into those parts that there are still; the first of them is its part. */
static void
move_parts(struct throttle_waiter *w, const unsigned *moved, unsigned nparts)
{
	struct throttle_also old = w->also;
	unsigned i, part;

	w->part = moved_part(moved, w->part, nparts);
	w->also.n = 0;
	for (i = 0; i < old.n; i++) {
		part = moved_part(moved, old.parts[i], nparts);
		if (part == THROTTLE_WHOLE)
			continue;
		if (w->part == THROTTLE_WHOLE) {
			w->part = part;
			w->part_epoch = w->also_epochs[i];
			continue;
		}
		w->also_epochs[w->also.n] = w->also_epochs[i];
		w->also.parts[w->also.n++] = (uint8_t)part;
	}
	w->fair.lane = (uint16_t)lane_of(w->part);
}

static wide
arrival(struct throttle *t, const struct throttle_waiter *w)
{
	(void)t;
	return w->fair.seq;
}

/*
 * Moves all waiters to another queue.  Only a client's first needs memory: so
 * stand-ins go first, and nothing has moved if there is none for them.
 */
static bool
move_queue(struct throttle *t, struct fair *to, const unsigned *moved,
    unsigned nparts)
{
	struct throttle_waiter *list = throttle_list(t, arrival), *w;
	size_t i = 0, n = fair_length(t->queue);
	struct fair_waiter *stand_in;
	struct throttle_waiter then;
	unsigned lane;
	bool ok = true;

	if (list == NULL)
		return true;
	if ((stand_in = calloc(n, sizeof *stand_in)) == NULL)
		return false;
	for (w = list; w != NULL; w = w->next) {
		then = *w;
		move_parts(&then, moved, nparts);
		lane = throttle_lane(t, to, pair_of_waiter(&then));
		if (lane == FAIR_END) {
			ok = false;
			break;
		}
		throttle_stand_in(w, &stand_in[i], lane);
		if (!(ok = fair_add(to, &stand_in[i], t->now)))
			break;
		i++;
	}
	for (w = ok ? list : NULL, n = 0; w != NULL; w = w->next) {
		fair_remove(t->queue, &w->fair);
		move_parts(w, moved, nparts);
		w->fair.lane = stand_in[n++].lane;
		if (!fair_add(to, &w->fair, t->now))
			abort();
	}
	while (i > 0)
		fair_remove(to, &stand_in[--i]);
	free(stand_in);
	return ok;
}

/* The new parts begin with what the old ones that they were have consumed. */
static void
carry_parts(struct throttle *t, const struct throttle_limits *limits,
    struct budget *old, unsigned nold, const unsigned *moved,
    uint64_t now)
{
	unsigned i, part;

	for (i = 0; i < nold; i++) {
		part = moved_part(moved, i, t->nparts);
		if (part == THROTTLE_WHOLE) {
			budget_slots_end(&old[i]);
			continue;
		}
		t->parts[part] = old[i];
		budget_limit(&t->parts[part], limits->parts[part], false,
		    throttle_windows_of(t, limits, part), now);
	}
}

/* What was learned is not to be any more; but the host has said until when. */
static void
keep_shut(struct budget *b, const struct estimate *e, uint64_t now)
{
	if (e != NULL && e->phase == ESTIMATE_SHUT && e->named &&
	    e->next > now)
		budget_pause(b, e->next, now);
}

/* What another throttle has learned of its parts, or this one itself. */
static void
keep_parts_shut(struct throttle *t, const struct throttle *from, uint64_t now)
{
	const struct estimate *e;
	unsigned i, id;

	for (i = 1; i <= THROTTLE_NAMED_PARTS; i++)
		if ((e = part_estimate(from, i)) != NULL &&
		    (id = throttle_named(t, throttle_named_key(from, i))) != 0)
			keep_shut(named_budget(t, id), e, now);
}

/* Those that are left behind follow their parts, as admitted ones do. */
static void
move_behind(struct throttle *t, const unsigned *moved)
{
	struct throttle_waiter *w;

	TAILQ_FOREACH(w, &t->sent, sent_entry)
		if (w->ended)
			move_parts(w, moved, t->nparts);
}

bool
throttle_limit(struct throttle *t, const struct throttle_limits *limits,
    const unsigned *moved, uint64_t now)
{
	struct budget *old = t->parts;
	struct window *windows = t->windows;
	unsigned nold = t->nparts;
	struct throttle_meters *meters = NULL;
	struct fair *queue = t->queue;
	struct learned before = { .npairs = 0 };
	bool same = same_lanes(t, limits, moved);

	throttle_tick(t, now);
	throttle_spend_all(t);
	if (t->stored)
		throttle_budgets_close(t);
	/* pairs are of a queue: those of the new one are made anew */
	if (!same && t->learned != NULL) {
		before = *t->learned;
		t->learned->npairs = 0;
	}
	if (!throttle_set_parts(t, limits) ||
	    !throttle_meters_make(limits, THROTTLE_METERS_OWN, &meters))
		goto fail;
	if (!same) {
		queue = fair_new(limits->nparts + 1, limits->trust_priority);
		if (queue == NULL ||
		    !move_queue(t, queue, moved, limits->nparts))
			goto fail;
		fair_returned_last(queue, fair_has_returned_last(t->queue));
		fair_free(t->queue);
		t->queue = queue;
	}
	carry_parts(t, limits, old, nold, moved, now);
	throttle_meters_set(&t->meters, meters, limits, now);
	budget_limit(&t->host, &limits->host, limits->learning, t->windows,
	    now);
	free(old);
	free(windows);
	move_behind(t, moved);
	if (!limits->estimates) {
		keep_shut(&t->host, t->estimate, now);
		keep_parts_shut(t, t, now);
	}
	throttle_estimate(t, limits);
	t->trust = limits->trust_priority;
	t->queue_length = limits->queue_length;
	if (t->leased)
		throttle_lease(t);
	if (t->stored)
		throttle_slots_begin(t);
	set_unblocked_at(t, now);
	return true;
fail:
	if (!same && t->learned != NULL)
		*t->learned = before;
	if (queue != t->queue)
		fair_free(queue);
	throttle_meters_drop(meters);
	free(t->parts);
	free(t->windows);
	t->windows = windows;
	t->parts = old;
	t->nparts = nold;
	return false;
}

void
throttle_moved(struct throttle_waiter *w, const unsigned *moved)
{
	if (w->held)
		move_parts(w, moved, THROTTLE_PARTS);
}

void
throttle_inherit(struct throttle *t, const struct throttle *from,
    const unsigned *moved, uint64_t now)
{
	unsigned i, part;

	throttle_tick(t, now);
	throttle_spend_all(t);
	budget_inherit(&t->host, &from->host, now);
	for (i = 0; i < from->nparts; i++) {
		part = moved_part(moved, i, t->nparts);
		if (part != THROTTLE_WHOLE)
			budget_inherit(&t->parts[part], &from->parts[i], now);
	}
	throttle_named_inherit(t, from, now);
	throttle_estimate_inherit(t, from);
	if (throttle_estimated(t) == NULL) {
		keep_shut(&t->host, from->estimate, now);
		keep_parts_shut(t, from, now);
	}
	throttle_meters_inherit(t->meters, from->meters, now);
	set_unblocked_at(t, now);
}

void
throttle_hold(struct throttle *t, struct throttle_waiter *w,
    const unsigned *moved, uint64_t now)
{
	bool slotless = w->slotless;
	struct budget *named = named_budget(t, w->named), *b;
	uint64_t cost = w->counted ? 0 : w->fair.cost;
	unsigned i;

	throttle_tick(t, now);
	move_parts(w, moved, t->nparts);
	w->epoch = budget_hold(&t->host, !w->settled, cost);
	if ((b = part_budget(t, w->part)) != NULL)
		w->part_epoch = budget_hold(b, !w->settled, cost);
	for (i = 0; i < w->also.n; i++)
		w->also_epochs[i] = budget_hold(part_budget(t,
		    w->also.parts[i]), !w->settled, cost);
	if (named != NULL)
		w->named_epoch = budget_hold(named, !w->settled, cost);
	if (t->estimate != NULL && !w->settled)
		estimate_hold(t->estimate, &w->mark, w->counted, now);
	w->total = 0;
	if (t->total != NULL)
		throttle_total_hold(t, w);
	join_named(t, w->named);
	throttle_part_join(t, w, now);
	throttle_meters_hold(t, w);
	w->held = true;
	w->slotless = false;
	if (slotless)
		throttle_release_slot(t, w, now);
	/* Whom this part's first one held up may pass it now. */
	set_unblocked_at(t, now);
}

bool
throttle_requeue(struct throttle *t, struct throttle_waiter *w,
    const unsigned *moved, uint64_t now)
{
	unsigned lane;

	throttle_tick(t, now);
	move_parts(w, moved, t->nparts);
	lane = throttle_lane(t, t->queue, pair_of_waiter(w));
	if (lane == FAIR_END)
		return false;
	w->fair.lane = (uint16_t)lane;
	if (!fair_add(t->queue, &w->fair, t->now))
		return false;
	join_named(t, w->named);
	if (first_of(t, w->fair.lane) == &w->fair)
		t->head_changed = true;
	return true;
}
