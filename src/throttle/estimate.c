/* SPDX-License-Identifier: ISC */

/*
 * The life of an estimate:
 *
 *   FREE	nothing was refused yet.
 *   SHUT	the host refuses.  Those that are on their way come back first;
 *		then one at a time asks whether it is open.
 *   OPEN	an era: what is known is kept; few are on their way at first.
 *
 *   FREE, OPEN -> SHUT		shut()		one of this era was refused
 *   SHUT -> OPEN		reopen()	one that asked was not
 *
 * One of an era that is over says nothing of how things stand now.
 */

#include "throttle/estimate.h"

#include <stdlib.h>

#include "throttle/estimate_ask.h"
#include "throttle/estimate_doubt.h"
#include "throttle/estimate_find.h"
#include "throttle/estimate_log.h"
#include "throttle/estimate_lost.h"
#include "throttle/estimate_pace.h"
#include "throttle/estimate_places.h"
#include "throttle/estimate_room.h"
#include "throttle/estimate_slots.h"
#include "throttle/estimate_window.h"
#include "throttle/larger.h"

#define SECOND		1000000000ULL	/* ns */
#define SPREAD_RISES	4		/* by such a part of what is beyond it */
#define SPREAD_FADES	64		/* by such a part with each request */
#define MOST_SPREAD	250000000ULL	/* ns: of ways, not of work */

void
estimate_init(struct estimate *e, bool probes)
{
	*e = (struct estimate){
		.probes = probes,
		.places = ESTIMATE_OPENING,
	};
	estimate_log_begin(&e->log);
}

void
estimate_init_told(struct estimate *e)
{
	estimate_init(e, false);
	e->told_only = true;
	e->places = 0;
}

void
estimate_clear(struct estimate *e)
{
	free(e->windows);
	e->windows = NULL;
}

void
estimate_resume(struct estimate *e)
{
	e->next = 0;
	e->named = false;
	if (e->windows != NULL && e->windows[0].told)
		e->windows[0].n = 0;
}

bool
estimate_shorten(struct estimate *e, uint64_t until)
{
	if (e->phase != ESTIMATE_SHUT || e->next <= until)
		return false;
	e->next = until;
	return true;
}

void
estimate_renew(struct estimate *e)
{
	const struct estimate old = *e;

	estimate_clear(e);
	if (old.told_only)
		estimate_init_told(e);
	else
		estimate_init(e, old.probes);
	e->era = old.era + 1;
	e->loan = old.loan;
	e->peers = old.peers;
	e->abroad = old.abroad;
	e->flying = old.flying;
	e->uncounted = old.uncounted;
}

bool
estimate_is_open(const struct estimate *e)
{
	return e->phase == ESTIMATE_FREE && e->windows == NULL;
}

bool
estimate_gathers(const struct estimate *e)
{
	return e->several != 0 && e->era == 0 && e->phase == ESTIMATE_SHUT;
}

void
estimate_open(struct estimate *e, uint32_t more)
{
	if (e->places != 0 && e->places < e->uncounted + more)
		e->places = e->uncounted + more;
}

void
estimate_tick_windows(struct estimate *e, uint64_t now)
{
	unsigned i;

	for (i = 0; i < ESTIMATE_WINDOWS; i++)
		if (estimate_has_window(e, i))
			window_tick(&e->windows[i].window, now);
}

static uint64_t
shut_due(const struct estimate *e)
{
	return e->asking || e->flying > 0 || (e->abroad > 0 &&
	    estimate_gathers(e)) ? larger(e->next, estimate_patience(e)) :
	    e->next;
}

/* How many of the host's slots are in use, as far as is known. */
static uint64_t
in_use(const struct estimate *e)
{
	return e->flying * larger(e->peers, 1) + e->abroad;
}

/*
 * When one more than the slots may go (ns).  Not with all the others at once: a
 * bucket refuses so many, too, of which as many go one after another.
 */
static uint64_t
more_slots_at(const struct estimate *e, uint64_t now)
{
	if (!e->probes || in_use(e) != e->slots.n || e->slots.trying ||
	    !estimate_slots_wants_more(&e->slots, now))
		return ESTIMATE_NEVER;
	return e->last + e->rtt / (2 * (uint64_t)e->slots.n);
}

