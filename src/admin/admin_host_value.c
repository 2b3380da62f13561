/* SPDX-License-Identifier: ISC */
#include "admin/admin_host_value.h"

#include <stdio.h>

#include "admin/admin_value.h"
#include "conf/conf_value.h"
#include "hosts/store_without.h"

const char *
admin_rule_from(const struct rule *rule)
{
	return rule->builtin ? "default" : "file";
}

/* How long (ns) until an instant; 0 where that is over. */
static uint64_t
until(uint64_t at, uint64_t now)
{
	return at > now ? at - now : 0;
}

json_t *
admin_pause_value(const struct budget_view *b, enum stats_cause cause,
    const char *why, uint64_t now)
{
	if (b->paused_until <= now)
		return json_null();
	return json_pack("{s:o, s:o, s:s, s:o}",
	    "until", admin_instant(b->paused_until, now),
	    "remaining", admin_seconds(until(b->paused_until, now)),
	    "cause", hosts_cause_word(cause),
	    "why", admin_string(why));
}

json_t *
admin_recovery_value(const struct budget_view *b, uint64_t now)
{
	if (b->window == 0 || b->paused_until > now)
		return json_null();
	return json_pack("{s:I, s:I}", "at_most", (json_int_t)b->window,
	    "on_their_way", (json_int_t)b->unsettled);
}

static bool
same_rate(const struct gcra_rate *a, const struct gcra_rate *b)
{
	return a->capacity == b->capacity && a->period == b->period &&
	    a->burst == b->burst && a->strict == b->strict;
}

static json_t *
without_value(const struct shared_view *s)
{
	const char *word = store_without_word(s->source);

	return word != NULL ? json_string(word) : json_null();
}

/* What a rate has of the store that it is shared by; null: it is not. */
static json_t *
shared_value(const struct rate_view *r, const struct shared_view *s,
    uint64_t now)
{
	bool told = s->told_at != 0;

	if (!s->is)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o}",
	    "without", without_value(s),
	    "leased", admin_units((int64_t)s->leased),
	    "left", told ? admin_units((int64_t)r->left_of_all) : json_null(),
	    "age", told ? admin_seconds(now > s->told_at ? now - s->told_at :
	    0) : json_null());
}

/* of: whose it is, for people, or NULL; part: where that is a part. */
static json_t *
budget_value(const struct rate_view *r, const struct shared_view *shared,
    const char *of, const char *part, const char *from, uint64_t now)
{
	char units[CONF_TEXT], period[CONF_TEXT], name[2 * EVENTS_TEXT];

	snprintf(name, sizeof name, "%s per %s%s%s",
	    conf_units_text(units, r->limit.capacity),
	    conf_duration_text(period, r->limit.period),
	    of != NULL ? " of " : "", of != NULL ? of : "");
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:s, s:o}",
	    "name", admin_string(name),
	    "part", part != NULL ? admin_string(part) : json_null(),
	    "capacity", admin_units((int64_t)r->limit.capacity),
	    "period", admin_seconds(r->limit.period),
	    "burst", admin_units((int64_t)r->limit.burst),
	    "strict", r->limit.strict,
	    "left", admin_units(r->left),
	    "full_in", admin_seconds(until(r->full_at, now)),
	    "from", from,
	    "store", shared_value(r, shared, now));
}

