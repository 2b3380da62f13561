/* SPDX-License-Identifier: ISC */
#include "throttle/estimate_told.h"

#include <stdlib.h>

#include "throttle/estimate_log.h"
#include "throttle/estimate_pace.h"
#include "throttle/estimate_window.h"
#include "throttle/larger.h"

#define SECOND		1000000000ULL	/* ns: resets are told in whole ones */
#define LATE		(2 * SECOND)	/* ... beside a Date that is so, too */
#define BELIEVED	8	/* refusals in a row: the next time may be true */

static bool
has_memory(struct estimate *e)
{
	if (e->windows == NULL)
		e->windows = calloc(ESTIMATE_WINDOWS, sizeof *e->windows);
	return e->windows != NULL;
}

/* The window of that limit; NULL where none is known. */
static struct estimate_window *
window_of(const struct estimate *e, uint64_t limit)
{
	unsigned i;

	for (i = 0; i < ESTIMATE_WINDOWS; i++)
		if (estimate_has_window(e, i) && e->windows[i].n == limit)
			return &e->windows[i];
	return NULL;
}

void
estimate_named(struct estimate *e, uint64_t until)
{
	/* better than to ask ever less often, as long as it may be true */
	bool sooner = !e->named && e->asked > 0 && e->asked <= BELIEVED &&
	    until > e->shut;

	if (e->phase != ESTIMATE_SHUT || (until <= e->next && !sooner))
		return;
	e->next = until;
	e->named = true;
}

void
estimate_told(struct estimate *e, uint64_t n, uint64_t window, uint64_t now)
{
	struct estimate_window *w;
	bool new;

	if (n == 0 || window == 0 || e->pace.on || e->slots.n != 0 ||
	    (n == e->told_n && window == e->told_window))
		return;
	if (!has_memory(e))
		return;
	w = &e->windows[0];
	new = w->n == 0;
	e->told_n = n;
	e->told_window = window;
	estimate_window_set(w, n, window, window, e->uncounted, now);
	w->told = true;
	w->top = 0;
	if (!new)
		return;
	estimate_log_fill(&e->log, &w->window, now);
	/* more went than two windows in a row allow: it is of something else */
	if ((w->window.counted + w->window.debt) / ESTIMATE_UNIT > 2 * n)
		w->n = 0;
}

bool
estimate_is_own(const struct estimate *e, uint64_t limit, uint64_t left)
{
	const struct estimate_window *w = window_of(e, limit);
	wide own;

	if (w == NULL || !w->told)
		return false;
	own = (wide)w->window.counted + w->window.debt + w->window.flying;
	return left >= limit || (wide)(limit - left) * ESTIMATE_UNIT <= own;
}

bool
estimate_is_spent(const struct estimate *e, uint64_t now)
{
	unsigned i;

	if (e->windows == NULL)
		return false;
	for (i = 0; i < ESTIMATE_WINDOWS; i++)
		if (estimate_has_window(e, i) &&
		    estimate_window_is_sure(&e->windows[i]) &&
		    estimate_window_due(&e->windows[i]) > now)
			return true;
	return false;
}

/*
 * What is known here says when the next one may go, better than a reset in whole
 * seconds; unless that is of something else, or sooner.
 */
static bool
knows_better(const struct estimate *e, const struct estimate_room *r,
    uint64_t now)
{
	uint64_t due;
	unsigned i;

	if (e->pace.on)
		return r->until - now <= (wide)r->limit * e->pace.interval +
		    2 * SECOND;
	for (i = 0; i < ESTIMATE_WINDOWS; i++) {
		if (!estimate_has_window(e, i) ||
		    (e->windows[i].n != r->limit &&
		    !estimate_window_is_sure(&e->windows[i])))
			continue;
		due = estimate_window_due(&e->windows[i]);
		if (due > now && (due == ESTIMATE_NEVER ||
		    (r->until <= due + 2 * SECOND &&
		    r->until + 2 * SECOND > due)))
			return true;
	}
	return false;
}

/* How many of a limit are used from here, as far as is known. */
static uint64_t
own_use(const struct estimate *e, uint64_t limit, uint64_t now)
{
	const struct estimate_window *w = window_of(e, limit);
	int64_t left;

	if (e->pace.on) {
		left = gcra_left(&e->pace.gcra, now);
		return left < 0 ? limit :
		    larger(limit, (uint64_t)left / ESTIMATE_UNIT) -
		    (uint64_t)left / ESTIMATE_UNIT;
	}
	return w != NULL ? w->window.counted / ESTIMATE_UNIT : e->log.total;
}

/*
 * Before its reset is reached that is later than it was, since more is used: it
 * is a bucket, which is full then.
 */
static void
notice_refill(struct estimate *e, const struct estimate_room *r, uint64_t now)
{
	/* of a short one that is most, in which nothing would ever be noticed */
	uint64_t late = estimate_has_window(e, 0) &&
	    e->windows[0].hi <= 2 * LATE + SECOND ? SECOND : LATE;

	if (r->refills)
		e->refills = true;
	else if (e->first_until <= now + late)
		e->first_until = r->until;
	else if (r->until >= e->first_until + LATE)
		e->refills = true;
}

