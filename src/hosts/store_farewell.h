/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STORE_FAREWELL_H
#define SLUICE_STORE_FAREWELL_H

#include <stdbool.h>

/*
 * A desk's last words (store_parting.h), so many at a time: those of single
 * hosts, and of all.
 */

struct store_desk;

/* Says what waits to be said; calls its done() when all has been heard. */
void		 store_farewell_say(struct store_desk *);
/*
 * All hosts give back what they have, and it is no more among those who are
 * there.  ends: nothing that went goes on, and it says that it leaves.
 */
void		 store_farewell(struct store_desk *, bool ends);

#endif
