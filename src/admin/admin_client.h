/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_CLIENT_H
#define SLUICE_ADMIN_CLIENT_H

#include "admin/admin_request.h"

/* What programs have to be told to be clients of this proxy. */

/* GET /v1/client: where it listens, and whom they have to trust. */
void		 admin_client(struct admin_request *);
/* GET /proxy.pac: the same as a script of browsers. */
void		 admin_client_pac(struct admin_request *);

#endif
