/* SPDX-License-Identifier: ISC */

/*
 * Where one stands in the queue, and whether its start is certain: those before
 * it are let go in a rehearsal, on copies of the budgets.
 */

#include "throttle/throttle_place.h"

#include <stdlib.h>

#include "throttle/fair_turn.h"
#include "throttle/throttle_ask.h"
#include "throttle/lease_spend.h"
#include "throttle/throttle_lane.h"
#include "throttle/throttle_list.h"
#include "throttle/throttle_start.h"
#include "throttle/throttle_tick.h"
#include "throttle/window.h"

#define STEPS	64	/* instants that are tried for one waiter */

struct stage {
	struct budget		 budgets[1 + THROTTLE_INNER];
	unsigned		 n;
	unsigned		 nwindows;
	uint64_t		 now;
	struct window		 windows[];	/* of 2 KiB each */
};

static void
add_copy(struct stage *s, const struct budget *b)
{
	struct budget *copy = &s->budgets[s->n++];
	unsigned i;

	*copy = *b;
	copy->lease.left = LEASE_NONE;
	for (i = 0; i < b->nrates; i++) {
		if (b->windows[i] == NULL)
			continue;
		copy->windows[i] = &s->windows[s->nwindows++];
		*copy->windows[i] = *b->windows[i];
	}
}

static unsigned
count_windows(const struct budget *b)
{
	unsigned i, n = 0;

	for (i = 0; i < b->nrates; i++)
		n += b->windows[i] != NULL;
	return n;
}

/* The caller's to free; NULL without memory. */
static struct stage *
new_stage(struct throttle *t, const struct fair_waiter *w, uint64_t now)
{
	struct budget *b[THROTTLE_INNER];
	unsigned i, n = inner_budgets(t, pair_of(t, w->lane), b);
	unsigned nwindows = count_windows(&t->host);
	struct stage *s;

	for (i = 0; i < n; i++)
		nwindows += count_windows(b[i]);
	s = malloc(sizeof *s + nwindows * sizeof s->windows[0]);
	if (s == NULL)
		return NULL;
	s->now = now;
	s->n = s->nwindows = 0;
	add_copy(s, &t->host);
	for (i = 0; i < n; i++)
		add_copy(s, b[i]);
	return s;
}

/*
 * When a cost may go (ns); THROTTLE_NEVER where it needs a slot, a place or a
 * host that counts, which may come at any time.
 */
static uint64_t
allowed(struct stage *s, uint64_t cost)
{
	uint64_t due, step;
	unsigned i;

	for (step = 0; step < STEPS; step++) {
		due = 0;
		for (i = 0; i < s->n; i++) {
			budget_tick(&s->budgets[i], s->now);
			if (!budget_room(&s->budgets[i]))
				return THROTTLE_NEVER;
			due = larger(due, budget_due(&s->budgets[i], cost));
		}
		if (due == THROTTLE_NEVER)
			return due;
		if (due <= s->now)
			return s->now;
		s->now = due;
	}
	return THROTTLE_NEVER;
}

static void
go(struct stage *s, uint64_t cost)
{
	unsigned i;

	for (i = 0; i < s->n; i++)
		budget_take(&s->budgets[i], cost, s->now, s->now);
}

/* Those before one, counted, and when they and it would go. */
struct walk {
	struct throttle		*t;
	const struct fair_waiter *w;	/* as it is queued, or would be */
	const struct throttle_waiter *queued;	/* itself; or NULL */
	wide			 at;	/* its turn */
	struct throttle_place	*place;
	wide			 cost;	/* ahead */
	bool			 strangers;	/* others' wait */
	bool			 elsewhere;	/* some wait in other lanes */
	bool			 elsewhere_ahead;
};

static void
count(struct walk *k, const struct throttle_waiter *other)
{
	bool ahead = fair_turn_before(k->t->queue, &other->fair, other->key,
	    k->w, k->at);
	bool own = other->fair.client == k->w->client;

	if (other == k->queued)
		return;
	k->strangers = k->strangers || !own;
	if (other->fair.lane != k->w->lane) {
		k->elsewhere = true;
		k->elsewhere_ahead = k->elsewhere_ahead || ahead;
	}
	if (!ahead)
		return;
	k->place->ahead++;
	k->place->own_ahead += own;
	k->cost += other->fair.cost;
}

/*
 * Whether those before it are sure to go in that order: one in a part may be
 * passed by those in none, and those in other parts may be held up by them.  Who
 * else spends from a total is not known here, nor what will be settled.
 */
static bool
order_is_sure(const struct walk *k)
{
	if ((k->t->trust && k->strangers) || k->t->total != NULL ||
	    k->t->meters != NULL)
		return false;
	return k->w->lane == 0 ? !k->elsewhere_ahead : !k->elsewhere;
}

/* Lets those before it go, and says when it goes itself. */
static uint64_t
play(const struct walk *k, const struct throttle_waiter *list, struct stage *s)
{
	for (; list != NULL && list != k->queued && fair_turn_before(
	    k->t->queue, &list->fair, list->key, k->w, k->at);
	    list = list->next) {
		if (allowed(s, list->fair.cost) == THROTTLE_NEVER)
			return THROTTLE_NEVER;
		go(s, list->fair.cost);
	}
	return allowed(s, k->w->cost);
}

/*
 * When it goes, if it has to wait for nothing but time; else THROTTLE_NEVER, or
 * without memory.
 */
static uint64_t
rehearse(const struct walk *k, const struct throttle_waiter *list,
    uint64_t now)
{
	struct stage *s = new_stage(k->t, k->w, now);
	uint64_t at;

	if (s == NULL)
		return THROTTLE_NEVER;
	at = play(k, list, s);
	free(s);
	return at;
}

static bool
is_certain(const struct walk *k, const struct throttle_waiter *list,
    uint64_t now)
{
	struct throttle_report r;
	uint64_t at;

	if (k->queued == NULL && throttle_goes(k->t, k->w,
	    THROTTLE_NEVER, now))
		return true;
	if (!order_is_sure(k))
		return false;
	at = rehearse(k, list, now);
	throttle_start(k->t, k->w, now, &r);
	return at != THROTTLE_NEVER && at >= r.start &&
	    at - r.start <= k->place->ahead;
}

void
throttle_place(struct throttle *t, const struct throttle_waiter *w,
    uint64_t now, struct throttle_place *place)
{
	struct fair_waiter newcomer;
	struct walk k = { .t = t, .w = &w->fair, .queued = w, .place = place };
	const struct throttle_waiter *list, *other;

	throttle_tick(t, now);
	*place = (struct throttle_place){ 0 };
	if (w->fair.flow == NULL) {
		newcomer = throttle_newcomer(t, w, now);
		k.w = &newcomer;
		k.queued = NULL;
	}
	k.at = fair_turn(t->queue, k.w, t->now);
	list = throttle_list_turns(t);
	for (other = list; other != NULL; other = other->next)
		count(&k, other);
	place->cost_ahead = k.cost > UINT64_MAX ? UINT64_MAX :
	    (uint64_t)k.cost;
	place->certain = is_certain(&k, list, now);
}
