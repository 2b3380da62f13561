/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_reload.h"

#include <string.h>

#include "base/log.h"
#include "hosts/host_lease.h"
#include "hosts/host_observe.h"
#include "hosts/host_pause.h"
#include "hosts/hosts_lift.h"
#include "hosts/hosts_table.h"
#include "hosts/store_parting.h"
#include "throttle/throttle_meter_move.h"

/*
 * A new configuration, with the table locked for writing: nobody else is in a
 * host.  First every entry that stays gets its new limits; then tickets move
 * to where they belong now, and entries that nothing belongs to any more go.
 */

/* Which part of the one rule each part of the other is. */
static void
match_parts(const struct rule *from, const struct rule *to,
    unsigned moved[THROTTLE_PARTS])
{
	size_t i, j;

	for (i = 0; i < from->npaths; i++) {
		moved[i] = THROTTLE_WHOLE;
		for (j = 0; j < to->npaths; j++) {
			if (strcmp(from->paths[i].text,
			    to->paths[j].text) == 0)
				moved[i] = (unsigned)j;
		}
	}
}

/* Whether both tell clients apart by the same; else hashes mean nothing. */
static bool
same_per(const struct rule *a, const struct rule *b)
{
	if (a->per.kind != b->per.kind)
		return false;
	if (a->per.kind == RULE_KEY_JWT)
		return strcmp(a->per.claims, b->per.claims) == 0;
	return a->per.kind != RULE_KEY_HEADER ||
	    strcmp(a->per.header, b->per.header) == 0;
}

static struct client_hash
credential_under(const struct rule *from, const struct rule *to,
    const struct client_hash *whose)
{
	return same_per(from, to) ? *whose : (struct client_hash){ 0, 0 };
}

static void
inherit(struct host *to, struct host *from, uint64_t now)
{
	unsigned moved[THROTTLE_PARTS];

	match_parts(from->rule, to->rule, moved);
	host_observe_inherit(to, from, moved, now);
	if (to->routes == NULL && from->routes != NULL)
		to->routes = routes_copy(from->routes);
	if (to->rule->mode == RULE_ENFORCE)
		host_pause_inherit(to, from);
	if (to->total != NULL && from->total != NULL && to->total !=
	    from->total)
		throttle_total_inherit(&to->total->total, &from->total->total,
		    now);
	host_reach(to, from->reached + 1);
}

static void
move_ticket(struct ticket *t, struct host *from, struct host *to, uint64_t now)
{
	unsigned moved[THROTTLE_PARTS];

	match_parts(from->rule, to->rule, moved);
	host_observe_move(from, to, t, moved, now);
	host_move(from, to, t);
	if (t->state == TICKET_WAITING) {
		throttle_cancel(from->throttle, &t->waiter);
		throttle_named_carry(from->throttle, to->throttle,
		    &t->waiter);
		if (!throttle_requeue(to->throttle, &t->waiter, moved, now))
			host_refuse(to, t, HOSTS_LATE, now);
	} else {
		throttle_meters_carry(from->throttle, to->throttle,
		    &t->waiter, now);
		throttle_release(from->throttle, &t->waiter, now);
		throttle_named_carry(from->throttle, to->throttle,
		    &t->waiter);
		throttle_hold(to->throttle, &t->waiter, moved, now);
		host_reach(to, 1);
	}
}

/*
 * The entry that a name belongs to under the new configuration.  A new one, or
 * one that takes an old one's place, inherits what that has consumed.  No cap
 * holds here: a reload loses nothing.
 */
static struct host *
new_home(struct hosts *hs, struct host *from, const struct http1_host *name,
    bool takes_place, uint64_t now)
{
	const struct rule *rule = conf_rule(hs->conf, name);
	struct client_hash credential;
	char key[HOSTS_KEY];
	struct host *h;
	size_t len;

	credential = credential_under(from->rule, rule, &from->credential);
	len = hosts_key(key, rule, name, &credential);
	if ((h = hosts_find(hs, key, len)) == from)
		return from;
	if (h == NULL) {
		h = hosts_add(hs, key, name, &credential, hs->conf, rule,
		    from->charge.client, now);
		if (h == NULL)
			return from;
		takes_place = true;
	}
	if (takes_place)
		inherit(h, from, now);
	return h;
}

