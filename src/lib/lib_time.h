/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LIB_TIME_H
#define SLUICE_LIB_TIME_H

#include "lib/lib_types.h"

/*
 * Lets time pass for a throttle.  A clock that goes back is taken to stand
 * still.  Returns the instant (ns) that is now.
 */
uint64_t	 lib_pass(struct sluice_throttle *, uint64_t now);

#endif
