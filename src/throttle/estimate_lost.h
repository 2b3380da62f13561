/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ESTIMATE_LOST_H
#define SLUICE_ESTIMATE_LOST_H

#include "throttle/estimate_types.h"

/*
 * So many may have been admitted elsewhere until now (ns), at most, of which
 * nothing is known: what is known of rates counts them.
 */
void		 estimate_lost(struct estimate *, uint64_t n, uint64_t now);

#endif
