/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_STORE_DESK_H
#define SLUICE_CHECK_STORE_DESK_H

#include <stdatomic.h>

#include "base/stats.h"
#include "check_hosts.h"
#include "check_run.h"
#include "hosts/hosts_control.h"
#include "hosts/hosts_learn.h"
#include "hosts/hosts_reload.h"
#include "hosts/hosts_table.h"
#include "hosts/store_desk.h"
#include "hosts/store_listener.h"
#include "hosts/store_redis.h"
#include "net/dialer.h"
#include "policy/lesson.h"
#include "policy/store.h"
#include "throttle/lease_account.h"
#include "throttle/window.h"

/* Who asks a store for hosts, with a store that remembers what it is asked. */

#define MS	1000000ULL
#define ASKED	64
#define SHARED	"store: {redis: \"redis://h\"}, "
#define RATE	"{capacity: 10, burst: 5, queue: {max_wait: 1h}, store: yes"

/* A store that remembers what it is asked. */

static struct question {
	char			 name[STORE_BUDGET];
	struct budget_limits	 limits;
	struct lease_question	 ask;
	struct lease_turn_news	 told;
	uint64_t		 number;	/* where it is of slots */
	struct lease_learn_question learn;	/* its holder 0: it is another */
	store_answer_cb		*cb;
	void			*arg;
	bool			 answered;
} questions[ASKED];
static unsigned		 nquestions;
static const struct store_events *events;
static store_heard_cb	*heard;
static void		*owner;
static bool		 refuses;	/* whoever asks */
static uint64_t		 now;
static struct store_desk *desk;
static struct dialer	 dialer = { .loop = &loop };
static unsigned		 rings;
static unsigned		 proxies;	/* that say that they are there */
static char		 said[8192];	/* last, by the channel */
static size_t		 said_len;
static unsigned		 times_said;

uint64_t
loop_now(void)
{
	return now;
}

struct store_redis *
store_redis_open(const struct dialer *d, const struct store *s,
    const struct store_events *e, void *o)
{
	ck_assert_ptr_eq(d, &dialer);
	ck_assert_ptr_nonnull(s->name);
	events = e;
	owner = o;
	return (struct store_redis *)(void *)questions;
}

bool
store_redis_ask(struct store_redis *s, const struct store_question *q,
    store_answer_cb *cb, void *arg)
{
	struct question *to = &questions[nquestions];

	ck_assert_ptr_eq(s, questions);
	if (q->slots == NULL && q->learn == NULL && q->limits->nrates == 0) {
		if (proxies > 0)
			cb(arg, &(struct store_answer){ .ok = true, .sent = now,
			    .received = now, .lease = { .peers = proxies } });
		return true;
	}
	ck_assert_uint_lt(nquestions, ASKED);
	if (refuses)
		return false;
	nquestions++;
	*to = (struct question){ .limits = *q->limits, .ask = q->ask,
		.told = q->slots != NULL ? q->slots->told : q->ask.told,
		.number = q->slots != NULL ? q->slots->number : 0,
		.cb = cb, .arg = arg };
	if (q->learn != NULL) {
		to->learn = *q->learn;
		to->told = (struct lease_turn_news){ 0 };
	}
	memcpy(to->name, q->budget, q->len);
	return true;
}

void
store_redis_begin(struct store_redis *s, unsigned tag)
{
	ck_assert_ptr_eq(s, questions);
	ck_assert_uint_lt(tag, 64);
}

void
store_redis_say(struct store_redis *s, unsigned tag, const char *p, size_t len)
{
	ck_assert_ptr_eq(s, questions);
	ck_assert_uint_lt(tag, 64);
	ck_assert_uint_lt(len, sizeof said);
	memcpy(said, p, len);
	said[len] = '\0';
	said_len = len;
	times_said++;
}

static void
answer_with(struct question *q, const struct store_answer *a)
{
	q->answered = true;
	q->cb(q->arg, a);
}

void
store_redis_close(struct store_redis *s)
{
	unsigned i;

	for (i = 0; s != NULL && i < nquestions; i++)
		if (!questions[i].answered)
			answer_with(&questions[i], &(struct store_answer){
			    .why = "closed" });
}

struct store_listener *
store_listener_new(const struct dialer *d, const struct store *s,
    const struct store_redis *servers, store_heard_cb *cb, void *o)
{
	ck_assert_ptr_eq(d, &dialer);
	ck_assert_ptr_nonnull(s->name);
	ck_assert_ptr_eq(servers, questions);
	heard = cb;
	ck_assert_ptr_nonnull(o);
	return (struct store_listener *)(void *)&heard;
}

void
store_listener_free(struct store_listener *s)
{
	ck_assert_ptr_eq(s, &heard);
}

/* What it asks for, at once. */
static void
grant(struct question *q)
{
	struct store_answer a = { .ok = true, .sent = now, .received = now,
		.lease = { .serial = 7, .now = SECOND, .amount = q->ask.first,
		    .peers = 2 } };
	unsigned i;

	for (i = 0; i < q->limits.nrates; i++) {
		a.lease.begins[i] = SECOND;
		a.lease.ends[i] = 2 * SECOND;
	}
	answer_with(q, &a);
}

static void
ring(void *arg)
{
	(void)arg;
	rings++;
}

/* What hosts_new() takes for hosts of tickets begins with the desk. */
static void
open_desk(const char *yaml)
{
	nquestions = rings = proxies = 0;
	refuses = false;
	now = NOW;
	start(yaml);
	store_desk_begin(hosts, ring, NULL);
	desk = store_desk_new(hosts, &dialer, &conf->store, 0);
	ck_assert_ptr_nonnull(desk);
	events->connected(owner);
}

static void
close_desk(unsigned n)
{
	while (n > 0)
		leave(--n, false);
	store_desk_free(desk);
	end();
}

/* Time goes on until then, with all that is to be looked at. */
static void
wait_until(uint64_t at)
{
	struct wake *k;
	unsigned i;

	now = at;
	for (i = 0; i < narmed; i++) {
		k = armed[i];
		if (k->at > now)
			continue;
		armed[i--] = armed[--narmed];
		k->armed = false;
		k->fire(k, &loop, now);
	}
}

/* Until it has been heard three times who is there. */
static inline void
hear_proxies(unsigned n)
{
	unsigned i;

	proxies = n;
	for (i = 0; i < 3; i++)
		wait_until(now + SECOND);
	proxies = 0;
}

#endif
