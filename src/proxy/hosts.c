/* SPDX-License-Identifier: ISC */
#include "proxy/hosts.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "log.h"
#include "proxy/worker.h"

/*
 * Life of a host's entry: made by the first ticket that names it, found in
 * the table by its key as long as it is there; dropped when it is idle, so that
 * dropping it loses nothing, or when a reload gave its tickets to another
 * entry.  A worker's wake tree may still point to it then: it is "gone" and is
 * freed by the last wake that fires.
 *
 * The key is what shares a throttle: the host's name; host and port where
 * the rule names a port; the pattern where the rule is shared.
 */

#define KEY_SIZE	(HTTP1_HOST + 32)
#define SHARED		'='	/* begins the key of a shared rule */
#define SWEEP		2	/* entries looked at for each new one */
#define SWEEP_FULL	100	/* where there is no room otherwise */

TAILQ_HEAD(tickets, ticket);

struct host {
	UT_hash_handle		 hh;
	TAILQ_ENTRY(host)	 entry;		/* in hosts.order */
	char			*key;
	struct http1_host	 name;		/* of the first ticket */
	pthread_mutex_t		 lock;		/* guards what follows */
	struct throttle		*throttle;
	struct tickets		 tickets;	/* all that wait or hold */
	uint64_t		 armed_at;	/* ns; or NEVER */
	unsigned		 armed_by;	/* by which worker */
	unsigned		 armed;		/* wakes in trees */
	bool			 refusing;	/* logged that it does */
	bool			 gone;		/* not in the table any more */
	struct wake		 wakes[];	/* one a worker */
};
TAILQ_HEAD(host_order, host);

struct hosts {
	pthread_rwlock_t	 lock;		/* guards what follows */
	struct conf		*conf;		/* own reference */
	struct host		*table;
	struct host_order	 order;		/* for the sweep, and reload */
	size_t			 n;
	unsigned		 workers;
	bool			 full;		/* has refused, and logged it */
};

struct hosts *
hosts_new(struct conf *conf, unsigned workers)
{
	struct hosts *hs;

	if ((hs = calloc(1, sizeof *hs)) == NULL)
		return NULL;
	pthread_rwlock_init(&hs->lock, NULL);
	TAILQ_INIT(&hs->order);
	hs->conf = conf_ref(conf);
	hs->workers = workers;
	return hs;
}

static void
free_host(struct host *h)
{
	pthread_mutex_destroy(&h->lock);
	throttle_free(h->throttle);
	free(h->key);
	free(h);
}

static void
drop_host(struct hosts *hs, struct host *h)
{
	HASH_DEL(hs->table, h);
	TAILQ_REMOVE(&hs->order, h, entry);
	hs->n--;
	h->gone = true;
	if (h->armed == 0)
		free_host(h);
}

void
hosts_free(struct hosts *hs)
{
	struct host *h;

	if (hs == NULL)
		return;
	while ((h = TAILQ_FIRST(&hs->order)) != NULL) {
		h->armed = 0;	/* no worker is left */
		drop_host(hs, h);
	}
	conf_unref(hs->conf);
	pthread_rwlock_destroy(&hs->lock);
	free(hs);
}

static struct throttle_limits
limits_of(const struct conf_rule *rule)
{
	return (struct throttle_limits){
		.host = rule->limits,
		.queue_length = rule->queue_length,
	};
}

/* The table */

static size_t
make_key(char *key, const struct conf_rule *rule, const struct http1_host *name)
{
	int n;

	if (rule->shared)
		n = snprintf(key, KEY_SIZE, "%c%s", SHARED, rule->name);
	else if (rule->has_port)
		n = snprintf(key, KEY_SIZE, "%s %u", name->name, name->port);
	else
		n = snprintf(key, KEY_SIZE, "%s", name->name);
	return (size_t)n;
}

static struct host *
find_host(struct hosts *hs, const char *key, size_t len)
{
	struct host *h;

	HASH_FIND(hh, hs->table, key, len, h);
	return h;
}

