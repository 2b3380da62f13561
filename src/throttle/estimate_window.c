/* SPDX-License-Identifier: ISC */
#include "throttle/estimate_window.h"

#include <stddef.h>

#include "throttle/estimate_more.h"
#include "throttle/estimate_probe.h"
#include "throttle/larger.h"

#define SURE	2	/* times that it was used up and nothing refused */
#define HELD	3	/* times that the first one went */
#define CHEAP	128	/* a part of it that a question may take */
#define YOUNG	64	/* times used up */
#define SETTLED	2	/* times used up: raised again, and not taken back */
#define LATER	4	/* a part of it in which those come first */
#define CLOSE	64	/* a part of it that is not worth asking for */
#define FEW_MORE 16	/* a part of it that may go by chance */

/* Capacity or length are new: what was counted stays so. */
static void
renew(struct estimate_window *w, uint32_t flying, uint64_t now)
{
	const struct window old = w->window;

	window_init(&w->window, w->n * ESTIMATE_UNIT, w->ok);
	window_tick(&w->window, now);
	w->window.flying = (wide)flying * ESTIMATE_UNIT;
	if (old.period != 0)
		window_inherit(&w->window, &old, now);
}

void
estimate_window_set(struct estimate_window *w, uint64_t n, uint64_t lo,
    uint64_t hi, uint32_t flying, uint64_t now)
{
	n = n < 1 ? 1 : n > UINT32_MAX ? UINT32_MAX : n;
	if (w->n == 0)
		estimate_more_begin(&w->more);
	else if (n < w->n / 2)
		estimate_more_lowered(&w->more);
	if (w->n != n)
		w->full = 0;
	if (n > w->top)
		w->top = 0;
	w->n = n;
	w->hi = hi < 1 ? 1 : hi;
	w->lo = lo < w->hi ? lo : w->hi - 1;
	w->ok = w->born = w->hi;
	w->tested = 0;
	w->clean = 0;
	w->before = 0;
	renew(w, flying, now);
}

/* It may be as short as that, but is not sure to be. */
static bool
is_tried(const struct estimate_window *w)
{
	return w->hi < w->ok;
}

uint64_t
estimate_window_due(const struct estimate_window *w)
{
	uint64_t due = window_due(&w->window, ESTIMATE_UNIT);

	/* one asks for all */
	if (w->tested != 0)
		return BUDGET_NEVER;
	return due == 0 || due == BUDGET_NEVER ? due : due - (w->ok - w->hi);
}

uint64_t
estimate_window_frees_at(const struct estimate_window *w)
{
	uint64_t at = window_frees_at(&w->window);

	return at == BUDGET_NEVER ? at : at - (w->ok - w->hi);
}

void
estimate_window_try_round(struct estimate_window *w, uint64_t slack)
{
	uint64_t hi = estimate_probe_below(w->hi);

	if (hi > w->lo && w->hi - hi <= slack)
		w->hi = hi;
}

/* Most are round: then it is enough that it is not clearly shorter. */
static bool
is_known(const struct estimate_window *w, uint64_t slack)
{
	return w->hi - w->lo <= larger(w->hi / CLOSE, slack) ||
	    (estimate_probe_is_round(w->hi) && w->hi - w->lo <= w->hi / 16);
}

static uint64_t
middle(const struct estimate_window *w)
{
	if (estimate_probe_is_round(w->hi) && w->hi - w->lo > w->hi / 16)
		return w->hi - w->hi / 16;
	return w->lo + (w->hi - w->lo) / 2;
}

uint64_t
estimate_window_edge(const struct estimate_window *w, uint64_t slack)
{
	uint64_t due = estimate_window_due(w);

	if (w->told || w->tested != 0 || due == 0 || due == BUDGET_NEVER ||
	    !w->spent || due < w->known_at || is_known(w, slack))
		return BUDGET_NEVER;
	due -= w->hi - middle(w);
	return larger(due, w->full_at + w->lo / 2);
}

bool
estimate_window_asks(const struct estimate_window *w, uint64_t rtt,
    uint64_t at)
{
	return w->tested == 0 && w->spent && !w->told &&
	    (is_tried(w) || rtt < w->hi / CHEAP) &&
	    at >= w->full_at + w->lo / 2;
}

void
estimate_window_ask(struct estimate_window *w, uint64_t at)
{
	uint64_t due = estimate_window_due(w);

	/* what it holds is late by a slot at most */
	w->tested = due > at && due - at < w->hi ? w->hi - (due - at) +
	    w->ok / WINDOW_SLOTS : w->hi;
	estimate_window_take(w, at);
}