/* The rule of an entry that stays where it is, or NULL. */
static const struct rule *
rule_of_its_own(struct hosts *hs, struct host *h)
{
	const struct rule *rule;
	struct client_hash credential;
	char key[HOSTS_KEY];

	if (h->rule->shared)
		rule = conf_shared_rule(hs->conf, h->rule->name);
	else
		rule = conf_rule(hs->conf, &h->name);
	if (rule == NULL)
		return NULL;
	credential = credential_under(h->rule, rule, &h->credential);
	hosts_key(key, rule, &h->name, &credential);
	return strcmp(key, h->key) == 0 ? rule : NULL;
}

/* An entry counts, or not, by its new rule. */
static void
count_anew(struct hosts *hs, struct host *h)
{
	bool counts = !hosts_has_place(h->conf, h->rule, &h->credential);

	if (counts && !h->charge.counted)
		hosts_charge(&hs->share, &h->charge, NULL);
	else if (!counts)
		hosts_discharge(&hs->share, &h->charge);
}

/* What it spends from with others, by its new rule. */
static void
renew_total(struct hosts *hs, struct host *h, const struct rule *rule,
    uint64_t now)
{
	if (h->total != NULL && rule_has_total(rule)) {
		if (!hosts_total_limit(&hs->totals, h->total, rule, now))
			log_error("%s: out of memory: per_total of its "
			    "budgets is as before", h->name.name);
	} else if (h->total != NULL) {
		hosts_total_leave(&hs->totals, h->total, h->throttle);
		host_set_total(h, NULL);
	} else if (rule_has_total(rule)) {
		host_set_total(h, hosts_total_join(&hs->totals, rule,
		    &h->name, h->throttle, h));
		if (h->total != NULL)
			h->total->reached += h->reached;
		else
			log_error("%s: out of memory: per_total does not hold",
			    h->name.name);
	}
}

/*
 * What those have taken of named budgets that go on at an entry which is right
 * already: the budgets may be gone from this one when they do.
 */
static void
carry_meters(struct hosts *hs, struct host *h, uint64_t now)
{
	struct ticket *t;
	struct host *to;

	TAILQ_FOREACH(t, &h->tickets, entry) {
		if (t->state != TICKET_HELD || t->waiter.fair.wants == NULL)
			continue;
		to = new_home(hs, h, t->name, false, now);
		if (to != h && to->conf == hs->conf)
			throttle_meters_carry(h->throttle, to->throttle,
			    &t->waiter, now);
	}
}

/* New limits for an entry that stays; its tickets' parts follow. */
static void
limit_host(struct hosts *hs, struct host *h, const struct rule *rule,
    uint64_t now)
{
	const struct hosts_override *o = hosts_override_find(&hs->overrides,
	    h->key, HOSTS_OVERRIDE_LIMITS);
	const struct budget_limits *set = o != NULL ? &o->limits : NULL;
	struct throttle_limits limits = host_limits(rule, set);
	unsigned moved[THROTTLE_PARTS];
	struct observe *shadow;
	struct ticket *t;

	match_parts(h->rule, rule, moved);
	carry_meters(hs, h, now);
	shadow = host_observe_make(h, rule, moved, now);
	if (!throttle_limit(h->throttle, &limits, moved, now)) {
		if (shadow != h->observe)
			observe_free(shadow);
		log_error("%s: out of memory: the old limits stay",
		    h->name.name);
		return;
	}
	TAILQ_FOREACH(t, &h->tickets, entry) {
		if (t->state == TICKET_HELD)
			throttle_moved(&t->waiter, moved);
	}
	if (h->rule->per.kind == RULE_KEY_NONE &&
	    rule->per.kind != RULE_KEY_NONE)
		hosts_leave_pause(hs, h);
	renew_total(hs, h, rule, now);
	host_pause_moved(h, moved);
	host_observe_replace(h, rule, shadow, moved, now);
	conf_unref(h->conf);
	h->conf = conf_ref(hs->conf);
	h->rule = rule;
	h->override = set;
	host_set_counted(h);
	h->carries = false;
	count_anew(hs, h);
}

/* Moves tickets that belong elsewhere now, and drops what has no place. */
static void
settle_host(struct hosts *hs, struct host *h, uint64_t now)
{
	bool stays = h->conf == hs->conf || rule_of_its_own(hs, h) != NULL;
	struct ticket *t, *next;
	struct host *to;

	if (!stays && !h->carries)
		new_home(hs, h, &h->name, true, now);
	TAILQ_FOREACH_SAFE(t, &h->tickets, entry, next) {
		to = new_home(hs, h, t->name, false, now);
		if (to != h)
			move_ticket(t, h, to, now);
	}
	if (stays || !host_is_empty(h))
		return;
	if (h->rule->shared)
		hosts_leave_pause(hs, h);
	h->carries = h->rule->shared && h->left > now;
	if (!h->carries)
		hosts_drop(hs, h, now);
}

