/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_HOST_H
#define SLUICE_ADMIN_HOST_H

#include "admin/admin_request.h"

/* GET /v1/hosts/{key}: one throttle; and who waits there. */
void		 admin_host(struct admin_request *);
void		 admin_queue(struct admin_request *);

#endif
