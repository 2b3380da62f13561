/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_EXPLAIN_H
#define SLUICE_ADMIN_EXPLAIN_H

#include <jansson.h>

#include "admin/admin_request.h"

struct hosts_explanation;

/* POST /v1/explain: what would become of a request now, and why. */
void		 admin_explain(struct admin_request *);

/*
 * An explanation's reasons and turn, as the API has them, for a request that is
 * asked about or one that waits; each NULL without memory.
 */
json_t		*admin_explain_reasons(const struct hosts_explanation *);
json_t		*admin_explain_turn(const struct hosts_explanation *);

#endif
