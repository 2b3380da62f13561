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

	m->at = all->of == THROTTLE_METERS_OWN ? limits->name : NULL;
	m->settles = limits->settles;
	all->counts |= !m->settles;
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
	enum throttle_meters_of of = old->of;
	struct throttle_wants *w;
	struct throttle_taken *taken;
	struct meter *m, *was;
	unsigned i;

	while ((w = LIST_FIRST(&old->takers)) != NULL) {
		LIST_REMOVE(w, of[of].entry);
		for (i = 0; i < w->n; i++) {
			taken = &w->amounts[i].taken[of];
			m = throttle_meter_by_serial(all, taken->serial);
			was = throttle_meter_by_serial(old, taken->serial);
			if (m != NULL && was != NULL)
				budget_paid_move(&m->budget, &was->budget,
				    &taken->paid, now);
			else
				taken->serial = 0;
		}
		if ((w->of[of].listed = all != NULL))
			LIST_INSERT_HEAD(&all->takers, w, of[of].entry);
	}
}

void
throttle_meters_set(struct throttle_meters **at, struct throttle_meters *all,
    const struct throttle_limits *limits, uint64_t now)
{
	struct throttle_meters *old = *at;
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
	*at = all;
	throttle_meters_drop(old);
}

void
throttle_meters_free(struct throttle_meters **at)
{
	throttle_meters_set(at, NULL, NULL, 0);
}

/* Other throttles */

/* What others have taken is in it now, and what its own have may not be. */
static void
inherit(struct throttle_meters *all, struct meter *m,
    const struct budget *from, uint64_t now)
{
	const struct budget before = m->budget;
	struct throttle_taken *taken;
	struct throttle_wants *w;
	unsigned i;

	budget_inherit(&m->budget, from, now);
	LIST_FOREACH(w, &all->takers, of[all->of].entry)
		for (i = 0; i < w->n; i++) {
			taken = &w->amounts[i].taken[all->of];
			if (taken->serial == m->serial)
				budget_paid_move(&m->budget, &before,
				    &taken->paid, now);
		}
}

void
throttle_meters_inherit(struct throttle_meters *all,
    const struct throttle_meters *from, uint64_t now)
{
	const struct meter *other;
	unsigned i;

	for (i = 0; all != NULL && i < all->n; i++) {
		other = throttle_meter_find(from, all->all[i].name);
		if (other != NULL)
			inherit(all, &all->all[i], &other->budget, now);
	}
}

static void
carry(struct throttle_meters *from, struct throttle_meters *to,
    struct throttle_wants *w, enum throttle_meters_of of, uint64_t now)
{
	struct throttle_taken *taken;
	struct meter *m, *other;
	unsigned i;

	for (i = 0; w->of[of].listed && i < w->n; i++) {
		taken = &w->amounts[i].taken[of];
		m = throttle_meter_by_serial(from, taken->serial);
		taken->serial = 0;
		if (m == NULL)
			continue;
		if (!taken->counted)
			budget_count(&m->budget, w->amounts[i].amount, now);
		if ((other = throttle_meter_find(to, m->name)) == NULL)
			continue;
		if (other != m)
			budget_paid_move(&other->budget, &m->budget,
			    &taken->paid, now);
		taken->carried = other->serial;
	}
}

void
throttle_meters_carry(struct throttle *from, struct throttle *to,
    struct throttle_waiter *w, uint64_t now)
{
	if (w->fair.wants == NULL)
		return;
	carry(from->meters, to->meters, w->fair.wants, THROTTLE_METERS_OWN,
	    now);
	carry(is_of_total(from, w) ? from->total->meters : NULL,
	    meters_of_total(to), w->fair.wants, THROTTLE_METERS_TOTAL, now);
}

static void
hold(struct throttle_meters *all, struct throttle_wants *w,
    enum throttle_meters_of of)
{
	struct throttle_taken *taken;
	struct meter *m;
	unsigned i;

	for (i = 0; i < w->n; i++) {
		taken = &w->amounts[i].taken[of];
		m = throttle_meter_by_serial(all, taken->carried);
		taken->serial = m != NULL ? m->serial : 0;
		taken->carried = 0;
		if (m != NULL && !taken->counted) {
			budget_rates_hold(&m->budget, w->amounts[i].amount);
			m->budget.uncounted += w->amounts[i].amount;
		}
	}
	if (all == NULL)
		return;
	LIST_INSERT_HEAD(&all->takers, w, of[of].entry);
	w->of[of].listed = true;
}

void
throttle_meters_hold(struct throttle *t, struct throttle_waiter *w)
{
	if (w->fair.wants == NULL)
		return;
	hold(t->meters, w->fair.wants, THROTTLE_METERS_OWN);
	hold(meters_of_total(t), w->fair.wants, THROTTLE_METERS_TOTAL);
}
