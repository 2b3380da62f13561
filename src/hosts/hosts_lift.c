/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_lift.h"

#include <string.h>

#include "base/events.h"
#include "base/log.h"
#include "hosts/hosts_heed.h"
#include "hosts/hosts_table.h"

/* How overrides end by themselves: by time, and by a new configuration. */

static struct host *
entry_of(struct hosts *hs, const struct hosts_override *o)
{
	return hosts_find(hs, o->name.key, strlen(o->name.key));
}

bool
hosts_lift(struct hosts *hs, struct hosts_override *o, struct loop *l,
    uint64_t now)
{
	struct host *h = entry_of(hs, o);

	if (h != NULL && o->kind == HOSTS_OVERRIDE_LIMITS &&
	    !hosts_heed_limits(h, NULL, now))
		return false;
	if (h != NULL && o->kind == HOSTS_OVERRIDE_DRAIN)
		h->drained = false;
	hosts_override_drop(&hs->overrides, o);
	if (h != NULL)
		host_admit(h, l, now);
	return true;
}

/* A pause that is over says so by itself. */
static void
tell_end(const struct hosts_override *o, const char *why)
{
	static const char *const what[] = {
		[HOSTS_OVERRIDE_LIMITS] = "limits that were set",
		[HOSTS_OVERRIDE_PAUSE] = "a pause that was ordered",
		[HOSTS_OVERRIDE_DRAIN] = "draining",
	};
	char name[EVENTS_HOST];

	hosts_name_print(name, o->name.rule, &o->name.host, &o->name.whose);
	log_info("%s: %s by %s no longer held: %s", name, what[o->kind],
	    o->by, why);
	events_tell(EVENT_OVERRIDE, name, o->name.rule->name, NULL,
	    "%s no longer held: %s", what[o->kind], why);
}

uint64_t
hosts_expire(struct hosts *hs, struct loop *l, uint64_t now)
{
	struct hosts_override *o, *next;
	uint64_t at = THROTTLE_NEVER;

	pthread_rwlock_wrlock(&hs->lock);
	for (o = hosts_override_first(&hs->overrides); o != NULL; o = next) {
		next = hosts_override_next(o);
		if (o->until > now && o->until < at)
			at = o->until;
		if (o->until == 0 || o->until > now)
			continue;
		if (o->kind != HOSTS_OVERRIDE_PAUSE)
			tell_end(o, "their time is over");
		/* without memory it is tried again */
		if (!hosts_lift(hs, o, l, now))
			at = now;
	}
	pthread_rwlock_unlock(&hs->lock);
	return at;
}

void
hosts_lift_by(struct hosts *hs, const struct conf *conf)
{
	struct hosts_override *o, *next;
	const char *why;
	struct host *h;

	for (o = hosts_override_first(&hs->overrides); o != NULL; o = next) {
		next = hosts_override_next(o);
		if ((why = hosts_override_follow(o, conf)) == NULL)
			continue;
		tell_end(o, why);
		h = entry_of(hs, o);
		if (h != NULL && o->kind == HOSTS_OVERRIDE_LIMITS)
			h->override = NULL;
		else if (h != NULL && o->kind == HOSTS_OVERRIDE_PAUSE)
			h->pause.manual = 0;
		else if (h != NULL)
			h->drained = false;
		hosts_override_drop(&hs->overrides, o);
	}
}
