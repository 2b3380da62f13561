/* SPDX-License-Identifier: ISC */
#include "hosts/host.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/client_hash.h"
#include "base/events.h"
#include "hosts/host_away.h"
#include "hosts/host_lease.h"
#include "hosts/host_observe.h"
#include "hosts/host_pause.h"
#include "hosts/hosts_name.h"
#include "hosts/hosts_say.h"
#include "hosts/hosts_why.h"
#include "hosts/store_part.h"
#include "policy/user.h"
#include "throttle/throttle_ask.h"
#include "throttle/throttle_estimate.h"
#include "throttle/throttle_meter.h"
#include "throttle/throttle_view.h"

/*
 * A ticket is a request's place at a host.  set_state() alone changes its
 * state, and keeps the list of the host's tickets and how many are in each:
 *
 *   IDLE	at no host: it has not asked yet, was refused, or has left.
 *   WAITING	in the throttle's queue.
 *   HELD	admitted: the throttle counts it until it is given back.
 *
 *   IDLE -> HELD, WAITING	host_ask()	on the ticket's own thread
 *   HELD -> WAITING		host_return()	on its own, to be sent again
 *   HELD, WAITING -> IDLE	host_leave()	on its own
 *   WAITING -> HELD		host_admit()	on any, and a mail goes there
 *   WAITING -> IDLE		host_refuse()	on any, and a mail goes there
 *   WAITING -> HELD		host_admit_away()  on the main thread, as another
 *						process says
 *
 * A reload takes tickets to another host as they are (host_move()).
 *
 * Locks, in this order: the table's, a host's, a loop's mailbox.  The table's
 * is held for reading around whatever is done to a host, so that the host stays
 * there; for writing by whoever adds or drops an entry, and by a reload, which
 * then needs no host's lock, because nobody else is in any of them.
 *
 * Only while it is WAITING can others change a ticket's state.  So its thread
 * reads it without a lock once it was admitted or a mail has come, and under
 * the host's lock before (hosts_deadline(), hosts_give_up()).  Its pointer to
 * the host is atomic: it is read to find the host, and so before its lock is
 * taken.  host_refuse() clears it last of all, when the mail is out: whoever
 * finds it cleared may free the ticket.
 */

#define TELL_WAIT	60000000000ULL	/* ns between two of a host's */

/* Its life */

struct throttle_limits
host_limits(const struct rule *rule, const struct budget_limits *override)
{
	static const struct budget_limits none;
	bool holds = rule->mode == RULE_ENFORCE;
	struct throttle_limits limits;
	unsigned i;

	limits = host_observe_limits(rule, holds ? &rule->limits : &none,
	    rule->queue_length);
	limits.learning &= holds;
	limits.estimates = holds && rule->learn == RULE_LEARN_ESTIMATE;
	limits.named_window = holds && rule->learn == RULE_LEARN_SHAPE;
	limits.probes = rule->learn_probes;
	for (i = 0; !holds && i < limits.nparts; i++)
		limits.parts[i] = &none;
	if (!holds)
		limits.nmeters = 0;
	if (override != NULL)
		limits.host = *override;
	return limits;
}

struct host *
host_new(const char *key, const struct http1_host *name,
    const struct client_hash *whose, struct conf *conf,
    const struct rule *rule, unsigned loops)
{
	struct throttle_limits limits = host_limits(rule, NULL);
	struct host *h;
	unsigned i;

	h = calloc(1, sizeof *h + loops * sizeof h->wakes[0]);
	if (h == NULL)
		return NULL;
	h->key = strdup(key);
	h->throttle = throttle_new(&limits);
	h->rule = rule;
	if (h->key == NULL || h->throttle == NULL || !host_observe_init(h)) {
		free(h->key);
		throttle_free(h->throttle);
		free(h);
		return NULL;
	}
	host_set_counted(h);
	h->name = *name;
	if (!rule->has_port)
		h->name.port = 0;
	h->credential = *whose;
	h->conf = conf_ref(conf);
	pthread_mutex_init(&h->lock, NULL);
	host_set_total(h, NULL);
	TAILQ_INIT(&h->tickets);
	TAILQ_INIT(&h->told_parts);
	h->armed_at = THROTTLE_NEVER;
	for (i = 0; i < loops; i++)
		h->wakes[i].host = h;
	return h;
}

