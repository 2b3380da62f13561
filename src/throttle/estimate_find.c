/* SPDX-License-Identifier: ISC */

/*
 * Which kind of limit it is.  Each is taken for right until it is refused in a
 * way that it cannot be: slots with fewer on their way, a bucket that stays
 * shut for many times its pace, a window that is used up long before its number.
 */

#include "throttle/estimate_find.h"

#include <stddef.h>

#include "throttle/estimate_correct.h"
#include "throttle/estimate_era.h"
#include "throttle/estimate_log.h"
#include "throttle/estimate_pace.h"
#include "throttle/estimate_slots.h"
#include "throttle/estimate_window.h"
#include "throttle/larger.h"

#define TRICKLE		3	/* so few in an era are no window's */
#define AT_ONCE		50000000ULL	/* ns: no time for a window */
#define SECOND		1000000000ULL	/* ns */
#define FRESH		SECOND
#define LATE		(2 * SECOND)	/* a reset is told by so much at most */
#define GUESS		(2 * SECOND)	/* that a few say of a pace at most */
#define LONGER		64	/* times a window another may be */
#define CLOSE		64	/* a part that is soon back */
#define FEW		8	/* times the pace: so soon it opens again */
#define TELLING		3	/* refusals that tell a pace */

/* From an era on, which it is measured by where nothing was counted before. */
static void
begin_pace(struct estimate *e, uint64_t first, uint64_t went, uint64_t until)
{
	struct estimate_pace *p = &e->pace;

	e->windows[0].n = e->windows[1].n = 0;
	p->on = true;
	if (p->since == 0 || p->since >= until) {
		p->since = first;
		p->went = went;
	}
	p->refused = p->since;
	p->went_then = 0;
}

static void
set_pace(struct estimate *e, const struct estimate_era *era)
{
	struct estimate_pace *p = &e->pace;

	begin_pace(e, era->first, era->went, era->refused);
	if (era->at_first)
		p->burst = era->went;
	/* of a few it is not known how soon they may follow each other, but it
	   may have been shut for something else meanwhile */
	estimate_pace_refused(p, era->went > TRICKLE ? era->refused :
	    era->closed > GUESS ? era->refused + GUESS : era->open);
}

/* It does not go on as if it had gone at that pace. */
static bool
is_no_bucket(const struct estimate *e, const struct estimate_era *era)
{
	/* what is named is rounded up */
	uint64_t closed = era->named ? since(SECOND, era->closed) :
	    since(era->refused, era->shut);

	return closed > 8 * e->pace.interval + 4 * era->slack &&
	    era->went > TRICKLE;
}

static void
set_window(struct estimate *e, unsigned i, const struct estimate_era *era,
    uint64_t went, uint64_t first, uint64_t now)
{
	struct estimate_window *w = &e->windows[i];
	bool new = w->n == 0;
	/* at first it may have begun in the middle of one */
	uint64_t lo = since(era->at_first ? era->refused : first, era->shut);

	if (new)
		*w = (struct estimate_window){ .n = 0 };
	w->told = false;
	if (new)
		w->known_at = now + since(first, era->open);
	if (!new && w->lo < since(first, era->open))
		lo = larger(lo, w->lo);
	estimate_window_set(w, went, lo, since(first, era->open),
	    e->uncounted, now);
	if (!new)
		return;
	/* all of it was used by what has found it */
	w->full = 1;
	if (i == 0)
		estimate_log_fill(&e->log, &w->window, now);
	/* and the one that has found it open */
	window_take(&w->window, ESTIMATE_UNIT);
	window_count(&w->window, ESTIMATE_UNIT, now);
}

/* A longer window is what went since it was last open. */
static void
set_longer(struct estimate *e, const struct estimate_era *era, uint64_t now)
{
	set_window(e, 1, era, e->long_went, e->long_first, now);
	e->long_went = 0;
}

