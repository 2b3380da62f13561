/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_internal.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_value.h"
#include "base/words.h"
#include "base/log.h"
#include "net/address.h"

#define SWEEP		2	/* entries looked at for each new one */
#define SCHEME_MAX	24	/* bytes of its name, in the log */
#define SWEEP_FULL	100	/* where there is no room otherwise */

struct hosts *
hosts_new(struct conf *conf, unsigned loops)
{
	struct hosts *hs;

	if ((hs = calloc(1, sizeof *hs)) == NULL)
		return NULL;
	pthread_rwlock_init(&hs->lock, NULL);
	TAILQ_INIT(&hs->order);
	hs->conf = conf_ref(conf);
	hs->loops = loops;
	return hs;
}

/* What wakes that still point to it need. */
static void
free_shell(struct host *h)
{
	pthread_mutex_destroy(&h->lock);
	free(h);
}

static void
empty_host(struct host *h)
{
	throttle_free(h->throttle);
	routes_free(h->routes);
	conf_unref(h->conf);
	free(h->key);
}

void
hosts_drop(struct hosts *hs, struct host *h)
{
	HASH_DEL(hs->table, h);
	TAILQ_REMOVE(&hs->order, h, entry);
	hosts_discharge(&hs->share, &h->charge);
	/* its last wake may be an hour away, a configuration is large */
	empty_host(h);
	h->gone = true;
	if (h->armed == 0)
		free_shell(h);
}

void
hosts_free(struct hosts *hs)
{
	struct host *h;

	if (hs == NULL)
		return;
	while ((h = TAILQ_FIRST(&hs->order)) != NULL) {
		h->armed = 0;	/* no loop is left */
		hosts_drop(hs, h);
	}
	conf_unref(hs->conf);
	pthread_rwlock_destroy(&hs->lock);
	free(hs);
}

/* The table */

struct throttle_limits
hosts_limits(const struct rule *rule)
{
	struct throttle_limits limits = {
		.host = rule->limits,
		.nparts = (unsigned)rule->npaths,
		.queue_length = rule->queue_length,
		.trust_priority = rule->trust_priority,
		.learning = rule->learn == RULE_LEARN_SHAPE,
	};
	unsigned i;

	for (i = 0; i < limits.nparts; i++)
		limits.parts[i] = &rule->paths[i].limits;
	return limits;
}

size_t
hosts_key(char key[HOSTS_KEY], const struct rule *rule,
    const struct http1_host *name, const struct client_hash *whose)
{
	int n;

	if (rule->shared)
		n = snprintf(key, HOSTS_KEY, HOSTS_SHARED "%s", rule->name);
	else if (rule->has_port)
		n = snprintf(key, HOSTS_KEY, "%s %u", name->name, name->port);
	else
		n = snprintf(key, HOSTS_KEY, "%s", name->name);
	if (whose->a != 0 || whose->b != 0)
		n += snprintf(key + n, HOSTS_KEY - (size_t)n,
		    " %016" PRIx64 "%016" PRIx64, whose->a, whose->b);
	return (size_t)n;
}

struct host *
hosts_find(struct hosts *hs, const char *key, size_t len)
{
	struct host *h;

	HASH_FIND(hh, hs->table, key, len, h);
	return h;
}

struct host *
hosts_enter(struct hosts *hs, struct ticket *t)
{
	struct host *h;

	pthread_rwlock_rdlock(&hs->lock);
	if ((h = t->host) != NULL)
		pthread_mutex_lock(&h->lock);
	else
		pthread_rwlock_unlock(&hs->lock);
	return h;
}

void
hosts_exit(struct hosts *hs, struct host *h)
{
	pthread_mutex_unlock(&h->lock);
	pthread_rwlock_unlock(&hs->lock);
}

