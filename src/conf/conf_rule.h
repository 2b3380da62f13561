/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_RULE_H
#define SLUICE_CONF_RULE_H

#include "conf/conf_walk.h"

/* The rules of hosts. */

/* The rule for hosts that no pattern names, into the struct rule of them. */
conf_reader	 conf_rule_defaults;

/* The mapping of patterns, into the configuration. */
conf_reader	 conf_rule_hosts;

/* Fills in what rules take from the rest of the file, once that is read. */
void		 conf_rule_complete(struct conf *);

#endif
