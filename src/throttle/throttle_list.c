/* SPDX-License-Identifier: ISC */

/* All who wait, in order: a merge sort of a list that needs no memory. */

#include "throttle/throttle_list.h"

#include "throttle/fair_turn.h"
#include "throttle/throttle_lane.h"

/* Whether one goes before another, as a list is to have it. */
typedef bool before(const struct fair *, const struct throttle_waiter *,
    const struct throttle_waiter *);

/* All of the queue at once */

static void
list_one(struct fair_waiter *f, void *arg)
{
	struct throttle_waiter **list = arg;
	struct throttle_waiter *w = waiter_of(f);

	w->next = *list;
	*list = w;
}

/* What costs nothing has the same cost ahead as the one behind it. */
static bool
comes_before(const struct fair *q, const struct throttle_waiter *a,
    const struct throttle_waiter *b)
{
	if (a->key != b->key)
		return a->key < b->key;
	return fair_before(q, &a->fair, &b->fair);
}

static bool
turn_comes_before(const struct fair *q, const struct throttle_waiter *a,
    const struct throttle_waiter *b)
{
	return fair_turn_before(q, &a->fair, a->key, &b->fair, b->key);
}

static struct throttle_waiter *
merge(const struct fair *q, before *comes, struct throttle_waiter *a,
    struct throttle_waiter *b)
{
	struct throttle_waiter *list = NULL, **end = &list, **from;

	while (a != NULL && b != NULL) {
		from = comes(q, b, a) ? &b : &a;
		*end = *from;
		end = &(*end)->next;
		*from = *end;
	}
	*end = a != NULL ? a : b;
	return list;
}

static struct throttle_waiter *
sort(const struct fair *q, before *comes, struct throttle_waiter *list)
{
	struct throttle_waiter *half = list, *end, *rest;

	if (list == NULL || list->next == NULL)
		return list;
	for (end = list->next; end != NULL && end->next != NULL;
	    end = end->next->next)
		half = half->next;
	rest = half->next;
	half->next = NULL;
	return merge(q, comes, sort(q, comes, list), sort(q, comes, rest));
}

struct throttle_waiter *
throttle_list(struct throttle *t, wide (*key)(struct throttle *,
    const struct throttle_waiter *))
{
	struct throttle_waiter *w, *list = NULL;

	fair_each(t->queue, list_one, &list);
	for (w = list; w != NULL; w = w->next)
		w->key = key(t, w);
	return sort(t->queue, comes_before, list);
}

static void
list_turn(struct fair_waiter *f, wide at, void *arg)
{
	waiter_of(f)->key = at;
	list_one(f, arg);
}

struct throttle_waiter *
throttle_list_turns(struct throttle *t)
{
	struct throttle_waiter *list = NULL;

	fair_turns(t->queue, t->now, list_turn, &list);
	return sort(t->queue, turn_comes_before, list);
}
