/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FRONT_SEND_H
#define SLUICE_FRONT_SEND_H

#include <stdbool.h>

struct downstream;

/* To be called where something may have begun to wait for the client. */
void		 front_watch_output(struct downstream *);
/* Nothing can be done for this client any more; tells so from the loop. */
void		 front_give_up(struct downstream *);
/*
 * To be asked when the write timer fires, which it sets again.  Returns whether
 * bytes were sent since it was set, or none wait.
 */
bool		 front_gets_on(struct downstream *);

#endif
