/* SPDX-License-Identifier: ISC */

/*
 * Named parts: those that a host makes known by itself (Discord calls them
 * buckets, GitHub resources).
 *
 * Such a part lives from the first lesson about it until it has nothing to
 * remember (no pause, recovery or shape, no limit that was learned, nobody
 * under way) and its place is wanted.  Where all have something to remember,
 * the place is that of what was learned longest ago.  Those who wait for it
 * have a lane for each part that they are in besides: a pair, which is for
 * others again when nobody waits in it.
 */

#include "throttle/throttle_named.h"

#include <stdio.h>
#include <stdlib.h>

#include "throttle/budget_rates.h"
#include "throttle/estimate_save.h"
#include "throttle/throttle.h"
#include "throttle/throttle_lane.h"
#include "throttle/throttle_part.h"
#include "throttle/throttle_tick.h"

static bool
is_key(const struct throttle_key *a, const struct throttle_key *b)
{
	return a->a == b->a && a->b == b->b;
}

unsigned
throttle_named(const struct throttle *t, const struct throttle_key *key)
{
	const struct named_part *b;
	unsigned i;

	for (i = 0; t->learned != NULL && i < THROTTLE_NAMED_PARTS; i++) {
		b = t->learned->named[i];
		if (b != NULL && is_key(&b->key, key))
			return i + 1;
	}
	return 0;
}

const struct throttle_key *
throttle_named_key(const struct throttle *t, unsigned named)
{
	return has_named(t, named) ? &t->learned->named[named - 1]->key : NULL;
}

const char *
throttle_named_text(const struct throttle *t, unsigned named)
{
	return t->learned->named[named - 1]->name;
}

/* Nothing is to name it any more: not even a pair that is empty. */
static void
forget(struct throttle *t, unsigned named)
{
	unsigned i;

	for (i = 0; i < t->learned->npairs; i++)
		if (t->learned->pairs[i].named == named)
			t->learned->pairs[i] =
			    (struct pair){ .part = THROTTLE_WHOLE };
	throttle_part_forget(t, named);
	free(t->learned->named[named - 1]);
	t->learned->named[named - 1] = NULL;
}

/* A free place, with all places freed that have nothing to remember; 0: none */
static unsigned
find_place(struct throttle *t, uint64_t now)
{
	unsigned i, place = 0, oldest = 0;
	const struct estimate *e;
	struct named_part *b;
	uint64_t heard = 0;

	for (i = THROTTLE_NAMED_PARTS; i > 0; i--) {
		b = t->learned->named[i - 1];
		e = part_estimate(t, i);
		if (b == NULL || b->members != 0 ||
		    !budget_idle(&b->budget, now))
			;
		else if (e == NULL || estimate_is_idle(e, now))
			forget(t, i);
		else if (oldest == 0 || e->heard < heard) {
			oldest = i;
			heard = e->heard;
		}
		if (t->learned->named[i - 1] == NULL)
			place = i;
	}
	if (place != 0 || oldest == 0)
		return place;
	forget(t, oldest);
	return oldest;
}

unsigned
throttle_named_make(struct throttle *t, const struct throttle_key *key,
    const char *text, uint64_t now)
{
	static const struct budget_limits none;
	unsigned place = throttle_named(t, key);
	struct named_part *b;

	throttle_tick(t, now);
	if (place != 0)
		return place;
	if (t->learned == NULL)
		t->learned = calloc(1, sizeof *t->learned);
	if (t->learned == NULL || (place = find_place(t, now)) == 0 ||
	    (b = calloc(1, sizeof *b)) == NULL)
		return 0;
	b->key = *key;
	snprintf(b->name, sizeof b->name, "%s", text);
	budget_init(&b->budget, &none, false, NULL);
	t->learned->named[place - 1] = b;
	return place;
}

/* A stand-in goes first: with its client there, the waiter needs no memory. */
static bool
move_queued(struct throttle *t, struct throttle_waiter *w, unsigned named)
{
	struct pair pair = { w->part, named, w->also };
	unsigned lane = throttle_lane(t, t->queue, pair);
	struct fair_waiter stand_in;

	if (lane == FAIR_END)
		return false;
	throttle_stand_in(w, &stand_in, lane);
	if (!fair_add(t->queue, &stand_in, t->now))
		return false;
	fair_remove(t->queue, &w->fair);
	w->fair.lane = (uint16_t)lane;
	leave_named(t, w->named);
	w->named = named;
	join_named(t, w->named);
	if (!fair_add(t->queue, &w->fair, t->now))
		abort();
	fair_remove(t->queue, &stand_in);
	t->head_changed = true;
	return true;
}

static void
move_held(struct throttle *t, struct throttle_waiter *w, unsigned named,
    uint64_t now)
{
	struct budget *from = named_budget(t, w->named);
	struct budget *to = named_budget(t, named);
	uint64_t cost = w->counted ? 0 : w->fair.cost;

	if (from != NULL)
		budget_drop(from, cost);
	if (from != NULL && !w->settled)
		budget_verdict(from, w->named_epoch, BUDGET_NEUTRAL, now);
	if (from != NULL && !w->slotless)
		budget_release(from);
	throttle_part_leave(t, w, now);
	leave_named(t, w->named);
	w->named = named;
	join_named(t, w->named);
	throttle_part_join(t, w, now);
	if (to == NULL)
		return;
	w->named_epoch = budget_hold(to, !w->settled, cost);
	if (w->slotless)
		budget_release(to);
}

bool
throttle_named_move(struct throttle *t, struct throttle_waiter *w,
    unsigned named, uint64_t now)
{
	throttle_tick(t, now);
	if (w->named == named)
		return true;
	if (w->held)
		move_held(t, w, named, now);
	else if (!move_queued(t, w, named))
		return false;
	set_unblocked_at(t, now);
	return true;
}

void
throttle_named_carry(const struct throttle *from, const struct throttle *to,
    struct throttle_waiter *w)
{
	if (w->named != 0)
		w->named = throttle_named(to,
		    &from->learned->named[w->named - 1]->key);
}

void
throttle_named_inherit(struct throttle *t, const struct throttle *from,
    uint64_t now)
{
	const struct named_part *b;
	struct estimate *e;
	unsigned i, id;

	for (i = 0; from->learned != NULL && i < THROTTLE_NAMED_PARTS; i++) {
		b = from->learned->named[i];
		if (b == NULL || (b->estimate == NULL &&
		    budget_idle(&b->budget, now)) ||
		    (id = throttle_named_make(t, &b->key, b->name,
		    now)) == 0)
			continue;
		budget_inherit(named_budget(t, id), &b->budget, now);
		if (b->estimate != NULL &&
		    (e = throttle_part_learn(t, id)) != NULL)
			estimate_inherit(e, b->estimate);
	}
}

void
throttle_named_renew(struct throttle *t)
{
	unsigned i;

	for (i = 1; t->learned != NULL && i <= THROTTLE_NAMED_PARTS; i++) {
		if (t->learned->named[i - 1] == NULL)
			continue;
		if (t->learned->named[i - 1]->members == 0) {
			forget(t, i);
			continue;
		}
		budget_renew(named_budget(t, i));
		throttle_part_forget(t, i);
	}
}
