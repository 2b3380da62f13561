/* SPDX-License-Identifier: ISC */
#include "throttle/lease.h"

#include <stddef.h>

#include "throttle/budget.h"
#include "throttle/larger.h"
#include "throttle/lease_math.h"
#include "throttle/window.h"

#define SHARE	10	/* a lease is so little of what is left */

void
lease_begin(struct budget *b)
{
	if (b->nrates == 0)
		b->lease = (struct lease){ .left = LEASE_NONE };
	else if (b->lease.left == LEASE_NONE && b->account == NULL)
		b->lease = (struct lease){ .left = 0 };
}

void
lease_end(struct budget *b)
{
	b->lease = (struct lease){ .left = LEASE_NONE };
}

void
lease_open(struct budget *b, uint64_t id)
{
	struct budget_limits limits = { .nrates = b->nrates };
	uint64_t foreign = b->uncounted > UINT64_MAX ? UINT64_MAX :
	    (uint64_t)b->uncounted;
	unsigned i;

	for (i = 0; i < b->nrates; i++)
		limits.rates[i] = b->rates[i].limit;
	b->account = lease_account_new(&limits, id, foreign);
	if (b->account != NULL)
		b->lease = (struct lease){ .left = LEASE_NONE,
			.need = b->lease.need };
}

void
lease_close(struct budget *b)
{
	lease_account_free(b->account);
	b->account = NULL;
	if (b->nrates > 0)
		b->lease = (struct lease){ .left = 0 };
}

uint64_t
lease_due(const struct budget *b, uint64_t cost, uint64_t now)
{
	uint64_t due = budget_due(b, cost);

	if (due <= now && lease_is_short(b, cost, now))
		return BUDGET_NEVER;
	if (b->account == NULL || lease_is_short(b, cost, larger(due, now)))
		return due;
	return lease_account_due(b->account, cost, larger(due, now));
}

void
lease_need(struct budget *b, uint64_t cost, uint64_t now)
{
	if (lease_is_short(b, cost, now) && budget_due(b, cost) <= now)
		b->lease.need = larger(b->lease.need, cost);
}

bool
lease_is_low(const struct budget *b)
{
	const struct lease *l = &b->lease;

	if (l->left == LEASE_NONE)
		return false;
	return l->need > l->left || (l->used > 0 && l->left <= l->size / 2);
}

/* What all rates have left. */
static uint64_t
left_of(const struct budget *b, uint64_t now)
{
	int64_t left = INT64_MAX, one;
	unsigned i;

	for (i = 0; i < b->nrates; i++) {
		one = gcra_left(&b->rates[i], now);
		left = one < left ? one : left;
		if (b->windows[i] == NULL)
			continue;
		one = window_left(b->windows[i]);
		left = one < left ? one : left;
	}
	return left > 0 ? (uint64_t)left : 0;
}

/* What the slowest of them gives within the horizon. */
static uint64_t
given_within(const struct budget *b, uint64_t horizon)
{
	uint64_t least = UINT64_MAX - 1;
	const struct gcra_rate *r;
	unsigned i;
	wide units;

	for (i = 0; i < b->nrates; i++) {
		r = &b->rates[i].limit;
		units = (wide)r->capacity * horizon / r->period;
		if (units < least)
			least = (uint64_t)units;
	}
	return least;
}

void
lease_promise(struct budget *b, uint64_t horizon, uint64_t now)
{
	struct lease *l = &b->lease;
	uint64_t part, want;

	if (l->left == LEASE_NONE)
		return;
	part = left_of(b, now) / SHARE;
	want = larger(l->need, larger(part, given_within(b, horizon)));
	if (l->used > 0 || l->need > 0) {
		if (want > l->left)
			l->promised = larger(l->promised, want - l->left);
		l->used = l->need = 0;
	} else if (l->promised == 0) {
		l->left = lease_smaller(l->left, part);
		l->size = l->left;
	}
}

void
lease_grant(struct budget *b)
{
	struct lease *l = &b->lease;

	if (l->left == LEASE_NONE)
		return;
	l->left += l->promised;
	l->size = l->left;
	l->promised = 0;
}

void
lease_return(struct budget *b)
{
	if (b->lease.left != LEASE_NONE)
		b->lease = (struct lease){ .left = 0 };
}
