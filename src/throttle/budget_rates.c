/* SPDX-License-Identifier: ISC */
#include "throttle/budget_rates.h"

#include <assert.h>
#include <stddef.h>

#include "throttle/budget_counted.h"
#include "throttle/larger.h"
#include "throttle/lease_spend.h"
#include "throttle/window.h"

unsigned
budget_windows(const struct budget_limits *limits)
{
	unsigned i, n = 0;

	for (i = 0; i < limits->nrates; i++)
		n += limits->rates[i].strict;
	return n;
}

void
budget_rates_set(struct budget *b, const struct budget_limits *limits,
    struct window *windows)
{
	const struct gcra_rate *limit;
	unsigned i;

	assert(limits->nrates <= BUDGET_RATES);
	b->nrates = limits->nrates;
	for (i = 0; i < b->nrates; i++) {
		limit = &limits->rates[i];
		gcra_init(&b->rates[i], limit);
		b->counted[i] = (struct budget_counted){ 0 };
		b->windows[i] = limit->strict ? windows++ : NULL;
		if (limit->strict)
			window_init(b->windows[i], limit->capacity,
			    limit->period);
	}
}

void
budget_rates_hold(struct budget *b, wide cost)
{
	unsigned i;

	for (i = 0; i < b->nrates; i++)
		if (b->windows[i] != NULL)
			window_take(b->windows[i], cost);
}

void
budget_refill(struct budget *b)
{
	struct gcra_rate limit;
	unsigned i;

	for (i = 0; i < b->nrates; i++) {
		limit = b->rates[i].limit;
		gcra_init(&b->rates[i], &limit);
		b->counted[i] = (struct budget_counted){ 0 };
		if (b->windows[i] != NULL)
			window_init(b->windows[i], limit.capacity,
			    limit.period);
	}
	budget_rates_hold(b, b->uncounted);
}

static bool
same_period(const struct budget *a, unsigned i, const struct budget *b,
    unsigned j)
{
	return a->rates[i].limit.period == b->rates[j].limit.period;
}

/*
 * Pairs rates with those they take over from: equal periods first, then in
 * order.  pair[i] is the index for rate i, or from->nrates where none is left.
 */
static void
pair_rates(const struct budget *b, const struct budget *from,
    unsigned pair[BUDGET_RATES])
{
	unsigned n = b->nrates, nfrom = from->nrates;
	bool used[BUDGET_RATES] = { false };
	unsigned i, j;

	for (i = 0; i < n; i++) {
		for (j = 0; j < nfrom; j++)
			if (!used[j] && same_period(b, i, from, j))
				break;
		pair[i] = j;
		if (j < nfrom)
			used[j] = true;
	}
	for (i = 0; i < n; i++) {
		if (pair[i] < nfrom)
			continue;
		for (j = 0; j < nfrom && used[j]; j++)
			;
		pair[i] = j;
		if (j < nfrom)
			used[j] = true;
	}
}

static void
inherit_window(struct budget *b, unsigned i, const struct budget *from,
    unsigned j, uint64_t now)
{
	if (b->windows[i] == NULL || from->windows[j] == NULL)
		return;
	window_tick(b->windows[i], now);
	window_inherit(b->windows[i], from->windows[j], now);
}

void
budget_rates_inherit(struct budget *b, const struct budget *from, uint64_t now)
{
	unsigned pair[BUDGET_RATES] = { 0 };
	unsigned i;

	pair_rates(b, from, pair);
	for (i = 0; i < b->nrates; i++) {
		if (pair[i] == from->nrates)
			continue;
		gcra_inherit(&b->rates[i], &from->rates[pair[i]], now);
		inherit_window(b, i, from, pair[i], now);
		if (same_period(b, i, from, pair[i]))
			budget_counted_inherit(&b->counted[i],
			    &from->counted[pair[i]],
			    b->rates[i].limit.period, now);
	}
}

void
budget_rates_keep_flying(struct budget *b, const struct budget *old)
{
	unsigned pair[BUDGET_RATES] = { 0 };
	unsigned i;

	pair_rates(b, old, pair);
	for (i = 0; i < b->nrates; i++)
		if (pair[i] < old->nrates && same_period(b, i, old, pair[i]))
			b->counted[i].flying = old->counted[pair[i]].flying;
}

bool
budget_rates_tick(struct budget *b, uint64_t now)
{
	bool changed = false;
	uint64_t counted;
	unsigned i;

	for (i = 0; i < b->nrates; i++) {
		if (b->windows[i] == NULL)
			continue;
		counted = b->windows[i]->counted;
		window_tick(b->windows[i], now);
		changed = changed || b->windows[i]->counted < counted;
	}
	return changed;
}

uint64_t
budget_rates_due(const struct budget *b, uint64_t cost)
{
	uint64_t ns = 0;
	unsigned i;

	for (i = 0; i < b->nrates; i++) {
		ns = larger(ns, gcra_due(&b->rates[i], cost));
		if (b->windows[i] != NULL)
			ns = larger(ns, window_due(b->windows[i], cost));
	}
	return ns;
}

uint64_t
budget_rates_due_at_best(const struct budget *b, uint64_t cost, uint64_t now)
{
	uint64_t ns = 0;
	unsigned i;

	for (i = 0; i < b->nrates; i++) {
		ns = larger(ns, gcra_due(&b->rates[i], cost));
		if (b->windows[i] != NULL)
			ns = larger(ns, window_due_behind(b->windows[i], 0, 0,
			    cost, now));
	}
	return ns;
}

