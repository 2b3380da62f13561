/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_HOSTS_H
#define SLUICE_ADMIN_HOSTS_H

#include "admin/admin_request.h"

/* GET /v1/hosts: all throttles, or all rules that have some. */
void		 admin_hosts(struct admin_request *);

#endif
