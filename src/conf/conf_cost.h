/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_COST_H
#define SLUICE_CONF_COST_H

#include <stdbool.h>

#include "conf/conf_walk.h"

/* What requests cost: a rule's list of their kinds. */

bool		 conf_cost_load(struct conf_walk *,
		    const struct conf_option *, const struct conf_node *,
		    struct rule *) __attribute__((warn_unused_result));

/* The values of two keys of such a kind, which are scalars. */
bool		 conf_cost_path(struct conf_report *, const struct conf_node *,
		    struct rule_cost *) __attribute__((warn_unused_result));
bool		 conf_cost_header(struct conf_report *,
		    const struct conf_option *, const struct conf_node *,
		    struct rule_cost *) __attribute__((warn_unused_result));

#endif
