/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_RULE_H
#define SLUICE_CONF_RULE_H

#include <stdbool.h>

#include "conf/conf_loader.h"

/* The rules of hosts, as the loader has them read. */

/* A rule with its name already set; wildcard: whether it may be shared. */
bool		 conf_rule_load(struct conf_loader *, const struct conf_node *,
		    struct rule *, bool wildcard)
		    __attribute__((warn_unused_result));
/* The mapping of patterns. */
bool		 conf_rule_hosts(struct conf_loader *, const struct conf_node *)
		    __attribute__((warn_unused_result));
/* Completes limits out of their mapping, and checks them together. */
bool		 conf_rule_limits(struct conf_loader *,
		    const struct conf_node *, struct budget_limits *)
		    __attribute__((warn_unused_result));
/* Several rates. */
bool		 conf_rule_rates(struct conf_loader *,
		    const struct conf_option *, const struct conf_node *,
		    struct budget_limits *)
		    __attribute__((warn_unused_result));

/* Fills in what rules take from the rest of the file, once that is read. */
void		 conf_rule_complete(struct conf *);

#endif