/* Drops some of the oldest entries if they are idle; with the table locked. */
static void
sweep(struct hosts *hs, uint64_t now)
{
	int i, max = hs->n < hs->conf->limit_hosts ? SWEEP : SWEEP_FULL;
	struct host *h;

	for (i = 0; i < max && (h = TAILQ_FIRST(&hs->order)) != NULL; i++) {
		if (TAILQ_EMPTY(&h->tickets) && h->armed == 0 &&
		    throttle_idle(h->throttle, now)) {
			drop_host(hs, h);
			continue;
		}
		TAILQ_REMOVE(&hs->order, h, entry);
		TAILQ_INSERT_TAIL(&hs->order, h, entry);
	}
}

static struct host *
add_host(struct hosts *hs, const char *key, const struct http1_host *name,
    const struct conf_rule *rule)
{
	struct throttle_limits limits = limits_of(rule);
	struct host *h;
	unsigned i;

	h = calloc(1, sizeof *h + hs->workers * sizeof h->wakes[0]);
	if (h == NULL)
		return NULL;
	h->key = strdup(key);
	h->throttle = throttle_new(&limits);
	if (h->key == NULL || h->throttle == NULL) {
		free(h->key);
		throttle_free(h->throttle);
		free(h);
		return NULL;
	}
	h->name = *name;
	if (!rule->has_port)
		h->name.port = 0;
	pthread_mutex_init(&h->lock, NULL);
	TAILQ_INIT(&h->tickets);
	h->armed_at = THROTTLE_NEVER;
	for (i = 0; i < hs->workers; i++)
		h->wakes[i].host = h;
	HASH_ADD_KEYPTR(hh, hs->table, h->key, strlen(h->key), h);
	TAILQ_INSERT_TAIL(&hs->order, h, entry);
	hs->n++;
	return h;
}

/* The entry for a name, made where it is missing; with the table locked. */
static struct host *
need_host(struct hosts *hs, const struct conf_rule *rule,
    const struct http1_host *name, uint64_t now)
{
	char key[KEY_SIZE];
	struct host *h;
	size_t len;

	len = make_key(key, rule, name);
	if ((h = find_host(hs, key, len)) != NULL)
		return h;
	sweep(hs, now);
	if (hs->n >= hs->conf->limit_hosts) {
		hs->full = true;
		return NULL;
	}
	hs->full = false;
	return add_host(hs, key, name, rule);
}

/* One host's queue, with its lock held */

/* Has somebody look at the queue when its head is due. */
static void
arm(struct host *h, struct worker *w, uint64_t now)
{
	uint64_t at = throttle_wake(h->throttle, now);
	struct wake *k = &h->wakes[w->id];

	if (at >= h->armed_at)
		return;
	if (!k->armed)
		h->armed++;
	h->armed_at = at;
	h->armed_by = w->id;
	worker_wake_at(w, k, at);
}

static struct ticket *
ticket_of(struct throttle_waiter *waiter)
{
	return (struct ticket *)(void *)((char *)waiter -
	    offsetof(struct ticket, waiter));
}

/* Admits who may go now. */
static void
admit(struct host *h, uint64_t now)
{
	struct throttle_waiter *waiter;
	struct ticket *t;

	while ((waiter = throttle_next(h->throttle, now)) != NULL) {
		t = ticket_of(waiter);
		t->state = TICKET_HELD;
		worker_post(t->worker, t);
	}
}

/* When one that does not wait any more would start if it came back now. */
static uint64_t
start_again(struct host *h, const struct throttle_waiter *waiter, uint64_t now)
{
	struct throttle_report report;

	throttle_report(h->throttle, waiter, now, &report);
	return report.start;
}

