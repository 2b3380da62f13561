/* SPDX-License-Identifier: ISC */
#include "hosts/store_desk.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/client_hash.h"
#include "base/log.h"
#include "base/stats.h"
#include "hosts/host_lease.h"
#include "hosts/hosts_table.h"
#include "hosts/store_command.h"
#include "hosts/store_desk_part.h"
#include "hosts/store_desk_state.h"
#include "hosts/store_farewell.h"
#include "hosts/store_listener.h"
#include "hosts/store_name.h"
#include "hosts/store_news.h"
#include "hosts/store_part_hear.h"
#include "hosts/store_pause.h"
#include "hosts/store_peers.h"
#include "hosts/store_redis.h"
#include "hosts/store_without.h"
#include "net/dialer.h"
#include "throttle/lease_flow.h"
#include "throttle/throttle_lease.h"
#include "throttle/throttle_store.h"

/*
 * A host that has ever wanted something has an entry here, by its serial
 * number, with a timer of the desk's loop.  It is visited when it wants
 * something (host_lease.h: WANTS), when its time has come, and when the store
 * is there again, or is not any more: with its lock held it says what it asks,
 * which is sent then.  When an answer comes, the host may be gone.
 * An entry goes at the first visit that finds its host gone, when nothing that
 * was asked for it is without answer.
 *
 * Locks: as in host.c; nothing of the store is called with one.
 */

#define BATCH		16		/* questions of a visit at a time */
#define SOMETIMES	60000000000ULL	/* ns */

struct asked {
	struct store_desk	*desk;
	uint64_t		 serial;
	unsigned		 budget;
	uint64_t		 number;
	uint64_t		 holder;	/* of slots; 0: a lease */
	bool			 learns;	/* ... or of what is learned */
	bool			 pauses;	/* it told of the host's */
	uint64_t		 sent;		/* ns */
};

/* What a host asks, as it was. */
struct posed {
	char			 name[STORE_BUDGET];
	size_t			 len;
	struct budget_limits	 limits;
	struct lease_question	 ask;
	unsigned		 budget;
	uint64_t		 number;
	struct lease_slots_question slots;	/* its holder 0: a lease, or */
	struct lease_learn_question learn;	/* the same; its text is that */
						/* of the visit */
	bool			 pauses;
};

void
store_desk_begin(struct hosts *hs, void (*ring)(void *), void *arg)
{
	/* hosts may be made meanwhile */
	pthread_rwlock_wrlock(&hs->lock);
	host_leases_init(&hs->shared, ring, arg);
	pthread_rwlock_unlock(&hs->lock);
}

/* Nothing is asked any more. */
static bool
is_leaving(const struct store_desk *d)
{
	return d->handed || d->done != NULL;
}

/* Entries */

static void	fire_cb(struct wake *, struct loop *, uint64_t now);

static struct store_entry *
find(struct store_desk *d, uint64_t serial)
{
	struct store_entry *e;

	HASH_FIND(hh, d->entries, &serial, sizeof serial, e);
	return e;
}

static struct store_entry *
need_entry(struct store_desk *d, uint64_t serial)
{
	struct store_entry *e = find(d, serial);

	if (e != NULL || (e = calloc(1, sizeof *e)) == NULL)
		return e;
	e->desk = d;
	e->serial = serial;
	e->wake.fire = fire_cb;
	HASH_ADD(hh, d->entries, serial, sizeof e->serial, e);
	if (e->hh.tbl == NULL) {
		free(e);
		return NULL;
	}
	return e;
}

static void
count(struct store_entry *e, const struct throttle_store_count *n)
{
	atomic_fetch_add(&stats_process.store_leases, (uint64_t)n->leases);
	atomic_fetch_sub(&stats_process.store_leases,
	    (uint64_t)e->count.leases);
	atomic_fetch_add(&stats_process.store_slots, n->slots);
	atomic_fetch_sub(&stats_process.store_slots, e->count.slots);
	atomic_fetch_add(&stats_process.store_cut, (uint64_t)n->cut);
	atomic_fetch_sub(&stats_process.store_cut, (uint64_t)e->count.cut);
	e->count = *n;
}

static void
drop_entry(struct store_entry *e)
{
	static const struct throttle_store_count none;

	count(e, &none);
	HASH_DEL(e->desk->entries, e);
	free(e);
}

/* Its host is gone: nothing points to it any more. */
static void
drop_if_over(struct store_entry *e)
{
	if (!e->visited && e->asked == 0 && !e->wake.armed)
		drop_entry(e);
}

/* A visit */

