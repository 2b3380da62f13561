/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "check_random.h"
#include "check_run.h"
#include "throttle/throttle.h"

/*
 * Nobody is told of a start that is later than when he goes, as long as nobody
 * else comes: random crowds of clients, at a host with parts or without, are
 * queued, told of their starts, and let go as fast as the throttle allows.
 */

#define MS		1000000ULL
#define SEC		(1000 * MS)
#define HALF		(BUDGET_UNIT / 2)
#define WAITERS		12
#define CLIENTS		4
#define PARTS		3

static struct throttle_waiter waiters[WAITERS];
static uint64_t told[WAITERS];		/* ns: the start, of those who wait */
static bool waits[WAITERS];

static struct budget_limits
any_budget(void)
{
	struct budget_limits l = { .nrates = (unsigned)any(3) };
	unsigned i;

	for (i = 0; i < l.nrates; i++)
		l.rates[i] = (struct gcra_rate){
			.capacity = (1 + any(20)) * HALF,
			.period = (1 + any(5)) * SEC,
			.burst = (1 + any(6)) * HALF,
			.strict = any(6) == 0,
		};
	return l;
}

static struct throttle *
any_throttle(unsigned nparts)
{
	struct budget_limits parts[PARTS];
	struct throttle_limits l = { .host = any_budget(), .nparts = nparts,
	    .queue_length = 1000, .trust_priority = any(3) == 0 };
	struct throttle *t;
	unsigned i;

	for (i = 0; i < nparts; i++) {
		parts[i] = any_budget();
		l.parts[i] = &parts[i];
	}
	t = throttle_new(&l);
	must(t != NULL);
	return t;
}

static void
done(struct throttle *t, struct throttle_waiter *w, uint64_t now)
{
	throttle_verdict(t, w, BUDGET_SUCCESS, now);
	throttle_release(t, w, now);
}

static void
ask(struct throttle *t, unsigned i, unsigned nparts, uint64_t now)
{
	struct throttle_request q = {
		.client = any(CLIENTS),
		.cost = (1 + any(6)) * HALF,
		.deadline = THROTTLE_NEVER,
		.urgency = any(3) == 0 ? (uint8_t)any(8) : FAIR_URGENCY,
		.part = nparts > 0 && any(3) > 0 ? (unsigned)any(nparts) :
		    THROTTLE_WHOLE,
	};
	struct throttle_report r;

	q.weight = FAIR_WEIGHT << q.client;
	if (throttle_ask(t, &waiters[i], &q, now, &r) == THROTTLE_GO)
		done(t, &waiters[i], now);
	else
		waits[i] = true;
}

/* Lets go who may at now; to be told, they must not have gone sooner. */
static void
let_go(struct throttle *t, uint64_t now)
{
	struct throttle_waiter *w;

	while ((w = throttle_next(t, now)) != NULL) {
		must(told[w - waiters] <= now);
		waits[w - waiters] = false;
		done(t, w, now);
	}
}

static void
history(void)
{
	unsigned nparts = (unsigned)any(PARTS + 1);
	struct throttle *t = any_throttle(nparts);
	struct throttle_report r;
	uint64_t wake, now = 5 * SEC;
	unsigned i;

	memset(told, 0, sizeof told);
	memset(waits, 0, sizeof waits);
	for (step = 0; step < WAITERS; step++) {
		ask(t, step, nparts, now);
		now += any(3) == 0 ? 0 : any(300 * MS);
		let_go(t, now);
	}
	for (i = 0; i < WAITERS; i++) {
		if (!waits[i])
			continue;
		throttle_report(t, &waiters[i], now, &r);
		told[i] = r.start;
	}
	while ((wake = throttle_wake(t, now)) != THROTTLE_NEVER) {
		now = wake > now ? wake : now;
		let_go(t, now);
		step++;
	}
	must(throttle_waiting(t) == 0);
	throttle_free(t);
}

START_TEST(nobody_goes_before_he_was_told)
{
	const char *env = getenv("THROTTLE_SEED");
	uint64_t last;

	seed = env != NULL ? strtoull(env, NULL, 10) : 1;
	last = env != NULL ? seed : repetitions(20000);
	for (; seed <= last; seed++) {
		state = seed * 0x9e3779b97f4a7c15ULL + 1;
		history();
	}
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("throttle_starts");
	TCase *tc = tcase_create("starts");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, nobody_goes_before_he_was_told);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}
