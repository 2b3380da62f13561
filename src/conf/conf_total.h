/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_TOTAL_H
#define SLUICE_CONF_TOTAL_H

#include <stdbool.h>

#include "conf/conf_walk.h"

/* Limits of all credentials together, into struct budget_limits. */
conf_reader	 conf_total;
/* The same of a named budget, which has rates only. */
conf_reader	 conf_total_rates;

/* Whether the rule tells credentials apart, so that it may have these. */
bool		 conf_total_finish(struct conf_walk *,
		    const struct conf_node *mapping, const struct rule *)
		    __attribute__((warn_unused_result));

#endif
