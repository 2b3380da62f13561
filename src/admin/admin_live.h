/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_LIVE_H
#define SLUICE_ADMIN_LIVE_H

#include "admin/admin_request.h"

/*
 * How all stands, second by second, in a stream of events "live": the status,
 * and those of the hosts that have changed.
 */

struct admin_live;

/* Begins with all of it, for a stream that began; NULL without memory. */
struct admin_live *admin_live_new(struct admin_request *);
/* When the stream ends. */
void		 admin_live_free(struct admin_live *);

/* The stream takes more. */
void		 admin_live_writable(struct admin_live *);

#endif
