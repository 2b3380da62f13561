/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_UPGRADE_H
#define SLUICE_CONF_UPGRADE_H

#include <stdbool.h>

#include "conf/conf_option.h"
#include "policy/rule.h"

/*
 * Reads a protocol, or a list of at most RULE_UPGRADES_MAX, that a rule lets
 * requests upgrade to, in place of what stands there.  False when one is
 * reported to be wrong.
 */
bool		 conf_upgrades(struct conf_report *, const struct conf_option *,
		    const struct conf_node *, struct rule *)
		    __attribute__((warn_unused_result));

#endif
