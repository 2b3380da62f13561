/* SPDX-License-Identifier: ISC */
#include "hosts/hosts.h"

#include <ctype.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"
#include "hosts/host_away.h"
#include "hosts/host_lease.h"
#include "hosts/host_observe.h"
#include "hosts/hosts_away.h"
#include "hosts/hosts_say.h"
#include "hosts/hosts_table.h"
#include "hosts/hosts_why.h"
#include "net/address.h"
#include "throttle/throttle_lease.h"
#include "throttle/throttle_meter.h"

#define SWEEP		2	/* entries looked at for each new one */
#define SCHEME_MAX	24	/* bytes of its name, in the log */
#define SWEEP_FULL	100	/* where there is no room otherwise */

struct hosts *
hosts_new(struct conf *conf, unsigned loops)
{
	struct hosts *hs;

	if ((hs = calloc(1, sizeof *hs)) == NULL ||
	    (hs->stats.stats = stats_new()) == NULL) {
		free(hs);
		return NULL;
	}
	pthread_mutex_init(&hs->stats.lock, NULL);
	pthread_rwlock_init(&hs->lock, NULL);
	TAILQ_INIT(&hs->order);
	RB_INIT(&hs->serials);
	RB_INIT(&hs->overrides.tree);
	hs->conf = conf_ref(conf);
	hs->loops = loops;
	return hs;
}

void
hosts_free(struct hosts *hs)
{
	struct host *h;

	if (hs == NULL)
		return;
	hosts_away_end(hs);
	while ((h = TAILQ_FIRST(&hs->order)) != NULL) {
		h->armed = 0;	/* no loop is left */
		hosts_drop(hs, h, 0);
	}
	hosts_override_drop_all(&hs->overrides);
	conf_unref(hs->conf);
	pthread_mutex_destroy(&hs->stats.lock);
	host_leases_destroy(&hs->leases);
	host_leases_destroy(&hs->shared);
	pthread_rwlock_destroy(&hs->lock);
	free(hs);
}

/* New hosts */

/* Makes the ticket's entry for a client, if there is room. */
static enum hosts_answer
make_host(struct hosts *hs, const struct ticket *t, const char *key,
    struct hosts_client *c, uint64_t now, struct host **h)
{
	enum hosts_answer room;

	hosts_sweep(hs, SWEEP, now);
	room = hosts_room(&hs->share, hs->conf, t->rule, &t->credential, c);
	if (room != HOSTS_GO) {
		hosts_sweep(hs, SWEEP_FULL, now);
		room = hosts_room(&hs->share, hs->conf, t->rule,
		    &t->credential, c);
	}
	if (room != HOSTS_GO)
		return room;
	*h = hosts_add(hs, key, t->name, &t->credential, t->conf, t->rule, c,
	    now);
	if (*h == NULL)
		return HOSTS_NO_MEMORY;
	hosts_heed_before(hs, *h, now);
	return HOSTS_GO;
}

/* The first refusal is worth a line, and the first one of each client. */
static void
log_room(struct hosts *hs, struct hosts_client *c, const struct sockaddr *from,
    enum hosts_answer room)
{
	unsigned long long max = hs->conf->limit_hosts;
	char address[ADDRESS_TEXT] = "a Unix socket";

	if (room == HOSTS_NO_ROOM && !hs->full)
		log_warn("limits.hosts (%llu) is reached: requests to further "
		    "hosts are refused", max);
	if (room == HOSTS_NO_ROOM || room == HOSTS_GO)
		hs->full = room == HOSTS_NO_ROOM;
	if (!hosts_client_crosses(c, room == HOSTS_NO_SHARE))
		return;
	if (from != NULL)
		address_print(from, address, sizeof address);
	log_warn("%s has its share of limits.hosts (%llu): its requests to "
	    "further hosts are refused", address, max);
}

/* The ticket's entry, made where it is missing; with the table locked. */
static enum hosts_answer
need_host(struct hosts *hs, const struct ticket *t,
    const struct sockaddr *from, uint64_t now, struct host **h)
{
	enum hosts_answer room;
	struct hosts_client *c;
	char key[HOSTS_KEY];
	size_t len;

	len = hosts_key(key, t->rule, t->name, &t->credential);
	if ((*h = hosts_find(hs, key, len)) != NULL)
		return HOSTS_GO;
	if ((c = hosts_client(&hs->share, from)) == NULL)
		return HOSTS_NO_MEMORY;
	room = make_host(hs, t, key, c, now, h);
	log_room(hs, c, from, room);
	hosts_client_done(&hs->share, c);
	return room;
}

