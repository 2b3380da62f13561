/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_COST_H
#define SLUICE_CONF_COST_H

#include "conf/conf_walk.h"

/* What requests cost: a rule's list of their kinds. */

/* The list, into struct rule. */
conf_reader	 conf_cost_load;

/* A path pattern, and a field, into struct rule_cost. */
conf_reader	 conf_cost_path;
conf_reader	 conf_cost_header;

#endif