/* Drops some of the oldest entries if they are idle; with the table locked. */
static void
sweep(struct hosts *hs, int max, uint64_t now)
{
	struct host *h;
	int i;

	for (i = 0; i < max && (h = TAILQ_FIRST(&hs->order)) != NULL; i++) {
		if (hosts_is_empty(h) && h->armed == 0 &&
		    throttle_idle(h->throttle, now)) {
			hosts_drop(hs, h);
			continue;
		}
		TAILQ_REMOVE(&hs->order, h, entry);
		TAILQ_INSERT_TAIL(&hs->order, h, entry);
	}
}

static void wake_cb(struct wake *, struct loop *, uint64_t now);

static struct host *
new_host(const char *key, const struct http1_host *name,
    const struct client_hash *whose, struct conf *conf,
    const struct rule *rule, unsigned loops)
{
	struct throttle_limits limits = hosts_limits(rule);
	struct host *h;
	unsigned i;

	h = calloc(1, sizeof *h + loops * sizeof h->wakes[0]);
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
	h->credential = *whose;
	h->conf = conf_ref(conf);
	h->rule = rule;
	pthread_mutex_init(&h->lock, NULL);
	TAILQ_INIT(&h->tickets);
	h->armed_at = THROTTLE_NEVER;
	for (i = 0; i < loops; i++)
		h->wakes[i].host = h;
	return h;
}

struct host *
hosts_add(struct hosts *hs, const char *key, const struct http1_host *name,
    const struct client_hash *whose, struct conf *conf,
    const struct rule *rule, struct hosts_client *client)
{
	struct host *h;
	unsigned i;

	h = new_host(key, name, whose, conf, rule, hs->loops);
	if (h == NULL)
		return NULL;
	h->hosts = hs;
	for (i = 0; i < hs->loops; i++)
		h->wakes[i].wake.fire = wake_cb;
	HASH_ADD_KEYPTR(hh, hs->table, h->key, strlen(h->key), h);
	if (h->hh.tbl == NULL) {
		empty_host(h);
		free_shell(h);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&hs->order, h, entry);
	if (!hosts_has_place(conf, rule, whose))
		hosts_charge(&hs->share, &h->charge, client);
	return h;
}

/* Makes the ticket's entry for a client, if there is room. */
static enum hosts_answer
make_host(struct hosts *hs, const struct ticket *t, const char *key,
    struct hosts_client *c, uint64_t now, struct host **h)
{
	enum hosts_answer room;

	sweep(hs, SWEEP, now);
	room = hosts_room(&hs->share, hs->conf, t->rule, &t->credential,
	    c);
	if (room != HOSTS_GO) {
		sweep(hs, SWEEP_FULL, now);
		room = hosts_room(&hs->share, hs->conf, t->rule,
		    &t->credential, c);
	}
	if (room != HOSTS_GO)
		return room;
	*h = hosts_add(hs, key, t->name, &t->credential, t->conf, t->rule, c);
	if (*h == NULL)
		return HOSTS_NO_MEMORY;
	hosts_heed_before(hs, *h, now);
	return HOSTS_GO;
}

/* The first refusal is worth a line, and the first one of each client. */
static void
log_room(struct hosts *hs, struct hosts_client *c, const struct ticket *t,
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
	if (t->source.address != NULL)
		address_print(t->source.address, address, sizeof address);
	log_warn("%s has its share of limits.hosts (%llu): its requests to "
	    "further hosts are refused", address, max);
}

/* The ticket's entry, made where it is missing; with the table locked. */
static enum hosts_answer
need_host(struct hosts *hs, const struct ticket *t, uint64_t now,
    struct host **h)
{
	enum hosts_answer room;
	struct hosts_client *c;
	char key[HOSTS_KEY];
	size_t len;

	len = hosts_key(key, t->rule, t->name, &t->credential);
	if ((*h = hosts_find(hs, key, len)) != NULL)
		return HOSTS_GO;
	if ((c = hosts_client(&hs->share, t->source.address)) == NULL)
		return HOSTS_NO_MEMORY;
	room = make_host(hs, t, key, c, now, h);
	log_room(hs, c, t, room);
	hosts_client_done(&hs->share, c);
	return room;
}

/* One host's queue, with its lock held */

