/* SPDX-License-Identifier: ISC */
#include "throttle/fair_owner.h"

#include <stdlib.h>

TAILQ_HEAD(fair_waiter_list, fair_waiter);

/* There as long as it has a place. */
struct fair_owner {
	RB_ENTRY(fair_owner)	 by_id;
	RB_ENTRY(fair_owner)	 by_length;
	uint64_t		 id;
	size_t			 length;	/* waiters */
	struct fair_waiter_list	 waiters;	/* as they came */
};

static int
id_cmp(const struct fair_owner *a, const struct fair_owner *b)
{
	return a->id < b->id ? -1 : a->id > b->id;
}

static int
length_cmp(const struct fair_owner *a, const struct fair_owner *b)
{
	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return id_cmp(a, b);
}

FAIR_TREE(fair_owner_ids, fair_owner, by_id, id_cmp)
FAIR_TREE(fair_owner_lengths, fair_owner, by_length, length_cmp)

static struct fair_owner *
find(const struct fair_owners *all, uint64_t id)
{
	struct fair_owner *o = RB_ROOT(&all->ids);

	while (o != NULL && o->id != id)
		o = id < o->id ? RB_LEFT(o, by_id) : RB_RIGHT(o, by_id);
	return o;
}

/* One that has no place yet, and is not among the lengths. */
static struct fair_owner *
owner_new(struct fair_owners *all, uint64_t id)
{
	struct fair_owner *o = calloc(1, sizeof *o);

	if (o == NULL)
		return NULL;
	o->id = id;
	TAILQ_INIT(&o->waiters);
	RB_INSERT(fair_owner_ids, &all->ids, o);
	return o;
}

bool
fair_owner_add(struct fair_owners *all, struct fair_waiter *w)
{
	struct fair_owner *o = find(all, w->owner);

	if (o != NULL)
		RB_REMOVE(fair_owner_lengths, &all->lengths, o);
	else if ((o = owner_new(all, w->owner)) == NULL)
		return false;
	o->length++;
	RB_INSERT(fair_owner_lengths, &all->lengths, o);
	TAILQ_INSERT_TAIL(&o->waiters, w, of_owner);
	w->owned = o;
	return true;
}

void
fair_owner_remove(struct fair_owners *all, struct fair_waiter *w)
{
	struct fair_owner *o = w->owned;

	if (o == NULL)
		return;
	w->owned = NULL;
	TAILQ_REMOVE(&o->waiters, w, of_owner);
	RB_REMOVE(fair_owner_lengths, &all->lengths, o);
	if (--o->length > 0) {
		RB_INSERT(fair_owner_lengths, &all->lengths, o);
		return;
	}
	RB_REMOVE(fair_owner_ids, &all->ids, o);
	free(o);
}

struct fair_waiter *
fair_owner_yields(const struct fair_owners *all, uint64_t owner)
{
	struct fair_owner *most = RB_ROOT(&all->lengths);
	const struct fair_owner *o = find(all, owner);
	size_t has = o != NULL ? o->length : 0;

	while (most != NULL && RB_RIGHT(most, by_length) != NULL)
		most = RB_RIGHT(most, by_length);
	if (most == NULL || most->length < has + 2)
		return NULL;
	return TAILQ_LAST(&most->waiters, fair_waiter_list);
}
