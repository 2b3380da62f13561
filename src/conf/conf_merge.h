/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_MERGE_H
#define SLUICE_CONF_MERGE_H

#include "conf/conf_yaml.h"

/*
 * Puts one mapping of a rule's keys under another one, key by key: what stands
 * above holds, and the mappings in it are merged in the same way, those of
 * paths by what their patterns mean.  Lists are taken whole.  capacity, period,
 * burst, strict and rates say one thing together: with any of them above, none
 * is taken from below.
 *
 * Returns a mapping that stands where the upper one does, in the memory of the
 * tree; its nodes are those of the two, and know their files.  NULL without
 * memory.
 */
const struct conf_node *conf_merge(struct conf_yaml *,
		    const struct conf_node *above,
		    const struct conf_node *below);

/* Whether it names any of these five. */
bool		 conf_merge_has_rate(const struct conf_node *);

#endif
