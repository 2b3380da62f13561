/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FRONT_GATE_H
#define SLUICE_FRONT_GATE_H

#include <stdbool.h>

struct conf;
struct downstream;
struct front;

/*
 * Who may connect, by access.clients.  Those who may not hold none of what the
 * others need: a few of them wait at a time to be told, for a short while.
 */

/*
 * Looks at who has come by that socket, before anything else is done; notes and
 * logs it.
 */
void		 front_gate_look(struct downstream *, int fd);
/* Returns whether a stranger may wait to be told why; if not, it is counted. */
bool		 front_gate_hears(const struct downstream *);
/*
 * Returns the status to refuse all that it sends with, and *why; 0 where it is
 * no stranger.
 */
int		 front_gate_refusal(const struct downstream *,
		    const char **why);
/*
 * A new configuration is about to take the front's place: connections that it
 * would not let in end, with the request that they are at.
 */
void		 front_gate_reload(struct front *, const struct conf *);

#endif