/* The same over a window, of which the longer one is not too many times. */
static void
find_longer(struct estimate *e, const struct estimate_era *era, uint64_t now)
{
	struct estimate_window *w = e->windows;

	if (since(e->long_first, era->open) > LONGER * w[0].hi) {
		/* nothing is known of so long ago: it begins with this */
		if (w[0].seen < ESTIMATE_PROVEN)
			w[0].n = w[1].n = 0;
		e->long_went = 0;
		return;
	}
	set_longer(e, era, now);
}

/* It was shut for longer than the window can make it. */
static bool
is_shut_longer(const struct estimate_window *w, const struct estimate_era *era)
{
	return estimate_era_closed(era) > w->hi + w->hi / 32 + era->slack;
}

/*
 * It was made shorter, and is refused at its end, for about as long: what went
 * before went late in one of the host's, whose end came sooner.  Not where there
 * is a longer one, for then the end may be of that one.
 */
static bool
is_too_short(const struct estimate *e, const struct estimate_era *era)
{
	const struct estimate_window *w = &e->windows[0];

	return e->at_edge && e->windows[1].n == 0 && w->hi < w->born &&
	    w->hi + estimate_era_closed(era) <= w->born + era->slack;
}

static void
judge_kept(struct estimate *e, const struct estimate_era *era, uint64_t now)
{
	struct estimate_window *w = e->windows;

	bool late = (era->named ? estimate_missing(e, &w[0], era) :
	    estimate_era_closed(era)) <=
	    w[0].hi / ESTIMATE_LITTLE + era->slack / 2;
	/* several times all of it went */
	bool longer = is_shut_longer(&w[0], era) ||
	    (!late && era->went >= 2 * w[0].n);

	if (!longer || is_too_short(e, era))
		estimate_correct(e, &w[0], era, now);
	else if (w[1].n != 0 && estimate_window_is_sure(&w[1]))
		estimate_correct(e, &w[1], era, now);
	else
		find_longer(e, era, now);
}

/*
 * More has gone since the longer one was open than what went in this era, in its
 * length, allows: then it is not that which refuses now.
 */
static bool
is_too_slow(const struct estimate *e, const struct estimate_era *era,
    uint64_t length)
{
	uint64_t span = since(e->long_first, era->refused);

	return e->windows[1].n == 0 && e->windows[0].n <= era->went &&
	    (wide)e->long_went * length >
	    (wide)era->went * ((wide)span + 2 * (wide)length);
}

/*
 * Before this era it was shut for so long without a break that not so many can
 * have come one after another since.
 */
static bool
came_at_once(const struct estimate *e, const struct estimate_era *era)
{
	const struct estimate_window *w = &e->windows[0];

	return e->era == 1 && era->went > TRICKLE &&
	    (wide)(era->went - TRICKLE) * w->lo >
	    since(w->lo, w->hi) + since(era->first, era->refused);
}

/* It was shut for no longer than a bucket of that would be. */
static bool
is_soon_open(const struct estimate_window *w, const struct estimate_era *era)
{
	return estimate_era_closed(era) <=
	    FEW * (w->hi / w->n) + 4 * era->slack + AT_ONCE;
}

/* More went than a bucket of that had got in it since it was refused before. */
static bool
is_too_much(const struct estimate *e, const struct estimate_era *era)
{
	const struct estimate_window *w = &e->windows[0];

	return e->closed != 0 && era->went > TRICKLE &&
	    (wide)(era->went - TRICKLE) * w->hi > (wide)2 * w->n *
	    ((wide)e->closed + since(era->first, era->refused));
}

/*
 * ... and where all of the window has gone before, as many went as had come
 * while it was shut.
 */
static bool
may_be_bucket(const struct estimate *e, const struct estimate_era *era)
{
	const struct estimate_window *w = &e->windows[0];

	return !came_at_once(e, era) && !is_too_much(e, era) &&
	    w->seen < ESTIMATE_KEPT && is_soon_open(w, era) &&
	    (w->seen == 0 || era->went + TRICKLE >= w->n / CLOSE);
}

