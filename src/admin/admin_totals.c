/* SPDX-License-Identifier: ISC */
#include "admin/admin_totals.h"

#include <string.h>

#include "base/stats.h"
#include "hosts/hosts_view.h"

static void
add_host_cb(const struct host_view *v, void *arg)
{
	struct admin_totals *t = arg;
	uint64_t oldest = v->throttle.oldest;

	t->hosts++;
	t->waiting += v->throttle.waiting;
	t->in_flight += v->throttle.host.inflight;
	t->paused += v->state == HOSTS_PAUSED;
	if (oldest != 0 && (t->oldest == 0 || oldest < t->oldest))
		t->oldest = oldest;
}

void
admin_totals_of_hosts(struct hosts *hosts, uint64_t now,
    struct admin_totals *t)
{
	uint64_t cursor = 0;

	memset(t, 0, sizeof *t);
	while (hosts_view_piece(hosts, &cursor, now, add_host_cb, t))
		;
}

uint64_t
admin_totals_requests(uint64_t *refused)
{
	struct stats_block block;
	uint64_t requests = 0;
	unsigned i, j;

	*refused = 0;
	for (i = 0; i < stats_names(); i++) {
		memset(&block, 0, sizeof block);
		stats_sum(i, &block);
		for (j = 0; j < STATS_OUTCOMES; j++)
			requests += block.requests[j];
		*refused += block.refusals[STATS_QUEUE_FULL] +
		    block.refusals[STATS_MAX_WAIT];
	}
	return requests;
}