static uint64_t
slots_due(const struct estimate *e, uint64_t now)
{
	if (e->slots.n == 0 || in_use(e) < e->slots.n)
		return 0;
	return more_slots_at(e, now);
}

/* When one more than a window may go; ESTIMATE_NEVER by time alone. */
static uint64_t
more_at(const struct estimate *e, unsigned i, uint64_t now)
{
	return e->probes && estimate_has_window(e, i) ?
	    estimate_window_more_at(&e->windows[i], now) : ESTIMATE_NEVER;
}

static uint64_t
edge(const struct estimate *e, unsigned i)
{
	if (!estimate_has_window(e, i) || e->flying > 0)
		return ESTIMATE_NEVER;
	return estimate_window_edge(&e->windows[i], 2 * e->rtt + e->spread);
}

/* When a window lets the next one go; ESTIMATE_NEVER: not by time alone. */
static uint64_t
window_opens(const struct estimate *e, unsigned i, uint64_t now)
{
	uint64_t due, early, more = more_at(e, i, now);

	if (!estimate_has_window(e, i) || more <= now)
		return 0;
	due = estimate_window_due(&e->windows[i]);
	early = edge(e, i);
	early = more < early ? more : early;
	return early < due ? early : due;
}

/* The same, where a question is not answered for long. */
static uint64_t
window_opens_anyway(const struct estimate *e, unsigned i, uint64_t now)
{
	uint64_t at = window_opens(e, i, now);

	return at == ESTIMATE_NEVER && e->windows[i].tested != 0 ?
	    estimate_patience(e) : at;
}

static uint64_t
open_due(const struct estimate *e, uint64_t now)
{
	uint64_t at = larger(larger(estimate_places_due(e, now),
	    slots_due(e, now)), estimate_room_due(e));
	unsigned i;

	if (e->pace.on)
		at = larger(at, estimate_pace_due(&e->pace));
	for (i = 0; i < ESTIMATE_WINDOWS; i++)
		at = larger(at, window_opens_anyway(e, i, now));
	return at;
}

/* Nothing holds anybody; as for most hosts, so that is to cost little. */
static bool
is_unlimited(const struct estimate *e)
{
	return estimate_is_open(e) && e->places == 0 && e->room.until == 0 &&
	    !e->pace.on;
}

uint64_t
estimate_due(const struct estimate *e, uint64_t now)
{
	if (is_unlimited(e))
		return 0;
	if (e->phase == ESTIMATE_SHUT)
		return shut_due(e);
	if (estimate_is_open(e))
		return larger(estimate_places_due(e, now),
		    estimate_room_due(e));
	return open_due(e, now);
}

uint64_t
estimate_start(const struct estimate *e, uint64_t now)
{
	uint64_t at = 0, due;
	unsigned i;

	if (e->phase == ESTIMATE_SHUT)
		return e->next;
	if (e->pace.on)
		at = estimate_pace_due(&e->pace);
	for (i = 0; i < ESTIMATE_WINDOWS; i++) {
		due = window_opens(e, i, now);
		if (due != ESTIMATE_NEVER)
			at = larger(at, due);
	}
	return at;
}

/* Admissions */

static void
take_window(struct estimate *e, unsigned i, struct estimate_mark *mark,
    uint64_t at)
{
	struct estimate_window *w = &e->windows[i];

	if (mark->role != ESTIMATE_PLAIN ||
	    (estimate_window_due(w) <= at &&
	    !estimate_window_asks(w, e->rtt, at))) {
		estimate_window_take(w, at);
	} else if (more_at(e, i, at) <= at) {
		mark->role = ESTIMATE_EXTRA;
		mark->window = (uint8_t)i;
		w->full = 0;
		estimate_window_take(w, at);
	} else {
		mark->role = ESTIMATE_EDGE;
		mark->window = (uint8_t)i;
		estimate_window_ask(w, at);
	}
}

static void
count_second(struct estimate *e, uint64_t now)
{
	uint64_t second = now / SECOND;

	if (second != e->second)
		e->in_second = 0;
	e->second = second;
	if (++e->in_second > e->peak)
		e->peak = e->in_second;
}