static struct lease_terms
terms_of(const struct store_desk *d, const struct host *h)
{
	const struct rule *rule = h->rule;
	struct lease_terms terms = {
		.source = LEASE_STORE,
		.reserve = rule->reserve,
		.peers = store_peers(d->peers),
		.grace = h->conf->timeout_exchange,
	};

	terms.without = store_without(rule, terms.peers);
	if (!d->connected)
		terms.source = terms.without;
	return terms;
}

static void
pose(const struct host *h, const struct throttle_store_question *q,
    struct posed *p)
{
	p->len = store_name(p->name, sizeof p->name, h, q);
	p->budget = q->budget;
	p->pauses = q->pauses;
	p->slots.holder = p->learn.holder = 0;
	if (q->slots != NULL) {
		p->slots = *q->slots;
		return;
	}
	if (q->learn != NULL) {
		p->learn = *q->learn;
		return;
	}
	p->limits = *q->limits;
	p->ask = *q->ask;
	p->number = q->number;
}

static void
admit(struct store_desk *d, struct host *h, uint64_t now)
{
	host_admit(h, d->loop, now);
	/* for some it was not the lease alone, as it turns out */
	if (throttle_lease_has_grace(h->throttle, now)) {
		host_refuse_hopeless(h, now);
		host_admit(h, d->loop, now);
	}
}

/* It is visited then, and sometimes in any case, for its host may be gone. */
static void
again(struct store_entry *e, uint64_t at, uint64_t now)
{
	if (at > now + SOMETIMES)
		at = now + SOMETIMES;
	loop_wake_at(e->desk->loop, &e->wake, at > now ? at : now + 1);
}

/*
 * It is visited when there is something to ask, or a lease has melted, for that
 * is counted.
 */
static void
look_again(struct store_entry *e, struct host *h, uint64_t at, uint64_t now)
{
	struct throttle_store_count n = throttle_store_count(h->throttle, now);

	count(e, &n);
	again(e, at < n.melts ? at : n.melts, now);
}

/* It tells of its host's pauses. */
static void
tell_pause(struct store_entry *e, const struct host *h, struct posed *p)
{
	struct lease_turn_news told = store_pause_tell(&e->pause,
	    loop_now());

	if (p->slots.holder != 0) {
		p->slots.told = told;
		p->slots.longest = h->rule->pause_max;
	} else {
		p->ask.told = told;
		p->ask.longest = h->rule->pause_max;
	}
	e->heard = false;
}

/*
 * Takes what a host asks, at most so many, and what it has learned; returns how
 * many.
 */
static unsigned
collect(struct store_desk *d, struct store_entry *e, struct posed *all,
    unsigned max, char text[ESTIMATE_SAVED])
{
	struct throttle_store_round r = { .ids = &d->ids, .text = text };
	struct throttle_store_question q;
	struct host *h = store_desk_enter(d, e->serial);
	uint64_t now = loop_now(), at;
	char name[STORE_BUDGET];
	unsigned n = 0;

	e->visited = h != NULL;
	if (h == NULL)
		return 0;
	e->name = store_hash(name, store_name_own(name, sizeof name, h));
	e->tells_parts = !TAILQ_EMPTY(&h->told_parts);
	r.terms = terms_of(d, h);
	r.tells = store_pause_note(&e->pause, h, now) || e->heard;
	r.heard = e->heard;
	host_lease_put(h, HOST_LEASE_NONE);
	while (n < max && throttle_store_ask(h->throttle, &r, now, &q)) {
		pose(h, &q, &all[n]);
		if (q.pauses)
			tell_pause(e, h, &all[n]);
		if (q.learn != NULL)
			e->heard = false;
		n++;
	}
	if (r.granted || r.terms.source == LEASE_OPEN)
		admit(d, h, now);
	at = throttle_store_due(h->throttle, now);
	look_again(e, h, n == max ? now : at, now);
	hosts_exit(d->hosts, h);
	return n;
}

static void
take_lease(struct host *h, const struct asked *asked,
    const struct store_answer *a)
{
	struct throttle_store_question q;
	enum lease_news news;

	(void)throttle_store_take(h->throttle, asked->budget, asked->number,
	    a->ok ? &a->lease : NULL, a->sent, a->received);
	news = throttle_store_news(h->throttle, asked->budget, &q);
	store_news_say(h, &q, news);
}

