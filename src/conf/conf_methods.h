/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_METHODS_H
#define SLUICE_CONF_METHODS_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf_option.h"
#include "policy/rule.h"

/* Lists of request methods. */

/*
 * Each reads a method, or a list of at most RULE_METHODS_MAX, in place of what
 * stands there: those that a rule sends again, where the word idempotent may be
 * among them, and those that have a cost of their own.  False when one is
 * reported to be wrong.
 */
bool		 conf_methods_retry(struct conf_report *,
		    const struct conf_option *, const struct conf_node *,
		    struct rule *) __attribute__((warn_unused_result));
bool		 conf_methods_cost(struct conf_report *,
		    const struct conf_option *, const struct conf_node *,
		    struct rule_cost *) __attribute__((warn_unused_result));

#endif
