/* SPDX-License-Identifier: ISC */
#include "hosts/host_pause.h"

#include <stdlib.h>
#include <string.h>

#include "base/events.h"
#include "hosts/host_lease.h"
#include "hosts/hosts_name.h"
#include "hosts/store_part.h"
#include "throttle/larger.h"
#include "throttle/throttle_estimate.h"

/*
 * What is told of a host's whole, by events:
 *
 *   OPEN	the configured limits hold.
 *   PAUSED	nobody goes, or nobody has gone since.
 *   RECOVERING	a pause is over, and one has gone to ask.
 *
 *   any -> PAUSED		host_pause()
 *   PAUSED -> RECOVERING	host_pause_admitted()
 *   RECOVERING -> OPEN		host_pause_judged()
 *   any -> OPEN		host_pause_end(), host_pause_end_elsewhere()
 */

static void
tell(const struct host *h, enum event_kind kind, const char *text)
{
	char name[EVENTS_HOST];

	hosts_name_print(name, h->rule, &h->name, &h->credential);
	events_tell(kind, name, h->rule->name, NULL, "%s", text);
}

static void
count(struct host *h, bool began, uint64_t ns)
{
	enum stats_cause cause = h->pause.causes[THROTTLE_WHOLE];
	struct stats_block *b;

	pthread_mutex_lock(&h->stats->lock);
	b = stats_of(h->stats->stats, h->rule->series);
	stats_add(&b->pauses[cause], began ? 1 : 0);
	stats_add(&b->paused[cause], ns);
	pthread_mutex_unlock(&h->stats->lock);
}

void
host_pause_settle(struct host *h, uint64_t now)
{
	uint64_t until = throttle_paused_until(h->throttle, THROTTLE_WHOLE);

	if (until > now)
		until = now;
	if (until > h->pause.settled)
		count(h, false, until - h->pause.settled);
	/* the throttle may be another one's from now on, with its pause */
	h->pause.settled = larger(h->pause.settled, now);
}

bool
host_pause(struct host *h, unsigned part, uint64_t until,
    enum stats_cause cause, uint64_t now)
{
	uint64_t before = throttle_paused_until(h->throttle, part);

	host_pause_settle(h, now);
	if (!throttle_pause(h->throttle, part, until, now))
		return false;
	h->pause.causes[part] = (uint8_t)cause;
	host_lease_note(h);
	if (part != THROTTLE_WHOLE)
		return true;
	h->pause.phase = HOST_PAUSED;
	if (before <= now) {
		h->pause.settled = now;
		count(h, true, 0);
	}
	return true;
}

uint64_t
host_pause_estimated(struct host *h, uint64_t named, enum stats_cause cause,
    uint64_t now)
{
	uint64_t until;

	host_lease_note(h);
	/* where it was open, what is learned shuts it only now */
	if (h->pause.phase != HOST_OPEN)
		host_pause_settle(h, now);
	until = throttle_estimate_named(h->throttle, named, now);
	if (until == 0 || h->pause.phase == HOST_PAUSED)
		return 0;
	h->pause.causes[THROTTLE_WHOLE] = (uint8_t)cause;
	if (h->pause.phase == HOST_OPEN) {
		h->pause.settled = now;
		count(h, true, 0);
	}
	h->pause.phase = HOST_PAUSED;
	return until;
}

void
host_pause_say(struct host *h, const char *why)
{
	free(h->pause.why);
	h->pause.why = strdup(why);
}

void
host_pause_end(struct host *h, uint64_t now)
{
	host_pause_settle(h, now);
	throttle_open(h->throttle, now);
	h->pause.phase = HOST_OPEN;
	h->pause.manual = 0;
	h->told_until = 0;
	/* they would go out behind the order that ends them */
	store_part_free(&h->told_parts);
}

void
host_pause_end_elsewhere(struct host *h, uint64_t now)
{
	uint64_t manual = h->pause.manual;
	bool was_open = h->pause.phase == HOST_OPEN;

	host_pause_end(h, now);
	if (manual > now && host_pause(h, THROTTLE_WHOLE, manual, STATS_MANUAL,
	    now))
		h->pause.manual = manual;
	else if (!was_open)
		tell(h, EVENT_OPEN, "an operator has resumed it at another "
		    "proxy");
}

void
host_pause_inherit(struct host *h, const struct host *from)
{
	struct host_pause *to = &h->pause;
	uint64_t manual;

	if (from->pause.phase == HOST_OPEN)
		return;
	manual = to->manual;
	free(to->why);
	*to = from->pause;
	if (to->why != NULL)
		to->why = strdup(to->why);
	memset(to->causes, 0, sizeof to->causes);
	to->causes[THROTTLE_WHOLE] = from->pause.causes[THROTTLE_WHOLE];
	to->manual = manual;
}

void
host_pause_moved(struct host *h, const unsigned *moved)
{
	uint8_t old[THROTTLE_PARTS];
	unsigned i;

	memcpy(old, h->pause.causes, sizeof old);
	for (i = 0; i < h->rule->npaths; i++)
		if (moved[i] != THROTTLE_WHOLE)
			h->pause.causes[moved[i]] = old[i];
}

void
host_pause_admitted(struct host *h, uint64_t now)
{
	if (h->pause.phase != HOST_PAUSED)
		return;
	host_pause_settle(h, now);
	h->pause.phase = HOST_RECOVERING;
	tell(h, EVENT_RECOVERY, "the pause is over: one request asks");
}

void
host_pause_judged(struct host *h, uint64_t now)
{
	if (h->pause.phase != HOST_RECOVERING ||
	    throttle_is_held_up(h->throttle, now))
		return;
	h->pause.phase = HOST_OPEN;
	tell(h, EVENT_OPEN, "the configured limits hold again");
}