void
host_empty(struct host *h)
{
	throttle_free(h->throttle);
	observe_free(h->observe);
	routes_free(h->routes);
	store_part_free(&h->told_parts);
	free(h->pause.why);
	conf_unref(h->conf);
	free(h->key);
}

/* What wakes that still point to it need. */
void
host_free(struct host *h)
{
	pthread_mutex_destroy(&h->lock);
	free(h);
}

void
host_set_counted(struct host *h)
{
	throttle_counted_within(h->throttle, h->rule->counted_within != 0 ?
	    h->rule->counted_within : host_counted_within(&h->counted));
}

/* Its queue */

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

/* Whether the first of them is still the oldest, when it is the last. */
static void
note_order(struct host *h, const struct ticket *t)
{
	const struct ticket *last = TAILQ_LAST(&h->tickets, tickets);

	h->mixed = last != NULL &&
	    (h->mixed || last->waiter.since > t->waiter.since);
}

/* One that goes keeps its pointer to the host, for the caller to clear. */
static void
set_state(struct host *h, struct ticket *t, enum ticket_state to)
{
	if (t->state == TICKET_IDLE) {
		/* what the process before has may be of several hosts there */
		if (t->guest || TAILQ_EMPTY(&h->tickets))
			note_order(h, t);
		TAILQ_INSERT_TAIL(&h->tickets, t, entry);
		t->host = h;
	} else
		h->count[t->state]--;
	if (to == TICKET_IDLE)
		TAILQ_REMOVE(&h->tickets, t, entry);
	else
		h->count[to]++;
	if (to == TICKET_HELD) {
		h->counts.admitted++;
		host_reach(h, 1);
		t->strict = throttle_is_strict(h->throttle);
	}
	t->state = to;
}

/* A queue that comes and goes is told of once in a while. */
static void
tell_first(struct host *h, uint64_t now)
{
	char name[EVENTS_HOST];

	if (h->count[TICKET_WAITING] != 1 || now < h->first_told + TELL_WAIT)
		return;
	h->first_told = now;
	hosts_name_print(name, h->rule, &h->name, &h->credential);
	events_tell(EVENT_WAIT, name, h->rule->name, NULL,
	    "the first request waits");
}

uint64_t
host_oldest(struct host *h)
{
	const struct ticket *t;

	if (h->mixed)
		return throttle_oldest(h->throttle);
	/* few are held; of those who wait it is the first */
	TAILQ_FOREACH(t, &h->tickets, entry)
		if (t->state == TICKET_WAITING)
			return t->waiter.since;
	return 0;
}

void
host_move(struct host *from, struct host *to, struct ticket *t)
{
	note_order(to, t);
	TAILQ_REMOVE(&from->tickets, t, entry);
	from->count[t->state]--;
	TAILQ_INSERT_TAIL(&to->tickets, t, entry);
	to->count[t->state]++;
	if (atomic_load(&t->tunnel) == from->serial) {
		from->counts.tunnels--;
		to->counts.tunnels++;
		atomic_store(&t->tunnel, to->serial);
	}
	t->host = to;
}

bool
host_is_empty(const struct host *h)
{
	return h->count[TICKET_WAITING] == 0 && h->count[TICKET_HELD] == 0;
}

/* Nothing that was admitted has reached the host: nothing is lost with it. */
bool
host_is_nowhere(const struct host *h)
{
	return h->reached == 0 && h->armed == 0 && host_is_empty(h) &&
	    (h->total == NULL || h->total->entries > 1 ||
	    h->total->reached == 0);
}