json_t *
admin_budgets_value(const struct budget_view *b,
    const struct budget_limits *limits, const char *part, const char *from,
    uint64_t now)
{
	json_t *list = json_array();
	bool set;
	unsigned i;

	for (i = 0; i < b->nrates; i++) {
		set = limits != NULL && (i >= limits->nrates ||
		    !same_rate(&b->rates[i].limit, &limits->rates[i]));
		if (json_array_append_new(list, budget_value(&b->rates[i],
		    &b->shared, part, part, set ? "override" : from,
		    now)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *
metered_value(const struct metered_view *m, const char *from, uint64_t now)
{
	json_t *value = budget_value(&m->rate, &m->shared, m->name, NULL, from,
	    now);

	if (value != NULL && json_object_set_new(value, "reserved",
	    admin_units((int64_t)m->reserved)) == 0)
		return value;
	json_decref(value);
	return NULL;
}

/* Those of a host, and what it has together with others. */
static json_t *
host_budgets_value(const struct host_view *v, uint64_t now)
{
	const char *from = admin_rule_from(v->rule);
	const struct budget_view *total = &v->throttle.total;
	json_t *list = admin_budgets_value(&v->throttle.host,
	    &v->rule->limits, NULL, from, now);
	bool ok = true;
	unsigned i;

	for (i = 0; ok && v->throttle.has_total && i < total->nrates; i++)
		ok = json_array_append_new(list, budget_value(&total->rates[i],
		    &total->shared, "all credentials", NULL, from, now)) == 0;
	for (i = 0; ok && i < v->nmetered; i++)
		ok = json_array_append_new(list,
		    metered_value(&v->metered[i], from, now)) == 0;
	if (ok)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *
learned_value(const struct budget_view *b, uint64_t now)
{
	if (b->shape_until <= now)
		return json_null();
	return json_pack("{s:I, s:o, s:o}",
	    "left", (json_int_t)b->shape_left,
	    "reset", admin_instant(b->shape_until, now),
	    "reset_in", admin_seconds(b->shape_until - now));
}

/* How it stands with the store that its budgets are shared by; or null. */
static json_t *
store_value(const struct host_view *v)
{
	const struct budget_view *b = &v->throttle.host;

	if (!v->throttle.shared.is)
		return json_null();
	return json_pack("{s:b, s:I, s:o, s:o}",
	    "connected", v->connected ? 1 : 0,
	    "proxies", (json_int_t)v->proxies,
	    "without", without_value(&v->throttle.shared),
	    "slots", b->shared.is && b->concurrency > 0 ?
	    json_integer((json_int_t)b->shared.lent) : json_null());
}

json_t *
admin_host_value(const struct host_view *v, size_t hosts, json_t *override,
    json_t *history, uint64_t now)
{
	const struct throttle_view *t = &v->throttle;
	const struct budget_view *b = &t->host;

	return json_pack("{s:o, s:s, s:I, s:s, s:I, s:I, s:o, s:I, s:I, s:I, "
	    "s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "key", admin_string(v->key),
	    "rule", v->rule->name,
	    "hosts", (json_int_t)hosts,
	    "state", hosts_state_word(v->state),
	    "waiting", (json_int_t)t->waiting,
	    "queue_length", (json_int_t)t->queue_length,
	    "oldest_wait", t->waiting == 0 ? json_null() :
	    admin_seconds(now > t->oldest ? now - t->oldest : 0),
	    "in_flight", (json_int_t)b->inflight,
	    "concurrency", (json_int_t)b->concurrency,
	    "tunnels", (json_int_t)v->tunnels,
	    "pause", admin_pause_value(b, v->cause, v->why, now),
	    "recovery", admin_recovery_value(b, now),
	    "budgets", host_budgets_value(v, now),
	    "learned", learned_value(b, now),
	    "store", store_value(v),
	    "override", override != NULL ? override : json_null(),
	    "history", history != NULL ? history : json_null());
}

json_t *
admin_override_value(const struct hosts_override_view *o, uint64_t now)
{
	static const char *const kinds[] = {
		[HOSTS_OVERRIDE_LIMITS] = "limits",
		[HOSTS_OVERRIDE_PAUSE] = "pause",
		[HOSTS_OVERRIDE_DRAIN] = "drain",
	};

	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "key", admin_string(o->key),
	    "kind", kinds[o->kind],
	    "was", admin_string(o->change.was),
	    "is", admin_string(o->change.is),
	    "until", o->until == 0 ? json_null() :
	    admin_instant(o->until, now),
	    "remaining", o->until == 0 ? json_null() :
	    admin_seconds(until(o->until, now)),
	    "by", admin_string(o->by),
	    "reason", admin_string(o->reason),
	    "since", admin_time_ns(o->given));
}

json_t *
admin_override_of(struct hosts *hs, const char *key, uint64_t now)
{
	struct hosts_override_view o;

	if (!hosts_override_of(hs, key, &o))
		return json_null();
	return admin_override_value(&o, now);
}
