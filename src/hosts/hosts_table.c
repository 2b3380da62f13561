/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_table.h"

#include <stdio.h>
#include <string.h>

#include "hosts/host_lease.h"
#include "hosts/host_observe.h"
#include "hosts/host_pause.h"
#include "hosts/hosts_heed.h"

struct host *
hosts_find(struct hosts *hs, const char *key, size_t len)
{
	struct host *h;

	HASH_FIND(hh, hs->table, key, len, h);
	return h;
}

static int
serial_cmp(const struct host *a, const struct host *b)
{
	return a->serial < b->serial ? -1 : a->serial > b->serial;
}

RB_PROTOTYPE(host_serials, host, by_serial, serial_cmp)
RB_GENERATE(host_serials, host, by_serial, serial_cmp)

struct host *
hosts_find_from(struct hosts *hs, uint64_t serial)
{
	struct host key;

	key.serial = serial;
	return RB_NFIND(host_serials, &hs->serials, &key);
}

struct host *
hosts_find_next(struct host *h)
{
	return RB_NEXT(host_serials, NULL, h);
}

void
hosts_drop(struct hosts *hs, struct host *h, uint64_t now)
{
	host_pause_settle(h, now);
	host_observe_drop(h);
	host_lease_put(h, HOST_LEASE_NONE);
	RB_REMOVE(host_serials, &hs->serials, h);
	HASH_DEL(hs->table, h);
	TAILQ_REMOVE(&hs->order, h, entry);
	hosts_discharge(&hs->share, &h->charge);
	if (h->total != NULL)
		hosts_total_leave(&hs->totals, h->total, h->throttle);
	host_set_total(h, NULL);
	/* its last wake may be an hour away, a configuration is large */
	host_empty(h);
	h->gone = true;
	if (h->armed == 0)
		host_free(h);
}

/* A wake is in no tree any more; l is NULL where its loop has ended. */
static void
wake_cb(struct wake *k, struct loop *l, uint64_t now)
{
	struct host *h = ((struct host_wake *)k)->host;
	struct hosts *hs = h->hosts;
	bool last;

	pthread_rwlock_rdlock(&hs->lock);
	host_lock(h);
	h->armed--;
	if (l != NULL && (h->armed_at <= now || h->armed_by == l->id))
		h->armed_at = THROTTLE_NEVER;
	last = h->gone && h->armed == 0;
	if (l != NULL && !h->gone)
		host_admit(h, l, now);
	host_unlock(h);
	pthread_rwlock_unlock(&hs->lock);
	if (last)
		host_free(h);
}

struct host *
hosts_add(struct hosts *hs, const char *key, const struct http1_host *name,
    const struct client_hash *whose, struct conf *conf,
    const struct rule *rule, struct hosts_client *client, uint64_t now)
{
	struct host *h;
	unsigned i;

	h = host_new(key, name, whose, conf, rule, hs->loops);
	if (h == NULL)
		return NULL;
	h->hosts = hs;
	for (i = 0; i < hs->loops; i++)
		h->wakes[i].wake.fire = wake_cb;
	if (rule_has_total(rule))
		host_set_total(h, hosts_total_join(&hs->totals, rule, name,
		    h->throttle, h));
	if (rule_has_total(rule) && h->total == NULL) {
		host_empty(h);
		host_free(h);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, hs->table, h->key, strlen(h->key), h);
	if (h->hh.tbl == NULL) {
		if (h->total != NULL)
			hosts_total_leave(&hs->totals, h->total, h->throttle);
		host_empty(h);
		host_free(h);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&hs->order, h, entry);
	h->serial = ++hs->serial;
	h->stats = &hs->stats;
	RB_INSERT(host_serials, &hs->serials, h);
	if (!hosts_has_place(conf, rule, whose))
		hosts_charge(&hs->share, &h->charge, client);
	host_pause_settle(h, now);
	hosts_heed(h, &hs->overrides, now);
	host_lease_begin(h, &hs->leases, &hs->shared, now);
	h->away = hs->away;
	return h;
}

void
hosts_sweep(struct hosts *hs, int max, uint64_t now)
{
	struct host *h;
	int i;

	for (i = 0; i < max && (h = TAILQ_FIRST(&hs->order)) != NULL; i++) {
		if (host_is_empty(h) && h->armed == 0 &&
		    throttle_idle(h->throttle, now) &&
		    hosts_total_lets_go(h->total, now) &&
		    host_observe_is_idle(h, now)) {
			hosts_drop(hs, h, now);
			continue;
		}
		TAILQ_REMOVE(&hs->order, h, entry);
		TAILQ_INSERT_TAIL(&hs->order, h, entry);
	}
}

struct host *
hosts_enter(struct hosts *hs, struct ticket *t)
{
	struct host *h;

	pthread_rwlock_rdlock(&hs->lock);
	if ((h = t->host) != NULL)
		host_lock(h);
	else
		pthread_rwlock_unlock(&hs->lock);
	return h;
}

void
hosts_exit(struct hosts *hs, struct host *h)
{
	host_unlock(h);
	pthread_rwlock_unlock(&hs->lock);
}

/* Pauses of before a reload */

/* Others that it stands for until now will have entries of their own. */
void
hosts_leave_pause(struct hosts *hs, struct host *h)
{
	h->left = throttle_paused_until(host_observe_heard(h), THROTTLE_WHOLE);
	if (h->left > hs->left)
		hs->left = h->left;
}

static void
take_pause(struct hosts *hs, struct host *h, const char *key, uint64_t now)
{
	const struct host *from = hosts_find(hs, key, strlen(key));
	uint64_t until, longest = now + h->rule->pause_max;

	if (from == NULL || from->left <= now)
		return;
	until = from->left < longest ? from->left : longest;
	if (h->rule->mode == RULE_OBSERVE) {
		throttle_pause(host_observe_heard(h), THROTTLE_WHOLE, until,
		    now);
		return;
	}
	if (host_pause(h, THROTTLE_WHOLE, until,
	    from->pause.causes[THROTTLE_WHOLE], now))
		host_pause_say(h, from->pause.why != NULL ? from->pause.why :
		    "");
}

void
hosts_heed_before(struct hosts *hs, struct host *h, uint64_t now)
{
	static const struct client_hash nobody;
	char key[HOSTS_KEY];

	if (hs->left <= now)
		return;
	hosts_key(key, h->rule, &h->name, &nobody);
	take_pause(hs, h, key, now);
	snprintf(key, sizeof key, HOSTS_SHARED "%s", h->rule->name);
	take_pause(hs, h, key, now);
}
