/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_RULE_H
#define SLUICE_CONF_RULE_H

#include "conf/conf_walk.h"

/* The rules of hosts. */

/* The rule for hosts that no pattern names, into the struct rule of them. */
conf_reader	 conf_rule_defaults;

/* The mapping of patterns, into the configuration. */
conf_reader	 conf_rule_hosts;

/*
 * Makes the next rule, of the table's defaults, for a pattern; *there is the
 * rule that has the pattern already, or NULL.  There must be room for it.  NULL
 * without memory, which is then reported.
 */
struct rule	*conf_rule_add(struct conf_walk *,
		    const struct host_pattern *, struct place at,
		    struct rule **there);

/* Reads the keys of a rule, and completes it by them. */
bool		 conf_rule_load(struct conf_walk *, const struct conf_node *,
		    struct rule *, bool wildcard)
		    __attribute__((warn_unused_result));

/* Fills in what rules take from the rest of the file, once that is read. */
void		 conf_rule_complete(struct conf *);

#endif
