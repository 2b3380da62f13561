/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_RULE_H
#define SLUICE_CONF_RULE_H

#include <stdbool.h>

#include "conf/conf_walk.h"

/* The rules of hosts, as the loader has them read. */

/* A rule with its name already set; wildcard: whether it may be shared. */
bool		 conf_rule_load(struct conf_walk *, const struct conf_node *,
		    struct rule *, bool wildcard)
		    __attribute__((warn_unused_result));
/* The mapping of patterns. */
bool		 conf_rule_hosts(struct conf_walk *, const struct conf_node *)
		    __attribute__((warn_unused_result));

/* Fills in what rules take from the rest of the file, once that is read. */
void		 conf_rule_complete(struct conf *);

#endif