/* Has a loop look at the queue when its head is due. */
static void
arm(struct host *h, struct loop *l, uint64_t now)
{
	uint64_t at = throttle_wake(h->throttle, now);
	struct wake *k = &h->wakes[l->id].wake;

	if (at >= h->armed_at)
		return;
	if (!k->armed)
		h->armed++;
	h->armed_at = at;
	h->armed_by = l->id;
	loop_wake_at(l, k, at);
}

/*
 * A ticket that comes is at the host from now on; one that goes is in none of
 * its lists any more, but keeps its pointer for whoever calls this to clear.
 */
static void
set_state(struct host *h, struct ticket *t, enum ticket_state to)
{
	if (t->state == TICKET_IDLE) {
		TAILQ_INSERT_TAIL(&h->tickets, t, entry);
		t->host = h;
	} else
		h->count[t->state]--;
	if (to == TICKET_IDLE)
		TAILQ_REMOVE(&h->tickets, t, entry);
	else
		h->count[to]++;
	t->state = to;
}

void
hosts_move(struct host *from, struct host *to, struct ticket *t)
{
	TAILQ_REMOVE(&from->tickets, t, entry);
	from->count[t->state]--;
	TAILQ_INSERT_TAIL(&to->tickets, t, entry);
	to->count[t->state]++;
	t->host = to;
}

bool
hosts_is_empty(const struct host *h)
{
	return h->count[TICKET_WAITING] == 0 && h->count[TICKET_HELD] == 0;
}

void
hosts_admit(struct host *h, struct loop *l, uint64_t now)
{
	struct throttle_waiter *waiter;
	struct ticket *t;

	while ((waiter = throttle_next(h->throttle, now)) != NULL) {
		t = ticket_of(waiter);
		set_state(h, t, TICKET_HELD);
		h->reached++;
		loop_post(t->loop, &t->mail);
	}
	arm(h, l, now);
}

/* What was cut at the end of the buffer ends with a whole UTF-8 character. */
static void
cut_character(char *text, size_t size)
{
	size_t len = strlen(text);

	if (len + 1 < size)
		return;
	while (len > 0 && ((unsigned char)text[len - 1] & 0xc0) == 0x80)
		len--;
	if (len > 0 && ((unsigned char)text[len - 1] & 0x80) != 0)
		len--;
	text[len] = '\0';
}

/* Names the budget that the report says is short, for people. */
static void
name_budget(const struct rule *rule, const struct throttle *throttle,
    struct ticket *t)
{
	const struct throttle_report *r = &t->report;
	const struct budget_limits *limits = &rule->limits;
	char units[CONF_TEXT], period[CONF_TEXT];
	const char *of = "", *path = "";

	if (r->of_part && t->waiter.part < rule->npaths) {
		limits = &rule->paths[t->waiter.part].limits;
		of = " of ";
		path = rule->paths[t->waiter.part].text;
	} else if (r->of_bucket) {
		of = " of its part ";
		path = throttle_bucket_name(throttle, t->waiter.bucket);
	}
	switch (r->what) {
	case BUDGET_SHORT_RATE:
		snprintf(t->budget, sizeof t->budget, "%s per %s%s%s",
		    conf_units_text(units, limits->rates[r->rate].capacity),
		    conf_duration_text(period, limits->rates[r->rate].period),
		    of, path);
		break;
	case BUDGET_SHORT_CONCURRENCY:
		snprintf(t->budget, sizeof t->budget, "%u at a time%s%s",
		    limits->concurrency, of, path);
		break;
	case BUDGET_SHORT_PAUSE:
		snprintf(t->budget, sizeof t->budget,
		    "paused by the host%s%s", of, path);
		break;
	case BUDGET_SHORT_RECOVERY:
		snprintf(t->budget, sizeof t->budget,
		    "recovering from a pause%s%s", of, path);
		break;
	case BUDGET_SHORT_SHAPE:
		snprintf(t->budget, sizeof t->budget,
		    "what the host says is left%s%s", of, path);
		break;
	case BUDGET_SHORT_NONE:
		snprintf(t->budget, sizeof t->budget, "none");
		break;
	}
	cut_character(t->budget, sizeof t->budget);
}

