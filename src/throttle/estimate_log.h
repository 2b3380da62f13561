/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ESTIMATE_LOG_H
#define SLUICE_ESTIMATE_LOG_H

#include "throttle/estimate_types.h"

/*
 * What went in an era, in slots of time that become longer with it: told up to
 * one of them late.
 */

/* Begins an era. */
void	 estimate_log_begin(struct estimate_log *);

/* One went, and its answer came at now (ns). */
void	 estimate_log_add(struct estimate_log *, uint64_t now);

/*
 * So many more went from first to until (ns) than were told one by one: evenly,
 * as far as is known.
 */
void	 estimate_log_merge(struct estimate_log *, uint32_t n, uint64_t first,
	    uint64_t until);

/*
 * Returns when the first one's answer came (ns); where nothing went, when the
 * first one was refused.
 */
uint64_t estimate_log_begun(const struct estimate_log *, uint64_t refused);

/* Returns how many went within so long (ns) from the first one on, at least. */
uint64_t estimate_log_soon(const struct estimate_log *, uint64_t within);

/* What is in it occupies a window, as far as it lies within its period. */
void	 estimate_log_fill(const struct estimate_log *, struct window *,
	    uint64_t now);

#endif
