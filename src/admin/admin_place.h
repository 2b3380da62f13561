/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_PLACE_H
#define SLUICE_ADMIN_PLACE_H

#include <stddef.h>
#include <stdint.h>

/* Where the control plane's socket is when nobody says where. */

#define ADMIN_PLACES	2	/* that are tried, at most */
#define ADMIN_PLACE	108	/* bytes of a path, with its end */

/*
 * Fills in the paths to try, the first of them first, for a daemon that listens
 * at that port (0: at none), and makes the directories for them.  Returns how
 * many they are.
 */
size_t		 admin_places(uint16_t port,
		    char paths[ADMIN_PLACES][ADMIN_PLACE]);

#endif
