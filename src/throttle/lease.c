/* SPDX-License-Identifier: ISC */
#include "throttle/lease.h"

#include <stddef.h>

#include "throttle/budget.h"
#include "throttle/larger.h"
#include "throttle/lease_math.h"
#include "throttle/window.h"

#define SHARE	10	/* a lease is so little of what is left */
#define PART	100	/* of an exact window so little may be unsure */
#define KEPT	5	/* ... and what is kept lasts so much longer */

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

/*
 * What of a lease may be spent at once, and what is worth a write: a hundredth
 * of an exact window, or what it gives within a horizon.  Returns LEASE_NONE
 * where there is none.
 */
static uint64_t
window_part(const struct budget *b, uint64_t horizon)
{
	uint64_t least = LEASE_NONE;
	const struct gcra_rate *r;
	unsigned i;

	for (i = 0; i < b->nrates; i++) {
		r = &b->rates[i].limit;
		if (b->windows[i] != NULL)
			least = lease_smaller(least, larger(r->capacity / PART,
			    lease_given(r, horizon)));
	}
	return least;
}

/* What may have been spent, or was, and is not known to be counted. */
static uint64_t
unsure(const struct budget *b)
{
	wide all = b->uncounted + b->lease.left + b->lease.promised;

	return all > UINT64_MAX ? UINT64_MAX : (uint64_t)all;
}

bool
lease_is_low(const struct budget *b)
{
	const struct lease *l = &b->lease;
	uint64_t part;

	if (l->left == LEASE_NONE)
		return false;
	if (l->need > l->left)
		return true;
	part = window_part(b, 0);
	if (part == LEASE_NONE)
		return l->used > 0 && l->left <= l->size / 2;
	/* without any left, whoever comes says what is needed */
	if (l->used > 0 && l->left > 0 && l->left <= l->size / 2)
		return true;
	return l->unsure > 0 && l->unsure >= part &&
	    unsure(b) <= l->unsure / 2;
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
	uint64_t least = LEASE_NONE - 1;
	unsigned i;

	for (i = 0; i < b->nrates; i++)
		least = lease_smaller(least, lease_given(&b->rates[i].limit,
		    horizon));
	return least;
}

/* Nobody has used it. */
static void
cut(struct lease *l, uint64_t part)
{
	l->left = lease_smaller(l->left, part);
	l->kept = lease_smaller(l->kept, part - l->left);
	l->size = l->left;
	l->whole = l->left + l->kept;
}

/* Makes a promise of what is kept; returns whether more has to be. */
static bool
promise(struct lease *l, uint64_t next, uint64_t want)
{
	uint64_t had = l->left + l->promised;
	uint64_t more = lease_less(next, had), all = had + l->kept;
	bool grows = more > l->kept || (more > 0 && all <= l->whole / 2);

	grows = grows && larger(next, want) > all;
	if (grows) {
		l->whole = larger(next, want);
		l->kept = l->whole - had;
	}
	l->promised += more;
	l->kept -= more;
	return grows;
}

bool
lease_promise(struct budget *b, const struct lease_ahead *ahead, uint64_t now)
{
	struct lease *l = &b->lease;
	uint64_t left, want, next;
	bool grows = false;

	if (l->left == LEASE_NONE)
		return false;
	left = left_of(b, now);
	if (l->used > 0 || l->need > 0) {
		next = window_part(b, ahead->written);
		want = larger(l->need, larger(left / SHARE, given_within(b,
		    next == LEASE_NONE ? ahead->safe : KEPT * ahead->safe)));
		next = next == LEASE_NONE ? want :
		    larger(l->need, lease_smaller(left, next));
		grows = promise(l, next, want);
		l->used = l->need = 0;
	} else if (l->promised == 0) {
		cut(l, left / SHARE);
	}
	l->unsure = unsure(b);
	return grows;
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
