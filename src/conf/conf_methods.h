/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_METHODS_H
#define SLUICE_CONF_METHODS_H

#include "conf/conf_walk.h"

/*
 * Lists of request methods: one, or a list of at most RULE_METHODS_MAX.  Those
 * that a rule sends again, where the word idempotent may be among them, go
 * into struct rule; those that have a cost of their own into struct rule_cost.
 */
conf_reader	 conf_methods_retry;
conf_reader	 conf_methods_cost;

#endif
