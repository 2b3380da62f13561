/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_PAUSE_H
#define SLUICE_CONF_PAUSE_H

#include <stdbool.h>

#include "conf/conf_walk.h"

/* Which answers of its hosts a rule takes for refusals, and for how long. */

/* A status or a list of them, each a number or a mapping; into struct rule. */
conf_reader	 conf_pause_statuses;

/* A duration or off, of one of them; into struct rule_status. */
conf_reader	 conf_pause_after;

/* What the keys of a rule's pause must be together; node: the rule's. */
bool		 conf_pause_finish(struct conf_walk *,
		    const struct conf_node *, struct rule *)
		    __attribute__((warn_unused_result));

/* Statuses without a default of their own get the rule's. */
void		 conf_pause_complete(struct rule *);

#endif
