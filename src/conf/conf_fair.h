/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_FAIR_H
#define SLUICE_CONF_FAIR_H

#include <stdbool.h>

#include "conf/conf_walk.h"

/* By what requests are told apart, and how much of a host each gets. */

/* A scalar of kind CONF_PER or CONF_FAIR_BY. */
bool		 conf_fair_key(struct conf_report *,
		    const struct conf_option *, const struct conf_node *,
		    struct rule_key *) __attribute__((warn_unused_result));

/* The weights of a rule's mapping, once its fair_by is known. */
bool		 conf_fair_weights(struct conf_walk *,
		    const struct conf_node *mapping, struct rule *)
		    __attribute__((warn_unused_result));

#endif
