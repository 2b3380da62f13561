/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_STORE_H
#define SLUICE_CHECK_STORE_H

#include "hosts/store_redis.h"

#include "base/memory.h"
#include "check_redis.h"
#include "conf/conf.h"
#include "conf/conf_parse.h"
#include "conf/conf_store.h"
#include "net/dialer.h"
#include "net/own.h"
#include "net/resolve.h"
#include "tls/tls_context.h"

/* A store that is asked from a loop, which the test turns. */

#define MS	UINT64_C(1000000)
#define SECOND	(1000 * MS)
#define UNIT	BUDGET_UNIT

static struct memory	 memory;
static struct dialer	 dialer;
static struct conf	*conf;
static struct store_redis *store;
static unsigned		 connected, lost;
static char		 lost_why[512];

/* What was answered last, and how many were. */
static struct store_answer last;
static char		 last_why[2048];
static unsigned		 answers, answers_ok;

static inline void
rung_cb(void *arg)
{
	(void)arg;
}

static inline void
connected_cb(void *arg)
{
	ck_assert_ptr_eq(arg, &store);
	connected++;
}

static inline void
lost_cb(void *arg, const char *why)
{
	ck_assert_ptr_eq(arg, &store);
	lost++;
	snprintf(lost_why, sizeof lost_why, "%s", why);
}

static const struct store_events store_events = { connected_cb, lost_cb };

static inline void
answer_cb(void *arg, const struct store_answer *a)
{
	unsigned *count = arg;

	last = *a;
	snprintf(last_why, sizeof last_why, "%s", a->why != NULL ? a->why :
	    "");
	answers++;
	if (a->ok)
		answers_ok++;
	if (count != NULL)
		++*count;
}

/* Turns the loop once, for 5 ms at most. */
static inline void
turn(void)
{
	struct timeval a_bit = { .tv_usec = 5000 };

	event_base_loopexit(dialer.loop->base, &a_bit);
	event_base_loop(dialer.loop->base, EVLOOP_ONCE);
}

#define TURN_UNTIL(x) do { \
		uint64_t until_ = loop_now() + PATIENCE; \
		while (!(x)) { \
			ck_assert_msg(loop_now() < until_, "not: %s", #x); \
			turn(); \
		} \
	} while (0)

/* Opens a store, out of what stands behind "store:". */
static inline void __attribute__((format(printf, 1, 2)))
open_store(const char *fmt, ...)
{
	char text[1024], *cause;
	va_list ap;
	int n;

	signal(SIGPIPE, SIG_IGN);	/* as the daemon does */
	n = snprintf(text, sizeof text, "store: ");
	va_start(ap, fmt);
	vsnprintf(text + n, sizeof text - (size_t)n, fmt, ap);
	va_end(ap);
	conf = conf_parse("test.yaml", text, strlen(text), &cause);
	ck_assert_msg(conf != NULL, "%s", cause);
	ck_assert_msg(tls_contexts_load(conf, &cause), "%s", cause);
	ck_assert_msg(conf_store_load(conf, &cause), "%s", cause);
	memory_init(&memory, 1 << 30, SHARE_OFF);
	dialer.loop = loop_new(0, &memory, rung_cb, NULL);
	ck_assert_ptr_nonnull(dialer.loop);
	dialer.conf = conf;
	dialer.own = own_new(NULL);
	dialer.resolver = resolver_new(dialer.loop, conf);
	connected = lost = answers = answers_ok = 0;
	lost_why[0] = '\0';
	store = store_redis_open(&dialer, &conf->store, &store_events, &store);
	ck_assert_ptr_nonnull(store);
}

static inline void
close_store(void)
{
	store_redis_close(store);
	store = NULL;
	resolver_free(dialer.resolver);
	own_free(dialer.own);
	loop_bury_all(dialer.loop);
	loop_free(dialer.loop);
	ck_assert_uint_eq(memory.used, 0);
	memory_destroy(&memory);
	conf_unref(conf);
}

/* Asks, and waits for the answer. */
static inline void
ask(const char *budget, const struct budget_limits *limits,
    const struct lease_question *q)
{
	const struct store_question question = {
		.budget = budget,
		.len = strlen(budget),
		.limits = limits,
		.ask = *q,
	};
	unsigned count = 0;

	ck_assert(store_redis_ask(store, &question, answer_cb, &count));
	ck_assert_uint_eq(count, 0);
	TURN_UNTIL(count > 0);
	ck_assert_uint_eq(count, 1);
}

/*
 * Asks until there is a lease: a budget is quarantined first.  Whoever asked
 * without a pause would keep the server, and the machine, busy meanwhile.
 */
static inline void
ask_for_lease(const char *budget, const struct budget_limits *limits,
    const struct lease_question *q)
{
	uint64_t until = loop_now() + PATIENCE;

	ask(budget, limits, q);
	while (last.ok && last.lease.serial == 0) {
		ck_assert(loop_now() < until);
		nap();
		ask(budget, limits, q);
	}
	ck_assert_msg(last.ok, "%s", last_why);
}

/* Ten a second; what is asked for is one. */
static const struct budget_limits ten = {
	.rates = { { 10 * UNIT, SECOND, 10 * UNIT, false } },
	.nrates = 1,
};
static const struct lease_question one = {
	.holder = 7,
	.weight = 1,
	.demand = UNIT,
	.first = UNIT,
	.horizon = 100 * MS,
	.guard = MS,
};

#endif
