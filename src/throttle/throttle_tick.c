/* SPDX-License-Identifier: ISC */
#include "throttle/throttle_tick.h"

#include <stdlib.h>

#include "throttle/budget_rates.h"
#include "throttle/throttle_lane.h"
#include "throttle/throttle_meter.h"
#include "throttle/throttle_part.h"
#include "throttle/throttle_slots.h"

static void
remove_sent(struct throttle *t, struct throttle_waiter *w)
{
	if (w->sent)
		TAILQ_REMOVE(&t->sent, w, sent_entry);
	w->sent = false;
}

static void
add_sent(struct throttle *t, struct throttle_waiter *w, uint64_t at)
{
	struct throttle_waiter *before;

	w->sent = true;
	w->count_at = at;
	before = TAILQ_LAST(&t->sent, throttle_queue);
	while (before != NULL && before->count_at > at)
		before = TAILQ_PREV(before, throttle_queue, sent_entry);
	if (before != NULL)
		TAILQ_INSERT_AFTER(&t->sent, before, w, sent_entry);
	else
		TAILQ_INSERT_HEAD(&t->sent, w, sent_entry);
}

void
throttle_count(struct throttle *t, struct throttle_waiter *w, uint64_t at)
{
	struct budget *b[THROTTLE_INNER];
	unsigned n;

	if (w->counted)
		return;
	remove_sent(t, w);
	w->counted = true;
	n = inner_budgets(t, pair_of_waiter(w), b);
	budget_count(&t->host, w->fair.cost, at);
	if (t->meters != NULL)
		throttle_meters_count(t, w, at);
	if (t->estimate != NULL && !w->refused)
		estimate_counted(t->estimate, w->mark.sent, at);
	throttle_part_counted(t, w, at);
	while (n > 0)
		budget_count(b[--n], w->fair.cost, at);
	if (w->ended)
		free(w);
}

void
throttle_drop(struct throttle *t, struct throttle_waiter *w)
{
	struct budget *b[THROTTLE_INNER];
	unsigned n;

	if (w->counted)
		return;
	remove_sent(t, w);
	w->counted = true;
	n = inner_budgets(t, pair_of_waiter(w), b);
	budget_drop(&t->host, w->fair.cost);
	if (t->estimate != NULL && !w->refused)
		estimate_dropped(t->estimate);
	throttle_part_dropped(t, w);
	while (n > 0)
		budget_drop(b[--n], w->fair.cost);
}

static uint64_t
latest(const struct throttle *t, uint64_t now)
{
	return t->within > THROTTLE_NEVER - now ? THROTTLE_NEVER :
	    now + t->within;
}

void
throttle_add_sent(struct throttle *t, struct throttle_waiter *w, uint64_t now)
{
	remove_sent(t, w);
	add_sent(t, w, latest(t, now));
}

void
throttle_leave_behind(struct throttle *t, struct throttle_waiter *w,
    uint64_t now)
{
	uint64_t at = w->sent ? w->count_at : latest(t, now);
	struct throttle_waiter *behind = NULL;

	if (w->counted)
		return;
	/* a named part may be forgotten: it counts now */
	throttle_part_counted(t, w, now);
	if (t->windows != NULL || (t->estimate != NULL &&
	    estimate_needs_counts(t->estimate))) {
		behind = calloc(1, sizeof *behind);
		/* a window counts nothing later than it was told is now */
		if (behind == NULL)
			throttle_tick(t, now);
	}
	if (behind == NULL) {
		throttle_count(t, w, now);
		return;
	}
	if (w->named != 0)
		budget_drop(named_budget(t, w->named), w->fair.cost);
	remove_sent(t, w);
	w->counted = true;
	behind->fair.cost = w->fair.cost;
	behind->part = w->part;
	behind->also = w->also;
	behind->refused = w->refused;
	behind->ended = true;
	add_sent(t, behind, at);
}

void
throttle_forget_behind(struct throttle *t)
{
	struct throttle_waiter *w, *next;

	TAILQ_FOREACH_SAFE(w, &t->sent, sent_entry, next) {
		if (!w->ended)
			continue;
		remove_sent(t, w);
		free(w);
	}
}

void
throttle_tick(struct throttle *t, uint64_t now)
{
	struct throttle_waiter *w;
	unsigned i;

	t->now = larger(t->now, now);
	if (t->estimate != NULL)
		estimate_tick(t->estimate, now);
	if (budget_tick(&t->host, now))
		set_unblocked_at(t, now);
	if (t->total != NULL && budget_tick(&t->total->budget, now))
		t->total->unblocked_at = now;
	for (i = 0; i < t->nparts; i++)
		if (budget_tick(&t->parts[i], now))
			set_unblocked_at(t, now);
	for (i = 0; t->learned != NULL && i < THROTTLE_NAMED_PARTS; i++) {
		if (t->learned->named[i] == NULL)
			continue;
		if (budget_tick(&t->learned->named[i]->budget, now))
			set_unblocked_at(t, now);
		if (t->learned->named[i]->estimate != NULL)
			estimate_tick(t->learned->named[i]->estimate, now);
	}
	if (t->meters != NULL)
		throttle_meters_tick(t, now);
	if (t->stored)
		throttle_slots_tick(t, t->now);
	while ((w = TAILQ_FIRST(&t->sent)) != NULL && w->count_at <= now) {
		throttle_count(t, w, w->count_at);
		set_unblocked_at(t, now);
	}
}
