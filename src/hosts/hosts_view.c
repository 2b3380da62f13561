/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_view.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "hosts/host.h"
#include "hosts/host_observe.h"
#include "hosts/host_pause.h"
#include "hosts/hosts_lookup.h"
#include "hosts/hosts_name.h"
#include "hosts/hosts_table.h"
#include "hosts/store_without.h"

const char *
hosts_state_word(enum hosts_state state)
{
	static const char *const words[] = {
		[HOSTS_OPEN] = "open",
		[HOSTS_RECOVERING] = "recovering",
		[HOSTS_PAUSED] = "paused",
		[HOSTS_DRAINING] = "draining",
	};

	return words[state];
}

const char *
hosts_cause_word(enum stats_cause cause)
{
	static const char *const words[] = {
		[STATS_NAMED] = "named",
		[STATS_BACKOFF] = "backoff",
		[STATS_EXHAUSTED] = "exhausted",
		[STATS_MANUAL] = "manual",
	};

	return words[cause];
}

static enum hosts_state
state_of(const struct budget_view *b, bool drained, uint64_t now)
{
	if (drained)
		return HOSTS_DRAINING;
	if (b->paused_until > now)
		return HOSTS_PAUSED;
	return b->window != 0 ? HOSTS_RECOVERING : HOSTS_OPEN;
}

/* Rates that do not hold stand where those that hold do: these are none. */
static void
show_rates(struct budget_view *to, const struct budget_view *observed)
{
	memcpy(to->rates, observed->rates, sizeof to->rates);
	to->nrates = observed->nrates;
	to->exact = observed->exact;
	to->shared = observed->shared;
}

/* With the host's lock held. */
static void
show_observed(struct host *h, uint64_t now, struct throttle_view *v)
{
	struct throttle *shadow = host_observe_shadow(h, now);
	struct throttle_view observed;

	if (shadow == NULL || h->override != NULL)
		return;
	throttle_view(shadow, now, &observed);
	show_rates(&v->host, &observed.host);
}

static void
take_why(const struct host *h, struct host_view *v)
{
	size_t n = h->pause.why != NULL ? strlen(h->pause.why) : 0;

	if (n >= sizeof v->why)
		n = sizeof v->why - 1;
	if (n > 0)
		memcpy(v->why, h->pause.why, n);
	v->why[n] = '\0';
}

static void
take_meters(struct throttle *t, enum throttle_meters_of of, const char *whose,
    uint64_t now, struct host_view *v)
{
	struct budget_view budget;
	struct metered_view *to;
	const char *name;
	unsigned i, j;

	for (i = 0; (name = throttle_view_meter(t, of, i, now,
	    &budget)) != NULL; i++)
		for (j = 0; j < budget.nrates && v->nmetered < HOSTS_METERED;
		    j++) {
			to = &v->metered[v->nmetered++];
			snprintf(to->name, sizeof to->name, "%s%s", name,
			    whose);
			to->rate = budget.rates[j];
			to->reserved = budget.reserved;
			to->shared = budget.shared;
		}
}

/* The rates of its named budgets, and of those that it has with others. */
static void
take_metered(struct host *h, uint64_t now, struct host_view *v)
{
	struct throttle *shadow = host_observe_shadow(h, now);
	struct throttle *t = shadow != NULL ? shadow : h->throttle;

	v->nmetered = 0;
	take_meters(t, THROTTLE_METERS_OWN, "", now, v);
	take_meters(t, THROTTLE_METERS_TOTAL, HOSTS_METER_OF_ALL, now, v);
}

/* What holds for those that have not asked the store for anything yet. */
static void
take_shared(struct host_view *v)
{
	unsigned i;

	v->connected = atomic_load(&stats_process.store_connected);
	v->proxies = atomic_load(&stats_process.store_peers);
	store_without_settle(v->rule, &v->throttle.shared);
	store_without_settle(v->rule, &v->throttle.host.shared);
	store_without_settle(v->rule, &v->throttle.total.shared);
	for (i = 0; i < v->nmetered; i++)
		store_without_settle(v->rule, &v->metered[i].shared);
}

/* With the host's lock held, while its configuration stays. */
static void
take_view(struct host *h, uint64_t now, struct host_view *v)
{
	host_pause_settle(h, now);
	hosts_name_print(v->key, h->rule, &h->name, &h->credential);
	v->serial = h->serial;
	v->conf = h->conf;
	v->rule = h->rule;
	throttle_view(h->throttle, now, &v->throttle);
	show_observed(h, now, &v->throttle);
	v->throttle.oldest = host_oldest(h);
	take_metered(h, now, v);
	take_shared(v);
	v->state = state_of(&v->throttle.host, h->drained, now);
	v->tunnels = h->counts.tunnels;
	v->cause = h->pause.causes[THROTTLE_WHOLE];
	take_why(h, v);
	v->overridden = h->override != NULL;
	v->admitted = h->counts.admitted;
	v->refused = h->counts.refused;
	v->throttled = h->counts.throttled;
	v->resent = h->counts.resent;
	v->seen = h->seen;
	v->observing = host_observe_view(h, now, &v->observed);
}

