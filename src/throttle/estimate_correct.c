/* SPDX-License-Identifier: ISC */

#include "throttle/estimate_correct.h"

#include "throttle/estimate_log.h"
#include "throttle/estimate_more.h"
#include "throttle/estimate_probe.h"
#include "throttle/estimate_window.h"
#include "throttle/larger.h"

#define SECOND		1000000000ULL	/* ns */

uint64_t
estimate_missing(const struct estimate *e, const struct estimate_window *w,
    const struct estimate_era *era)
{
	uint64_t round = estimate_probe_below(w->hi + w->hi / ESTIMATE_LITTLE);
	uint64_t least = larger(estimate_era_closed(era), since(w->hi, round));

	return era->named && w->top == 0 && least < era->closed &&
	    w->hi < ESTIMATE_LITTLE * SECOND && round > w->hi &&
	    !estimate_probe_is_round(w->hi) &&
	    estimate_window_is_used(w, e->beside + 1) ? least : era->closed;
}

/*
 * All that it allows has gone as soon as it was open, as where nobody else uses
 * it, and then it was shut for as long as it is: there is less in it.
 */
static bool
is_lowered(const struct estimate *e, const struct estimate_window *w,
    const struct estimate_era *era)
{
	return w->seen >= ESTIMATE_PROVEN &&
	    since(era->first, era->open) > w->hi - w->hi / 4 &&
	    estimate_log_soon(&e->log, w->hi / ESTIMATE_SOON) >=
	    era->went - era->went / ESTIMATE_SOON;
}

/* Most are round: what is a little shorter may be such a one. */
static bool
may_be_round(uint64_t length, uint64_t longer)
{
	uint64_t most = estimate_probe_below(longer + longer / ESTIMATE_LITTLE);

	return !estimate_probe_is_round(length) && most > length &&
	    longer <= most + most / 100;
}

/*
 * All of it has gone so often that it is long enough, and no shorter one is to
 * blame; or it is refused again and again as soon as it opens.
 */
static bool
is_long_enough(const struct estimate *e, const struct estimate_window *w,
    const struct estimate_era *era)
{
	uint64_t some = w->n / ESTIMATE_LITTLE;

	/* made shorter since then, which may be why it is refused */
	if (e->at_edge || w->seen < ESTIMATE_KEPT ||
	    (w->top == 0 && w->hi < w->born))
		return false;
	return (w == &e->windows[0] && !w->told &&
	    !may_be_round(w->hi, w->hi + estimate_missing(e, w, era))) ||
	    (era->went < some && e->went < some);
}

void
estimate_correct(struct estimate *e, struct estimate_window *w,
    const struct estimate_era *era, uint64_t now)
{
	uint64_t used = w->used + e->beside, n = w->n, hi = w->hi;
	uint64_t closed = estimate_missing(e, w, era);
	uint64_t longer = hi + closed, step = larger(n / ESTIMATE_LITTLE, 1);

	if (era->went <= n - n / 4 && is_lowered(e, w, era)) {
		estimate_more_lowered(&w->more);
		w->top = 0;
		/* so long it was kept, and is no shorter since then */
		estimate_window_set(w, era->went, w->lo, larger(hi,
		    since(era->first, era->open)), e->uncounted, now);
		return;
	}
	if (used >= n)
		used = n - 1;
	/* then others take some of it */
	if (used + step >= n && step < n && is_long_enough(e, w, era))
		n -= step;
	/* what allows more is nearer to what it has allowed so far */
	else if (e->at_edge || (used >= n - 1 - n / 64 &&
	    closed < hi / 2) ||
	    (wide)n * hi * 15 > (wide)used * longer * 16)
		hi = longer + era->slack / 4;
	else
		n = used;
	if (n == w->n - step || n < w->n - w->n / 8)
		estimate_window_lowered(w);
	estimate_window_set(w, n, w->lo, hi, e->uncounted, now);
}
