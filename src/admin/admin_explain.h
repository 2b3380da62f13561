/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_EXPLAIN_H
#define SLUICE_ADMIN_EXPLAIN_H

#include "admin/admin_request.h"

/* POST /v1/explain: what would become of a request now, and why. */
void		 admin_explain(struct admin_request *);

#endif