static void
admit_ticket(struct host *h, struct ticket *t, uint64_t now)
{
	set_state(h, t, TICKET_HELD);
	host_pause_admitted(h, now);
	host_observe_sent(h, t, now);
	loop_post(t->loop, &t->mail);
}

void
host_admit_away(struct host *h, struct ticket *t, uint64_t now)
{
	throttle_admit(h->throttle, &t->waiter, now);
	admit_ticket(h, t, now);
}

static void
admit(struct host *h, struct loop *l, uint64_t now)
{
	struct throttle_waiter *waiter;

	if (h->away != NULL)
		return;
	while ((waiter = throttle_next(h->throttle, now)) != NULL)
		admit_ticket(h, ticket_of(waiter), now);
	host_lease_look(h, now);
	arm(h, l, now);
}

/* Whose turn it is may be another's, of those who spend from the same total. */
void
host_admit(struct host *h, struct loop *l, uint64_t now)
{
	struct host *first, *last = NULL;

	admit(h, l, now);
	while (h->total != NULL && (first = throttle_total_first(
	    &h->total->total)) != NULL && first != last) {
		admit(first, l, now);
		last = first;
	}
}

/* Routes */

/* False without memory: then nothing is known of its route. */
static bool
hash_route(struct client_hasher *k, struct http1_str method,
    struct http1_str path, struct route *r)
{
	size_t ends[ROUTE_SEGMENTS + 1];
	struct client_hash hash;
	char text[ROUTE_TEXT];
	unsigned i, n = route_text(method, path, text, ends);

	for (i = 0; i < n; i++) {
		if (!client_hash(k, "route", text, ends[i], &hash))
			return false;
		r->hashes[i] = hash.a;
	}
	r->n = n;
	return true;
}

void
host_know_route(struct ticket *t, struct http1_str method,
    struct http1_str path)
{
	if (t->route.n == 0 &&
	    !hash_route(t->hasher, method, path, &t->route))
		t->route.n = 0;
}

unsigned
host_named_part(struct host *h, const struct ticket *t)
{
	struct route_part part;
	struct throttle_key key;

	if (h->routes == NULL || !routes_find(h->routes, &t->route, &part))
		return 0;
	key = (struct throttle_key){ part.a, part.b };
	return throttle_named(h->throttle, &key);
}

void
host_rejudge(struct host *h, uint64_t now)
{
	struct ticket *t;

	TAILQ_FOREACH(t, &h->tickets, entry)
		if (t->state == TICKET_WAITING)
			throttle_named_move(h->throttle, &t->waiter,
			    host_named_part(h, t), now);
}

/* Tickets */

void
host_say_refused(struct host *h, struct ticket *t, enum hosts_answer a,
    uint64_t now)
{
	h->counts.refused++;
	if (a != HOSTS_DRAINED)
		hosts_say_budget(h, t);
	if (a == HOSTS_FULL || a == HOSTS_YIELDED || a == HOSTS_LATE)
		hosts_why_refused(h, t, a == HOSTS_LATE, now);
}

/* A refusal for its own shorter deadline says nothing of the host. */
static bool
refuses(const struct ticket *t, enum hosts_answer a, uint64_t now)
{
	return a == HOSTS_FULL ||
	    (a == HOSTS_LATE && t->deadline >= now + t->rule->max_wait);
}

/* One has left the full queue for it, and may have held up others. */
static void
yield(struct host *h, struct ticket *t, uint64_t now)
{
	struct ticket *other = ticket_of(t->report.yielded);

	t->report.yielded = NULL;
	host_refuse(h, other, HOSTS_YIELDED, now);
	host_admit(h, t->loop, now);
}

