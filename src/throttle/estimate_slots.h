/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ESTIMATE_SLOTS_H
#define SLUICE_ESTIMATE_SLOTS_H

#include "throttle/estimate_types.h"

/*
 * How many may be on their way at a time: as many as were, and were admitted,
 * when another one was refused.
 */

/* So many were, and the host was open as soon as they were back. */
void	 estimate_slots_found(struct estimate_slots *, uint32_t beside);

/*
 * One was refused beside so many that were admitted.  Returns whether the host
 * still counts so, as far as is known.
 */
bool	 estimate_slots_refused(struct estimate_slots *, uint32_t beside);

/* One went, with so many on their way. */
void	 estimate_slots_went(struct estimate_slots *, uint32_t flying);

/* Returns whether one more is to be tried, when all are in use. */
bool	 estimate_slots_wants_more(const struct estimate_slots *,
	    uint64_t now);

/* One more was tried: whether it went. */
void	 estimate_slots_more(struct estimate_slots *, bool went, uint64_t now);

#endif