/* The first refusal is worth a line, and the end of refusing; not each. */
static void
log_crossing(const struct ticket *t, enum hosts_answer a)
{
	if (a == HOSTS_FULL)
		log_warn("%s: refusing requests: queue.length (%u) is reached",
		    t->name->name, t->rule->queue_length);
	else if (a == HOSTS_LATE)
		log_warn("%s: refusing requests: the wait would be longer "
		    "than queue.max_wait (%.0f s)", t->name->name,
		    (double)t->rule->max_wait / 1e9);
	else
		log_info("%s: no longer refusing requests", t->name->name);
}

static enum hosts_answer
ask(struct host *h, struct ticket *t, uint64_t now)
{
	const struct throttle_request request = {
		.cost = t->tunnel ? t->rule->tunnel_cost : BUDGET_UNIT,
		.deadline = now + t->rule->max_wait,
		.weight = FAIR_WEIGHT,
		.urgency = FAIR_URGENCY,
		.part = THROTTLE_WHOLE,
	};
	enum hosts_answer answer = HOSTS_GO;
	struct throttle_report report;
	bool crossed;

	pthread_mutex_lock(&h->lock);
	switch (throttle_ask(h->throttle, &t->waiter, &request, now,
	    &report)) {
	case THROTTLE_GO:
		t->state = TICKET_HELD;
		break;
	case THROTTLE_WAIT:
		t->state = TICKET_WAITING;
		arm(h, t->worker, now);
		answer = HOSTS_WAIT;
		break;
	case THROTTLE_FULL:
		answer = HOSTS_FULL;
		break;
	case THROTTLE_LATE_START:
		answer = HOSTS_LATE;
		break;
	case THROTTLE_NO_MEMORY:
		answer = HOSTS_NO_ROOM;
		break;
	}
	t->start = report.start;
	if (t->state != TICKET_IDLE) {
		t->host = h;
		TAILQ_INSERT_TAIL(&h->tickets, t, entry);
	}
	crossed = h->refusing != (t->state == TICKET_IDLE);
	h->refusing = t->state == TICKET_IDLE;
	pthread_mutex_unlock(&h->lock);
	if (crossed)
		log_crossing(t, answer);
	return answer;
}

/* Tickets */

enum hosts_answer
hosts_ask(struct hosts *hs, struct ticket *t, uint64_t now)
{
	enum hosts_answer answer = HOSTS_NO_ROOM;
	char key[KEY_SIZE];
	struct host *h;
	bool was_full;
	size_t len;

	t->state = TICKET_IDLE;
	t->host = NULL;
	pthread_rwlock_rdlock(&hs->lock);
	t->conf = conf_ref(hs->conf);
	t->rule = conf_rule(t->conf, t->name);
	len = make_key(key, t->rule, t->name);
	if ((h = find_host(hs, key, len)) != NULL)
		answer = ask(h, t, now);
	pthread_rwlock_unlock(&hs->lock);
	if (h != NULL)
		return answer;

	pthread_rwlock_wrlock(&hs->lock);
	was_full = hs->full;
	conf_unref(t->conf);
	t->conf = conf_ref(hs->conf);
	t->rule = conf_rule(t->conf, t->name);
	if ((h = need_host(hs, t->rule, t->name, now)) != NULL)
		answer = ask(h, t, now);
	pthread_rwlock_unlock(&hs->lock);
	if (answer == HOSTS_NO_ROOM && !was_full)
		log_warn("limits.hosts (%llu) is reached: requests to further "
		    "hosts are refused",
		    (unsigned long long)t->conf->limit_hosts);
	return answer;
}

/* Takes a ticket from its host, whose lock is held. */
static void
leave(struct host *h, struct ticket *t, uint64_t now)
{
	if (t->state == TICKET_WAITING)
		throttle_cancel(h->throttle, &t->waiter);
	else {
		throttle_verdict(h->throttle, &t->waiter, BUDGET_SUCCESS, now);
		throttle_release(h->throttle, &t->waiter, now);
	}
	TAILQ_REMOVE(&h->tickets, t, entry);
	t->state = TICKET_IDLE;
	t->host = NULL;
	admit(h, now);
	arm(h, t->worker, now);
}