bool
estimate_is_known(const struct estimate *e)
{
	if (e->pace.on)
		return e->pace.went_then >= ESTIMATE_WHOLE;
	if (e->slots.n != 0)
		return e->slots.seen >= ESTIMATE_WHOLE;
	return estimate_has_window(e, 0) &&
	    estimate_window_is_sure(&e->windows[0]);
}

void
estimate_take(struct estimate *e, struct estimate_mark *mark, uint64_t at,
    uint64_t now)
{
	unsigned i;

	*mark = (struct estimate_mark){
		.sent = now,
		.era = e->era,
		.loan = e->loan,
		.guess = !e->told_only && !estimate_is_known(e),
	};
	if (e->phase == ESTIMATE_SHUT) {
		mark->role = ESTIMATE_PROBE;
		e->asking = true;
	}
	if (e->slots.n != 0 && in_use(e) >= e->slots.n &&
	    mark->role == ESTIMATE_PLAIN) {
		mark->role = ESTIMATE_EXTRA;
		mark->window = ESTIMATE_WINDOWS;
		e->slots.quiet = 0;
		e->slots.trying = true;
	}
	for (i = 0; i < ESTIMATE_WINDOWS; i++)
		if (estimate_has_window(e, i))
			take_window(e, i, mark, now);
	if (e->pace.on)
		estimate_pace_take(&e->pace, at);
	if (e->peers > 1)
		estimate_lost(e, e->peers - 1, now);
	count_second(e, now);
	e->flying++;
	e->uncounted++;
	e->last = now;
}

void
estimate_hold(struct estimate *e, struct estimate_mark *mark, bool counted,
    uint64_t now)
{
	unsigned i;

	*mark = (struct estimate_mark){
		.sent = now,
		.era = e->era,
		.loan = e->loan,
		.guess = !e->told_only,
	};
	e->flying++;
	if (counted)
		return;
	e->uncounted++;
	for (i = 0; i < ESTIMATE_WINDOWS; i++)
		if (estimate_has_window(e, i))
			window_take(&e->windows[i].window, ESTIMATE_UNIT);
}

/*
 * How uneven the ways there and back are.  What takes much longer than others is
 * the host's work, of which it has counted the most before.
 */
static void
note_spread(struct estimate *e, uint64_t sent, uint64_t at)
{
	uint64_t took = at > sent ? at - sent : 0;
	uint64_t late = took > e->rtt ? took - e->rtt : 0;

	if (sent == 0 || e->rtt == 0 || late > MOST_SPREAD)
		return;
	e->spread = late > e->spread ?
	    e->spread + (late - e->spread) / SPREAD_RISES :
	    e->spread - e->spread / SPREAD_FADES;
}

void
estimate_counted(struct estimate *e, uint64_t sent, uint64_t at)
{
	unsigned i;

	if (e->uncounted == 0)
		return;
	e->uncounted--;
	note_spread(e, sent, at);
	for (i = 0; i < ESTIMATE_WINDOWS; i++)
		if (estimate_has_window(e, i))
			window_count(&e->windows[i].window, ESTIMATE_UNIT, at);
}

void
estimate_dropped(struct estimate *e)
{
	unsigned i;

	if (e->uncounted == 0)
		return;
	e->uncounted--;
	for (i = 0; i < ESTIMATE_WINDOWS; i++)
		if (estimate_has_window(e, i))
			window_drop(&e->windows[i].window, ESTIMATE_UNIT);
}

/* Answers */

/* Whether one was admitted in this era, by what is known here. */
static bool
is_of_era(const struct estimate *e, const struct estimate_mark *mark)
{
	return mark->era == e->era && mark->loan == e->loan;
}

/* Until one that asks is not refused. */
static void
begin_shut(struct estimate *e, const struct estimate_mark *mark, bool emptied)
{
	e->phase = ESTIMATE_SHUT;
	e->refused = e->shut = mark->sent;
	e->asked = e->beside = 0;
	e->asking = e->named = false;
	e->emptied = emptied;
}