bool
budget_rates_allow(const struct budget *b, uint64_t cost, uint64_t now)
{
	unsigned i;

	if (!lease_allows(b, cost, now))
		return false;
	for (i = 0; i < b->nrates; i++)
		if (!gcra_conforms(&b->rates[i], cost, now) ||
		    (b->windows[i] != NULL &&
		    !window_has_room(b->windows[i], cost)))
			return false;
	return true;
}

bool
budget_rates_are_full(const struct budget *b, uint64_t now)
{
	unsigned i;

	for (i = 0; i < b->nrates; i++)
		if (!gcra_is_full(&b->rates[i], now) ||
		    (b->windows[i] != NULL &&
		    window_empty_at(b->windows[i]) > now))
			return false;
	return true;
}

/* Where it allows it as soon as they begin, it is not what they wait for. */
static uint64_t
bucket_due(const struct gcra *r, wide ahead, uint64_t cost, uint64_t from)
{
	uint64_t due = gcra_due_behind(r, ahead, from, cost);

	return due > from ? due : gcra_due_behind(r, ahead, 0, cost);
}

uint64_t
budget_rate_due(const struct budget *b, unsigned i, wide ahead, uint64_t cost,
    uint64_t first, uint64_t now)
{
	const struct window *w = b->windows[i];

	if (w == NULL)
		return bucket_due(&b->rates[i], ahead, cost, first);
	first = larger(first, now);
	return larger(bucket_due(&b->rates[i], ahead, cost, first),
	    window_due_behind(w, ahead, first, cost, now));
}

void
budget_rates_take(struct budget *b, uint64_t cost, uint64_t at, uint64_t now)
{
	struct gcra *r;
	unsigned i;

	for (i = 0; i < b->nrates; i++) {
		r = &b->rates[i];
		gcra_take(r, cost, r->limit.strict ? now : at);
	}
	lease_take(b, cost, at);
	budget_rates_hold(b, cost);
}

void
budget_paid(const struct budget *b, uint64_t cost, struct budget_paid *paid)
{
	unsigned i;

	paid->cost = cost;
	for (i = 0; i < b->nrates; i++)
		paid->ends[i] = b->rates[i].tat;
}

/* Where a rate comes to be that takes over what one has at tat; 0: nothing. */
static wide
taken_over(const struct gcra *r, const struct gcra_rate *from, wide tat,
    uint64_t now)
{
	struct gcra to;

	gcra_init(&to, &r->limit);
	gcra_inherit(&to, &(struct gcra){ *from, tat }, now);
	return to.tat;
}

void
budget_paid_move(const struct budget *b, const struct budget *from,
    struct budget_paid *paid, uint64_t now)
{
	const struct budget_paid before = *paid;
	unsigned pair[BUDGET_RATES] = { 0 }, i;
	const struct gcra *r;

	pair_rates(b, from, pair);
	for (i = 0; i < b->nrates; i++) {
		paid->ends[i] = 0;
		if (pair[i] == from->nrates)
			continue;
		r = &from->rates[pair[i]];
		if (taken_over(&b->rates[i], &r->limit, r->tat, now) ==
		    b->rates[i].tat)
			paid->ends[i] = taken_over(&b->rates[i], &r->limit,
			    before.ends[pair[i]], now);
	}
}

void
budget_refund(struct budget *b, struct budget_paid *paid, uint64_t now,
    wide sooner[BUDGET_RATES])
{
	unsigned i;

	for (i = 0; i < b->nrates; i++)
		sooner[i] = gcra_refund(&b->rates[i], paid->cost,
		    paid->ends[i], now);
}

void
budget_refunded(const struct budget *b, const struct budget_paid *refund,
    const wide sooner[BUDGET_RATES], struct budget_paid *paid)
{
	unsigned i;

	for (i = 0; i < b->nrates; i++)
		if (paid->ends[i] > refund->ends[i])
			paid->ends[i] -= sooner[i];
}

static void
take_more(struct budget *b, uint64_t more, uint64_t now)
{
	unsigned i;

	for (i = 0; i < b->nrates; i++)
		gcra_take(&b->rates[i], more, now);
}

void
budget_settle(struct budget *b, struct budget_paid *paid, uint64_t amount,
    uint64_t actual, bool counted, uint64_t now, wide sooner[BUDGET_RATES])
{
	lease_take(b, actual > amount ? actual - amount : 0, now);
	if (!counted) {
		if (b->account != NULL)
			lease_hold_keep(&b->account->hold,
			    actual < amount ? actual : amount);
		budget_drop(b, amount);
		budget_rates_hold(b, actual);
		b->uncounted += actual;
		budget_count(b, actual, now);
	}
	if (paid->cost == 0) {
		take_more(b, actual > amount ? actual - amount : 0, now);
		return;
	}
	budget_refund(b, paid, now, sooner);
	take_more(b, actual, now);
}

void
budget_count(struct budget *b, uint64_t cost, uint64_t at)
{
	unsigned i;

	for (i = 0; i < b->nrates; i++)
		if (b->windows[i] != NULL)
			window_count(b->windows[i], cost, at);
	if (b->account != NULL)
		lease_hold_count(&b->account->hold, cost);
	b->uncounted -= cost;
}

void
budget_drop(struct budget *b, uint64_t cost)
{
	unsigned i;

	for (i = 0; i < b->nrates; i++)
		if (b->windows[i] != NULL)
			window_drop(b->windows[i], cost);
	if (b->account != NULL)
		lease_hold_drop(&b->account->hold, cost);
	b->uncounted -= cost;
}
