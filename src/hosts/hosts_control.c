/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_control.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/words.h"
#include "hosts/host.h"
#include "hosts/host_observe.h"
#include "hosts/host_pause.h"
#include "hosts/hosts_heed.h"
#include "hosts/hosts_lift.h"
#include "hosts/hosts_table.h"
#include "throttle/throttle_store.h"

/*
 * Each order takes the table's lock for writing: then nobody else is in any
 * host, and who makes an entry meanwhile finds the override.  Orders are rare,
 * and short.
 */

/* An order that is being carried out. */
struct carried {
	struct hosts		*hosts;
	const struct hosts_order *order;
	struct hosts_name	 name;
	struct host		*host;		/* NULL: no entry */
	struct hosts_change	*change;
};

/* Returns HOSTS_DONE with the table locked; or why nothing is done. */
static enum hosts_done
begin(struct carried *c, struct hosts *hs, const char *key,
    const struct hosts_order *order, struct hosts_change *change)
{
	enum hosts_done done = HOSTS_DONE;

	*c = (struct carried){ .hosts = hs, .order = order, .change = change };
	pthread_rwlock_wrlock(&hs->lock);
	if (!hosts_name_read(&c->name, hs->conf, key))
		done = HOSTS_UNKNOWN;
	else if (hs->away != NULL)
		done = HOSTS_AWAY;
	if (done != HOSTS_DONE) {
		pthread_rwlock_unlock(&hs->lock);
		return done;
	}
	c->host = hosts_find(hs, c->name.key, strlen(c->name.key));
	if (c->host != NULL && c->host->carries)
		c->host = NULL;
	return HOSTS_DONE;
}

static enum hosts_done
finish(struct carried *c, enum hosts_done done)
{
	/* before there are loops nobody waits */
	if (c->host != NULL && c->order->loop != NULL)
		host_admit(c->host, c->order->loop, c->order->now);
	pthread_rwlock_unlock(&c->hosts->lock);
	return done;
}

static struct hosts_override *
find(struct carried *c, enum hosts_override_kind kind)
{
	return hosts_override_find(&c->hosts->overrides, c->name.key, kind);
}

/* What it is, in words, before the order and after it. */
static void
say_state(struct carried *c, char buf[EVENTS_TEXT])
{
	const struct hosts_override *pause = find(c, HOSTS_OVERRIDE_PAUSE);
	uint64_t now = c->order->now, until = pause != NULL ? pause->until : 0;
	const struct host *h = c->host;
	char words[WORDS];

	if (h != NULL)
		until = throttle_paused_until(h->throttle, THROTTLE_WHOLE);
	if (find(c, HOSTS_OVERRIDE_DRAIN) != NULL)
		snprintf(buf, EVENTS_TEXT, "draining");
	else if (until > now)
		snprintf(buf, EVENTS_TEXT, "paused for %s",
		    words_duration(words, until - now));
	else if (h != NULL && throttle_is_held_up(h->throttle, now))
		snprintf(buf, EVENTS_TEXT, "recovering");
	else
		snprintf(buf, EVENTS_TEXT, "open");
}

/*
 * Others that share its budgets may know of it what nobody knows here, since
 * nobody has asked for it.
 */
static void
need_shared(struct carried *c)
{
	struct hosts *hs = c->hosts;
	const struct hosts_name *n = &c->name;

	if (c->host == NULL && n->rule->store && hs->shared.ring != NULL &&
	    HASH_COUNT(hs->table) < hs->conf->limit_hosts &&
	    hosts_find(hs, n->key, strlen(n->key)) == NULL)
		c->host = hosts_add(hs, n->key, &n->host, &n->whose, hs->conf,
		    n->rule, NULL, c->order->now);
}

/* What an override says of itself as long as it holds. */
static void
keep_change(const struct carried *c, struct hosts_override *o)
{
	const struct hosts_change *kept = c->order->kept;

	o->change = *c->change;
	if (kept == NULL)
		return;
	if (kept->was[0] != '\0')
		memcpy(o->change.was, kept->was, sizeof kept->was);
	if (kept->is[0] != '\0' && o->kind != HOSTS_OVERRIDE_LIMITS)
		memcpy(o->change.is, kept->is, sizeof kept->is);
}

/* Who has done what, and why; limits for how long, which a pause says itself. */
static void
tell(const struct carried *c, enum event_kind kind, const char *what)
{
	const struct hosts_order *order = c->order;
	char name[EVENTS_HOST], words[WORDS], until[WORDS + 8] = "";
	char text[4 * EVENTS_TEXT];

	if (order->kept != NULL)
		return;
	if (kind == EVENT_OVERRIDE && order->until > order->now)
		snprintf(until, sizeof until, " for %s", words_duration(words,
		    order->until - order->now));
	snprintf(text, sizeof text, "%s%s by %s%s%s: was %s, is %s", what,
	    until, order->by, order->reason[0] != '\0' ? ", " : "",
	    order->reason, c->change->was, c->change->is);
	hosts_name_print(name, c->name.rule, &c->name.host, &c->name.whose);
	log_info("%s: %s", name, text);
	events_tell(kind, name, c->name.rule->name, NULL, "%s", text);
}