/* One of this era was refused, and it was no question. */
static void
shut(struct estimate *e, const struct estimate_mark *mark, bool emptied,
    uint64_t now)
{
	struct estimate_window *w;
	unsigned i;

	if (e->windows == NULL)
		e->windows = calloc(ESTIMATE_WINDOWS, sizeof *e->windows);
	for (i = 0; i < ESTIMATE_WINDOWS; i++)
		if (estimate_has_window(e, i)) {
			w = &e->windows[i];
			w->used = w->window.counted / ESTIMATE_UNIT;
			w->tested = 0;
		}
	begin_shut(e, mark, emptied);
	e->room.until = e->first_until = 0;
	e->refills = false;
	e->at_edge = mark->role == ESTIMATE_EDGE;
	if (!emptied && !estimate_is_pace_in_doubt(e))
		estimate_pace_shut(&e->pace, mark->sent);
	e->next = estimate_ask_next(e, now);
}

void
estimate_emptied(struct estimate *e, const struct estimate_mark *mark,
    uint64_t now)
{
	shut(e, mark, true, now);
}

/* The one that asked was not refused. */
static void
reopen(struct estimate *e, const struct estimate_mark *mark, uint64_t now)
{
	e->phase = ESTIMATE_OPEN;
	e->asking = false;
	e->places = ESTIMATE_FEW;
	if (e->era == 0 && (e->log.total == 0 ||
	    (e->several != 0 && e->asked == 0))) {
		/* it has admitted nobody until now; or it was not shut for
		   long, and how many were on their way nobody knows: it begins
		   with this */
		e->pace = (struct estimate_pace){ .on = false };
		e->several = 0;
		estimate_log_begin(&e->log);
		return;
	}
	e->several = 0;
	estimate_find(e, mark->sent, now);
	e->before = e->beside;
	e->went = e->log.total;
	e->closed = mark->sent > e->refused ? mark->sent - e->refused : 0;
	e->early = 0;
	e->era++;
	estimate_log_begin(&e->log);
}

static void
ask_again(struct estimate *e, const struct estimate_mark *mark, uint64_t now)
{
	e->asking = false;
	e->named = false;
	e->shut = mark->sent;
	e->asked++;
	e->next = e->doubted ? estimate_doubt_next(e, now) :
	    estimate_ask_next(e, now);
}

/* It may have been so for what it is: not much is made of it yet. */
static void
doubt(struct estimate *e, const struct estimate_mark *mark, uint64_t now)
{
	begin_shut(e, mark, false);
	e->doubted = true;
	e->next = estimate_doubt_next(e, now);
}

/* The first that was refused may have been so for what it is, others are not. */
static void
shut_after_all(struct estimate *e, uint64_t now)
{
	struct estimate_mark first = { .sent = e->refused };
	uint32_t beside = e->beside;

	e->doubted = false;
	shut(e, &first, false, now);
	e->beside = beside;
}

/* One was refused while the host is shut. */
static void
refused_shut(struct estimate *e, const struct estimate_mark *mark,
    uint64_t now)
{
	if (e->doubted && !mark->again)
		shut_after_all(e, now);
	if (mark->role == ESTIMATE_PROBE)
		ask_again(e, mark, now);
}

/* The window that a question was about, while it is in force; or NULL. */
static struct estimate_window *
window_of(struct estimate *e, const struct estimate_mark *mark)
{
	if (e->windows == NULL || mark->window >= ESTIMATE_WINDOWS ||
	    e->windows[mark->window].n == 0)
		return NULL;
	return &e->windows[mark->window];
}

