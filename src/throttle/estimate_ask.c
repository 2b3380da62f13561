/* SPDX-License-Identifier: ISC */
#include "throttle/estimate_ask.h"

#include "throttle/estimate_log.h"
#include "throttle/estimate_pace.h"
#include "throttle/estimate_probe.h"
#include "throttle/estimate_window.h"
#include "throttle/larger.h"

#define SECOND		1000000000ULL	/* ns */
#define HOUR		(3600 * SECOND)
#define SHORT		4	/* windows: of an era that tells its length */
#define FIRST		(SECOND / 2)	/* distance, where nothing is known */

/* From when on it is counted at which distances to ask (ns). */
static uint64_t
asked_from(const struct estimate *e)
{
	/* it began in the middle of some window */
	if (e->era == 0 && e->log.unit > SECOND &&
	    e->log.first + e->rtt < e->refused)
		return e->refused;
	return estimate_log_begun(&e->log, e->refused);
}

/* The first request of all was refused, and was alone. */
static bool
is_nothing_known(const struct estimate *e)
{
	return e->era == 0 && e->log.total == 0 && e->flying == 0;
}

/* Others have used it, too: a window that is known well, and holds less. */
static bool
is_others(const struct estimate *e)
{
	const struct estimate_window *w = &e->windows[0];

	return !e->at_edge && estimate_window_is_sure(w) &&
	    w->used + 1 + w->n / 64 < w->n;
}

/*
 * When the first is over of what went (ns), where others have used the window,
 * too, or it was asked once: then it was no boundary that is a little late.  0:
 * it is asked already, or over.
 */
static uint64_t
first_free(const struct estimate *e, uint64_t now)
{
	uint64_t at = estimate_window_frees_at(&e->windows[0]);

	return e->asked == (is_others(e) ? 0 : 1) && at != BUDGET_NEVER &&
	    at > now ? at : 0;
}

/* When to ask next, where the host does not say. */
static uint64_t
probe_due(const struct estimate *e, uint64_t now)
{
	unsigned i;
	uint64_t due;

	/* as soon as those are back that are on their way */
	if (e->asked == 0 && (e->slots.n != 0 ||
	    (!e->slots.off && !e->pace.on && !estimate_has_window(e, 0))))
		return is_nothing_known(e) ? now + FIRST : now;
	for (i = 0; i < ESTIMATE_WINDOWS; i++) {
		due = estimate_has_window(e, i) ?
		    estimate_window_due(&e->windows[i]) : 0;
		if (due > now && due != BUDGET_NEVER)
			return due;
	}
	if (e->pace.on)
		return larger(larger(now, estimate_pace_due(&e->pace)),
		    now + (e->shut - e->refused) / 3);
	/* asked twice: it is longer than was known, or of another kind */
	if (estimate_has_window(e, 0) && (e->asked <= 1 ||
	    now >= asked_from(e) + SHORT * e->windows[0].hi))
		return larger(first_free(e, now), now +
		    larger(e->windows[0].hi / 32, (now - e->refused) / 3));
	return estimate_probe_next(asked_from(e), now);
}

/* But no later than in an hour: it may have been an outage. */
uint64_t
estimate_ask_next(const struct estimate *e, uint64_t now)
{
	uint64_t due = probe_due(e, now);

	return due < now + HOUR ? due : now + HOUR;
}