/*
 * A window is what went in the era.  Where it was shut for long, others have used
 * the rest, and how much they leave the next time is not known: half of it stays.
 */
static void
set_rest(struct estimate *e, const struct estimate_era *era, uint64_t now)
{
	const struct estimate_window *w = &e->windows[0];
	uint64_t least = is_soon_open(w, era) ? 0 : w->n / 2;

	set_window(e, 0, era, larger(era->went, least), era->first, now);
}

/*
 * It was used up often, and others have used it up soon; or it has let go what
 * it always does, and then was shut for no longer than it is.
 */
static bool
is_the_same(const struct estimate_window *w, const struct estimate_era *era)
{
	return w->seen >= ESTIMATE_KEPT &&
	    (since(era->first, era->open) < w->hi - w->hi / 8 ||
	    (era->went + larger(w->n / ESTIMATE_LITTLE, 1) >= w->n &&
	    !is_shut_longer(w, era)));
}

static void
judge_new(struct estimate *e, const struct estimate_era *era, uint64_t now)
{
	struct estimate_window *w = &e->windows[0];
	uint64_t length = since(era->first, era->open);

	if (w->used + e->beside >= w->n - w->n / 8 &&
	    era->closed <= w->hi / 16 + era->slack)
		estimate_correct(e, w, era, now);
	else if (era->went <= w->n / 2 && length <= w->hi + w->hi / 4) {
		if (may_be_bucket(e, era))
			set_pace(e, era);
		else
			estimate_correct(e, w, era, now);
	} else if (is_too_slow(e, era, length))
		find_longer(e, era, now);
	/* used up by others: that says nothing of its length */
	else if (is_the_same(w, era) ||
	    (era->went < w->n && length < w->lo))
		estimate_correct(e, w, era, now);
	else
		set_rest(e, era, now);
}

/* It began long before it was refused. */
static bool
is_long_ago(const struct estimate_era *era)
{
	return era->at_first && since(era->first, era->refused) >
	    8 * era->closed + FRESH;
}

static void
judge_first(struct estimate *e, const struct estimate_era *era, uint64_t now)
{
	/* where it began long before, it says nothing of a window */
	if (is_long_ago(era))
		return;
	if (era->went <= TRICKLE || (!era->at_first &&
	    era->closed < era->slack + AT_ONCE))
		set_pace(e, era);
	else
		set_window(e, 0, era, era->went, era->first, now);
}

/*
 * It is open as soon as those are back that were on their way; or it has said
 * when, and no more had gone than were on their way at once; or as many were on
 * their way as the last time that it refused.
 */
static bool
may_be_slots(const struct estimate *e, const struct estimate_era *era)
{
	if (e->slots.off || e->pace.on || e->beside == 0)
		return false;
	if (e->beside == e->before && e->beside > 1 && e->asked == 0 &&
	    !estimate_window_is_sure(&e->windows[0]))
		return true;
	return e->windows[0].n == 0 && e->asked == 0 &&
	    (!era->named || e->beside >= era->went - era->went / 4);
}

/*
 * The first era has found it, and its end was that of another one: it is shut for
 * longer before all of it has gone twice since then, or as soon as all of it has
 * gone once.
 */
static bool
is_guess(const struct estimate *e, const struct estimate_era *era)
{
	const struct estimate_window *w = &e->windows[0];
	uint64_t some = w->n / 8;

	if (e->era != 1 || w->told || w->seen >= ESTIMATE_KEPT)
		return false;
	return (era->went < 2 * w->n && is_shut_longer(w, era)) ||
	    (era->went + some >= w->n && era->went <= w->n + some);
}

/* It was open long before it should be, but not for all that it allows. */
static bool
was_part(const struct estimate *e, const struct estimate_era *era)
{
	uint64_t n = e->windows[0].n;

	return e->early != 0 && era->went - e->early < n - n / 4;
}