/* Makes an entry for a host under a rule, out of one under another. */
static void
split_entry(struct hosts *hs, struct host *from,
    const struct http1_host *name, struct conf *conf,
    const struct rule *rule, uint64_t now)
{
	struct client_hash whose;
	char key[HOSTS_KEY];
	struct host *to;
	size_t len;

	whose = credential_under(from->rule, rule, &from->credential);
	len = hosts_key(key, rule, name, &whose);
	if (hosts_find(hs, key, len) == NULL && (to = hosts_add(hs, key, name,
	    &whose, conf, rule, from->charge.client, now)) != NULL)
		inherit(to, from, now);
}

/*
 * A host that has a rule of its own now, and shared a throttle until now (with
 * its other ports, or with other hosts): begins with what that has consumed,
 * for each credential where they were told apart.
 */
static void
split_host(struct hosts *hs, struct conf *conf, const struct rule *rule,
    uint64_t now)
{
	static const struct client_hash nobody;
	const struct rule *old;
	struct host *h, *next, *last;
	char key[HOSTS_KEY];
	struct host_pattern p;
	size_t len;

	if (host_pattern_parse(&p, rule->name, strlen(rule->name)) != NULL ||
	    p.wildcard)
		return;
	old = conf_rule(hs->conf, &p.host);
	if (strcmp(old->name, rule->name) == 0 &&
	    old->shared == rule->shared)
		return;
	len = hosts_key(key, old, &p.host, &nobody);
	if ((h = hosts_find(hs, key, len)) != NULL)
		split_entry(hs, h, &p.host, conf, rule, now);
	if (old->per.kind == RULE_KEY_NONE)
		return;
	last = TAILQ_LAST(&hs->order, host_order);
	for (h = TAILQ_FIRST(&hs->order); h != NULL; h = next) {
		next = h == last ? NULL : TAILQ_NEXT(h, entry);
		hosts_key(key, old, &p.host, &h->credential);
		if (strcmp(key, h->key) == 0)
			split_entry(hs, h, &p.host, conf, rule, now);
	}
}

/*
 * Wherever its pause was from (an older configuration, a throttle that it was
 * shared with), it lasts no longer than a response may pause it for now.
 */
static void
shorten_pause(struct host *h, uint64_t now)
{
	uint64_t longest = h->rule->pause_max;

	host_pause_settle(h, now);
	throttle_shorten(h->throttle, longest, now);
	if (h->observe != NULL)
		throttle_shorten(observe_throttle(h->observe), longest, now);
	if (h->told_until > now + longest)
		h->told_until = now + longest;
	/* what an operator has ordered lasts */
	if (h->pause.manual > now && host_pause(h, THROTTLE_WHOLE,
	    h->pause.manual, STATS_MANUAL, now))
		h->told_until = h->pause.manual;
}

void
hosts_reload(struct hosts *hs, struct conf *conf, uint64_t now)
{
	struct host *h, *next, *last;
	const struct rule *rule;
	size_t i;

	pthread_rwlock_wrlock(&hs->lock);
	hs->totals.reload++;
	/* what was paused until now counts once, and for the old rules */
	TAILQ_FOREACH(h, &hs->order, entry) {
		host_pause_settle(h, now);
		/* leases are of limits, which may be others from now on */
		if (hs->shared.ring != NULL && h->leases == &hs->shared)
			store_parting_add(h, THROTTLE_STORE_LEASES, false,
			    now);
	}
	hosts_lift_by(hs, conf);
	for (i = 0; i < conf->nrules; i++)
		split_host(hs, conf, &conf->rules[i], now);
	conf_unref(hs->conf);
	hs->conf = conf_ref(conf);
	TAILQ_FOREACH(h, &hs->order, entry) {
		if (h->conf != conf &&
		    (rule = rule_of_its_own(hs, h)) != NULL)
			limit_host(hs, h, rule, now);
	}
	/* entries made on the way stand behind the last, and are right */
	last = TAILQ_LAST(&hs->order, host_order);
	for (h = TAILQ_FIRST(&hs->order); h != NULL; h = next) {
		next = h == last ? NULL : TAILQ_NEXT(h, entry);
		settle_host(hs, h, now);
	}
	TAILQ_FOREACH(h, &hs->order, entry) {
		shorten_pause(h, now);
		host_lease_begin(h, &hs->leases, &hs->shared, now);
	}
	pthread_rwlock_unlock(&hs->lock);
}
