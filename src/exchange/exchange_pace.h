/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_PACE_H
#define SLUICE_EXCHANGE_PACE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether a client keeps up (limits.pace).  The time of its turns alone is
 * measured: what its upstream takes is not its fault, nor that of a stream of
 * events in which nothing happens.  Who in half of timeouts.idle of these moves
 * too little is too slow, if somebody waits for the slot.
 */

struct exchange;

/* Is its turn from now (ns) on, or is not. */
void		 exchange_pace_turn(struct exchange *, bool clients,
		    uint64_t now);
/* Returns when (ns) that has to be asked for; 0: never. */
uint64_t	 exchange_pace_until(const struct exchange *);
/*
 * Returns whether it has been too slow, when that time has come; else the next
 * half begins.
 */
bool		 exchange_pace_fails(struct exchange *, uint64_t now);

#endif