/*
 * The pace of a bucket that nobody else uses, by how much of it is used: never
 * faster than it is.
 */
static void
take_bucket(struct estimate *e, const struct estimate_room *r, uint64_t now)
{
	uint64_t used = r->limit > r->left ? r->limit - r->left : 0;

	if (used <= r->limit / 2 || used < 2 || e->slots.n != 0 ||
	    own_use(e, r->limit, now) + e->flying + used / 16 < used ||
	    !has_memory(e))
		return;
	if (!e->pace.on)
		e->windows[0].n = e->windows[1].n = 0;
	/* those that are on their way have their part of what is left */
	estimate_pace_told(&e->pace, r->limit, r->left > e->flying ?
	    r->left - e->flying : 0, (r->until - now) / (used - 1), now);
}

/* It is all used, by nobody else, and longer than was known. */
static void
lengthen(struct estimate *e, struct estimate_window *w,
    const struct estimate_room *r, uint64_t now)
{
	uint64_t due = estimate_window_due(w);

	if (w->told || due <= now || due == ESTIMATE_NEVER ||
	    r->until <= due + 2 * SECOND)
		return;
	estimate_window_set(w, w->n, w->lo, w->hi + (r->until - due),
	    e->uncounted, now);
	estimate_window_try_round(w, SECOND);
}

/*
 * When there is more: by the reset, or where that is sooner since it is no whole
 * second, when the first is over of those that went from here.
 */
static uint64_t
opens(const struct estimate *e, const struct estimate_window *w,
    const struct estimate_room *r, uint64_t now)
{
	uint64_t at = w != NULL ? estimate_window_frees_at(w) : 0;

	/* what it holds of the one before it the host has forgotten */
	if (w != NULL && (at <= now ||
	    w->window.counted >= (w->n + 1) * ESTIMATE_UNIT))
		at = estimate_log_begun(&e->log, now) + w->hi;
	return at > now && at < r->until ? at : r->until;
}

/* Nothing is left. */
static bool
see_to(struct estimate *e, const struct estimate_mark *mark,
    const struct estimate_room *r, uint64_t now)
{
	struct estimate_window *w;

	if (!has_memory(e))
		return false;
	if (knows_better(e, r, now)) {
		e->room.until = 0;
		return true;
	}
	w = window_of(e, r->limit);
	if (w != NULL)
		lengthen(e, w, r, now);
	estimate_emptied(e, mark, now);
	e->empty_until = r->until;
	e->next = opens(e, w, r, now);
	e->named = true;
	return true;
}

/*
 * What others use of what is left will be as much as until now; but one may
 * always go.
 */
static uint64_t
own_part(const struct estimate *e, const struct estimate_room *r,
    uint64_t now)
{
	uint64_t used = r->limit > r->left ? r->limit - r->left : 0;
	uint64_t own = own_use(e, r->limit, now);

	if (r->left == 0 || own + e->flying >= used)
		return r->left;
	return larger((uint64_t)((wide)r->left * own / used), 1);
}

/*
 * An answer may be older than the one before it: as long as the reset is the
 * same, but for being told in whole seconds, the fewest that are left count.
 */
static void
note(struct estimate *e, const struct estimate_room *r, uint64_t now)
{
	bool same = e->room.until != 0 && r->until < e->room.until + SECOND &&
	    e->room.until < r->until + SECOND;

	if (!same || r->left < e->room.left)
		e->room = *r;
	e->room.left = own_part(e, &e->room, now);
	if (e->pace.on)
		e->room.until = 0;
}

/*
 * Whether an answer speaks of how things stand now: it is of this era, or the
 * one that has just found the host open again.
 */
static bool
is_of_now(const struct estimate *e, const struct estimate_mark *mark)
{
	return mark->loan == e->loan && (mark->era == e->era ||
	    (mark->role == ESTIMATE_PROBE &&
	    mark->era + 1 == e->era && e->phase == ESTIMATE_OPEN &&
	    e->log.total == 1));
}

bool
estimate_left(struct estimate *e, const struct estimate_mark *mark,
    const struct estimate_room *r, bool refused, uint64_t now)
{
	if (r->limit == 0 || r->limit > UINT32_MAX || r->until <= now)
		return false;
	/* of an era that is over, it says nothing of now */
	if (!is_of_now(e, mark))
		return true;
	if (e->phase == ESTIMATE_SHUT) {
		if (r->left == 0 && refused)
			e->doubted = false;
		if (r->left == 0 && refused && !e->emptied) {
			e->emptied = true;
			e->empty_until = r->until;
		}
		e->room.limit = r->limit;
		return r->until <= e->next;
	}
	if (refused)
		return false;
	notice_refill(e, r, now);
	if (e->refills)
		take_bucket(e, r, now);
	if (e->pace.on)
		estimate_pace_left(&e->pace, r->left > e->flying ?
		    r->left - e->flying : 0, now);
	note(e, r, now);
	return r->left == 0 ? see_to(e, mark, r, now) : true;
}
