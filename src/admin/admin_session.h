/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_SESSION_H
#define SLUICE_ADMIN_SESSION_H

#include "admin/admin_guard.h"

/*
 * From a request's head to its handler: who asks, what for, with what body.
 */

struct admin_context;
struct front_events;

/* Where requests come in: the socket, or the web. */
struct admin_door {
	struct admin_context	*context;
	struct guard_origins	 origins;	/* of the web */
	bool			 socket;
};

/*
 * Has the C library learn where users' names are, which it does with the first
 * question; where it has no memory for that it ends the process.
 */
void		 admin_session_init(void);

/* What a front tells of them; its owner is a door. */
extern const struct front_events admin_session_events;

#endif
