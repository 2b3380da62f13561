/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RULE_WEIGHT_H
#define SLUICE_RULE_WEIGHT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "policy/rule.h"

/*
 * How much of the rule's hosts somebody gets, in millionths; 1000000 is what
 * everybody else does.  With fair_by a client's address that decides (NULL: it
 * has none), else the value; NULL where the request has no such field, or user.
 */
uint32_t	 rule_weight_of(const struct rule *,
		    const struct sockaddr *, const char *value, size_t len);

/* In what order a rule has its weights; both of values, or both of networks. */
int		 rule_weight_compare(const struct rule_weight *,
		    const struct rule_weight *);

#endif
