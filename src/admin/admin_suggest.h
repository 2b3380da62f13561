/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_SUGGEST_H
#define SLUICE_ADMIN_SUGGEST_H

#include "admin/admin_request.h"

/* GET /v1/suggest: limits that fit what was seen (suggestion.h). */
void		 admin_suggest(struct admin_request *);

#endif