void
hosts_release(struct hosts *hs, struct ticket *t, uint64_t now)
{
	struct host *h;

	pthread_rwlock_rdlock(&hs->lock);
	if ((h = t->host) != NULL) {
		pthread_mutex_lock(&h->lock);
		/* its host may have refused it meanwhile */
		if (t->state != TICKET_IDLE)
			leave(h, t, now);
		pthread_mutex_unlock(&h->lock);
	}
	pthread_rwlock_unlock(&hs->lock);
}

void
hosts_leave(struct hosts *hs, struct ticket *t, uint64_t now)
{
	if (t->conf == NULL)
		return;
	hosts_release(hs, t, now);
	worker_unpost(t->worker, t);
	conf_unref(t->conf);
	t->conf = NULL;
}

bool
hosts_pause(struct hosts *hs, struct ticket *t, uint64_t until, uint64_t now)
{
	struct throttle_queue out = TAILQ_HEAD_INITIALIZER(out);
	struct throttle_waiter *waiter;
	struct ticket *late;
	struct host *h;
	bool longer;

	pthread_rwlock_rdlock(&hs->lock);
	h = t->host;
	pthread_mutex_lock(&h->lock);
	longer = throttle_pause(h->throttle, THROTTLE_WHOLE, until, now);
	if (longer)
		throttle_hopeless(h->throttle, now, &out);
	while ((waiter = TAILQ_FIRST(&out)) != NULL) {
		TAILQ_REMOVE(&out, waiter, entry);
		late = ticket_of(waiter);
		late->start = start_again(h, waiter, now);
		late->state = TICKET_IDLE;
		TAILQ_REMOVE(&h->tickets, late, entry);
		worker_post(late->worker, late);
		/* the last touch: who sees this may free the ticket */
		late->host = NULL;
	}
	pthread_mutex_unlock(&h->lock);
	pthread_rwlock_unlock(&hs->lock);
	return longer;
}

bool
hosts_give_up(struct hosts *hs, struct ticket *t, uint64_t now)
{
	struct host *h;
	bool waited = false;

	pthread_rwlock_rdlock(&hs->lock);
	if ((h = t->host) != NULL) {
		pthread_mutex_lock(&h->lock);
		if (t->state == TICKET_WAITING) {
			leave(h, t, now);
			t->start = start_again(h, &t->waiter, now);
			waited = true;
		}
		pthread_mutex_unlock(&h->lock);
	}
	pthread_rwlock_unlock(&hs->lock);
	return waited;
}

/* Time */

void
hosts_fire(struct hosts *hs, struct worker *w, struct wake *k, uint64_t now)
{
	struct host *h = k->host;
	bool last;

	pthread_rwlock_rdlock(&hs->lock);
	pthread_mutex_lock(&h->lock);
	h->armed--;
	if (h->armed_at <= now || h->armed_by == w->id)
		h->armed_at = THROTTLE_NEVER;
	last = h->gone && h->armed == 0;
	if (!h->gone) {
		admit(h, now);
		arm(h, w, now);
	}
	pthread_mutex_unlock(&h->lock);
	pthread_rwlock_unlock(&hs->lock);
	if (last)
		free_host(h);
}

void
hosts_look(struct hosts *hs, struct worker *w, uint64_t now)
{
	struct host *h;

	pthread_rwlock_rdlock(&hs->lock);
	TAILQ_FOREACH(h, &hs->order, entry) {
		pthread_mutex_lock(&h->lock);
		admit(h, now);
		arm(h, w, now);
		pthread_mutex_unlock(&h->lock);
	}
	pthread_rwlock_unlock(&hs->lock);
}

/* Reload, with the table locked for writing: nobody else is in a host */