/* The override of that kind, with what there is to be said of it. */
static enum hosts_done
note(struct carried *c, enum hosts_override_kind kind,
    struct hosts_override **out)
{
	struct hosts_overrides *all = &c->hosts->overrides;
	const struct hosts_order *order = c->order;
	struct hosts_override *o = find(c, kind);

	if (o == NULL && all->n >= c->hosts->conf->admin_overrides)
		return HOSTS_TOO_MANY;
	if ((o = hosts_override_make(all, &c->name, kind)) == NULL)
		return HOSTS_NO_MEMORY_FOR_IT;
	snprintf(o->by, sizeof o->by, "%s", order->by);
	snprintf(o->reason, sizeof o->reason, "%s", order->reason);
	snprintf(o->why, sizeof o->why, "by %.120s%s%.120s", order->by,
	    order->reason[0] != '\0' ? ": " : "", order->reason);
	o->given = order->given;
	o->until = order->until;
	*out = o;
	return HOSTS_DONE;
}

/* Pauses and draining */

/* Whether nothing is to be changed: as long a pause was ordered before. */
static bool
is_paused_so_long(struct carried *c)
{
	const struct hosts_override *o = find(c, HOSTS_OVERRIDE_PAUSE);

	if (o == NULL || o->until < c->order->until)
		return false;
	c->change->until = o->until;
	return true;
}

enum hosts_done
hosts_pause(struct hosts *hs, const char *key,
    const struct hosts_order *order, struct hosts_change *change)
{
	struct hosts_override *o;
	enum hosts_done done;
	struct carried c;

	if ((done = begin(&c, hs, key, order, change)) != HOSTS_DONE)
		return done;
	say_state(&c, change->was);
	if (!is_paused_so_long(&c)) {
		done = note(&c, HOSTS_OVERRIDE_PAUSE, &o);
		if (done != HOSTS_DONE)
			return finish(&c, done);
		if (c.host != NULL) {
			hosts_heed_pause(c.host, o->until, o->why, order->now);
			host_refuse_hopeless(c.host, order->now);
		}
		say_state(&c, change->is);
		keep_change(&c, o);
		tell(&c, EVENT_PAUSE, "paused");
	}
	say_state(&c, change->is);
	return finish(&c, done);
}

enum hosts_done
hosts_resume(struct hosts *hs, const char *key,
    const struct hosts_order *order, struct hosts_change *change)
{
	struct hosts_override *pause, *drain;
	enum hosts_done done;
	struct carried c;

	if ((done = begin(&c, hs, key, order, change)) != HOSTS_DONE)
		return done;
	pause = find(&c, HOSTS_OVERRIDE_PAUSE);
	drain = find(&c, HOSTS_OVERRIDE_DRAIN);
	need_shared(&c);
	if (c.host == NULL && pause == NULL && drain == NULL)
		return finish(&c, HOSTS_UNKNOWN);
	say_state(&c, change->was);
	hosts_override_drop(&hs->overrides, pause);
	hosts_override_drop(&hs->overrides, drain);
	if (c.host != NULL) {
		host_pause_end(c.host, order->now);
		throttle_store_order(c.host->throttle, false, order->now);
		host_observe_open(c.host, order->now);
		c.host->drained = false;
	}
	say_state(&c, change->is);
	tell(&c, EVENT_RESUME, "resumed");
	return finish(&c, HOSTS_DONE);
}

enum hosts_done
hosts_drain(struct hosts *hs, const char *key,
    const struct hosts_order *order, struct hosts_change *change)
{
	struct hosts_override *o;
	enum hosts_done done;
	struct carried c;

	if ((done = begin(&c, hs, key, order, change)) != HOSTS_DONE)
		return done;
	say_state(&c, change->was);
	if ((done = note(&c, HOSTS_OVERRIDE_DRAIN, &o)) != HOSTS_DONE)
		return finish(&c, done);
	if (c.host != NULL)
		c.host->drained = true;
	say_state(&c, change->is);
	keep_change(&c, o);
	tell(&c, EVENT_DRAIN, "drained");
	return finish(&c, HOSTS_DONE);
}

