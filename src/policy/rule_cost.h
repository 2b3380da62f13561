/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RULE_COST_H
#define SLUICE_RULE_COST_H

#include <stdint.h>

#include "http/http1.h"
#include "policy/rule.h"

/* What a request costs, without what it says itself; micro cost units. */
uint64_t	 rule_cost_of(const struct rule *, const struct http1_head *);

#endif
