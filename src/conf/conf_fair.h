/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_FAIR_H
#define SLUICE_CONF_FAIR_H

#include <stdbool.h>

#include "conf/conf_walk.h"

/* By what requests are told apart, and how much of a host each gets. */

/* A word or a field's name, into struct rule_key. */
conf_reader	 conf_fair_key;

/* Weights are passed over: what they are, fair_by says, which may follow. */
conf_reader	 conf_fair_later;

/* The weights of a rule's mapping, once its fair_by is known. */
bool		 conf_fair_weights(struct conf_walk *,
		    const struct conf_node *mapping, struct rule *)
		    __attribute__((warn_unused_result));

#endif