/* Tickets */

/*
 * Gives the ticket the table's configuration where its own is another one.
 * A claim, and parts that it names by number, are by the rule of one
 * configuration, and the table's limits must be of the same: so what was
 * claimed by the old one is void.  Returns whether that is so.
 */
static bool
renew_conf(const struct hosts *hs, struct ticket *t)
{
	if (t->conf == hs->conf)
		return false;
	conf_unref(t->conf);
	t->conf = conf_ref(hs->conf);
	t->rule = conf_rule(t->conf, t->name);
	return true;
}

/* At a host that is in the table; HOSTS_NO_ROOM says that it is not. */
static enum hosts_answer
ask_known(struct hosts *hs, struct ticket *t, const struct claim *c,
    const struct claim_source *source, uint64_t now)
{
	enum hosts_answer answer = HOSTS_NO_ROOM;
	char key[HOSTS_KEY];
	struct host *h;
	size_t len;

	len = hosts_key(key, t->rule, t->name, &t->credential);
	pthread_rwlock_rdlock(&hs->lock);
	if (renew_conf(hs, t))
		answer = HOSTS_RELOADED;
	else if ((h = hosts_find(hs, key, len)) != NULL)
		answer = host_ask(h, t, c, source, now);
	pthread_rwlock_unlock(&hs->lock);
	return answer;
}

static enum hosts_answer
ask_new(struct hosts *hs, struct ticket *t, const struct claim *c,
    const struct claim_source *source, uint64_t now)
{
	enum hosts_answer answer = HOSTS_RELOADED;
	struct host *h;

	pthread_rwlock_wrlock(&hs->lock);
	if (!renew_conf(hs, t) &&
	    (answer = need_host(hs, t, source->address, now, &h)) == HOSTS_GO)
		answer = host_ask(h, t, c, source, now);
	pthread_rwlock_unlock(&hs->lock);
	return answer;
}

/*
 * Once for all of them: each credential would be another one.  What is no
 * scheme's name is not shown; it may be a key.
 */
static void
log_unread(struct hosts *hs, const struct ticket *t, const struct claim *c)
{
	char label[HOSTS_LABEL];
	size_t i;

	if (!c->unread || atomic_exchange(&hs->unread, true))
		return;
	for (i = 0; i < c->scheme.len && i < SCHEME_MAX; i++)
		if (!isalpha((unsigned char)c->scheme.p[i]) &&
		    c->scheme.p[i] != '-')
			break;
	log_warn("%s: per: an Authorization of a scheme that is not known%s"
	    "%.*s is taken by its value", hosts_label(label, t),
	    i == c->scheme.len ? ", " : "",
	    i == c->scheme.len ? (int)i : 0, c->scheme.p);
}

enum hosts_answer
hosts_ask(struct hosts *hs, struct ticket *t, const struct claim *c,
    const struct claim_source *source, uint64_t now)
{
	enum hosts_answer answer;

	log_unread(hs, t, c);
	t->credential = c->credential;
	t->address = source->address;
	t->deadline = c->request.deadline;
	t->latest = c->request.latest;
	answer = ask_known(hs, t, c, source, now);
	if (answer == HOSTS_NO_ROOM)
		answer = ask_new(hs, t, c, source, now);
	return answer;
}

void
hosts_conf(struct hosts *hs, struct ticket *t)
{
	pthread_rwlock_rdlock(&hs->lock);
	(void)renew_conf(hs, t);
	pthread_rwlock_unlock(&hs->lock);
}

bool
hosts_hold(struct hosts *hs, struct ticket *t,
    const struct throttle_request *q, uint64_t now)
{
	struct host *h;
	bool ok;

	pthread_rwlock_wrlock(&hs->lock);
	ok = need_host(hs, t, NULL, now, &h) == HOSTS_GO;
	if (ok) {
		host_lock(h);
		ok = host_hold(h, t, q, now);
		host_unlock(h);
	}
	pthread_rwlock_unlock(&hs->lock);
	return ok;
}

void
hosts_connected(struct hosts *hs, struct ticket *t, uint64_t took)
{
	struct host *h;

	if (!t->strict || (h = hosts_enter(hs, t)) == NULL)
		return;
	host_away_connected(h, t, took);
	host_counted_connected(&h->counted, took);
	host_set_counted(h);
	hosts_exit(hs, h);
}

