/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ESTIMATE_ASK_H
#define SLUICE_ESTIMATE_ASK_H

#include "throttle/estimate_types.h"

/*
 * Returns when to ask next whether the host is open again (ns), where that does
 * not say: as what is known has it, else at growing distances.
 */
uint64_t	 estimate_ask_next(const struct estimate *, uint64_t now);

#endif
