/* SPDX-License-Identifier: ISC */

/*
 * The life of a budget: whole, with the configured limits in force; paused;
 * half open when the pause is over (or the host's reset has come), with a
 * window that grows from 1 until it is as large as the limits allow, and then
 * whole again.  A pause begins a new epoch at once, though its first probe
 * leaves at its end only: whatever is on its way then belongs to the past.
 */

#include "throttle/budget.h"

#include <assert.h>
#include <stddef.h>

#include "throttle/budget_counted.h"
#include "throttle/budget_rates.h"
#include "throttle/budget_recovery.h"
#include "throttle/budget_slots.h"
#include "throttle/larger.h"
#include "throttle/lease_spend.h"

/* Until when (ns) something was heard of a host, or is to be heard. */
static uint64_t
last_heard(const struct budget *b)
{
	return larger(larger(b->last, b->heard),
	    larger(b->paused_until, b->shape_until));
}

/* How long (ns) nothing was heard of it, nor is to be heard. */
static uint64_t
silence(const struct budget *b, uint64_t now)
{
	uint64_t since = last_heard(b);

	return b->pending > 0 || since > now ? 0 : now - since;
}

/* Shape */

static void
end_shape(struct budget *b, uint64_t at)
{
	b->shape_until = 0;
	b->heard = at;
	budget_half_open(b);
}

/* When the shape allows the next one: evenly, what is left by what remains. */
static uint64_t
shape_due(const struct budget *b)
{
	uint64_t span, parts;

	if (b->shape_until == 0 || b->shape_until <= b->last)
		return b->shape_until;
	if (b->shape_left <= 0)
		return b->shape_until;
	span = b->shape_until - b->last;
	parts = (uint64_t)b->shape_left + 1;
	return b->last + span / parts + (span % parts != 0);
}

/* The budget */

static void
set_limits(struct budget *b, const struct budget_limits *limits, bool learning,
    struct window *windows)
{
	budget_rates_set(b, limits, windows);
	budget_slots_limit(b, limits->concurrency);
	b->learning = learning;
}

void
budget_init(struct budget *b, const struct budget_limits *limits, bool learning,
    struct window *windows)
{
	*b = (struct budget){
		.window = learning ? 1 : 0,
		.lease = { .left = LEASE_NONE },
	};
	set_limits(b, limits, learning, windows);
}

void
budget_limit(struct budget *b, const struct budget_limits *limits,
    bool learning, struct window *windows, uint64_t now)
{
	const struct budget old = *b;

	set_limits(b, limits, learning, windows);
	budget_rates_inherit(b, &old, now);
	budget_rates_keep_flying(b, &old);
	budget_rates_hold(b, b->uncounted);
}

/* An epoch that is later than those of both. */
static void
new_epoch(struct budget *b, const struct budget *from)
{
	if (from->epoch > b->epoch)
		b->epoch = from->epoch;
	b->epoch++;
	b->unsettled = 0;
	b->overdue = 0;
	b->passed = 0;
	b->grown = 0;
}

void
budget_inherit(struct budget *b, const struct budget *from, uint64_t now)
{
	budget_rates_inherit(b, from, now);
	b->paused_until = larger(b->paused_until, from->paused_until);
	if (from->window != 0 && (b->window == 0 || from->window < b->window)) {
		new_epoch(b, from);
		b->window = from->window;
	}
	budget_inherit_refusals(b, from);
	b->paused = b->paused || from->paused;
	if (from->shape_until != 0 && (b->shape_until == 0 ||
	    from->shape_left < b->shape_left)) {
		b->shape_until = from->shape_until;
		b->shape_left = from->shape_left;
	}
	b->last = larger(b->last, from->last);
	b->heard = larger(b->heard, from->heard);
}

/* Among those without a verdict, while it is half open. */
static bool
place_free(const struct budget *b)
{
	return b->window == 0 || b->unsettled < budget_places(b) + b->overdue;
}

static uint64_t
patience_ends(const struct budget *b)
{
	uint64_t since = larger(b->last, b->paused_until);

	return since > BUDGET_NEVER - BUDGET_PATIENCE ? BUDGET_NEVER :
	    since + BUDGET_PATIENCE;
}

bool
budget_tick(struct budget *b, uint64_t now)
{
	bool changed = false;

	if (b->shape_until != 0 && now >= b->shape_until) {
		end_shape(b, b->shape_until);
		changed = true;
	}
	if ((b->window != 0 || budget_remembers(b)) &&
	    silence(b, now) >= BUDGET_MEMORY) {
		changed = changed || b->window != 0 || b->exact;
		budget_forget(b);
	}
	if (!place_free(b) && now >= patience_ends(b)) {
		b->overdue = b->unsettled + 1 - budget_places(b);
		changed = true;
	}
	changed = budget_rates_tick(b, now) || changed;
	return budget_counted_tick(b, patience_ends(b), now) || changed;
}