/* A bucket; but not where it is shut for long, and does not say what is left. */
static void
judge_part(struct estimate *e, const struct estimate_era *era, uint64_t now)
{
	if (e->room.limit != 0 || is_soon_open(&e->windows[0], era))
		set_pace(e, era);
	else
		set_rest(e, era, now);
}

/* What was tried of late was too much, and nothing else is wrong. */
static bool
revert(struct estimate *e, uint64_t now)
{
	struct estimate_window *w;
	bool reverted = false;
	unsigned i;

	for (i = 0; i < ESTIMATE_WINDOWS; i++) {
		w = &e->windows[i];
		if (w->n != 0 && estimate_window_revert(w, w->used +
		    e->beside, e->uncounted, now))
			reverted = true;
	}
	return reverted;
}

/*
 * How long a bucket that refusals have told may be shut (ns): longer, and what
 * lies over it is used up.  0: it is not told.
 */
static uint64_t
longest_of_pace(const struct estimate *e, const struct estimate_era *era)
{
	const struct estimate_pace *p = &e->pace;

	return !p->on || p->told || p->seen < TELLING || era->went <= TRICKLE ?
	    0 : FEW * p->interval + 4 * era->slack + AT_ONCE;
}

/* How long it may be shut by what is known well (ns); 0: nothing is. */
static uint64_t
longest_shut(const struct estimate *e, const struct estimate_era *era)
{
	const struct estimate_window *w = e->windows;

	if (e->slots.n != 0)
		return e->slots.seen <
		    (uint64_t)ESTIMATE_PROVEN * e->slots.n ? 0 :
		    e->asked > 0 ? era->slack + AT_ONCE :
		    era->named ? era->slack + 4 * SECOND : 0;
	if (e->pace.on && w[1].n != 0)
		return estimate_window_is_used(&w[1], e->beside) ?
		    4 * w[1].hi : longest_of_pace(e, era);
	if (e->pace.on && era->went >= 4 * ESTIMATE_PROVEN)
		return 4 * ESTIMATE_PROVEN * e->pace.interval + 4 * era->slack;
	if (e->pace.on)
		return longest_of_pace(e, era);
	return w[0].n != 0 && w[0].seen >= ESTIMATE_PROVEN ?
	    4 * w[w[1].n != 0].hi : 0;
}

/*
 * The host has named until when, and by then all that went is over: it is as with
 * a longer window, which is met by those who go faster than it allows.
 */
static bool
is_named_window(const struct estimate *e, const struct estimate_era *era)
{
	uint64_t went = since(e->long_first, era->refused);

	return era->named && e->slots.n == 0 && era->closed < went &&
	    era->closed > (went + era->closed) / ESTIMATE_SOON;
}

/*
 * It was shut for longer than what has been kept for long can make it: not for
 * that, then, which stays.  But not again and again.
 */
static bool
was_outage(struct estimate *e, const struct estimate_era *era, uint64_t now)
{
	uint64_t longest = longest_shut(e, era);

	if (longest == 0 || era->closed <= longest || (e->outage != 0 &&
	    since(e->outage, era->refused) < ESTIMATE_PROVEN * era->closed) ||
	    is_named_window(e, era))
		return false;
	e->outage = now;
	e->long_went = 0;
	if (e->pace.on)
		estimate_pace_renew(&e->pace, era->open, now);
	return true;
}

/* Returns whether slots are what it counts, as far as is known. */
static bool
find_slots(struct estimate *e, const struct estimate_era *era)
{
	if (e->slots.n == 0)
		return false;
	if (estimate_slots_refused(&e->slots, e->beside))
		return true;
	estimate_pace_begin(&e->pace, era->refused);
	return false;
}

/*
 * The host has said that all of its limit was used, here and by others, and when
 * there is more.
 */
