/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_STATUS_H
#define SLUICE_ADMIN_STATUS_H

#include <jansson.h>

/* How the process stands. */

struct admin_request;

/* The status as the one who asks may see it; NULL without memory. */
json_t		*admin_status_json(const struct admin_request *);

void		 admin_status(struct admin_request *);
void		 admin_healthz(struct admin_request *);
void		 admin_readyz(struct admin_request *);
void		 admin_openapi(struct admin_request *);

#endif