bool
budget_room(const struct budget *b)
{
	return budget_slot_free(b) && place_free(b) && budget_counted_room(b);
}

uint64_t
budget_opens(const struct budget *b)
{
	uint64_t patience = patience_ends(b), since = last_heard(b), at;

	if (!budget_slot_free(b))
		return BUDGET_NEVER;
	at = budget_counted_opens(b, patience);
	/* A window that is long may be forgotten before. */
	if (b->pending == 0 && at > BUDGET_MEMORY && at - BUDGET_MEMORY > since)
		at = since + BUDGET_MEMORY;
	return larger(place_free(b) ? 0 : patience, at);
}

uint64_t
budget_due(const struct budget *b, uint64_t cost)
{
	return larger(larger(b->paused_until, shape_due(b)),
	    budget_rates_due(b, cost));
}

uint64_t
budget_due_at_best(const struct budget *b, uint64_t cost, uint64_t now)
{
	return larger(larger(b->paused_until, shape_due(b)),
	    budget_rates_due_at_best(b, cost, now));
}

bool
budget_allows(const struct budget *b, uint64_t cost, uint64_t now)
{
	return budget_room(b) && now >= b->paused_until &&
	    now >= shape_due(b) && budget_rates_allow(b, cost, now);
}

/*
 * When the store has something again (ns), as it has said: now where that is
 * not known, or where there is a lease.
 */
static uint64_t
lease_at(const struct budget *b, uint64_t cost, uint64_t now)
{
	return lease_is_short(b, cost, now) ? larger(b->account->again, now) :
	    now;
}

/* Whether none can come for now. */
static bool
has_no_store(const struct budget *b, uint64_t cost, uint64_t now)
{
	return b->account->terms.source == LEASE_NOWHERE &&
	    lease_is_short(b, cost, now);
}

static void
not_before(struct budget_start *s, uint64_t at, enum budget_short what,
    unsigned rate)
{
	if (at > s->at)
		*s = (struct budget_start){ at, what, rate, at };
}

struct budget_start
budget_start(const struct budget *b, wide ahead, uint64_t cost,
    uint64_t first, uint64_t now)
{
	struct budget_start s = { .at = now, .due = now };
	unsigned i;

	if (!budget_slot_free(b))
		s.what = budget_slots_short(b, now);
	else if (!budget_room(b))
		s.what = BUDGET_SHORT_RECOVERY;
	else if (b->account != NULL && has_no_store(b, cost, now))
		s.what = BUDGET_SHORT_LEASE;
	if (b->account != NULL)
		not_before(&s, lease_at(b, cost, now), BUDGET_SHORT_LEASE, 0);
	not_before(&s, b->paused_until, BUDGET_SHORT_PAUSE, 0);
	not_before(&s, shape_due(b), BUDGET_SHORT_SHAPE, 0);
	for (i = 0; i < b->nrates; i++)
		not_before(&s, budget_rate_due(b, i, ahead, cost, first,
		    now), BUDGET_SHORT_RATE, i);
	s.at = larger(s.at, first);
	return s;
}

static void
add_reason(struct budget_start *all, unsigned *n, uint64_t at,
    enum budget_short what, unsigned rate)
{
	all[(*n)++] = (struct budget_start){ at, what, rate, at };
}

/* A slot of the host's; or one that a store has to lend, and cannot. */
static enum budget_short
slot_reason(const struct budget *b, uint64_t now)
{
	return !budget_slot_free(b) && budget_slots_short(b, now) ==
	    BUDGET_SHORT_LEASE ? BUDGET_SHORT_LEASE : BUDGET_SHORT_CONCURRENCY;
}

unsigned
budget_reasons(const struct budget *b, wide ahead, uint64_t cost,
    uint64_t first, uint64_t now, struct budget_start all[BUDGET_REASONS])
{
	bool place = place_free(b) && budget_counted_room(b);
	unsigned i, n = 0;

	if (b->concurrency != 0)
		add_reason(all, &n, budget_slot_free(b) ? 0 : BUDGET_NEVER,
		    slot_reason(b, now), 0);
	if (!place || (b->window != 0 && now >= b->paused_until))
		add_reason(all, &n, place ? 0 : BUDGET_NEVER,
		    BUDGET_SHORT_RECOVERY, 0);
	if (b->paused_until > now)
		add_reason(all, &n, b->paused_until, BUDGET_SHORT_PAUSE, 0);
	if (b->shape_until != 0)
		add_reason(all, &n, shape_due(b), BUDGET_SHORT_SHAPE, 0);
	if (b->account != NULL && lease_is_short(b, cost, now))
		add_reason(all, &n, b->account->again > now ?
		    b->account->again : BUDGET_NEVER, BUDGET_SHORT_LEASE, 0);
	for (i = 0; i < b->nrates; i++)
		add_reason(all, &n, budget_rate_due(b, i, ahead, cost, first,
		    now), BUDGET_SHORT_RATE, i);
	return n;
}