static void
judge_emptied(struct estimate *e, const struct estimate_era *era, uint64_t now)
{
	struct estimate_window *w = e->windows;
	struct estimate_era told = *era;
	uint64_t n = e->room.limit, length;

	if (e->pace.on || e->slots.n != 0)
		return;
	/* it may have been open before, and used up by others again */
	if (e->empty_until < told.open) {
		told.open = larger(e->empty_until, told.first + 1);
		told.shut = told.refused;
	}
	length = since(told.first, told.open);
	if (w[0].n == 0) {
		set_window(e, 0, &told, n, told.first, now);
		estimate_window_try_round(&w[0], LATE + era->slack);
		return;
	}
	/* no longer one has ever allowed more than that */
	if (w[0].n != n && w[1].n != n && e->long_went <= n &&
	    length > w[0].hi + w[0].hi / 32 + era->slack)
		set_window(e, 1, &told, n, e->long_first, now);
}

/* Returns whether a window over a pace refused, not the pace. */
static bool
find_over_pace(struct estimate *e, const struct estimate_era *era, uint64_t now)
{
	uint64_t longest = longest_of_pace(e, era);

	if (longest == 0 || estimate_era_closed(era) <= longest)
		return false;
	if (estimate_has_window(e, 1))
		estimate_correct(e, &e->windows[1], era, now);
	else
		set_longer(e, era, now);
	return true;
}

/* It was the pace's: at first, where that was not known, and since then. */
static void
slow_down(struct estimate *e, const struct estimate_era *era)
{
	if (estimate_is_pace_in_doubt(e))
		estimate_pace_refused(&e->pace, era->refused);
	if (e->pace.on && era->shut > era->refused)
		estimate_pace_refused(&e->pace, era->shut);
}

static void
find(struct estimate *e, const struct estimate_era *era, uint64_t now)
{
	/* if it is a bucket, no more fits into it */
	if (era->at_first && !is_long_ago(era))
		e->pace.full = era->went;
	if (e->emptied) {
		judge_emptied(e, era, now);
		return;
	}
	if (was_outage(e, era, now) || find_slots(e, era) ||
	    revert(e, now) || find_over_pace(e, era, now))
		return;
	slow_down(e, era);
	if (may_be_slots(e, era)) {
		estimate_slots_found(&e->slots, e->beside);
		e->windows[0].n = e->windows[1].n = 0;
		return;
	}
	if (e->pace.on) {
		if (!is_no_bucket(e, era))
			return;
		e->pace.on = false;
		e->windows[1].n = 0;
	}
	if (e->windows[0].n == 0)
		judge_first(e, era, now);
	else if (was_part(e, era))
		judge_part(e, era, now);
	else if (estimate_window_is_sure(&e->windows[0]) &&
	    !is_guess(e, era))
		judge_kept(e, era, now);
	else
		judge_new(e, era, now);
}

bool
estimate_is_pace_in_doubt(const struct estimate *e)
{
	return e->pace.on && !e->pace.told && estimate_has_window(e, 1) &&
	    estimate_window_is_used(&e->windows[1], 0);
}

void
estimate_find_bucket(struct estimate *e, uint64_t now)
{
	/* which is no bucket, as the host says, but began anew in between */
	if (e->room.until > now && !e->refills) {
		e->windows[0].n = e->windows[1].n = 0;
		return;
	}
	begin_pace(e, estimate_log_begun(&e->log, now), e->log.total, now);
	estimate_pace_refused(&e->pace, now);
}

void
estimate_find(struct estimate *e, uint64_t sent, uint64_t now)
{
	struct estimate_era era = {
		.went = e->log.total,
		.first = estimate_log_begun(&e->log, e->refused),
		.refused = e->refused,
		.shut = e->shut,
		.open = sent,
		.closed = since(e->refused, sent),
		.slack = 2 * e->rtt,
		.at_first = e->era == 0,
		.named = e->named,
	};

	if (e->windows != NULL)
		find(e, &era, now);
}
