/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_HOST_VALUE_H
#define SLUICE_ADMIN_HOST_VALUE_H

#include <jansson.h>

#include "hosts/hosts_control.h"
#include "hosts/hosts_view.h"

/* Hosts as the API has them (doc/openapi.yaml); each NULL without memory. */

/*
 * The schema Host, of a throttle or of that many under one rule.  Takes the
 * references of an override and a history, for which NULL stands for null.
 */
json_t		*admin_host_value(const struct host_view *, size_t hosts,
		    json_t *override, json_t *history, uint64_t now);

/* The schema Override. */
json_t		*admin_override_value(const struct hosts_override_view *,
		    uint64_t now);
/* The same of the limits that were set for a key, or null. */
json_t		*admin_override_of(struct hosts *, const char *key,
		    uint64_t now);

/* Pause; recovery; budgets of a budget: null, or none, where there is none. */
json_t		*admin_pause_value(const struct budget_view *,
		    enum stats_cause, const char *why, uint64_t now);
json_t		*admin_recovery_value(const struct budget_view *,
		    uint64_t now);
/*
 * Those of a part (NULL: of the whole), beside what its rule says (NULL: the
 * same).
 */
json_t		*admin_budgets_value(const struct budget_view *,
		    const struct budget_limits *, const char *part,
		    const char *from, uint64_t now);
/* Where a rule's limits are from. */
const char	*admin_rule_from(const struct rule *);

#endif
