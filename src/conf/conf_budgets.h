/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_BUDGETS_H
#define SLUICE_CONF_BUDGETS_H

#include "conf/conf_walk.h"

/* Named budgets of a rule (policy/tokens.h). */

/* The mapping of them, into struct rule. */
conf_reader	 conf_budgets_load;

/* What goes into the host, into struct tokens_budget. */
conf_reader	 conf_budgets_input;

/* One path in JSON, or a list, into struct tokens_paths. */
conf_reader	 conf_budgets_paths;

#endif
