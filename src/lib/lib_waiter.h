/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LIB_WAITER_H
#define SLUICE_LIB_WAITER_H

#include "lib/lib_types.h"

/* Makes a waiter idle, whatever it was: sluice_leave(), without time passing. */
void	 lib_waiter_leave(struct sluice_waiter *, uint64_t now);

/* Makes a waiter leave its throttle for good. */
void	 lib_waiter_part(struct sluice_waiter *);

#endif
