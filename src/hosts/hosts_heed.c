/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_heed.h"

#include <stdio.h>

#include "base/log.h"
#include "hosts/host.h"
#include "hosts/host_pause.h"

bool
hosts_heed_limits(struct host *h, const struct budget_limits *override,
    uint64_t now)
{
	struct throttle_limits limits = host_limits(h->rule, override);
	unsigned i, same[THROTTLE_PARTS];

	for (i = 0; i < THROTTLE_PARTS; i++)
		same[i] = i;
	if (!throttle_limit(h->throttle, &limits, same, now))
		return false;
	h->override = override;
	return true;
}

void
hosts_heed_pause(struct host *h, uint64_t until, const char *why, uint64_t now)
{
	h->pause.manual = until;
	if (!host_pause(h, THROTTLE_WHOLE, until, STATS_MANUAL, now))
		return;
	host_pause_say(h, why);
	h->told_until = until;
}

void
hosts_heed(struct host *h, struct hosts_overrides *all, uint64_t now)
{
	struct hosts_override *o;

	o = hosts_override_find(all, h->key, HOSTS_OVERRIDE_LIMITS);
	if (o != NULL && !hosts_heed_limits(h, &o->limits, now))
		log_error("%s: out of memory: the configured limits hold",
		    h->name.name);
	o = hosts_override_find(all, h->key, HOSTS_OVERRIDE_PAUSE);
	if (o != NULL && o->until > now)
		hosts_heed_pause(h, o->until, o->why, now);
	h->drained = hosts_override_find(all, h->key,
	    HOSTS_OVERRIDE_DRAIN) != NULL;
}
