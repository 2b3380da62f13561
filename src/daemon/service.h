/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_SERVICE_H
#define SLUICE_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What the main thread does from time to time where a service manager watches:
 * it says how the hosts stand, vouches for the workers as long as the loops of
 * all of them turn, and asks for time while they drain.
 */

struct hosts;
struct workers;

struct service {
	struct workers	*workers;
	struct hosts	*hosts;
	uint64_t	 watch_at;	/* ns; when to vouch for them next */
	uint64_t	 told_at;	/* ns; when to say how it stands next */
	bool		 draining;	/* as it was told */
};

/* Returns for how long (ms) the main thread may wait; -1: for ever. */
int		 service_wait(const struct service *);
/* Does what is due. */
void		 service_look(struct service *);

#endif
