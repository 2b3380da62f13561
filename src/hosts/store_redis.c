/* SPDX-License-Identifier: ISC */
#include "hosts/store_redis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/sys/queue.h>

#include "base/log.h"
#include "base/once.h"
#include "hosts/store_command.h"
#include "net/dialer.h"
#include "net/loop.h"
#include "net/redis_cluster.h"
#include "net/redis_reply.h"
#include "policy/store.h"

/*
 * Life of a question: SENT, as often as it has to be said again or elsewhere;
 * or it WAITS for a node that is being connected to; or it is OVER, and has no
 * answer, which is told by the loop.  It is freed where it is answered.
 */

#define SAID	5	/* times that one is sent, at most */

enum asked_state {
	ASKED_NEW,
	ASKED_SENT,
	ASKED_WAITS,
	ASKED_OVER,
};

struct asked {
	TAILQ_ENTRY(asked)	 entry;		/* of those that wait, or over */
	struct store_redis	*store;
	enum asked_state	 state;
	struct redis_node	*node;		/* that it is asked of */
	struct budget_limits	 limits;
	struct lease_question	 ask;
	bool			 is_epoch;	/* nothing else is asked */
	bool			 of_slots;	/* then this is asked: */
	struct lease_slots_question slots;
	bool			 of_learn;	/* or this, its text behind */
	struct lease_learn_question learn;	/* the budget */
	unsigned		 tag;
	unsigned		 said;
	bool			 by_text;	/* the script */
	bool			 once;		/* behind ASKING */
	uint64_t		 sent;		/* ns */
	uint64_t		 until;		/* ns: so long it waits */
	const char		*why;		/* over: static */
	store_answer_cb		*cb;
	void			*arg;
	size_t			 len;
	char			 budget[];
};
TAILQ_HEAD(askeds, asked);

struct store_redis {
	const struct dialer	*dialer;
	const struct store	*conf;
	const struct store_events *events;
	void			*owner;
	struct redis_cluster	*cluster;
	struct askeds		 waiting;	/* in the order of until */
	struct askeds		 over;
	struct deadline		 timer;		/* of who waits */
	struct event		 over_ev;
	unsigned		 nasked;
	bool			 closed;
	struct store_command	 command;	/* for a call */
	char			 why[STORE_KEY + REDIS_WHY];	/* the same */
	struct grave		 grave;
};

/* The one function that changes its state. */
static void
set_state(struct asked *a, enum asked_state state)
{
	struct store_redis *s = a->store;

	if (a->state == ASKED_WAITS)
		TAILQ_REMOVE(&s->waiting, a, entry);
	if (a->state == ASKED_OVER)
		TAILQ_REMOVE(&s->over, a, entry);
	a->state = state;
	if (state == ASKED_WAITS) {
		TAILQ_INSERT_TAIL(&s->waiting, a, entry);
		deadline_set(&s->timer, TAILQ_FIRST(&s->waiting)->until);
	}
	if (state == ASKED_OVER) {
		TAILQ_INSERT_TAIL(&s->over, a, entry);
		event_active(&s->over_ev, EV_TIMEOUT, 0);
	}
}

/* Answers */

static void
answer(struct asked *a, const struct store_answer *answer)
{
	struct store_redis *s = a->store;

	set_state(a, ASKED_NEW);
	s->nasked--;
	a->cb(a->arg, answer);
	free(a);
}

static void
answer_not(struct asked *a, const char *why)
{
	answer(a, &(struct store_answer){
		.why = why,
		.sent = a->sent,
		.received = loop_now(),
	});
}

/* It has no answer, which the loop tells. */
static void
give_up(struct asked *a, const char *why)
{
	a->why = why;
	set_state(a, ASKED_OVER);
}

static void
over_cb(evutil_socket_t fd, short what, void *arg)
{
	struct store_redis *s = arg;
	struct asked *a;

	(void)fd;
	(void)what;
	while ((a = TAILQ_FIRST(&s->over)) != NULL)
		answer_not(a, a->why);
}

