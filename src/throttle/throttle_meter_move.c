/* SPDX-License-Identifier: ISC */
#include "throttle/throttle_meter_move.h"

#include <string.h>

#include "throttle/budget_rates.h"
#include "throttle/throttle_lane.h"
#include "throttle/throttle_meter.h"
#include "throttle/throttle_meters.h"

/*
 * Where what one has taken stands in a rate's time moves with what the rate
 * has consumed, so that it can still be refunded, or become a debt.
 */

/* Other limits */

static bool
has_name(const struct throttle_limits *limits, const char *name)
{
	unsigned i;

	for (i = 0; i < limits->nmeters; i++)
		if (strcmp(limits->meters[i]->name, name) == 0)
			return true;
	return false;
}

static bool
is_one_of(struct meter *const *all, unsigned n, const struct meter *m)
{
	while (n > 0)
		if (all[--n] == m)
			return true;
	return false;
}

static bool
counts_same(const struct meter *a, const struct meter *b)
{
	return a->what != NULL && b->what != NULL &&
	    strcmp(a->what, b->what) == 0;
}

/*
 * Which of the old ones each one was: that of its name, or one whose name is
 * gone and that counts the same.
 */
static void
match(const struct throttle_meters *all, const struct throttle_limits *limits,
    struct throttle_meters *old, struct meter *was[THROTTLE_METERS])
{
	unsigned i, j, n = old != NULL ? old->n : 0;

	for (i = 0; i < all->n; i++) {
		was[i] = NULL;
		for (j = 0; j < n && was[i] == NULL; j++)
			if (strcmp(old->all[j].name, all->all[i].name) == 0)
				was[i] = &old->all[j];
		for (j = 0; j < n && was[i] == NULL; j++)
			if (!has_name(limits, old->all[j].name) &&
			    counts_same(&old->all[j], &all->all[i]) &&
			    !is_one_of(was, i, &old->all[j]))
				was[i] = &old->all[j];
	}
}

/* With what an old one has consumed, if it was one. */
static void
begin(struct throttle_meters *all, struct meter *m,
    const struct throttle_meter_limits *limits, struct meter *was,
    struct window *windows, uint64_t now)
{
	char **before;

	m->settles = limits->settles;
	if (was == NULL) {
		m->serial = ++all->serial;
		budget_init(&m->budget, &limits->limits, false, windows);
		return;
	}
	/* those who wait may still know it by that */
	before = strcmp(was->name, m->name) == 0 ? &was->before : &was->name;
	m->before = *before;
	*before = NULL;
	m->serial = was->serial;
	m->budget = was->budget;
	budget_limit(&m->budget, &limits->limits, false, windows, now);
}

/* What was taken of the old ones was taken of these. */
static void
move_takers(struct throttle_meters *all, struct throttle_meters *old,
    uint64_t now)
{
	struct throttle_wants *w;
	struct throttle_amount *a;
	struct meter *m, *was;
	unsigned i;

	while ((w = LIST_FIRST(&old->takers)) != NULL) {
		LIST_REMOVE(w, entry);
		for (i = 0; i < w->n; i++) {
			a = &w->amounts[i];
			m = throttle_meter_by_serial(all, a->serial);
			was = throttle_meter_by_serial(old, a->serial);
			if (m != NULL && was != NULL)
				budget_paid_move(&m->budget, &was->budget,
				    &a->paid, now);
			else
				a->serial = 0;
		}
		if ((w->listed = all != NULL))
			LIST_INSERT_HEAD(&all->takers, w, entry);
	}
}

void
throttle_meters_set(struct throttle *t, struct throttle_meters *all,
    const struct throttle_limits *limits, uint64_t now)
{
	struct throttle_meters *old = t->meters;
	struct window *next = all != NULL ? all->windows : NULL;
	struct meter *was[THROTTLE_METERS] = { NULL };
	unsigned i;

	if (all != NULL) {
		all->serial = old != NULL ? old->serial : 0;
		match(all, limits, old, was);
	}
	for (i = 0; all != NULL && i < all->n; i++) {
		begin(all, &all->all[i], limits->meters[i], was[i], next, now);
		if (next != NULL)
			next += budget_windows(&limits->meters[i]->limits);
	}
	if (old != NULL)
		move_takers(all, old, now);
	t->meters = all;
	throttle_meters_drop(old);
}

/* Other throttles */

/* What others have taken is in it now, and what its own have may not be. */
static void
inherit(struct throttle_meters *all, struct meter *m,
    const struct budget *from, uint64_t now)
{
	const struct budget before = m->budget;
	struct throttle_wants *w;
	unsigned i;

	budget_inherit(&m->budget, from, now);
	LIST_FOREACH(w, &all->takers, entry)
		for (i = 0; i < w->n; i++)
			if (w->amounts[i].serial == m->serial)
				budget_paid_move(&m->budget, &before,
				    &w->amounts[i].paid, now);
}

void
throttle_meters_inherit(struct throttle *t, const struct throttle *from,
    uint64_t now)
{
	struct throttle_meters *all = t->meters;
	const struct meter *other;
	unsigned i;

	for (i = 0; all != NULL && i < all->n; i++) {
		other = throttle_meter_find(from->meters, all->all[i].name);
		if (other != NULL)
			inherit(all, &all->all[i], &other->budget, now);
	}
}

void
throttle_meters_carry(struct throttle *from, struct throttle *to,
    struct throttle_waiter *w, uint64_t now)
{
	struct throttle_wants *all = w->fair.wants;
	struct throttle_amount *a;
	struct meter *m, *other;
	unsigned i;

	if (all == NULL || !all->listed)
		return;
	for (i = 0; i < all->n; i++) {
		a = &all->amounts[i];
		m = throttle_meter_by_serial(from->meters, a->serial);
		a->serial = 0;
		if (m == NULL)
			continue;
		if (!a->counted)
			budget_count(&m->budget, a->amount, now);
		other = throttle_meter_find(to->meters, m->name);
		if (other == NULL)
			continue;
		budget_paid_move(&other->budget, &m->budget, &a->paid, now);
		a->carried = other->serial;
	}
}

void
throttle_meters_hold(struct throttle *t, struct throttle_waiter *w)
{
	struct throttle_wants *all = w->fair.wants;
	struct throttle_amount *a;
	struct meter *m;
	unsigned i;

	if (all == NULL || t->meters == NULL)
		return;
	for (i = 0; i < all->n; i++) {
		a = &all->amounts[i];
		m = throttle_meter_by_serial(t->meters, a->carried);
		a->serial = a->carried;
		a->carried = 0;
		if (m != NULL && !a->counted) {
			budget_rates_hold(&m->budget, a->amount);
			m->budget.uncounted += a->amount;
		}
	}
	LIST_INSERT_HEAD(&t->meters->takers, all, entry);
	all->listed = true;
}
