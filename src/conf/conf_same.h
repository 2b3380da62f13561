/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_SAME_H
#define SLUICE_CONF_SAME_H

#include "conf/conf_walk.h"

/*
 * A host, or a list of at most RULE_SAME_MAX, that a rule is for as well, into
 * struct rule and the configuration's patterns.
 */
conf_reader	 conf_same;

/*
 * Makes a rule one for a host as well, which no other rule has, and which is
 * named by itself.
 */
bool		 conf_same_join(struct conf_walk *, struct rule *,
		    const struct host_pattern *, const char *host)
		    __attribute__((warn_unused_result));

/*
 * Whether a rule may have what it has of these, once all else of it is known:
 * where it has some, all hosts of the rule share one throttle.
 */
bool		 conf_same_finish(struct conf_walk *,
		    const struct conf_node *mapping, struct rule *,
		    bool wildcard) __attribute__((warn_unused_result));

#endif
