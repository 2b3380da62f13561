/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_CONTROL_H
#define SLUICE_ADMIN_CONTROL_H

#include "admin/admin_request.h"

/*
 * What is changed of a host: /v1/hosts/{key}/..., whose key is part 2 of the
 * path, and /v1/overrides.
 */

void		 admin_pause(struct admin_request *);
void		 admin_resume(struct admin_request *);
void		 admin_drain_host(struct admin_request *);
void		 admin_forget(struct admin_request *);
void		 admin_set(struct admin_request *);
void		 admin_unset(struct admin_request *);
void		 admin_overrides(struct admin_request *);

#endif
