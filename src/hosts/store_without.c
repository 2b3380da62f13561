/* SPDX-License-Identifier: ISC */
#include "hosts/store_without.h"

#include <stdatomic.h>

#include "base/stats.h"
#include "policy/rule.h"
#include "throttle/throttle_view.h"

enum lease_source
store_without(const struct rule *rule, uint64_t peers)
{
	switch (rule_without_store(rule)) {
	case RULE_WITHOUT_OPEN:
		return LEASE_OPEN;
	case RULE_WITHOUT_SHARE:
		/* how many share it is not known before they were seen */
		return peers > 0 ? LEASE_OWN : LEASE_NOWHERE;
	case RULE_WITHOUT_HOLD:
	case RULE_WITHOUT_AUTO:
		break;
	}
	return LEASE_NOWHERE;
}

const char *
store_without_word(enum lease_source source)
{
	static const char *const words[] = {
		[LEASE_STORE] = NULL,
		[LEASE_NOWHERE] = "hold",
		[LEASE_OPEN] = "open",
		[LEASE_OWN] = "share",
	};

	return words[source];
}

void
store_without_settle(const struct rule *rule, struct shared_view *s)
{
	if (!s->is || s->asked)
		return;
	s->source = atomic_load(&stats_process.store_connected) ? LEASE_STORE :
	    store_without(rule, atomic_load(&stats_process.store_peers));
}
