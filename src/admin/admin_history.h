/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_HISTORY_H
#define SLUICE_ADMIN_HISTORY_H

#include <stdint.h>

#include "admin/admin_context.h"

#include <jansson.h>

/*
 * The last ten minutes, second by second, of the hosts that were active most
 * recently, at most admin.history of them: how many requests were started, how
 * many waited, how many the host refused for a limit.
 */

struct admin_history	*admin_history_new(struct admin_context *);
void		 admin_history_free(struct admin_history *);

/*
 * Returns the last n seconds of a host, by the serial number of its view, as
 * the API has them: n at most ADMIN_HISTORY.  NULL where nothing is kept.
 */
#define ADMIN_HISTORY	600
json_t		*admin_history_value(struct admin_history *, uint64_t serial,
		    unsigned n);

#endif
