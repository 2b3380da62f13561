/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RULE_RETRY_H
#define SLUICE_RULE_RETRY_H

#include <stdbool.h>

#include "http/http1.h"
#include "policy/rule.h"

/*
 * Whether a request may be sent again: has_key tells that it carries an
 * Idempotency-Key.  How often, retry_attempts says.
 */
bool		 rule_retries(const struct rule *,
		    struct http1_str method, bool idempotent, bool has_key);

#endif
