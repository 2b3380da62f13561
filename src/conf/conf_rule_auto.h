/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_RULE_AUTO_H
#define SLUICE_CONF_RULE_AUTO_H

#include "conf/conf_walk.h"

/*
 * Rules for the hosts of presets that the file has none for, where its defaults
 * say "preset: auto"; once all of the rest of the file is read.
 */
bool		 conf_rule_auto(struct conf_walk *,
		    const struct conf_node *root)
		    __attribute__((warn_unused_result));

#endif