void
estimate_window_asked(struct estimate_window *w, bool open, uint64_t unsure,
    uint32_t flying, uint64_t now)
{
	uint64_t tested = w->tested;

	w->tested = 0;
	if (open) {
		w->spent = false;
		if (tested + unsure < w->hi) {
			w->hi = larger(tested + unsure, w->lo + 1);
			w->held = 0;
		}
		if (++w->held < HELD)
			return;
		w->ok = w->hi;
	} else {
		w->lo = larger(w->lo, tested);
		if (w->lo < w->hi)
			return;
		w->hi = w->ok;
		w->lo = w->lo < w->hi ? w->lo : w->hi - 1;
	}
	renew(w, flying, now);
}

/* It may be what others have left. */
static bool
is_young(const struct estimate_window *w)
{
	return w->seen < YOUNG;
}

/*
 * How often all of it has to go, where more went, before still more is tried.
 * While a window of the host's ends in the middle of what is sent at once, more
 * goes than it allows, and does so the next times, for ours are a little longer
 * than the host's.  What others have left again is asked for by small parts.
 */
static uint32_t
settles_after(const struct estimate_window *w)
{
	if (w->top != 0)
		return 1;
	return is_young(w) ? 0 : SETTLED;
}

void
estimate_window_take(struct estimate_window *w, uint64_t at)
{
	uint64_t due = estimate_window_due(w);

	window_take(&w->window, ESTIMATE_UNIT);
	if (due > at)
		return;
	w->spent = estimate_window_due(w) > at;
	if (!w->spent || at < w->full_at + larger(w->lo, w->hi / 2))
		return;
	if (w->full > 0 && w->full >= settles_after(w))
		w->before = 0;
	w->full_at = at;
	w->full++;
	w->seen++;
	w->clean++;
}

uint64_t
estimate_window_more_at(const struct estimate_window *w, uint64_t now)
{
	uint64_t at = is_young(w) ?
	    larger(now, w->full_at + w->hi / LATER) : now;

	/* what is about to be free may be so at the host already */
	if (is_tried(w) || w->window.flying != 0 ||
	    estimate_window_due(w) <= at + w->hi / CLOSE ||
	    !estimate_more_due(&w->more, w->full, settles_after(w), at))
		return BUDGET_NEVER;
	return at;
}

/*
 * By how many it is raised.  Where others took some of it by a part each time,
 * up to what it was before; what goes beyond that says that they have left.
 */
static uint64_t
step_of(struct estimate_window *w, uint32_t more)
{
	uint64_t n = (uint64_t)more * larger(w->n / CLOSE, 1);

	if (w->n >= w->top) {
		w->top = 0;
		return more;
	}
	if (n < w->top - w->n)
		return n;
	/* there may be no more than that */
	estimate_more_lowered(&w->more);
	return w->top - w->n;
}

void
estimate_window_lowered(struct estimate_window *w)
{
	if (w->top != 0) {
		estimate_more_lowered_again(&w->more);
		return;
	}
	/* one that the host names comes back at once */
	if (!w->told)
		w->top = w->n;
	estimate_more_lowered(&w->more);
}

void
estimate_window_more(struct estimate_window *w, bool went, uint32_t flying,
    uint64_t now)
{
	/* those that use the rest may be done long before an hour is over */
	uint32_t more = estimate_more_tried(&w->more, went, is_young(w), now);

	w->full = 0;
	if (more == 0)
		return;
	/* of several in a row it may be that none was right */
	if (w->before == 0)
		w->before = w->n;
	w->n += step_of(w, more);
	renew(w, flying, now);
}

bool
estimate_window_revert(struct estimate_window *w, uint64_t used,
    uint32_t flying, uint64_t now)
{
	if (w->before == 0)
		return false;
	/* what others had taken may come back long before an hour is over */
	estimate_more_tried(&w->more, false, is_young(w) && w->top != 0, now);
	if (used >= w->n)
		used = w->n - 1;
	/* a few more may have been of what the host counts next */
	w->n = used >= w->before + w->before / FEW_MORE ? used : w->before;
	w->before = 0;
	renew(w, flying, now);
	return true;
}

bool
estimate_window_is_used(const struct estimate_window *w, uint64_t more)
{
	return w->used + more >= w->n - w->n / 8;
}

bool
estimate_window_is_sure(const struct estimate_window *w)
{
	return w->n != 0 && (w->told || w->clean >= SURE);
}
