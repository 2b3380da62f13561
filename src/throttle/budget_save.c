/* SPDX-License-Identifier: ISC */
#include "throttle/budget_save.h"

#include <stddef.h>

#include "base/sum.h"
#include "throttle/budget.h"
#include "throttle/larger.h"
#include "throttle/lease_spend.h"

static uint64_t
less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static uint64_t
cut(wide n)
{
	return n > UINT64_MAX ? UINT64_MAX : (uint64_t)n;
}

/* Saving */

static uint64_t
used_of(const struct gcra *r, uint64_t now)
{
	int64_t left = gcra_left(r, now);

	return left < 0 ? sum(r->limit.burst, -(uint64_t)left) :
	    less(r->limit.burst, (uint64_t)left);
}

static void
save_window(const struct window *w, unsigned rate, uint64_t now,
    struct budget_saved *s)
{
	uint64_t last, amount;
	unsigned i;

	s->flying[rate] = sum(cut(w->flying), w->debt);
	for (i = 0; i < WINDOW_SLOTS; i++)
		if ((amount = window_slot(w, i, &last)) > 0)
			s->slots[s->nslots++] = (struct budget_slot){
				.rate = (uint8_t)rate,
				.age = less(now, last),
				.amount = amount,
			};
}

void
budget_save(const struct budget *b, uint64_t now, struct budget_saved *s)
{
	unsigned i;

	s->limits.nrates = b->nrates;
	s->limits.concurrency = 0;
	s->nslots = 0;
	for (i = 0; i < b->nrates; i++) {
		s->limits.rates[i] = b->rates[i].limit;
		s->used[i] = used_of(&b->rates[i], now);
		s->flying[i] = 0;
		if (b->windows[i] != NULL)
			save_window(b->windows[i], i, now, s);
	}
	s->written = b->lease.left == LEASE_NONE ? 0 :
	    sum(b->lease.left, b->lease.promised);
	s->leased = sum(s->written, b->lease.kept);
	s->pause = less(b->paused_until, now);
	s->half_open = b->window != 0 && b->paused;
	s->failures = b->failures;
	s->went = b->went;
	s->abreast = b->abreast;
	s->opens = b->opens;
	s->shut = b->shut;
	s->shape = less(b->shape_until, now);
	s->shape_left = b->shape_left;
}

/* Restoring */

void
budget_saved_same_boot(struct budget_saved *s)
{
	if (s->written < s->leased)
		s->leased = s->written;
}

/* What is left of what was used, when the rate has worked off its part. */
static uint64_t
used_still(const struct gcra_rate *r, uint64_t used, uint64_t passed)
{
	return less(used, cut((wide)r->capacity * passed / r->period));
}

static void
occupy(struct window *w, uint64_t amount, uint64_t at)
{
	window_take(w, amount);
	window_count(w, amount, at);
}

static void
restore_window(struct window *w, const struct budget_saved *s, unsigned rate,
    uint64_t passed, uint64_t now)
{
	const struct budget_slot *slot;
	uint64_t age;
	unsigned i;

	window_tick(w, now);
	for (i = 0; i < s->nslots; i++) {
		slot = &s->slots[i];
		age = sum(slot->age, passed);
		if (slot->rate == rate && age < w->period)
			occupy(w, slot->amount, less(now, age));
	}
	occupy(w, sum(s->flying[rate], s->leased), now);
}

static void
restore_rates(struct budget *b, const struct budget_saved *s, uint64_t passed,
    uint64_t now)
{
	struct gcra *r;
	unsigned i;

	for (i = 0; i < b->nrates; i++) {
		r = &b->rates[i];
		gcra_take(r, sum(used_still(&r->limit, s->used[i], passed),
		    s->leased), now);
		if (b->windows[i] != NULL)
			restore_window(b->windows[i], s, i, passed, now);
	}
}

void
budget_restore(struct budget *b, const struct budget_saved *s, uint64_t passed,
    uint64_t now)
{
	struct window windows[BUDGET_RATES];
	struct budget from;

	budget_init(&from, &s->limits, false, windows);
	restore_rates(&from, s, passed, now);
	from.failures = s->failures;
	from.went = s->went;
	from.abreast = s->abreast;
	from.opens = s->opens;
	from.shut = s->shut;
	from.heard = now;
	from.window = s->half_open ? 1 : 0;
	from.paused = s->half_open;
	if (s->shape > passed) {
		from.shape_until = sum(now, s->shape - passed);
		from.shape_left = s->shape_left;
	}
	budget_inherit(b, &from, now);
}
