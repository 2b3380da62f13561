/* SPDX-License-Identifier: ISC */
#include "throttle/lease_flow.h"

#define FIRST	16	/* on their way at the beginning */

void
lease_flow_init(struct lease_flow *f)
{
	*f = (struct lease_flow){ .most = FIRST, .least = LEASE_FLOW_WAY };
}

bool
lease_flow_may(const struct lease_flow *f)
{
	return f->flying < f->most;
}

void
lease_flow_sent(struct lease_flow *f)
{
	f->flying++;
	f->was_full = f->was_full || f->flying >= f->most;
}

void
lease_flow_answered(struct lease_flow *f, uint64_t sent, uint64_t now)
{
	if (f->flying > 0)
		f->flying--;
	if (now - sent < f->least)
		f->least = now - sent;
	if (now - sent > f->least + LEASE_FLOW_TRIP) {
		/* those that were sent before do not say it again */
		if (sent < f->cut)
			return;
		f->most = f->most > 1 ? f->most / 2 : 1;
		f->grown = 0;
		f->cut = now;
	} else if (f->was_full && ++f->grown >= f->most) {
		f->most += f->most < LEASE_FLOW_MOST;
		f->grown = 0;
		f->was_full = false;
	}
}

void
lease_flow_lost(struct lease_flow *f)
{
	f->flying = 0;
	f->least = LEASE_FLOW_WAY;
}