static void
take(struct store_desk *d, const struct asked *asked,
    const struct store_answer *a)
{
	struct store_entry *e = find(d, asked->serial);
	struct host *h = store_desk_enter(d, asked->serial);
	uint64_t at;

	if (h == NULL)
		return;
	if (asked->learns)
		throttle_store_take_learn(h->throttle, asked->holder,
		    a->ok ? &a->learn : NULL, a->sent, a->received);
	else if (asked->holder != 0)
		throttle_store_take_slots(h->throttle, asked->budget,
		    asked->holder, a->ok ? &a->slots : NULL, a->received);
	else
		take_lease(h, asked, a);
	if (e != NULL && a->ok && asked->pauses)
		store_pause_hear(&e->pause, h, a, asked->holder != 0);
	admit(d, h, a->received);
	at = throttle_store_due(h->throttle, a->received);
	if (e != NULL && ((store_pause_note(&e->pause, h, a->received) &&
	    a->ok) || e->heard))
		at = a->received;
	if (e != NULL)
		look_again(e, h, at, a->received);
	hosts_exit(d->hosts, h);
}

static void
answer_cb(void *arg, const struct store_answer *a)
{
	struct asked *asked = arg;
	struct store_desk *d = asked->desk;
	struct store_entry *e = find(d, asked->serial);
	bool was_full = !lease_flow_may(&d->flow);

	lease_flow_answered(&d->flow, asked->sent, loop_now());
	if (!a->ok)
		stats_add(&stats_process.store_failures, 1);
	if (!d->closing)
		take(d, asked, a);
	if (e != NULL) {
		e->asked--;
		drop_if_over(e);
	}
	free(asked);
	if (was_full && !d->closing && !is_leaving(d))
		store_desk_look(d);
}

static bool
ask(struct store_desk *d, struct store_entry *e, const struct posed *p)
{
	struct store_question q = {
		.budget = p->name,
		.len = p->len,
		.limits = &p->limits,
		.ask = p->ask,
		.slots = p->slots.holder != 0 ? &p->slots : NULL,
		.learn = p->learn.holder != 0 ? &p->learn : NULL,
	};
	struct asked *asked = malloc(sizeof *asked);

	if (asked == NULL)
		return false;
	*asked = (struct asked){ d, e->serial, p->budget, p->number,
		p->slots.holder + p->learn.holder, p->learn.holder != 0,
		p->pauses, loop_now() };
	if (p->len == 0 || d->redis == NULL ||
	    !store_redis_ask(d->redis, &q, answer_cb, asked)) {
		free(asked);
		return false;
	}
	stats_add(&stats_process.store_asked, 1);
	lease_flow_sent(&d->flow);
	e->asked++;
	return true;
}

static void
visit(struct store_entry *e)
{
	struct store_desk *d = e->desk;
	struct posed all[BATCH];
	char text[ESTIMATE_SAVED];
	unsigned i, n = collect(d, e, all, BATCH, text);
	struct asked none = { .serial = e->serial };
	const struct store_answer nothing = { .sent = loop_now(),
		.received = loop_now() };

	for (i = 0; i < n; i++) {
		if (ask(d, e, &all[i]))
			continue;
		stats_add(&stats_process.store_failures, 1);
		none.budget = all[i].budget;
		none.number = all[i].number;
		none.holder = all[i].slots.holder + all[i].learn.holder;
		none.learns = all[i].learn.holder != 0;
		take(d, &none, &nothing);
	}
	if (e->visited && e->tells_parts)
		store_desk_say_parts(e);
	drop_if_over(e);
}

/* Now, or when what is on its way may have come back. */
static void
attend(struct store_entry *e, uint64_t now)
{
	if (is_leaving(e->desk))
		again(e, now + SOMETIMES, now);
	else if (lease_flow_may(&e->desk->flow))
		visit(e);
	else
		again(e, now + LEASE_FLOW_TRIP / 10, now);
}

/* l is NULL where the loop has ended. */
static void
fire_cb(struct wake *k, struct loop *l, uint64_t now)
{
	struct store_entry *e = (struct store_entry *)k;

	if (l != NULL)
		attend(e, now);
	else
		free(e);
}

static struct store_entry *
first_that_wants(struct store_desk *d)
{
	struct store_entry *e = NULL;
	struct host *h;

	pthread_rwlock_rdlock(&d->hosts->lock);
	h = host_leases_first(&d->hosts->shared, HOST_LEASE_WANTS);
	if (h != NULL && (e = need_entry(d, h->serial)) == NULL) {
		/* it rings again with the next one who waits there */
		host_lock(h);
		host_lease_put(h, HOST_LEASE_NONE);
		host_unlock(h);
	}
	pthread_rwlock_unlock(&d->hosts->lock);
	return e;
}

void
store_desk_hand_over(struct store_desk *d)
{
	if (d->handed)
		return;
	d->handed = true;
	store_farewell(d, false);
}