static void
timer_cb(void *arg)
{
	struct store_redis *s = arg;
	uint64_t now = loop_now();
	struct asked *a;

	while ((a = TAILQ_FIRST(&s->waiting)) != NULL && a->until <= now)
		answer_not(a, "its server of the store cannot be reached");
	deadline_set(&s->timer, a != NULL ? a->until : 0);
}

/* Why, with the name of the key that it is about. */
static const char *
say(struct asked *a, const char *what)
{
	struct store_redis *s = a->store;
	size_t i, n;

	n = (size_t)snprintf(s->why, sizeof s->why, "sluice:{%s.%u}:%c:",
	    s->conf->space, a->tag, a->of_slots ? 's' :
	    a->of_learn ? 'l' : 'b');
	for (i = 0; i < a->len; i++)
		s->why[n++] = a->budget[i] > ' ' && a->budget[i] < 0x7f ?
		    a->budget[i] : '?';
	snprintf(s->why + n, sizeof s->why - n, ": %s", what);
	return s->why;
}

/* It may be so for as long as nobody looks at that key. */
static void
tell(const struct asked *a, const char *why)
{
	if (once_a_minute(a->budget, a->len, loop_now()))
		log_warn("the store: %s: its budget is without it", why);
}

static struct store_asking
asking(const struct asked *a, const char *run)
{
	return (struct store_asking){
		.space = a->store->conf->space,
		.budget = a->budget,
		.len = a->len,
		.run = run,
		.limits = &a->limits,
		.ask = &a->ask,
		.slots = a->of_slots ? &a->slots : NULL,
		.is_epoch = a->is_epoch,
		.tag = a->tag,
		.learn = a->of_learn ? &a->learn : NULL,
	};
}

static void
ignore_cb(void *arg, const struct redis_reply *reply, const char *why)
{
	(void)arg;
	(void)reply;
	(void)why;
}

static bool
is_told(const struct lease_turn_news *n)
{
	return n->pause != 0 || n->orders != 0;
}

/* Whether others are to ask for the same now. */
static bool
is_news(const struct asked *a)
{
	if (a->of_slots)
		return is_told(&a->slots.told);
	if (!a->of_learn)
		return is_told(&a->ask.told);
	/* the loan of what is learned may be had, there is something, or what
	   is known is another thing now */
	return a->learn.returns || (!a->learn.has && a->learn.text != NULL) ||
	    a->learn.orders != 0;
}

static void
publish(struct store_redis *s, struct redis_node *n, const char *said,
    size_t len)
{
	char channel[STORE_CHANNEL];
	const char *words[] = { "PUBLISH", channel, said };
	size_t lengths[] = { 7, 0, len };

	store_channel(channel, s->conf->space);
	lengths[1] = strlen(channel);
	if (!redis_node_send(n, 3, words, lengths, ignore_cb, NULL))
		log_debug("a pause cannot be published");
}

static void
take_answer(struct asked *a, const struct redis_reply *reply)
{
	struct store_answer told = { .sent = a->sent };
	struct store_asking q = asking(a, "");
	char text[REDIS_WHY];

	told.received = loop_now();
	if (reply->kind == REDIS_ERROR)
		told.why = redis_reply_say(reply, text);
	else if (a->is_epoch)
		told.why = NULL;
	else if (a->of_slots)
		told.why = store_read_slots(reply, &q, &told.slots);
	else if (a->of_learn)
		told.why = store_read_learn(reply, &told.learn);
	else
		told.why = store_read(reply, &q, &told.lease);
	told.ok = told.why == NULL;
	/* who asks for budgets of that tag hears it, too */
	if (!told.ok && !a->is_epoch) {
		told.why = say(a, told.why);
		tell(a, told.why);
	}
	/* the others ask for the same budget now, and are told of its pause */
	if (told.ok && is_news(a))
		publish(a->store, a->node, a->budget, a->len);
	answer(a, &told);
}

