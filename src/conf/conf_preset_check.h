/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_PRESET_CHECK_H
#define SLUICE_CONF_PRESET_CHECK_H

#include <stdbool.h>

#include "conf/conf_yaml.h"

/* What a preset's file has. */
struct conf_preset_parts {
	const struct conf_node	*hosts;		/* a list of patterns */
	const struct conf_node	*rule;		/* a mapping */
	const struct conf_node	*sources;	/* a list of mappings */
	const char		*limits;	/* a line for people */
	bool			 same;		/* hosts have limits together */
};

/*
 * Finds the parts of a preset in its tree, and looks whether it is one: what
 * its rule may speak of, and that each part of that has a source.  The values
 * in its rule are read with the rule of a host that it is put under.  Returns
 * false when something is wrong, which is then reported.
 */
bool		 conf_preset_check(struct conf_report *,
		    const struct conf_node *root, struct conf_preset_parts *)
		    __attribute__((warn_unused_result));

#endif
