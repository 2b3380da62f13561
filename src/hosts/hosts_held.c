/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_held.h"

#include <string.h>

#include "hosts/host.h"
#include "hosts/hosts_say.h"
#include "hosts/hosts_table.h"
#include "throttle/throttle_view.h"

static void
look(struct host *h, struct ticket *t, uint64_t now, struct hosts_held *held)
{
	struct throttle_view v;

	throttle_report(h->throttle, &t->waiter, now, &t->report);
	hosts_say_budget(h, t);
	throttle_view(h->throttle, now, &v);
	*held = (struct hosts_held){
		.start = t->report.start,
		.waiting = v.waiting,
		.oldest = host_oldest(h),
	};
	memcpy(held->budget, t->budget, sizeof held->budget);
}

bool
hosts_held(struct hosts *hs, struct ticket *t, uint64_t every, uint64_t now,
    struct hosts_held *held)
{
	struct host *h = hosts_enter(hs, t);
	bool tell;

	if (h == NULL)
		return false;
	tell = t->state == TICKET_WAITING && now >= h->held_next;
	if (tell) {
		h->held_next = now + every;
		look(h, t, now, held);
	}
	hosts_exit(hs, h);
	return tell;
}
