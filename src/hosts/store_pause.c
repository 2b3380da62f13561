/* SPDX-License-Identifier: ISC */
#include "hosts/store_pause.h"

#include "base/stats.h"
#include "hosts/host_pause.h"
#include "hosts/hosts_table.h"
#include "hosts/store_redis.h"

uint64_t
store_pause_tell(struct store_pause *p, const struct host *h, uint64_t now)
{
	uint64_t until = throttle_paused_until(h->throttle, THROTTLE_WHOLE);

	if (until > now && until != h->pause.manual)
		lease_pause_learn(&p->pause, until);
	return lease_pause_tell(&p->pause, &p->clock) / LEASE_PAUSE_UNIT;
}

void
store_pause_hear(struct store_pause *p, struct host *h,
    const struct store_answer *a)
{
	uint64_t until;

	p->clock = (struct lease_clock){ a->lease.now, a->sent, a->received };
	until = lease_pause_take(&p->pause, a->paused_until *
	    LEASE_PAUSE_UNIT, &p->clock,
	    h->rule->pause_max);
	if (until > a->received && host_pause(h, THROTTLE_WHOLE, until,
	    STATS_NAMED, a->received))
		host_pause_say(h, "another proxy that shares the budget was "
		    "refused");
}
