/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FRONT_SHARE_H
#define SLUICE_FRONT_SHARE_H

#include <stdbool.h>

struct downstream;

/*
 * What one client has of limits.connections (access.share).  A connection
 * beyond its share is greedy: it has no place among them, and a few wait at a
 * time to be told why they are refused.
 */

/*
 * Finds out whose a connection is, that is about to be counted and is no
 * stranger's, and whether it is greedy.  Returns false without memory.
 */
bool		 front_share_join(struct downstream *)
		    __attribute__((warn_unused_result));
/* Gives back what that has taken; to be called when its memory goes. */
void		 front_share_leave(struct downstream *);
/* Returns whether it may wait to be told why; if not, it is counted. */
bool		 front_share_hears(const struct downstream *);

#endif