static void
take_answer(struct host *h, struct ticket *t, enum hosts_answer answer,
    uint64_t now)
{
	if (answer == HOSTS_GO) {
		set_state(h, t, TICKET_HELD);
		host_pause_admitted(h, now);
		host_observe_sent(h, t, now);
	} else if (answer == HOSTS_WAIT) {
		hosts_say_budget(h, t);
		set_state(h, t, TICKET_WAITING);
		tell_first(h, now);
		if (t->report.yielded != NULL)
			yield(h, t, now);
		arm(h, t->loop, now);
	} else {
		host_say_refused(h, t, answer, now);
		host_observe_end(h, t, OBSERVE_REFUSED, now);
	}
}

/* It is told whose it is, and which, before there is a head that goes out. */
static bool
say_away(struct host *h, struct ticket *t, const struct claim_source *source)
{
	char user[USER_NAME];
	bool ok;

	t->shown = (struct ticket_shown){
		.user = !source->checked && user_read(source->head, user) ?
		    user : source->user,
		.asked = source->head,
	};
	ok = host_away_ask(h, t);
	t->shown = (struct ticket_shown){ .head = NULL };
	return ok;
}

/* Another process is asked, and answers. */
static enum hosts_answer
ask_away(struct host *h, struct ticket *t, const struct throttle_request *q,
    const struct claim_source *source, uint64_t now)
{
	if (host_away_is_lost(h))
		return HOSTS_LOST;
	if (!throttle_queue(h->throttle, &t->waiter, q, now))
		return HOSTS_NO_MEMORY;
	if (!say_away(h, t, source)) {
		throttle_cancel(h->throttle, &t->waiter);
		return HOSTS_NO_MEMORY;
	}
	throttle_report(h->throttle, &t->waiter, now, &t->report);
	return HOSTS_WAIT;
}

static enum hosts_answer
ask(struct host *h, struct ticket *t, const struct throttle_request *q,
    const struct claim_source *source, uint64_t now)
{
	static const enum hosts_answer answers[] = {
		[THROTTLE_GO] = HOSTS_GO,
		[THROTTLE_WAIT] = HOSTS_WAIT,
		[THROTTLE_FULL] = HOSTS_FULL,
		[THROTTLE_LATE_START] = HOSTS_LATE,
		[THROTTLE_NO_MEMORY] = HOSTS_NO_MEMORY,
	};

	if (h->away != NULL)
		return ask_away(h, t, q, source, now);
	return answers[throttle_ask(h->throttle, &t->waiter, q, now,
	    &t->report)];
}

enum hosts_answer
host_ask(struct host *h, struct ticket *t, const struct claim *c,
    const struct claim_source *source, uint64_t now)
{
	const struct http1_head *head = source->head;
	bool learns = !source->tunnel && t->rule->learn != RULE_LEARN_OFF;
	struct throttle_request request = c->request;
	enum hosts_answer answer;
	bool crossed = false, refused;

	host_lock(h);
	if (learns && (h->routes != NULL || h->away != NULL)) {
		host_know_route(t, head->method, head->path);
		request.named = host_named_part(h, t);
		/* a turn was for the host, not for a part of it */
		request.returned &= request.named == 0;
	}
	/* who has had a turn already is no newcomer */
	if (h->drained && !request.returned)
		answer = HOSTS_DRAINED;
	else
		answer = ask(h, t, &request, source, now);
	/* it may turn out which part it belongs to while it waits */
	if (learns && answer == HOSTS_WAIT)
		host_know_route(t, head->method, head->path);
	if (h->observe != NULL && answer != HOSTS_DRAINED)
		host_observe_ask(h, t, c, now);
	refused = t->report.yielded != NULL;
	take_answer(h, t, answer, now);
	host_lease_look(h, now);
	refused = refused || t->state == TICKET_IDLE;
	if (t->state != TICKET_IDLE || refuses(t, answer, now)) {
		crossed = h->refusing != refused;
		h->refusing = refused;
	}
	host_unlock(h);
	if (crossed)
		hosts_say_crossing(t, refused && answer == HOSTS_WAIT ?
		    HOSTS_YIELDED : answer);
	return answer;
}

