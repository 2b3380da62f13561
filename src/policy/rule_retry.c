/* SPDX-License-Identifier: ISC */
#include "policy/rule_retry.h"

#include "policy/rule_methods.h"

bool
rule_retries(const struct rule *rule, struct http1_str method,
    bool idempotent, bool has_key)
{
	/* whoever only observes does not hold what a host refused */
	if (rule->retry_attempts == 0 || rule->mode == RULE_OBSERVE)
		return false;
	return (has_key && rule->retry_idempotency_key) ||
	    (idempotent && rule->retry_idempotent) ||
	    rule_methods_have(rule->retry_methods, rule->nretry_methods,
	    method);
}
