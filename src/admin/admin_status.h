/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_STATUS_H
#define SLUICE_ADMIN_STATUS_H

struct admin_request;

/* How the process stands. */

void		 admin_healthz(struct admin_request *);
void		 admin_readyz(struct admin_request *);
void		 admin_openapi(struct admin_request *);

#endif
