/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_ESTIMATE_H
#define SLUICE_ADMIN_ESTIMATE_H

#include <jansson.h>

#include "throttle/estimate_view.h"

/*
 * Returns limits that were found and are kept (Estimate of doc/openapi.yaml);
 * null: none are looked for.  NULL without memory.
 */
json_t		*admin_estimate_value(const struct estimate_view *);

#endif