const char *
hosts_label(char buf[HOSTS_LABEL], const struct ticket *t)
{
	const struct http1_host *name = t->name;
	bool v6 = name->kind == HTTP1_IPV6;

	if (t->rule->shared)
		snprintf(buf, HOSTS_LABEL, "%s", t->rule->name);
	else if (t->rule->has_port)
		snprintf(buf, HOSTS_LABEL, v6 ? "[%s]:%u" : "%s:%u",
		    name->name, (unsigned)name->port);
	else
		snprintf(buf, HOSTS_LABEL, v6 ? "[%s]" : "%s", name->name);
	return buf;
}

/* The first refusal is worth a line, and the end of refusing; not each. */
static void
log_crossing(const struct ticket *t, enum hosts_answer a)
{
	char buf[WORDS], label[HOSTS_LABEL];

	hosts_label(label, t);
	if (a == HOSTS_FULL)
		log_warn("%s: refusing requests: queue.length (%u) is reached",
		    label, t->rule->queue_length);
	else if (a == HOSTS_LATE)
		log_warn("%s: refusing requests: the wait would be longer "
		    "than queue.max_wait (%s)", label,
		    words_duration(buf, t->rule->max_wait));
	else
		log_info("%s: no longer refusing requests", label);
}

/* A refusal for its own shorter deadline says nothing of the host. */
static bool
refuses(const struct ticket *t, enum hosts_answer a, uint64_t now)
{
	return a == HOSTS_FULL ||
	    (a == HOSTS_LATE && t->deadline >= now + t->rule->max_wait);
}

static enum hosts_answer
ask(struct host *h, struct ticket *t, const struct throttle_request *r,
    uint64_t now)
{
	static const enum hosts_answer answers[] = {
		[THROTTLE_GO] = HOSTS_GO,
		[THROTTLE_WAIT] = HOSTS_WAIT,
		[THROTTLE_FULL] = HOSTS_FULL,
		[THROTTLE_LATE_START] = HOSTS_LATE,
		[THROTTLE_NO_MEMORY] = HOSTS_NO_MEMORY,
	};
	const struct http1_head *head = t->source.head;
	bool learns = head != NULL && !t->source.tunnel &&
	    t->rule->learn != RULE_LEARN_OFF;
	struct throttle_request request = *r;
	enum hosts_answer answer;
	bool crossed = false;

	pthread_mutex_lock(&h->lock);
	if (learns && h->routes != NULL) {
		hosts_know_route(t, head->method, head->path);
		request.bucket = hosts_bucket(h, t);
		/* a turn was for the host, not for a bucket of it */
		request.returned = r->returned && request.bucket == 0;
	}
	answer = answers[throttle_ask(h->throttle, &t->waiter, &request, now,
	    &t->report)];
	/* it may turn out which part it belongs to while it waits */
	if (learns && answer == HOSTS_WAIT)
		hosts_know_route(t, head->method, head->path);
	if (answer == HOSTS_GO) {
		set_state(h, t, TICKET_HELD);
		h->reached++;
	} else if (answer == HOSTS_WAIT) {
		set_state(h, t, TICKET_WAITING);
		arm(h, t->loop, now);
	} else
		name_budget(h->rule, h->throttle, t);
	if (t->state != TICKET_IDLE || refuses(t, answer, now)) {
		crossed = h->refusing != (t->state == TICKET_IDLE);
		h->refusing = t->state == TICKET_IDLE;
	}
	pthread_mutex_unlock(&h->lock);
	if (crossed)
		log_crossing(t, answer);
	return answer;
}

/* Tickets */

/*
 * A claim, and parts that it names by number, are by the rule of one
 * configuration; the table's limits must be of the same.
 */