void
hosts_sent(struct hosts *hs, struct ticket *t, uint64_t now)
{
	struct host *h;

	if (!t->strict || (h = hosts_enter(hs, t)) == NULL)
		return;
	throttle_sent(h->throttle, &t->waiter, now);
	host_away_tell(h, t, "sent");
	host_admit(h, t->loop, now);
	hosts_exit(hs, h);
}

void
hosts_meter_left(struct hosts *hs, struct ticket *t, const char *budget,
    uint64_t left, uint64_t at, uint64_t now)
{
	struct host *h = hosts_enter(hs, t);

	if (h == NULL)
		return;
	if (h->rule->learn != RULE_LEARN_OFF)
		throttle_meter_left(h->throttle, budget, left, at, now);
	host_away_told(h, t, budget, left, at);
	hosts_exit(hs, h);
}

void
hosts_release_slot(struct hosts *hs, struct ticket *t, uint64_t now)
{
	struct host *h = hosts_enter(hs, t);

	if (h == NULL)
		return;
	throttle_release_slot(h->throttle, &t->waiter, now);
	host_away_tell(h, t, "slot");
	host_observe_release_slot(h, t, now);
	host_admit(h, t->loop, now);
	hosts_exit(hs, h);
}

/* Drops the ticket's entry, if it still is one of a host that is nowhere. */
static void
forget_nowhere(struct hosts *hs, const struct ticket *t, uint64_t now)
{
	char key[HOSTS_KEY];
	struct host *h;
	size_t len;

	len = hosts_key(key, t->rule, t->name, &t->credential);
	pthread_rwlock_wrlock(&hs->lock);
	if ((h = hosts_find(hs, key, len)) != NULL && host_is_nowhere(h))
		hosts_drop(hs, h, now);
	pthread_rwlock_unlock(&hs->lock);
}

/* Returns whether it was at a host. */
static bool
give_back(struct hosts *hs, struct ticket *t, bool refund, uint64_t now)
{
	bool was_there, forget;
	struct host *h;

	if ((h = hosts_enter(hs, t)) == NULL)
		return false;
	if (t->nowhere && t->state == TICKET_HELD)
		host_unreach(h);
	/* its host may have refused it meanwhile */
	if ((was_there = t->state != TICKET_IDLE))
		host_leave(h, t, refund, now);
	forget = t->nowhere && host_is_nowhere(h);
	hosts_exit(hs, h);
	if (forget)
		forget_nowhere(hs, t, now);
	return was_there;
}

void
hosts_release(struct hosts *hs, struct ticket *t, uint64_t now)
{
	give_back(hs, t, false, now);
}

void
hosts_refund(struct hosts *hs, struct ticket *t, struct claim_turn *turn,
    uint64_t now)
{
	bool held = give_back(hs, t, true, now);

	if (turn == NULL)
		return;
	*turn = (struct claim_turn){ 0 };
	if (held) {
		turn->credential = t->credential;
		turn->client = t->waiter.fair.client;
		turn->cost = t->waiter.fair.cost;
		turn->observed = t->observed_turn;
	}
}

void
hosts_leave(struct hosts *hs, struct ticket *t, uint64_t now)
{
	if (t->conf == NULL)
		return;
	hosts_release(hs, t, now);
	loop_unpost(t->loop, &t->mail);
	hosts_why_drop(t);
	host_observe_unsay(t);
	conf_unref(t->conf);
	t->conf = NULL;
}

static enum hosts_answer
put_back(struct hosts *hs, struct ticket *t, bool refused, uint64_t now)
{
	struct host *h = hosts_enter(hs, t);
	enum hosts_answer answer;

	if (h == NULL)
		return HOSTS_LATE;
	answer = host_return(h, t, refused, now);
	hosts_exit(hs, h);
	return answer;
}

enum hosts_answer
hosts_return(struct hosts *hs, struct ticket *t, uint64_t now)
{
	return put_back(hs, t, true, now);
}

enum hosts_answer
hosts_pay_again(struct hosts *hs, struct ticket *t, uint64_t now)
{
	return put_back(hs, t, false, now);
}

uint64_t
hosts_deadline(struct hosts *hs, struct ticket *t, uint64_t now)
{
	struct host *h = hosts_enter(hs, t);

	if (h == NULL)
		return t->deadline;
	if (t->state == TICKET_WAITING)
		t->deadline = throttle_lease_deadline(h->throttle, &t->waiter,
		    now);
	/* it may be that only a courtesy held it up */
	if (throttle_lease_has_grace(h->throttle, now))
		host_admit(h, t->loop, now);
	hosts_exit(hs, h);
	return t->deadline;
}