uint32_t
budget_take(struct budget *b, uint64_t cost, uint64_t at, uint64_t now)
{
	budget_rates_take(b, cost, at, now);
	budget_counted_sent(b, cost);
	b->uncounted += cost;
	b->inflight++;
	b->pending++;
	b->unsettled++;
	b->shape_left--;
	b->last = now;
	return b->epoch;
}

void
budget_verdict(struct budget *b, uint32_t epoch, enum budget_verdict verdict,
    uint64_t now)
{
	assert(b->pending > 0);
	budget_counted_verdict(b, verdict, now);
	b->pending--;
	b->heard = now;
	/* The host has counted no more than it has seen. */
	if (verdict == BUDGET_NEUTRAL)
		b->shape_left++;
	if (epoch != b->epoch) {
		/* It went before the refusal, and was through after it. */
		if (verdict == BUDGET_SUCCESS && b->refused != 0 &&
		    b->passed == 0 && epoch == b->cut &&
		    b->went < UINT32_MAX)
			b->went++;
		return;
	}
	assert(b->unsettled > 0);
	b->unsettled--;
	if (b->overdue > 0)
		b->overdue--;
	if (verdict == BUDGET_SUCCESS)
		budget_succeeded(b);
	else if (verdict == BUDGET_THROTTLED)
		budget_was_refused(b, now);
}

void
budget_release(struct budget *b)
{
	assert(b->inflight > 0);
	b->inflight--;
}

uint32_t
budget_hold(struct budget *b, bool pending, uint64_t cost)
{
	budget_rates_hold(b, cost);
	b->uncounted += cost;
	b->inflight++;
	if (pending)
		b->pending++;
	return b->epoch - 1;
}

bool
budget_pause(struct budget *b, uint64_t until, uint64_t now)
{
	if (until <= b->paused_until)
		return false;
	if (now >= b->paused_until)
		budget_half_open(b);
	b->paused_until = until;
	b->paused = true;
	return true;
}

bool
budget_shorten(struct budget *b, uint64_t longest, uint64_t now)
{
	uint64_t until = longest > BUDGET_NEVER - now ? BUDGET_NEVER :
	    now + longest;
	uint64_t from_last = until > b->last ? until - b->last : 0;
	bool shorter = false;

	if (b->paused_until > until) {
		b->paused_until = until;
		shorter = true;
	}
	if (shape_due(b) > until) {
		b->shape_until = b->last + (b->shape_left <= 0 ? from_last :
		    from_last * ((uint64_t)b->shape_left + 1));
		shorter = true;
	}
	return shorter;
}

void
budget_resume(struct budget *b)
{
	b->paused_until = 0;
	b->failures = 0;
	b->refused = 0;
	b->believed = b->exact = false;
	budget_make_whole(b);
}

void
budget_open(struct budget *b)
{
	budget_resume(b);
	b->shape_until = 0;
}

void
budget_renew(struct budget *b)
{
	const struct budget old = *b;

	budget_refill(b);
	budget_rates_keep_flying(b, &old);
	budget_half_open(b);
	budget_forget(b);
	b->paused_until = 0;
	b->shape_until = 0;
}

void
budget_shape(struct budget *b, uint64_t left, uint64_t reset, uint64_t now)
{
	if (reset <= now) {
		if (b->shape_until != 0)
			end_shape(b, now);
		return;
	}
	if (left > INT64_MAX)
		left = INT64_MAX;
	b->shape_until = reset;
	b->shape_left = (int64_t)left - b->pending;
}

/* Whether there is no more to say of recovery and shape than of a new one. */
static bool
knows_nothing(const struct budget *b, uint64_t now)
{
	/* A shape that is over, but has not been told so, leaves 1. */
	uint32_t window = b->shape_until == 0 ? b->window : 1;

	if (silence(b, now) >= BUDGET_MEMORY)
		return true;
	if (now < b->shape_until || budget_remembers(b))
		return false;
	/* What learns begins with a window of 1, too. */
	return window == 0 || (b->learning && window == 1 && !b->paused);
}

bool
budget_idle(const struct budget *b, uint64_t now)
{
	if (b->inflight > 0 || now < b->paused_until ||
	    !knows_nothing(b, now) || budget_slots_lent(b, now))
		return false;
	return budget_rates_are_full(b, now);
}
