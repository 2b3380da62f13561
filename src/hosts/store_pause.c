/* SPDX-License-Identifier: ISC */
#include "hosts/store_pause.h"

#include "base/stats.h"
#include "hosts/host_pause.h"
#include "hosts/hosts_table.h"
#include "hosts/store_redis.h"
#include "throttle/throttle_store.h"

bool
store_pause_note(struct store_pause *p, struct host *h, uint64_t now)
{
	uint64_t until = throttle_store_paused(h->throttle);
	uint64_t ordered = throttle_store_ordered(h->throttle);

	if (ordered != 0) {
		lease_pause_order(&p->pause, ordered);
		throttle_store_opened(h->throttle);
	}
	if (until > now && until != h->pause.manual)
		lease_pause_learn(&p->pause, until, now);
	if (lease_pause_waits(&p->pause) && throttle_has_opened(h->throttle,
	    now)) {
		lease_pause_open(&p->pause);
		throttle_store_opened(h->throttle);
	}
	throttle_store_watch(h->throttle, lease_pause_waits(&p->pause));
	throttle_store_untold(h->throttle, p->pause.ordered != 0);
	return lease_pause_has_news(&p->pause, &p->clock);
}

struct lease_turn_news
store_pause_tell(struct store_pause *p, uint64_t now)
{
	return lease_pause_tell(&p->pause, &p->clock, now);
}

void
store_pause_hear(struct store_pause *p, struct host *h,
    const struct store_answer *a, bool of_slots)
{
	uint64_t theirs = of_slots ? a->slots.now : a->lease.now;
	uint64_t pause = of_slots ? a->slots.pause : a->lease.pause, until;

	p->clock = (struct lease_clock){ theirs, a->sent, a->received };
	if (lease_pause_heed(&p->pause, of_slots ? a->slots.ordered :
	    a->lease.ordered, pause, &p->clock)) {
		host_pause_end_elsewhere(h, a->received);
		throttle_store_opened(h->throttle);
	}
	until = lease_pause_take(&p->pause, pause, &p->clock,
	    h->rule->pause_max);
	if (of_slots ? a->slots.probe : a->lease.probe) {
		lease_pause_probe(&p->pause, a->received);
		throttle_store_probe(h->throttle, a->received);
	}
	if (until > a->received && host_pause(h, THROTTLE_WHOLE, until,
	    STATS_NAMED, a->received))
		host_pause_say(h, "another proxy that shares the budget was "
		    "refused");
}