static bool
is_reloaded(const struct hosts *hs, struct ticket *t)
{
	if (t->conf == hs->conf)
		return false;
	conf_unref(t->conf);
	t->conf = conf_ref(hs->conf);
	t->rule = conf_rule(t->conf, t->name);
	return true;
}

/* At a host that is in the table; HOSTS_NO_ROOM: it is not. */
static enum hosts_answer
ask_known(struct hosts *hs, struct ticket *t, const struct throttle_request *r,
    uint64_t now)
{
	enum hosts_answer answer = HOSTS_NO_ROOM;
	char key[HOSTS_KEY];
	struct host *h;
	size_t len;

	len = hosts_key(key, t->rule, t->name, &t->credential);
	pthread_rwlock_rdlock(&hs->lock);
	if (is_reloaded(hs, t))
		answer = HOSTS_RELOADED;
	else if ((h = hosts_find(hs, key, len)) != NULL)
		answer = ask(h, t, r, now);
	pthread_rwlock_unlock(&hs->lock);
	return answer;
}

static enum hosts_answer
ask_new(struct hosts *hs, struct ticket *t, const struct throttle_request *r,
    uint64_t now)
{
	enum hosts_answer answer = HOSTS_RELOADED;
	struct host *h;

	pthread_rwlock_wrlock(&hs->lock);
	if (!is_reloaded(hs, t) &&
	    (answer = need_host(hs, t, now, &h)) == HOSTS_GO)
		answer = ask(h, t, r, now);
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

static bool
has_turn(const struct ticket *t, const struct claim *c)
{
	const struct claim_turn *turn = &t->turn;

	return turn->cost > 0 && c->request.cost <= turn->cost &&
	    c->request.client == turn->client &&
	    c->request.part == THROTTLE_WHOLE &&
	    c->credential.a == turn->credential.a &&
	    c->credential.b == turn->credential.b;
}

enum hosts_answer
hosts_ask(struct hosts *hs, struct ticket *t, uint64_t now)
{
	const struct claim_hash hash = { client_hash, t->hasher };
	enum hosts_answer answer;
	struct claim c;

	t->wrong = claim_make(&c, &hash, t->rule, &t->source, now);
	if (t->wrong != NULL)
		return t->wrong == claim_no_memory ? HOSTS_NO_MEMORY :
		    HOSTS_BAD;
	log_unread(hs, t, &c);
	t->credential = c.credential;
	t->deadline = c.request.deadline;
	t->latest = c.request.latest;
	c.request.deposit = t->deposit;
	c.request.returned = has_turn(t, &c);
	answer = ask_known(hs, t, &c.request, now);
	if (answer == HOSTS_NO_ROOM)
		answer = ask_new(hs, t, &c.request, now);
	return answer;
}

/* Takes a ticket from its host, whose lock is held. */
static void
leave(struct host *h, struct ticket *t, bool refund, uint64_t now)
{
	if (t->state == TICKET_WAITING)
		throttle_cancel(h->throttle, &t->waiter);
	else if (refund)
		throttle_refund(h->throttle, &t->waiter, now);
	else
		throttle_release(h->throttle, &t->waiter, now);
	set_state(h, t, TICKET_IDLE);
	t->host = NULL;
	if (t->nowhere && h->reached == 0)
		throttle_refill(h->throttle, now);
	hosts_admit(h, t->loop, now);
}

/* Nothing that was admitted has reached the host: nothing is lost with it. */
static bool
is_nowhere(const struct host *h)
{
	return h->reached == 0 && h->armed == 0 && hosts_is_empty(h);
}

/* Drops the ticket's entry, if it still is one of a host that is nowhere. */
static void
forget_nowhere(struct hosts *hs, const struct ticket *t)
{
	char key[HOSTS_KEY];
	struct host *h;
	size_t len;

	len = hosts_key(key, t->rule, t->name, &t->credential);
	pthread_rwlock_wrlock(&hs->lock);
	if ((h = hosts_find(hs, key, len)) != NULL && is_nowhere(h))
		hosts_drop(hs, h);
	pthread_rwlock_unlock(&hs->lock);
}

void
hosts_release_slot(struct hosts *hs, struct ticket *t, uint64_t now)
{
	struct host *h = hosts_enter(hs, t);

	if (h == NULL)
		return;
	throttle_release_slot(h->throttle, &t->waiter, now);
	hosts_admit(h, t->loop, now);
	hosts_exit(hs, h);
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
		h->reached--;
	/* its host may have refused it meanwhile */
	if ((was_there = t->state != TICKET_IDLE))
		leave(h, t, refund, now);
	forget = t->nowhere && is_nowhere(h);
	hosts_exit(hs, h);
	if (forget)
		forget_nowhere(hs, t);
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
	}
}

