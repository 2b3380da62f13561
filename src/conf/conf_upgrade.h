/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_UPGRADE_H
#define SLUICE_CONF_UPGRADE_H

#include "conf/conf_walk.h"

/*
 * A protocol, or a list of at most RULE_UPGRADES_MAX, that a rule lets requests
 * upgrade to, into struct rule.
 */
conf_reader	 conf_upgrades;

#endif
