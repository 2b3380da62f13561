/* SPDX-License-Identifier: ISC */

/* What all that is done with a throttle needs of its budgets and lanes. */

#include "throttle/throttle_lane.h"

#include <stdlib.h>
#include <string.h>

#include "throttle/budget_rates.h"
#include "throttle/window.h"

struct budget *
throttle_budget_of(struct throttle *t, unsigned part)
{
	struct budget *b;

	if (part > THROTTLE_WHOLE)
		b = named_budget(t, part - THROTTLE_WHOLE);
	else
		b = part_budget(t, part);
	return b != NULL ? b : &t->host;
}

/* One for each strict rate. */
static bool
make_windows(struct throttle *t, const struct throttle_limits *limits)
{
	unsigned i, n = budget_windows(&limits->host);

	t->windows = NULL;
	for (i = 0; i < limits->nparts; i++)
		n += budget_windows(limits->parts[i]);
	if (n == 0)
		return true;
	t->windows = calloc(n, sizeof *t->windows);
	return t->windows != NULL;
}

struct window *
throttle_windows_of(struct throttle *t, const struct throttle_limits *limits,
    unsigned part)
{
	unsigned i, n = budget_windows(&limits->host);

	if (t->windows == NULL)
		return NULL;
	for (i = 0; i < part; i++)
		n += budget_windows(limits->parts[i]);
	return t->windows + n;
}

bool
throttle_set_parts(struct throttle *t, const struct throttle_limits *limits)
{
	struct window *next;
	unsigned i;

	assert(limits->nparts <= THROTTLE_PARTS);
	t->nparts = 0;
	t->parts = NULL;
	if (!make_windows(t, limits))
		return false;
	if (limits->nparts == 0)
		return true;
	t->parts = calloc(limits->nparts, sizeof *t->parts);
	if (t->parts == NULL) {
		free(t->windows);
		t->windows = NULL;
		return false;
	}
	t->nparts = limits->nparts;
	/* The host's window is enough to begin with. */
	for (i = 0; i < t->nparts; i++) {
		next = throttle_windows_of(t, limits, i);
		budget_init(&t->parts[i], limits->parts[i], false, next);
	}
	return true;
}

static bool
is_pair(const struct pair *a, const struct pair *b)
{
	return a->part == b->part && a->named == b->named &&
	    a->also.n == b->also.n &&
	    memcmp(a->also.parts, b->also.parts, a->also.n) == 0;
}

/*
 * How many lanes there are for such a pair.  Clients choose which parts a path
 * may mean; the other half of the lanes is for parts that hosts name.
 */
static unsigned
most_pairs(const struct pair *pair)
{
	return pair->named == 0 ? THROTTLE_PAIRS / 2 : THROTTLE_PAIRS;
}

/* The pair's place among the others, or one that it may have; THROTTLE_PAIRS */
static unsigned
find_pair(struct throttle *t, struct fair *queue, const struct pair *pair)
{
	unsigned i, free_one = THROTTLE_PAIRS;
	struct learned *l = t->learned;

	for (i = 0; i < l->npairs; i++) {
		if (!fair_lane(queue, FAIR_LANES + i))
			return THROTTLE_PAIRS;
		if (is_pair(&l->pairs[i], pair))
			return i;
		if (free_one == THROTTLE_PAIRS &&
		    fair_first(queue, FAIR_LANES + i, t->now) == NULL)
			free_one = i;
	}
	if (free_one == THROTTLE_PAIRS && l->npairs < THROTTLE_PAIRS)
		free_one = l->npairs++;
	return free_one < most_pairs(pair) ? free_one : THROTTLE_PAIRS;
}

unsigned
throttle_lane(struct throttle *t, struct fair *queue, struct pair pair)
{
	unsigned place;

	if (pair.named == 0 && pair.also.n == 0)
		return lane_of(pair.part);
	if (t->learned == NULL &&
	    (t->learned = calloc(1, sizeof *t->learned)) == NULL)
		return FAIR_END;
	place = find_pair(t, queue, &pair);
	if (place == THROTTLE_PAIRS || !fair_lane(queue, FAIR_LANES + place))
		return FAIR_END;
	t->learned->pairs[place] = pair;
	return FAIR_LANES + place;
}

void
throttle_stand_in(const struct throttle_waiter *w, struct fair_waiter *f,
    unsigned lane)
{
	*f = (struct fair_waiter){
		.client = w->fair.client,
		.owner = w->fair.owner,
		.cost = w->fair.cost,
		.arrived = w->fair.arrived,
		.weight = w->fair.weight,
		.urgency = w->fair.urgency,
		.returned = w->fair.returned,
		.lane = (uint16_t)lane,
		.turn = w->fair.turn,
	};
}

bool
throttle_unqueue(struct throttle *t, struct throttle_waiter *w)
{
	bool head = first_of(t, w->fair.lane) == &w->fair;

	fair_remove(t->queue, &w->fair);
	leave_named(t, w->named);
	return head;
}

void
throttle_spend(struct throttle_deposit *d)
{
	if (d != NULL && d->listed) {
		LIST_REMOVE(d, entry);
		d->listed = false;
	}
	if (d != NULL && d->in_total) {
		LIST_REMOVE(d, total_entry);
		d->in_total = false;
	}
}

void
throttle_spend_all(struct throttle *t)
{
	while (!LIST_EMPTY(&t->deposits))
		throttle_spend(LIST_FIRST(&t->deposits));
}
