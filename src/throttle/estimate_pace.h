/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ESTIMATE_PACE_H
#define SLUICE_ESTIMATE_PACE_H

#include "throttle/estimate_types.h"

/*
 * The pace of a bucket.  What it admits from one refusal to another is known
 * but for one request, so (admitted + 1) / time is never too slow, and closer with
 * each refusal: they become as rare as the span that is measured is long.
 */

/* Counts from a refusal at an instant (ns) on. */
void	 estimate_pace_begin(struct estimate_pace *, uint64_t at);

/* One went that was sent at an instant (ns). */
void	 estimate_pace_went(struct estimate_pace *, uint64_t sent);

/* One was refused that was sent then (ns): the pace since, and from then on. */
void	 estimate_pace_refused(struct estimate_pace *, uint64_t sent);

/* The host has so many (requests) left, and no more: it never gives any. */
void	 estimate_pace_left(struct estimate_pace *, uint64_t left, uint64_t now);

/* The same pace, but counted anew, from an empty bucket at an instant (ns). */
void	 estimate_pace_renew(struct estimate_pace *, uint64_t at, uint64_t now);

/* One goes at an instant (ns). */
void	 estimate_pace_take(struct estimate_pace *, uint64_t at);

/* Returns when one may go (ns). */
uint64_t estimate_pace_due(const struct estimate_pace *);

/* Nobody was refused for long: a little faster, where that may be tried. */
void	 estimate_pace_raise(struct estimate_pace *, uint64_t now);

/* One was refused that was sent at an instant (ns), whether it is a bucket or not. */
void	 estimate_pace_shut(struct estimate_pace *, uint64_t sent);

/* The host has said that it is one, and so much is left of it. */
void	 estimate_pace_told(struct estimate_pace *, uint64_t burst, uint64_t left,
	    uint64_t interval, uint64_t now);

#endif