void
hosts_leave(struct hosts *hs, struct ticket *t, uint64_t now)
{
	if (t->conf == NULL)
		return;
	hosts_release(hs, t, now);
	loop_unpost(t->loop, &t->mail);
	conf_unref(t->conf);
	t->conf = NULL;
}

void
hosts_refuse(struct host *h, struct ticket *t, uint64_t now)
{
	throttle_report(h->throttle, &t->waiter, now, &t->report);
	name_budget(h->rule, h->throttle, t);
	set_state(h, t, TICKET_IDLE);
	loop_post(t->loop, &t->mail);
	/* the last touch: who sees this may free the ticket */
	t->host = NULL;
}

/* Puts an admitted ticket back into its host's queue. */
static enum hosts_answer
put_back(struct host *h, struct ticket *t, uint64_t now)
{
	if (throttle_return(h->throttle, &t->waiter, now, &t->report) !=
	    THROTTLE_WAIT)
		return HOSTS_LATE;
	set_state(h, t, TICKET_WAITING);
	t->deadline = throttle_deadline(h->throttle, &t->waiter);
	hosts_admit(h, t->loop, now);
	return HOSTS_WAIT;
}

enum hosts_answer
hosts_return(struct hosts *hs, struct ticket *t, uint64_t now)
{
	struct host *h = hosts_enter(hs, t);
	enum hosts_answer answer;

	if (h == NULL)
		return HOSTS_LATE;
	answer = put_back(h, t, now);
	hosts_exit(hs, h);
	return answer;
}

uint64_t
hosts_deadline(struct hosts *hs, struct ticket *t)
{
	struct host *h = hosts_enter(hs, t);

	if (h == NULL)
		return t->deadline;
	if (t->state == TICKET_WAITING)
		t->deadline = throttle_deadline(h->throttle, &t->waiter);
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
		leave(h, t, false, now);
		throttle_report(h->throttle, &t->waiter, now, &t->report);
		name_budget(h->rule, h->throttle, t);
	}
	hosts_exit(hs, h);
	return waited;
}

/* Time */

/* A wake is in no tree any more; l is NULL where its loop has ended. */
static void
wake_cb(struct wake *k, struct loop *l, uint64_t now)
{
	struct host *h = ((struct host_wake *)k)->host;
	struct hosts *hs = h->hosts;
	bool last;

	pthread_rwlock_rdlock(&hs->lock);
	pthread_mutex_lock(&h->lock);
	h->armed--;
	if (l != NULL && (h->armed_at <= now || h->armed_by == l->id))
		h->armed_at = THROTTLE_NEVER;
	last = h->gone && h->armed == 0;
	if (l != NULL && !h->gone) {
		hosts_admit(h, l, now);
	}
	pthread_mutex_unlock(&h->lock);
	pthread_rwlock_unlock(&hs->lock);
	if (last)
		free_shell(h);
}

void
hosts_admit_all(struct hosts *hs, struct loop *l, uint64_t now)
{
	struct host *h;

	pthread_rwlock_rdlock(&hs->lock);
	TAILQ_FOREACH(h, &hs->order, entry) {
		pthread_mutex_lock(&h->lock);
		hosts_admit(h, l, now);
		pthread_mutex_unlock(&h->lock);
	}
	pthread_rwlock_unlock(&hs->lock);
}