/* Questions */

static void	 reply_cb(void *, const struct redis_reply *, const char *);

static bool
send_asking(struct redis_node *n)
{
	static const char *const words[] = { "ASKING" };
	static const size_t lengths[] = { 6 };

	return redis_node_send(n, 1, words, lengths, ignore_cb, NULL);
}

static void
send_to(struct asked *a, struct redis_node *n)
{
	struct store_redis *s = a->store;
	struct store_asking q = asking(a, redis_node_run(n));
	bool once = a->once;

	a->node = n;
	a->once = false;
	a->sent = loop_now();
	a->said++;
	store_command(&s->command, &q, a->by_text);
	set_state(a, ASKED_SENT);
	if ((once && !send_asking(n)) || !redis_node_send(n, s->command.n,
	    s->command.words, s->command.lengths, reply_cb, a))
		give_up(a, "too much is being asked, or the connection is "
		    "cut off");
}

/* The keys are at another node: it is asked, now or when it is there. */
static void
move_to(struct asked *a, struct redis_node *n)
{
	if (redis_node_is_up(n)) {
		send_to(a, n);
		return;
	}
	a->node = n;
	a->until = loop_now() + a->store->conf->timeout;
	set_state(a, ASKED_WAITS);
}

static void
reply_cb(void *arg, const struct redis_reply *reply, const char *why)
{
	struct asked *a = arg;
	struct store_redis *s = a->store;
	struct redis_node *n;

	if (reply == NULL) {
		answer_not(a, why);
	} else if (a->said < SAID && !a->by_text &&
	    strcmp(redis_reply_code(reply), "NOSCRIPT") == 0) {
		a->by_text = true;
		send_to(a, a->node);
	} else if (a->said < SAID && (n = redis_cluster_moved(s->cluster,
	    a->tag, a->node, reply, &a->once)) != NULL) {
		a->by_text = false;
		move_to(a, n);
	} else
		take_answer(a, reply);
}

/* Of what is learned, and what that tells. */
static void
take_learn(struct asked *a, const struct store_question *q)
{
	char *text = a->budget + q->len + 1;

	a->of_learn = true;
	a->learn = *q->learn;
	if (q->learn->text == NULL)
		return;
	memcpy(text, q->learn->text, strlen(q->learn->text) + 1);
	a->learn.text = text;
}

static struct asked *
new_asked(struct store_redis *s, const struct store_question *q)
{
	size_t text = q->learn != NULL && q->learn->text != NULL ?
	    strlen(q->learn->text) + 1 : 0;
	struct asked *a;

	if (s->nasked == STORE_ASKED || q->len > STORE_BUDGET ||
	    (a = calloc(1, sizeof *a + q->len + 1 + text)) == NULL)
		return NULL;
	a->store = s;
	a->of_slots = q->slots != NULL;
	if (a->of_slots) {
		a->slots = *q->slots;
	} else if (q->learn != NULL) {
		take_learn(a, q);
	} else {
		a->limits = *q->limits;
		a->ask = q->ask;
	}
	a->len = q->len;
	memcpy(a->budget, q->budget, q->len);
	a->tag = store_tag(a->budget, a->len);
	s->nasked++;
	return a;
}

static void
ask(struct store_redis *s, struct asked *a, store_answer_cb *cb, void *arg)
{
	struct redis_node *n;

	a->cb = cb;
	a->arg = arg;
	a->sent = loop_now();
	n = redis_cluster_node(s->cluster, a->tag);
	if (n != NULL)
		send_to(a, n);
	else
		give_up(a, "the store is not connected");
}

bool
store_redis_ask(struct store_redis *s, const struct store_question *q,
    store_answer_cb *cb, void *arg)
{
	struct asked *a;

	if (s->closed || (a = new_asked(s, q)) == NULL)
		return false;
	ask(s, a, cb, arg);
	return true;
}