void
host_view_done(struct host_view *v)
{
	conf_unref(v->conf);
}

/*
 * The next one in a piece behind h (NULL: behind the cursor), locked; NULL at
 * its end.  What is there for its pause of before a reload alone is no host any
 * more.
 */
static struct host *
next_locked(struct hosts *hs, struct host *h, uint64_t *cursor)
{
	do {
		h = h != NULL ? hosts_find_next(h) :
		    hosts_find_from(hs, *cursor + 1);
		if (h == NULL)
			return NULL;
		*cursor = h->serial;
	} while (h->carries);
	host_lock(h);
	return h;
}

bool
hosts_view_piece(struct hosts *hs, uint64_t *cursor, uint64_t now,
    void (*fn)(const struct host_view *, void *), void *arg)
{
	struct host_view v;
	struct host *h = NULL;
	int i;

	pthread_rwlock_rdlock(&hs->lock);
	for (i = 0; i < HOSTS_PIECE; i++) {
		if ((h = next_locked(hs, h, cursor)) == NULL)
			break;
		take_view(h, now, &v);
		host_unlock(h);
		fn(&v, arg);
	}
	pthread_rwlock_unlock(&hs->lock);
	return h != NULL;
}

static void
take_sample(struct host *h, struct host_sample *sample)
{
	uint32_t admitted = (uint32_t)h->counts.admitted;
	uint32_t throttled = (uint32_t)h->counts.throttled;

	*sample = (struct host_sample){
		.serial = h->serial,
		.started = admitted - h->sampled.admitted,
		.refused = throttled - h->sampled.throttled,
		.waiting = h->count[TICKET_WAITING],
	};
	h->sampled = (struct host_sampled){ admitted, throttled };
}

bool
hosts_sample_piece(struct hosts *hs, uint64_t *cursor,
    void (*fn)(const struct host_sample *, void *), void *arg)
{
	struct host_sample sample;
	struct host *h = NULL;
	int i;

	pthread_rwlock_rdlock(&hs->lock);
	for (i = 0; i < HOSTS_PIECE; i++) {
		if ((h = next_locked(hs, h, cursor)) == NULL)
			break;
		take_sample(h, &sample);
		host_unlock(h);
		fn(&sample, arg);
	}
	pthread_rwlock_unlock(&hs->lock);
	return h != NULL;
}

bool
hosts_view_one(struct hosts *hs, const char *key, uint64_t now,
    struct host_view *v)
{
	struct host *h = hosts_lookup(hs, key);

	if (h == NULL)
		return false;
	take_view(h, now, v);
	conf_ref(v->conf);
	hosts_exit(hs, h);
	return true;
}

/* Parts */

static bool
take_part(struct host *h, unsigned part, uint64_t now, struct part_view *v)
{
	struct throttle *shadow = host_observe_shadow(h, now);
	struct budget_view observed;

	if (!throttle_view_part(h->throttle, part, now, &v->budget))
		return false;
	if (shadow != NULL && throttle_view_part(shadow, part, now,
	    &observed))
		show_rates(&v->budget, &observed);
	store_without_settle(h->rule, &v->budget.shared);
	throttle_view_learned(h->throttle, part, &v->estimate);
	v->named = part > THROTTLE_WHOLE;
	v->state = state_of(&v->budget, false, now);
	v->cause = h->pause.causes[part];
	snprintf(v->name, sizeof v->name, "%s", v->named ?
	    throttle_named_text(h->throttle, part - THROTTLE_WHOLE) :
	    h->rule->paths[part].text);
	return true;
}

size_t
hosts_view_parts(struct hosts *hs, const char *key, uint64_t now,
    struct part_view *v, size_t max)
{
	struct host *h = hosts_lookup(hs, key);
	unsigned part;
	size_t n = 0;

	if (h == NULL)
		return 0;
	for (part = 0; part < HOST_PARTS && n < max; part++) {
		if (part == THROTTLE_WHOLE)
			continue;
		if (take_part(h, part, now, &v[n]))
			n++;
	}
	hosts_exit(hs, h);
	return n;
}

size_t
hosts_view_count(struct hosts *hs)
{
	size_t n;

	pthread_rwlock_rdlock(&hs->lock);
	n = HASH_COUNT(hs->table);
	pthread_rwlock_unlock(&hs->lock);
	return n;
}
