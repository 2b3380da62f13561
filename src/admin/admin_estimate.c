/* SPDX-License-Identifier: ISC */
#include "admin/admin_estimate.h"

#include "admin/admin_value.h"

static json_t *
limit_value(const struct estimate_limit *l)
{
	char evidence[ESTIMATE_EVIDENCE];
	bool slots = l->kind == ESTIMATE_SLOTS;

	return json_pack("{s:s, s:I, s:o, s:o, s:i, s:s}",
	    "kind", slots ? "slots" : l->kind == ESTIMATE_BUCKET ? "bucket" :
	    "window", "requests", (json_int_t)l->n,
	    "period", slots ? json_null() : admin_seconds(l->period),
	    "burst", l->kind != ESTIMATE_BUCKET ? json_null() :
	    json_integer((json_int_t)l->burst),
	    "confidence", (int)l->confidence,
	    "evidence", estimate_evidence(evidence, l));
}

json_t *
admin_estimate_value(const struct estimate_view *e)
{
	json_t *list = e->on ? json_array() : json_null();
	unsigned i;

	for (i = 0; list != NULL && i < e->nlimits; i++)
		json_array_append_new(list, limit_value(&e->limits[i]));
	return list;
}