enum hosts_done
hosts_forget(struct hosts *hs, const char *key,
    const struct hosts_order *order, struct hosts_change *change)
{
	enum hosts_done done;
	struct carried c;

	if ((done = begin(&c, hs, key, order, change)) != HOSTS_DONE)
		return done;
	need_shared(&c);
	if (c.host == NULL)
		return finish(&c, HOSTS_UNKNOWN);
	say_state(&c, change->was);
	hosts_override_drop(&hs->overrides, find(&c, HOSTS_OVERRIDE_PAUSE));
	host_renew(c.host, order->now);
	throttle_store_order(c.host->throttle, true, order->now);
	say_state(&c, change->is);
	tell(&c, EVENT_FORGET, "forgotten");
	return finish(&c, HOSTS_DONE);
}

/* Limits */

/* What holds for it now: an override's, or the rule's. */
static const struct budget_limits *
limits_now(struct carried *c)
{
	const struct hosts_override *o = find(c, HOSTS_OVERRIDE_LIMITS);

	return o != NULL ? &o->limits : &c->name.rule->limits;
}

enum hosts_done
hosts_set(struct hosts *hs, const char *key, const struct hosts_limits *asked,
    const struct hosts_order *order, struct hosts_change *change)
{
	struct budget_limits limits, before;
	struct hosts_override *o;
	enum hosts_done done;
	struct carried c;

	if ((done = begin(&c, hs, key, order, change)) != HOSTS_DONE)
		return done;
	before = *limits_now(&c);
	hosts_override_say(change->was, &before);
	if (!hosts_override_limits(&c.name.rule->limits, asked, &limits,
	    change->is))
		return finish(&c, HOSTS_WRONG);
	if ((done = note(&c, HOSTS_OVERRIDE_LIMITS, &o)) != HOSTS_DONE)
		return finish(&c, done);
	o->asked = *asked;
	o->file = c.name.rule->limits;
	o->limits = limits;
	hosts_override_say(change->is, &limits);
	keep_change(&c, o);
	if (c.host != NULL &&
	    !hosts_heed_limits(c.host, &o->limits, order->now)) {
		o->limits = before;
		return finish(&c, HOSTS_NO_MEMORY_FOR_IT);
	}
	if (c.host != NULL)
		host_refuse_hopeless(c.host, order->now);
	tell(&c, EVENT_OVERRIDE, "limits set");
	return finish(&c, HOSTS_DONE);
}

enum hosts_done
hosts_unset(struct hosts *hs, const char *key,
    const struct hosts_order *order, struct hosts_change *change)
{
	struct hosts_override *o;
	enum hosts_done done;
	struct carried c;

	if ((done = begin(&c, hs, key, order, change)) != HOSTS_DONE)
		return done;
	o = find(&c, HOSTS_OVERRIDE_LIMITS);
	if (c.host == NULL && o == NULL)
		return finish(&c, HOSTS_UNKNOWN);
	hosts_override_say(change->was, limits_now(&c));
	if (o != NULL && !hosts_lift(hs, o, order->loop, order->now))
		return finish(&c, HOSTS_NO_MEMORY_FOR_IT);
	hosts_override_say(change->is, limits_now(&c));
	if (o != NULL)
		tell(&c, EVENT_OVERRIDE, "limits unset");
	return finish(&c, HOSTS_DONE);
}

/* All of them */

static void
view(const struct hosts_override *o, struct hosts_override_view *v)
{
	hosts_name_print(v->key, o->name.rule, &o->name.host, &o->name.whose);
	v->kind = o->kind;
	v->change = o->change;
	memcpy(v->by, o->by, sizeof v->by);
	memcpy(v->reason, o->reason, sizeof v->reason);
	v->given = o->given;
	v->until = o->until;
}

size_t
hosts_overrides(struct hosts *hs, uint64_t now, struct hosts_override_view *v,
    size_t max)
{
	struct hosts_override *o;
	size_t n = 0;

	pthread_rwlock_rdlock(&hs->lock);
	for (o = hosts_override_first(&hs->overrides); o != NULL && n < max;
	    o = hosts_override_next(o))
		if (o->until == 0 || o->until > now)
			view(o, &v[n++]);
	pthread_rwlock_unlock(&hs->lock);
	return n;
}

bool
hosts_override_of(struct hosts *hs, const char *key,
    struct hosts_override_view *v)
{
	const struct hosts_override *o = NULL;
	struct hosts_name name;

	pthread_rwlock_rdlock(&hs->lock);
	if (hosts_name_read(&name, hs->conf, key))
		o = hosts_override_find(&hs->overrides, name.key,
		    HOSTS_OVERRIDE_LIMITS);
	if (o != NULL)
		view(o, v);
	pthread_rwlock_unlock(&hs->lock);
	return o != NULL;
}

size_t
hosts_overrides_count(struct hosts *hs)
{
	size_t n;

	pthread_rwlock_rdlock(&hs->lock);
	n = hs->overrides.n;
	pthread_rwlock_unlock(&hs->lock);
	return n;
}