bool
hosts_give_up(struct hosts *hs, struct ticket *t, uint64_t now)
{
	struct host *h = hosts_enter(hs, t);
	bool waited;

	if (h == NULL)
		return false;
	waited = t->state == TICKET_WAITING;
	if (waited) {
		host_observe_end(h, t, OBSERVE_REFUSED, now);
		host_leave(h, t, false, now);
		throttle_report(h->throttle, &t->waiter, now, &t->report);
		host_say_refused(h, t, HOSTS_LATE, now);
		t->refusal = HOSTS_LATE;
	}
	hosts_exit(hs, h);
	return waited;
}

bool
hosts_is_wanted(struct hosts *hs, struct ticket *t)
{
	struct host *h = hosts_enter(hs, t);
	bool wanted;

	if (h == NULL)
		return false;
	wanted = throttle_is_wanted(h->throttle, &t->waiter);
	hosts_exit(hs, h);
	return wanted;
}

bool
hosts_has_slot(struct hosts *hs, struct ticket *t)
{
	struct host *h = hosts_enter(hs, t);
	bool has;

	if (h == NULL)
		return false;
	has = t->state == TICKET_HELD && !t->waiter.slotless;
	hosts_exit(hs, h);
	return has;
}

/*
 * Credentials can be made up, so their entries' marks alone would not do.  A
 * host that was put out of its place by another is told of again, once an entry.
 */
static bool
is_news_of_all(struct hosts *hs, const struct host *h, enum hosts_news what)
{
	static const struct client_hash nobody;
	char key[HOSTS_KEY];
	size_t len = hosts_key(key, h->rule, &h->name, &nobody);
	unsigned hash;
	uint64_t is;

	HASH_VALUE(key, len, hash);
	is = (uint64_t)hash << 8 | ((unsigned)what + 1);
	return atomic_exchange(&hs->news[(hash + what) % HOSTS_NEWS_KEPT],
	    is) != is;
}

bool
hosts_is_news(struct hosts *hs, struct ticket *t, enum hosts_news what)
{
	struct host *h = hosts_enter(hs, t);
	unsigned bit = 1U << what;
	bool first;

	if (h == NULL)
		return false;
	first = (h->told & bit) == 0 && is_news_of_all(hs, h, what);
	h->told |= bit;
	hosts_exit(hs, h);
	return first;
}

void
hosts_keep_whole(struct hosts *hs, struct ticket *t)
{
	struct host *h = hosts_enter(hs, t);

	if (h == NULL)
		return;
	h->whole = true;
	hosts_exit(hs, h);
}

bool
hosts_keeps_whole(struct hosts *hs, struct ticket *t)
{
	struct host *h = hosts_enter(hs, t);
	bool whole;

	if (h == NULL)
		return false;
	whole = h->whole;
	hosts_exit(hs, h);
	return whole;
}

void
hosts_show(struct hosts *hs, struct ticket *t, const struct ticket_shown *shown)
{
	struct host *h = hosts_enter(hs, t);

	if (h == NULL)
		return;
	t->shown = *shown;
	hosts_exit(hs, h);
}

static bool
is_counted(const struct ticket *t)
{
	return atomic_load_explicit(&t->tunnel, memory_order_relaxed) != 0;
}

/* A reload may make it another host's, until the table is locked. */
static void
end_tunnel(struct hosts *hs, struct ticket *t)
{
	uint64_t serial;
	struct host *h;

	if (!is_counted(t))
		return;
	pthread_rwlock_rdlock(&hs->lock);
	serial = atomic_exchange(&t->tunnel, 0);
	h = hosts_find_from(hs, serial);
	if (h != NULL && h->serial == serial) {
		host_lock(h);
		h->counts.tunnels--;
		host_unlock(h);
	}
	pthread_rwlock_unlock(&hs->lock);
}

void
hosts_tunnel(struct hosts *hs, struct ticket *t, bool stands)
{
	struct host *h;

	if (!stands) {
		end_tunnel(hs, t);
		return;
	}
	if (is_counted(t) || (h = hosts_enter(hs, t)) == NULL)
		return;
	atomic_store(&t->tunnel, h->serial);
	h->counts.tunnels++;
	hosts_exit(hs, h);
}

void
hosts_admit_all(struct hosts *hs, struct loop *l, uint64_t now)
{
	struct host *h;

	pthread_rwlock_rdlock(&hs->lock);
	TAILQ_FOREACH(h, &hs->order, entry) {
		host_lock(h);
		host_admit(h, l, now);
		host_unlock(h);
	}
	pthread_rwlock_unlock(&hs->lock);
}
