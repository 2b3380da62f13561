/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_observed.h"

#include "hosts/host_observe.h"
#include "hosts/hosts_table.h"

const char *
hosts_observed(struct hosts *hs, struct ticket *t, uint64_t now)
{
	struct host *h;

	if (t->rule->mode == RULE_ENFORCE && !t->rule->tries)
		return NULL;
	if ((h = hosts_enter(hs, t)) != NULL) {
		host_observe_say(h, t, now);
		hosts_exit(hs, h);
	}
	return t->observed_as;
}
