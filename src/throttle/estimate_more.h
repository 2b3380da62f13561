/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ESTIMATE_MORE_H
#define SLUICE_ESTIMATE_MORE_H

#include "throttle/estimate_types.h"

/*
 * When more than a limit is tried: after 10 times that it was used up, then 20,
 * 40 and so on; of one that is not young any more at most once an hour.  What
 * went is tried again, twice as many more: at once, but of a window that others
 * have lowered when it was used up again, and of any other old one when it was so
 * twice.
 */

void	 estimate_more_begin(struct estimate_more *);

/*
 * Returns whether to try now, when it was used up so often since; so often again
 * is enough where more went the last time.
 */
bool	 estimate_more_due(const struct estimate_more *, uint64_t used,
	    uint32_t again, uint64_t now);

/* It was tried: returns by how many the limit is higher; 0: it stands. */
uint32_t estimate_more_tried(struct estimate_more *, bool went, bool young,
	    uint64_t now);

/*
 * It was lowered, since others use it, too; who may leave it again: more is tried
 * soon, and then ever less often as it is refused.
 */
void		 estimate_more_lowered(struct estimate_more *);

/* And was once more, as often as it is tried now. */
void		 estimate_more_lowered_again(struct estimate_more *);

#endif
