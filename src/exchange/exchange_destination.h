/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_DESTINATION_H
#define SLUICE_EXCHANGE_DESTINATION_H

#include <stdbool.h>

#include "policy/destination.h"

/*
 * What of its destination is judged by what it is: whether a client may have
 * that at the host's port.  Its addresses are judged where it is dialled.
 */

struct exchange;

/* Returns whether it may be that; if not, it has ended. */
bool		 exchange_goes_as(struct exchange *, enum destination_inside);

/* Returns whether a tunnel to there may be anything; if not, it has ended. */
bool		 exchange_goes_somehow(struct exchange *);

/* Returns whether a tunnel may have whatever is inside of it. */
bool		 exchange_takes_others(const struct exchange *);

#endif
