/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_explain.h"

#include <stdio.h>
#include <stdlib.h>

#include "hosts/host_observe.h"
#include "hosts/hosts_lookup.h"
#include "hosts/hosts_name.h"
#include "throttle/throttle_ask.h"
#include "throttle/throttle_view.h"

/*
 * What stands for a host that nobody has asked yet: a throttle as it would
 * begin, with what operators have set for it.  With the table locked.
 */
static bool
begin_host(struct hosts *hs, const struct hosts_question *q, const char *key,
    uint64_t now, struct host *h)
{
	struct throttle_limits limits;
	const struct hosts_override *o;

	o = hosts_override_find(&hs->overrides, key, HOSTS_OVERRIDE_LIMITS);
	limits = host_limits(q->rule, o != NULL ? &o->limits : NULL);
	*h = (struct host){ .conf = q->conf, .rule = q->rule };
	if ((h->throttle = throttle_new(&limits)) == NULL)
		return false;
	if (!host_observe_init(h)) {
		throttle_free(h->throttle);
		return false;
	}
	o = hosts_override_find(&hs->overrides, key, HOSTS_OVERRIDE_PAUSE);
	if (o != NULL && throttle_pause(h->throttle, THROTTLE_WHOLE, o->until,
	    now))
		h->pause.causes[THROTTLE_WHOLE] = STATS_MANUAL;
	h->drained = hosts_override_find(&hs->overrides, key,
	    HOSTS_OVERRIDE_DRAIN) != NULL;
	return true;
}

static bool
is_late(const struct hosts_why *why, const struct throttle_request *r)
{
	return !why->why.goes && why->why.start > r->deadline;
}

/*
 * The same by limits that are only observed, where nothing else holds it up:
 * those of parts that the host has named are not told apart there.
 */
static bool
ask_shadow(struct host *h, const struct hosts_question *q, uint64_t now,
    struct hosts_why *why)
{
	struct throttle *shadow = host_observe_shadow(h, now);
	struct throttle_waiter w;

	if (shadow == NULL || !why->why.goes || why->drained)
		return true;
	hosts_why_done(why);
	if (!throttle_fill_in(shadow, &w, &q->claim->request, now))
		return false;
	hosts_why_observe(why, h, shadow, &w, now);
	why->late = is_late(why, &q->claim->request);
	return true;
}

/* With the host's lock held, if it is one of the table's. */
static bool
ask(struct host *h, const struct hosts_question *q, uint64_t now,
    struct hosts_why *why)
{
	const struct http1_head *head = q->source->head;
	struct ticket t = { .hasher = q->hasher };
	struct throttle_request r = q->claim->request;
	struct throttle_waiter w;

	if (!q->source->tunnel && q->rule->learn != RULE_LEARN_OFF &&
	    h->routes != NULL) {
		host_know_route(&t, head->method, head->path);
		r.named = host_named_part(h, &t);
	}
	if (!throttle_fill_in(h->throttle, &w, &r, now))
		return false;
	hosts_why_take(why, h, &w, true, now);
	why->late = is_late(why, &r);
	why->drained = h->drained;
	return ask_shadow(h, q, now, why);
}

/* At a host that is not in the table. */
static bool
ask_nowhere(struct hosts *hs, const struct hosts_question *q, const char *key,
    uint64_t now, struct hosts_why *why)
{
	struct host h;
	bool done;

	if (!begin_host(hs, q, key, now, &h))
		return false;
	if (rule_has_total(q->rule))
		host_set_total(&h, hosts_total_find(&hs->totals, q->rule,
		    q->name));
	if (h.total != NULL) {
		host_lock(&h);
		throttle_join(h.throttle, &h.total->total, NULL);
	}
	done = ask(&h, q, now, why);
	if (h.total != NULL) {
		throttle_join(h.throttle, NULL, NULL);
		host_unlock(&h);
	}
	observe_free(h.observe);
	throttle_free(h.throttle);
	return done;
}

/* With the table locked. */
static bool
ask_either(struct hosts *hs, const struct hosts_question *q, uint64_t now,
    struct hosts_why *why)
{
	char key[HOSTS_KEY];
	struct host *h;
	size_t len;
	bool done;

	len = hosts_key(key, q->rule, q->name, &q->claim->credential);
	if ((h = hosts_find(hs, key, len)) == NULL)
		return ask_nowhere(hs, q, key, now, why);
	host_lock(h);
	done = ask(h, q, now, why);
	host_unlock(h);
	return done;
}

enum hosts_answer
hosts_explain(struct hosts *hs, const struct hosts_question *q, uint64_t now,
    struct hosts_explanation *e)
{
	enum hosts_answer answer = HOSTS_RELOADED;
	struct hosts_why why;

	pthread_rwlock_rdlock(&hs->lock);
	if (q->conf == hs->conf)
		answer = ask_either(hs, q, now, &why) ? HOSTS_GO :
		    HOSTS_NO_MEMORY;
	pthread_rwlock_unlock(&hs->lock);
	if (answer != HOSTS_GO)
		return answer;
	hosts_why_say(&why, e);
	hosts_name_print(e->key, q->rule, q->name, &q->claim->credential);
	hosts_why_done(&why);
	return HOSTS_GO;
}

bool
hosts_explain_refused(struct ticket *t, struct hosts_explanation *e)
{
	if (t->why == NULL)
		return false;
	hosts_why_say(t->why, e);
	hosts_name_print(e->key, t->rule, t->name, &t->credential);
	hosts_why_drop(t);
	return true;
}

size_t
hosts_explain_queue(struct hosts *hs, const char *key, uint64_t now,
    struct hosts_explanation *list, size_t max)
{
	struct waiter_view *views = calloc(max, sizeof *views);
	struct hosts_why *why = calloc(max, sizeof *why);
	struct host *h = NULL;
	size_t i, n = 0;

	if (views != NULL && why != NULL)
		h = hosts_lookup(hs, key);
	if (h != NULL) {
		n = throttle_view_queue(h->throttle, now, views, max);
		for (i = 0; i < n; i++)
			hosts_why_take(&why[i], h, views[i].waiter, true, now);
		hosts_exit(hs, h);
	}
	for (i = 0; i < n; i++) {
		hosts_why_say(&why[i], &list[i]);
		snprintf(list[i].key, sizeof list[i].key, "%s", key);
		hosts_why_done(&why[i]);
	}
	free(views);
	free(why);
	return n;
}