void
store_redis_say(struct store_redis *s, unsigned tag, const char *said,
    size_t len)
{
	struct redis_node *n = s->closed ? NULL :
	    redis_cluster_node(s->cluster, tag);

	if (n != NULL)
		publish(s, n, said, len);
}

bool
store_redis_other(const struct store_redis *s, const struct http1_host *but,
    struct http1_host *other)
{
	return !s->closed && redis_cluster_other(s->cluster, but, other);
}

static void
begun_cb(void *arg, const struct store_answer *a)
{
	(void)arg;
	(void)a;
}

void
store_redis_begin(struct store_redis *s, unsigned tag)
{
	static const struct budget_limits none;
	const struct store_question q = { .budget = "", .limits = &none };
	struct asked *a;

	if (s->closed || (a = new_asked(s, &q)) == NULL)
		return;
	a->is_epoch = true;
	a->tag = tag;
	ask(s, a, begun_cb, NULL);
}

/* Its servers */

static void
up_cb(void *arg)
{
	struct store_redis *s = arg;

	if (!s->closed)
		s->events->connected(s->owner);
}

static void
down_cb(void *arg, const char *why)
{
	struct store_redis *s = arg;

	if (!s->closed)
		s->events->lost(s->owner, why);
}

/*
 * A new server has them before it is asked for one.  If all had to be told that
 * one is not there, and say it themselves, it would come a thousand times.
 */
static void
load_scripts(struct redis_node *n)
{
	const char *words[] = { "SCRIPT", "LOAD", NULL };
	size_t lengths[] = { 6, 4, 0 };
	unsigned i;

	for (i = 0; (words[2] = store_script(i, &lengths[2])) != NULL; i++)
		if (!redis_node_send(n, 3, words, lengths, ignore_cb, NULL))
			log_debug("a script cannot be sent to the store");
}

static void
ready_cb(void *arg, struct redis_node *n)
{
	struct store_redis *s = arg;
	struct asked *a, *next;

	load_scripts(n);
	for (a = TAILQ_FIRST(&s->waiting); a != NULL; a = next) {
		next = TAILQ_NEXT(a, entry);
		if (a->node == n)
			send_to(a, n);
	}
}

static void
gone_cb(void *arg, struct redis_node *n)
{
	struct store_redis *s = arg;
	struct asked *a, *next;

	for (a = TAILQ_FIRST(&s->waiting); a != NULL; a = next) {
		next = TAILQ_NEXT(a, entry);
		if (a->node == n)
			give_up(a, "its server of the store cannot be reached");
	}
}

static const struct redis_cluster_events cluster_events = {
	.up = up_cb,
	.down = down_cb,
	.ready = ready_cb,
	.gone = gone_cb,
};

struct store_redis *
store_redis_open(const struct dialer *dialer, const struct store *conf,
    const struct store_events *events, void *owner)
{
	struct store_redis *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->dialer = dialer;
	s->conf = conf;
	s->events = events;
	s->owner = owner;
	TAILQ_INIT(&s->waiting);
	TAILQ_INIT(&s->over);
	deadline_init(&s->timer, dialer->loop, timer_cb, s);
	event_assign(&s->over_ev, dialer->loop->base, -1, 0, over_cb, s);
	s->cluster = redis_cluster_new(dialer, conf, &cluster_events, s);
	if (s->cluster != NULL)
		return s;
	free(s);
	return NULL;
}

void
store_redis_close(struct store_redis *s)
{
	static const char why[] = "the store is closed";
	struct asked *a;

	if (s == NULL || s->closed)
		return;
	s->closed = true;
	redis_cluster_free(s->cluster);
	while ((a = TAILQ_FIRST(&s->waiting)) != NULL)
		answer_not(a, why);
	while ((a = TAILQ_FIRST(&s->over)) != NULL)
		answer_not(a, why);
	deadline_free(&s->timer);
	event_del(&s->over_ev);
	loop_bury(s->dialer->loop, &s->grave, free, s);
}
