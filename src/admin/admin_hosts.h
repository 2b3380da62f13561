/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_HOSTS_H
#define SLUICE_ADMIN_HOSTS_H

#include "admin/admin_request.h"

/* GET /v1/hosts: all throttles, or all rules that have some. */
void		 admin_hosts(struct admin_request *);

/*
 * Calls done with a list of the worst, as the asker may see them, now or later;
 * not at all where he has gone.  The value is done's; NULL: no memory.
 */
typedef void	 admin_hosts_done(struct admin_request *, json_t *);
void		 admin_hosts_worst(struct admin_request *, size_t limit,
		    admin_hosts_done *);

#endif
