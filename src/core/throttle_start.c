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
list_one(struct fair_waiter *f, void *list)
{
	TAILQ_INSERT_TAIL((struct throttle_queue *)list, waiter_of(f), entry);
}

static void
merge(struct throttle_queue *to, struct throttle_queue *a,
    struct throttle_queue *b)
{
	struct throttle_queue *from;
	struct throttle_waiter *x, *y;

	for (;;) {
		x = TAILQ_FIRST(a);
		y = TAILQ_FIRST(b);
		if (x == NULL || y == NULL)
			break;
		from = y->key < x->key ? b : a;
		x = TAILQ_FIRST(from);
		TAILQ_REMOVE(from, x, entry);
		TAILQ_INSERT_TAIL(to, x, entry);
	}
	TAILQ_CONCAT(to, a, entry);
	TAILQ_CONCAT(to, b, entry);
}

/* Sorts n waiters by key; those with the same key keep their order. */
static void
sort(struct throttle_queue *q, size_t n)
{
	struct throttle_queue half = TAILQ_HEAD_INITIALIZER(half);
	struct throttle_queue rest = TAILQ_HEAD_INITIALIZER(rest);
	struct throttle_waiter *w;
	size_t i;

	if (n < 2)
		return;
	for (i = 0; i < n / 2; i++) {
		w = TAILQ_FIRST(q);
		TAILQ_REMOVE(q, w, entry);
		TAILQ_INSERT_TAIL(&half, w, entry);
	}
	TAILQ_CONCAT(&rest, q, entry);
	sort(&half, n / 2);
	sort(&rest, n - n / 2);
	merge(q, &half, &rest);
}

void
throttle_list(struct throttle *t, struct throttle_queue *list)
{
	struct throttle_waiter *w;

	fair_each(t->queue, list_one, list);
	TAILQ_FOREACH(w, list, entry)
		w->key = w->fair.seq;
	sort(list, fair_length(t->queue));
}

void
throttle_hopeless(struct throttle *t, uint64_t now, struct throttle_queue *out)
{
	struct throttle_queue list = TAILQ_HEAD_INITIALIZER(list);
	struct throttle_waiter *w;
	struct throttle_report r;

	throttle_tick(t, now);
	throttle_list(t, &list);
	TAILQ_FOREACH(w, &list, entry)
		w->key = fair_ahead(t->queue, &w->fair, FAIR_ALL, t->now);
	sort(&list, fair_length(t->queue));
	while ((w = TAILQ_FIRST(&list)) != NULL) {
		TAILQ_REMOVE(&list, w, entry);
		throttle_start(t, &w->fair, now, &r);
		if (r.start <= w->deadline)
			continue;
		if (throttle_unqueue(t, w))
			clear(t, now);
		TAILQ_INSERT_TAIL(out, w, entry);
	}
}
