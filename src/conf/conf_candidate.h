/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_CANDIDATE_H
#define SLUICE_CONF_CANDIDATE_H

#include <stdbool.h>

#include "conf/conf_walk.h"

/*
 * Checks the limits that a rule tries, and completes them: what they do not
 * name is as the rule has it, so that moving their keys up to the rule's makes
 * them hold.  To be called when the rule's own limits are complete; node: the
 * rule's.
 */
bool		 conf_candidate_finish(struct conf_walk *,
		    const struct conf_node *, struct rule *)
		    __attribute__((warn_unused_result));

#endif
