/* SPDX-License-Identifier: ISC */

/*
 * When a waiter will start: the earliest that can be said.  It is a lower
 * bound, so that nobody is refused who could have gone in time: what may
 * yet step aside is not counted.
 */

#include "core/throttle_internal.h"

uint64_t
throttle_accounted(struct throttle *t, const struct throttle_waiter *w,
    uint64_t now)
{
	const struct budget *b = part_budget(t, w->part);
	uint64_t at = now > THROTTLE_LATE ? now - THROTTLE_LATE : 0;

	at = later(at, budget_due(&t->host, w->fair.cost));
	if (b != NULL)
		at = later(at, budget_due(b, w->fair.cost));
	at = later(at, w->since);
	return later(at, t->cleared);
}

/* From when on the first of a lane, and those behind it, will spend. */
static uint64_t
spends_from(struct throttle *t, const struct fair_waiter *first, uint64_t now)
{
	const struct throttle_waiter *w = const_waiter_of(first);
	uint64_t at = throttle_accounted(t, w, now);

	return has_room(t, w->part) && !t->head_changed ? at : later(at, now);
}

/* What is queued ahead of one, and from when on that will be spent (ns). */
struct ahead {
	fair_wide	 cost;
	uint64_t	 first;
};

static void
add_ahead(struct throttle *t, struct ahead *a, fair_wide cost,
    const struct fair_waiter *first, uint64_t now)
{
	uint64_t from;

	if (cost == 0)
		return;
	from = spends_from(t, first, now);
	if (a->cost == 0 || from < a->first)
		a->first = from;
	a->cost += cost;
}

/*
 * What is surely ahead of one on the host's budget: its own lane, those in no
 * part, and of other parts those for whom there is room: nothing but the host's
 * budget holds them up.  Parts that are short may let it pass.
 */
static struct ahead
ahead_of(struct throttle *t, const struct fair_waiter *w, uint64_t now)
{
	struct ahead a = { .first = now };
	const struct fair_waiter *first;
	unsigned lane;
	fair_wide cost;

	for (lane = 0; lane <= t->nparts; lane++) {
		if ((first = first_of(t, lane)) == NULL || first == w)
			continue;
		if (lane != w->lane && lane != 0 &&
		    !part_allows(t, lane, first->cost, now))
			continue;
		cost = fair_ahead(t->queue, w, lane, t->now);
		if (lane != w->lane && lane != 0 &&
		    !budget_affords(lane_budget(t, lane), cost, now))
			continue;
		add_ahead(t, &a, cost, first, now);
	}
	return a;
}

static struct budget_start
part_start(struct throttle *t, const struct fair_waiter *w,
    const struct budget *b, uint64_t now)
{
	const struct fair_waiter *first = first_of(t, w->lane);
	struct ahead a = { .first = now };

	if (first != NULL && first != w)
		add_ahead(t, &a, fair_ahead(t->queue, w, w->lane, t->now),
		    first, now);
	return budget_start(b, a.cost, w->cost, a.first, now);
}

void
throttle_start(struct throttle *t, const struct fair_waiter *w, uint64_t now,
    struct throttle_report *r)
{
	const struct budget *b = lane_budget(t, w->lane);
	struct ahead a = { .first = now };
	struct budget_start s, p;

	if (fair_length(t->queue) > 0)
		a = ahead_of(t, w, now);
	s = budget_start(&t->host, a.cost, w->cost, a.first, now);
	*r = (struct throttle_report){ .waiting = throttle_waiting(t) };
	if (b != NULL) {
		p = part_start(t, w, b, now);
		if (p.at > s.at || (p.at == s.at &&
		    s.what == BUDGET_SHORT_NONE)) {
			r->of_part = p.what != BUDGET_SHORT_NONE;
			s = p;
		}
	}
	r->start = s.at;
	r->what = (enum throttle_short)s.what;
	r->rate = s.rate;
}

void
throttle_report(struct throttle *t, const struct throttle_waiter *w,
    uint64_t now, struct throttle_report *r)
{
	struct fair_waiter newcomer;

	throttle_tick(t, now);
	if (w->fair.flow != NULL) {
		throttle_start(t, &w->fair, now, r);
		return;
	}
	newcomer = w->fair;
	newcomer.arrived = now;
	newcomer.returned = false;
	throttle_start(t, &newcomer, now, r);
}

/* All of the queue at once */

static void
list_one(struct fair_waiter *f, void *arg)
{
	struct throttle_waiter **list = arg;
	struct throttle_waiter *w = waiter_of(f);

	w->next = *list;
	*list = w;
}

static struct throttle_waiter *
merge(struct throttle_waiter *a, struct throttle_waiter *b)
{
	struct throttle_waiter *list = NULL, **end = &list, **from;

	while (a != NULL && b != NULL) {
		from = b->key < a->key ? &b : &a;
		*end = *from;
		end = &(*end)->next;
		*from = *end;
	}
	*end = a != NULL ? a : b;
	return list;
}

/* Sorts waiters by key; those with the same key keep their order. */
static struct throttle_waiter *
sort(struct throttle_waiter *list)
{
	struct throttle_waiter *half = list, *end, *rest;

	if (list == NULL || list->next == NULL)
		return list;
	for (end = list->next; end != NULL && end->next != NULL;
	    end = end->next->next)
		half = half->next;
	rest = half->next;
	half->next = NULL;
	return merge(sort(list), sort(rest));
}

struct throttle_waiter *
throttle_list(struct throttle *t)
{
	struct throttle_waiter *w, *list = NULL;

	fair_each(t->queue, list_one, &list);
	for (w = list; w != NULL; w = w->next)
		w->key = w->fair.seq;
	return sort(list);
}

void
throttle_hopeless(struct throttle *t, uint64_t now, struct throttle_queue *out)
{
	struct throttle_waiter *w, *list;
	struct throttle_report r;

	throttle_tick(t, now);
	list = throttle_list(t);
	for (w = list; w != NULL; w = w->next)
		w->key = fair_ahead(t->queue, &w->fair, FAIR_ALL, t->now);
	list = sort(list);
	for (w = list; w != NULL; w = w->next) {
		throttle_start(t, &w->fair, now, &r);
		if (r.start <= w->deadline)
			continue;
		if (throttle_unqueue(t, w))
			clear(t, now);
		TAILQ_INSERT_TAIL(out, w, entry);
	}
}