static void
move_ticket(struct ticket *t, struct host *from, struct host *to, uint64_t now)
{
	TAILQ_REMOVE(&from->tickets, t, entry);
	TAILQ_INSERT_TAIL(&to->tickets, t, entry);
	t->host = to;
	if (t->state == TICKET_WAITING) {
		throttle_cancel(from->throttle, &t->waiter);
		if (!throttle_requeue(to->throttle, &t->waiter, THROTTLE_WHOLE,
		    now))
			fatal("out of memory");
	} else {
		throttle_release(from->throttle, &t->waiter, now);
		throttle_hold(to->throttle, &t->waiter, THROTTLE_WHOLE, now);
	}
}

/*
 * The entry that a name belongs to under the new configuration.  A new one, or
 * one that takes an old one's place, inherits what that has consumed.  No cap
 * holds here: a reload loses nothing.
 */
static struct host *
new_home(struct hosts *hs, struct host *from, const struct http1_host *name,
    bool inherit, uint64_t now)
{
	const struct conf_rule *rule = conf_rule(hs->conf, name);
	char key[KEY_SIZE];
	struct host *h;
	size_t len;

	len = make_key(key, rule, name);
	if ((h = find_host(hs, key, len)) == from)
		return from;
	if (h == NULL) {
		if ((h = add_host(hs, key, name, rule)) == NULL)
			return from;
		inherit = true;
	}
	if (inherit)
		throttle_inherit(h->throttle, from->throttle, NULL, now);
	return h;
}

static void
reload_host(struct hosts *hs, struct host *h, uint64_t now)
{
	const struct conf_rule *rule = NULL;
	struct throttle_limits limits;
	struct host *home = h, *to;
	struct ticket *t, *next;

	if (h->key[0] == SHARED)
		rule = conf_shared_rule(hs->conf, h->key + 1);
	if (rule == NULL)
		home = new_home(hs, h, &h->name, true, now);
	if (home == h) {
		if (rule == NULL)
			rule = conf_rule(hs->conf, &h->name);
		limits = limits_of(rule);
		if (!throttle_limit(h->throttle, &limits, NULL, now))
			log_warn("%s: out of memory: the old limits stay",
			    h->name.name);
	}
	TAILQ_FOREACH_SAFE(t, &h->tickets, entry, next) {
		to = new_home(hs, h, t->name, false, now);
		if (to != h)
			move_ticket(t, h, to, now);
	}
	if (home != h && TAILQ_EMPTY(&h->tickets))
		drop_host(hs, h);
}

/*
 * A host that has a rule of its own now, and shared a throttle until now (with
 * its other ports, or with other hosts): begins with what that has consumed.
 */
static void
split_host(struct hosts *hs, const struct conf *old,
    const struct conf_rule *rule, uint64_t now)
{
	char key[KEY_SIZE];
	struct pattern p;
	struct host *from, *to;
	size_t len;

	if (pattern_parse(&p, rule->name, strlen(rule->name)) != NULL ||
	    p.wildcard)
		return;
	len = make_key(key, conf_rule(old, &p.host), &p.host);
	if ((from = find_host(hs, key, len)) == NULL)
		return;
	len = make_key(key, rule, &p.host);
	if (find_host(hs, key, len) == NULL &&
	    (to = add_host(hs, key, &p.host, rule)) != NULL)
		throttle_inherit(to->throttle, from->throttle, NULL, now);
}

void
hosts_reload(struct hosts *hs, struct conf *conf, uint64_t now)
{
	struct host *h, *next, *last;
	struct conf *old = hs->conf;
	size_t i;

	pthread_rwlock_wrlock(&hs->lock);
	for (i = 0; i < conf->nrules; i++)
		split_host(hs, old, &conf->rules[i], now);
	conf_unref(old);
	hs->conf = conf_ref(conf);
	/* entries made on the way stand behind the last, and are right */
	last = TAILQ_LAST(&hs->order, host_order);
	for (h = TAILQ_FIRST(&hs->order); h != NULL; h = next) {
		next = h == last ? NULL : TAILQ_NEXT(h, entry);
		reload_host(hs, h, now);
	}
	pthread_rwlock_unlock(&hs->lock);
}
