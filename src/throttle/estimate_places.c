/* SPDX-License-Identifier: ISC */
#include "throttle/estimate_places.h"

#include <stddef.h>

#include "throttle/estimate_window.h"

#define BURST		4	/* times a window's pace */
#define FEW_AT_EDGE	8	/* near what the host admitted last time */
#define FEW_OF_MANY	2	/* ... at once, of a window of many */
#define MANY		32	/* requests */
#define RECENT		8	/* windows: so long others are taken to use it */
#define LONGEST_GAP	250000000ULL	/* ns, of one after another */
#define OPENING_PATIENCE 50000000ULL	/* ns: so long who is early waits */

uint64_t
estimate_patience(const struct estimate *e)
{
	bool opening = e->phase == ESTIMATE_FREE && e->windows == NULL;

	return e->last + (opening ? OPENING_PATIENCE : BUDGET_PATIENCE);
}

/* About as many went in this era as in the last one, until it was refused. */
static bool
is_at_edge(const struct estimate *e)
{
	uint64_t went = e->log.total;

	return e->phase == ESTIMATE_OPEN && went >= e->went - e->went / 4 &&
	    went <= e->went + e->went / 4;
}

/*
 * How many of a window that others may use, too, may be on their way at once;
 * beyond them one goes after another.  0: any number.
 */
static uint32_t
at_once(const struct estimate *e, uint64_t now)
{
	const struct estimate_window *w;

	if (e->phase != ESTIMATE_OPEN || e->pace.on ||
	    !estimate_has_window(e, 0))
		return 0;
	w = &e->windows[0];
	/* they were found to, and not long ago */
	if (w->top != 0 && now < e->refused + RECENT * w->hi)
		return 1;
	if (is_at_edge(e) && w->n >= MANY)
		return FEW_OF_MANY;
	/* not all of it went the last time, nor yet */
	return e->went < w->n && e->log.total < w->n ? ESTIMATE_FEW : 0;
}

/* How many may be on their way until the host has counted them; 0: any. */
static uint32_t
places(const struct estimate *e)
{
	uint64_t went = e->log.total;

	/* at that pace, and a few beside */
	if (e->pace.on)
		return ESTIMATE_FEW + (uint32_t)(e->rtt / e->pace.interval);
	/* few of it had gone: what others leave is asked for one by one */
	if (e->phase == ESTIMATE_OPEN && estimate_has_window(e, 0) &&
	    e->went < FEW_AT_EDGE && e->went < e->windows[0].n / 4 &&
	    went <= e->went)
		return 1;
	if (is_at_edge(e) && (e->places == 0 || e->places > FEW_AT_EDGE))
		return FEW_AT_EDGE;
	return e->places;
}

/*
 * One after another is several times as fast as the window gives places, so what
 * is held back is a burst; and by the clock, so answers may take as long as they
 * like.
 */
uint64_t
estimate_places_due(const struct estimate *e, uint64_t now)
{
	const struct estimate_window *w = e->windows;
	uint32_t n = places(e), few = at_once(e, now);
	uint64_t gap;

	if (n != 0 && e->uncounted >= n)
		return estimate_patience(e);
	if (few == 0 || e->uncounted < few)
		return 0;
	gap = w->hi / (BURST * w->n);
	return e->last + (gap < LONGEST_GAP ? gap : LONGEST_GAP);
}