void
host_leave(struct host *h, struct ticket *t, bool refund, uint64_t now)
{
	enum observe_end end = OBSERVE_GONE;

	if (t->used != NULL) {
		throttle_settle(h->throttle, &t->waiter, t->used, now);
		host_away_settle(h, t, t->used);
	}
	host_away_leave(h, t, refund);
	if (t->unsent)
		throttle_unsent(h->throttle, &t->waiter, now);
	if (t->state == TICKET_WAITING) {
		throttle_cancel(h->throttle, &t->waiter);
	} else if (refund) {
		throttle_refund(h->throttle, &t->waiter, now);
		end = OBSERVE_REFUND;
	} else {
		throttle_release(h->throttle, &t->waiter, now);
		end = OBSERVE_DONE;
	}
	host_observe_end(h, t, end, now);
	set_state(h, t, TICKET_IDLE);
	t->host = NULL;
	if (t->nowhere && h->reached == 0)
		throttle_refill(h->throttle, now);
	if (t->nowhere && h->total != NULL && h->total->reached == 0)
		throttle_total_refill(&h->total->total, now);
	host_admit(h, t->loop, now);
}

enum hosts_answer
host_return(struct host *h, struct ticket *t, bool refused, uint64_t now)
{
	struct throttle_waiter *w = &t->waiter;
	bool asked = throttle_asks(w);

	if (!refused) {
		/* who may go at once is not late */
		if (w->deadline < now)
			w->deadline = now;
		if (w->latest < now)
			w->latest = now;
	}
	if (throttle_return(h->throttle, w, now, &t->report) !=
	    THROTTLE_WAIT)
		return HOSTS_LATE;
	hosts_say_budget(h, t);
	set_state(h, t, TICKET_WAITING);
	if (refused) {
		h->counts.resent++;
		t->asked += asked;
	}
	host_observe_returned(h, t, now);
	t->deadline = throttle_deadline(h->throttle, &t->waiter);
	host_away_tell(h, t, "again");
	host_admit(h, t->loop, now);
	return HOSTS_WAIT;
}

bool
host_hold(struct host *h, struct ticket *t, const struct throttle_request *q,
    uint64_t now)
{
	if (!throttle_hold_asked(h->throttle, &t->waiter, q, now))
		return false;
	set_state(h, t, TICKET_HELD);
	return true;
}

void
host_refuse_away(struct host *h, struct ticket *t, enum hosts_answer why,
    uint64_t now)
{
	throttle_cancel(h->throttle, &t->waiter);
	host_away_forget(h, t);
	host_refuse(h, t, why, now);
}

void
host_refuse(struct host *h, struct ticket *t, enum hosts_answer why,
    uint64_t now)
{
	throttle_report(h->throttle, &t->waiter, now, &t->report);
	host_say_refused(h, t, why, now);
	host_observe_end(h, t, OBSERVE_REFUSED, now);
	set_state(h, t, TICKET_IDLE);
	t->refusal = why;
	loop_post(t->loop, &t->mail);
	/* the last touch: who sees this may free the ticket */
	t->host = NULL;
}

void
host_refuse_hopeless(struct host *h, uint64_t now)
{
	struct throttle_queue out = TAILQ_HEAD_INITIALIZER(out);
	struct throttle_waiter *waiter;

	if (h->away != NULL)
		return;
	throttle_hopeless(h->throttle, now, &out);
	while ((waiter = TAILQ_FIRST(&out)) != NULL) {
		TAILQ_REMOVE(&out, waiter, entry);
		host_refuse(h, ticket_of(waiter), HOSTS_LATE, now);
	}
}

void
host_renew(struct host *h, uint64_t now)
{
	struct ticket *t;

	host_pause_end(h, now);
	routes_free(h->routes);
	h->routes = NULL;
	TAILQ_FOREACH(t, &h->tickets, entry)
		throttle_named_move(h->throttle, &t->waiter, 0, now);
	throttle_renew(h->throttle, now);
	host_observe_renew(h, now);
	h->left = h->spent = h->rested = 0;
	h->refusing = h->whole = false;
}