void
store_desk_leave(struct store_desk *d, void (*done)(void *), void *arg)
{
	d->done = done;
	d->done_arg = arg;
	store_farewell(d, true);
}

void
store_desk_look(struct store_desk *d)
{
	struct store_entry *e;

	store_farewell_say(d);
	/* the others stay on the list until an answer has come */
	while (!is_leaving(d) && lease_flow_may(&d->flow) &&
	    (e = first_that_wants(d)) != NULL)
		visit(e);
}

static void
visit_all(struct store_desk *d)
{
	struct store_entry *e, *next;

	HASH_ITER(hh, d->entries, e, next)
		attend(e, loop_now());
}

/*
 * Others were told of a pause of a budget: what it is, the store says; or of one
 * of its parts, by what stands behind its name.
 */
static void
heard_cb(void *owner, const char *said, size_t len)
{
	struct store_desk *d = owner;
	size_t n = len;
	const char *words = store_part_words(said, &n);
	uint64_t name = store_hash(said, n), now = loop_now();
	struct store_entry *e, *next;

	HASH_ITER(hh, d->entries, e, next) {
		if (e->name != name)
			continue;
		if (words == NULL) {
			e->heard = true;
			attend(e, now);
		} else if (!is_leaving(d))
			store_desk_hear_part(e, words, len - n - 1, now);
	}
}

/* The store */

static void
set_connected(struct store_desk *d, bool connected)
{
	d->connected = connected;
	atomic_store(&stats_process.store_connected, connected);
	atomic_store(&stats_process.store_since, loop_now());
}

static void
connected_cb(void *owner)
{
	struct store_desk *d = owner;

	log_info("store: %s: connected: budgets are shared", d->name);
	set_connected(d, true);
	if (!is_leaving(d))
		store_peers_connect(d->peers, d->redis);
	visit_all(d);
}

static void
lost_cb(void *owner, const char *why)
{
	struct store_desk *d = owner;

	if (d->told && !d->connected)
		return;
	d->told = true;
	lease_flow_lost(&d->flow);
	log_warn("store: %s: %s: what holds now is each rule's "
	    "without_store", d->name, why);
	set_connected(d, false);
	store_peers_connect(d->peers, NULL);
	visit_all(d);
}

static const struct store_events events = {
	.connected = connected_cb,
	.lost = lost_cb,
};

bool
store_desk_change(struct store_desk *d, const struct store *store)
{
	struct store_redis *old = d->redis;

	/* nobody asks it any more while it ends */
	d->redis = NULL;
	store_peers_connect(d->peers, NULL);
	store_peers_forget(d->peers);
	store_listener_free(d->listener);
	store_redis_close(old);
	d->name = store->name;
	d->told = false;
	if (d->connected) {
		set_connected(d, false);
		visit_all(d);
	}
	d->redis = store_redis_open(d->dialer, store, &events, d);
	d->listener = d->redis == NULL ? NULL : store_listener_new(d->dialer,
	    store, d->redis, heard_cb, d);
	return d->listener != NULL;
}

struct store_desk *
store_desk_new(struct hosts *hs, const struct dialer *dialer,
    const struct store *store, uint64_t name)
{
	struct store_desk *d = calloc(1, sizeof *d);

	if (d == NULL)
		return NULL;
	lease_flow_init(&d->flow);
	d->hosts = hs;
	d->loop = dialer->loop;
	d->dialer = dialer;
	d->name = store->name;
	/* apart from those of any other process, or of this one's last life */
	arc4random_buf(&d->ids, sizeof d->ids);
	d->ids &= UINT64_MAX >> 16;
	set_connected(d, false);
	d->peers = store_peers_new(d->loop, name != 0 ? name : ++d->ids);
	if (d->peers != NULL)
		d->redis = store_redis_open(dialer, store, &events, d);
	if (d->redis != NULL)
		d->listener = store_listener_new(dialer, store, d->redis,
		    heard_cb, d);
	if (d->listener == NULL) {
		store_redis_close(d->redis);
		store_peers_free(d->peers);
		free(d);
		return NULL;
	}
	return d;
}

uint64_t
store_desk_name(const struct store_desk *d)
{
	return store_peers_id(d->peers);
}

void
store_desk_free(struct store_desk *d)
{
	struct store_entry *e, *next;

	if (d == NULL)
		return;
	d->closing = true;
	store_listener_free(d->listener);
	store_redis_close(d->redis);
	store_peers_free(d->peers);
	HASH_ITER(hh, d->entries, e, next) {
		HASH_DEL(d->entries, e);
		/* those that are in the loop's tree go with that */
		if (!e->wake.armed)
			free(e);
	}
	client_hasher_free(d->hasher);
	free(d);
}