static void
refused(struct estimate *e, const struct estimate_mark *mark, uint64_t now)
{
	struct estimate_window *w = window_of(e, mark);

	e->refusals++;
	if (!mark->again)
		e->firsts++;
	if (!is_of_era(e, mark))
		return;
	/* of those that are on their way it may be another one */
	if (e->phase == ESTIMATE_OPEN && e->slots.trying) {
		estimate_slots_more(&e->slots, false, now);
		return;
	}
	if (e->phase == ESTIMATE_SHUT) {
		refused_shut(e, mark, now);
		return;
	}
	if (mark->role == ESTIMATE_EXTRA && w != NULL)
		estimate_window_more(w, false, e->uncounted, now);
	else if (mark->role == ESTIMATE_EDGE && w != NULL && w->tested != 0 &&
	    (w->tested < w->hi || w->hi < w->ok))
		estimate_window_asked(w, false, 0, e->uncounted, now);
	else if (mark->role != ESTIMATE_EXTRA && estimate_may_doubt(e, mark))
		doubt(e, mark, now);
	else if (mark->role != ESTIMATE_EXTRA)
		shut(e, mark, false, now);
}

/* What a question has said that was not refused. */
static void
heed(struct estimate *e, const struct estimate_mark *mark, uint64_t now)
{
	struct estimate_window *w = window_of(e, mark);

	if (mark->role == ESTIMATE_EXTRA && mark->window == ESTIMATE_WINDOWS &&
	    e->slots.n != 0 && e->phase == ESTIMATE_OPEN)
		estimate_slots_more(&e->slots, true, now);
	if (w == NULL)
		return;
	if (mark->role == ESTIMATE_EXTRA)
		estimate_window_more(w, true, e->uncounted, now);
	else if (mark->role == ESTIMATE_EDGE && w->tested != 0) {
		if (w->tested < w->hi - w->hi / 4)
			e->early = e->log.total;
		estimate_window_asked(w, true, e->spread, e->uncounted, now);
	}
	if (e->windows[0].n != 0 && e->windows[0].hi < e->windows[0].born / 2)
		estimate_find_bucket(e, now);
}

static void
grow(struct estimate *e)
{
	if (e->places != 0 && ++e->places >= ESTIMATE_WHOLE)
		e->places = 0;
}

static void
succeeded(struct estimate *e, const struct estimate_mark *mark, uint64_t now)
{
	uint64_t took = now > mark->sent ? now - mark->sent : 0;

	if (!is_of_era(e, mark))
		return;
	e->rtt = e->rtt == 0 || took < e->rtt ? took : e->rtt + e->rtt / 64;
	if (e->pace.since != 0)
		estimate_pace_went(&e->pace, mark->sent);
	if (e->doubted && mark->role == ESTIMATE_PROBE)
		estimate_renew(e);
	else if (e->phase == ESTIMATE_SHUT && mark->role == ESTIMATE_PROBE)
		reopen(e, mark, now);
	else if (e->phase == ESTIMATE_SHUT)
		e->beside++;
	estimate_log_add(&e->log, now);
	if (e->long_went++ == 0)
		e->long_first = now;
	estimate_slots_went(&e->slots, (uint32_t)in_use(e));
	heed(e, mark, now);
	if (e->pace.on)
		estimate_pace_raise(&e->pace, now);
	grow(e);
}

void
estimate_answered(struct estimate *e, const struct estimate_mark *mark,
    enum budget_verdict verdict, uint64_t now)
{
	if (e->flying > 0)
		e->flying--;
	e->heard = now;
	if (e->told_only) {
		/* for a window that is named later */
		if (verdict == BUDGET_SUCCESS)
			estimate_log_add(&e->log, now);
	} else if (verdict == BUDGET_THROTTLED)
		refused(e, mark, now);
	else if (verdict == BUDGET_SUCCESS)
		succeeded(e, mark, now);
	else if (mark->role == ESTIMATE_PROBE && is_of_era(e, mark))
		e->asking = false;
	else if (mark->role == ESTIMATE_EXTRA)
		e->slots.trying = false;
}

bool
estimate_needs_counts(const struct estimate *e)
{
	return e->places != 0 || e->windows != NULL;
}

bool
estimate_is_idle(const struct estimate *e, uint64_t now)
{
	uint64_t memory = BUDGET_MEMORY;
	unsigned i;

	if (e->flying > 0)
		return false;
	if (estimate_is_open(e))
		return true;
	for (i = 0; i < ESTIMATE_WINDOWS; i++)
		if (estimate_has_window(e, i))
			memory = larger(memory, 2 * e->windows[i].hi);
	return now > e->heard && now - e->heard > memory &&
	    now > e->next;
}
