/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FRONT_TURN_H
#define SLUICE_FRONT_TURN_H

#include <stdbool.h>
#include <stdint.h>

struct downstream;
struct front;

/*
 * Handshakes take long, and who begins one need not end it.  So in a round of
 * the loop only a few milliseconds go to them; what is left waits for the next
 * one, behind whatever else there is to do, and clients take turns.
 */

void		 front_turn_init(struct front *);
void		 front_turn_free(struct front *);

/*
 * To be asked before what is there of a handshake is read.  Returns whether it
 * may be; else nothing is read until its turn, when readable() is called.
 */
bool		 front_turn_comes(struct downstream *);
/* That has taken so long (ns). */
void		 front_turn_over(struct front *, uint64_t took);
/* It ends, and needs none. */
void		 front_turn_leave(struct downstream *);

#endif
