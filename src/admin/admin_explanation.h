/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_EXPLANATION_H
#define SLUICE_ADMIN_EXPLANATION_H

#include <jansson.h>

#include "conf/conf.h"
#include "hosts/hosts_explain.h"

/*
 * Why a request waits, as the API has it (doc/openapi.yaml), whoever asks: a
 * client of it, or a check of a file.  Each NULL without memory.
 */

/* The schema Why. */
json_t		*admin_why_value(const struct hosts_explanation *);

/*
 * The schema Explanation, of a request for that host of that cost (micro cost
 * units), under a rule of conf.
 */
json_t		*admin_explanation_value(const struct hosts_explanation *,
		    const struct conf *, const struct rule *,
		    const struct http1_host *, uint64_t cost);

#endif
