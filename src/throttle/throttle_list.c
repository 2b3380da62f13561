/* SPDX-License-Identifier: ISC */

/* All who wait, in order: a merge sort of a list that needs no memory. */

#include "throttle/throttle_list.h"

#include "throttle/throttle_lane.h"

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

static struct throttle_waiter *
merge(const struct fair *q, struct throttle_waiter *a,
    struct throttle_waiter *b)
{
	struct throttle_waiter *list = NULL, **end = &list, **from;

	while (a != NULL && b != NULL) {
		from = comes_before(q, b, a) ? &b : &a;
		*end = *from;
		end = &(*end)->next;
		*from = *end;
	}
	*end = a != NULL ? a : b;
	return list;
}

/* Sorts waiters by key, and those with the same key by their turns. */
static struct throttle_waiter *
sort(const struct fair *q, struct throttle_waiter *list)
{
	struct throttle_waiter *half = list, *end, *rest;

	if (list == NULL || list->next == NULL)
		return list;
	for (end = list->next; end != NULL && end->next != NULL;
	    end = end->next->next)
		half = half->next;
	rest = half->next;
	half->next = NULL;
	return merge(q, sort(q, list), sort(q, rest));
}

struct throttle_waiter *
throttle_list(struct throttle *t, wide (*key)(struct throttle *,
    const struct throttle_waiter *))
{
	struct throttle_waiter *w, *list = NULL;

	fair_each(t->queue, list_one, &list);
	for (w = list; w != NULL; w = w->next)
		w->key = key(t, w);
	return sort(t->queue, list);
}
