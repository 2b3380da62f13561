/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "check_run.h"
#include "throttle/throttle.h"

/*
 * Crowds of clients and hosts that answer, on a clock that is only a number:
 * who gets how much, and what a host gets to see.  Nothing is random but
 * lateness, and that by a fixed seed.
 */

#define U		THROTTLE_UNIT
#define MS		1000000ULL
#define SEC		1000000000ULL
#define NEVER		THROTTLE_NEVER

/* An assertion of Check itself leaves a trace each time: too slow here. */
#define must(x)	do { if (!(x)) \
	ck_abort_msg("line %d: %s", __LINE__, #x); } while (0)

static struct throttle_limits
rate(uint64_t per_second, uint64_t burst)
{
	struct throttle_limits l = {
		.host.nrates = 1,
		.queue_length = 1000000,
	};

	l.host.rates[0] = (struct gcra_rate){ per_second * U, SEC,
		burst * U, false };
	return l;
}

/* Clients */

struct client {
	uint32_t	 weight;
	unsigned	 waits;		/* always so many */
	uint64_t	 cost;
	uint64_t	 got;
};

static struct throttle *t;
static uint64_t now;
static uint64_t random_state;

static uint64_t
any(uint64_t below)
{
	random_state = random_state * 6364136223846793005ULL + 1;
	return (random_state >> 33) % below;
}

static enum throttle_answer
ask(struct throttle_waiter *w, const struct client *all, uint64_t i)
{
	struct throttle_request q = {
		.client = i,
		.cost = all[i].cost,
		.deadline = NEVER,
		.weight = all[i].weight,
		.urgency = FAIR_URGENCY,
		.part = THROTTLE_WHOLE,
	};
	struct throttle_report r;

	return throttle_ask(t, w, &q, now, &r);
}

/* A token bucket in exact arithmetic, as a judge of what was admitted. */
static struct judge {
	uint64_t	 at;		/* ns */
	uint64_t	 level;		/* micro cost units, times a second */
	uint64_t	 full;
	uint64_t	 per_second;	/* micro cost units */
	uint64_t	 spent;		/* micro cost units */
} judge;

static void
judge_take(uint64_t cost)
{
	wide level = (wide)judge.per_second * (now - judge.at) + judge.level;

	judge.level = level > judge.full ? judge.full : (uint64_t)level;
	judge.at = now;
	must(judge.level / SEC >= cost);
	judge.level -= cost * SEC;
	judge.spent += cost;
}

/*
 * Lets everybody have as many waiting as it likes, for so long; each time that
 * the throttle names is kept, or missed by up to late.
 */
static void
crowd(const struct throttle_limits *l, struct client *all, unsigned n,
    uint64_t until, uint64_t late)
{
	struct throttle_waiter *waiters, *w;
	size_t total = 0, used = 0;
	unsigned i, k;

	for (i = 0; i < n; i++)
		total += all[i].waits;
	must((waiters = calloc(total, sizeof *waiters)) != NULL);
	must((t = throttle_new(l)) != NULL);
	now = SEC;
	random_state = 1;
	judge = (struct judge){
		.at = now,
		.per_second = l->host.rates[0].capacity,
	};
	judge.full = l->host.rates[0].burst * SEC +
	    (late ? judge.per_second * THROTTLE_LATE : 0);
	judge.level = judge.full;
	/* A host that just was resumed has everybody waiting. */
	throttle_pause(t, THROTTLE_WHOLE, NEVER, now);
	for (i = 0; i < n; i++)
		for (k = 0; k < all[i].waits; k++)
			must(ask(&waiters[used++], all, i) == THROTTLE_WAIT);
	throttle_resume(t, THROTTLE_WHOLE, now);
	while (now < until) {
		while ((w = throttle_next(t, now)) != NULL) {
			judge_take(w->fair.cost);
			all[w->fair.client].got += w->fair.cost;
			throttle_verdict(t, w, BUDGET_SUCCESS, now);
			throttle_release(t, w, now);
			must(ask(w, all, w->fair.client) == THROTTLE_WAIT);
		}
		must(throttle_wake(t, now) > now);
		now = throttle_wake(t, now) + (late ? any(late) : 0);
	}
	must(throttle_waiting(t) == total);
	while (total > 0)
		throttle_cancel(t, &waiters[--total]);
	throttle_free(t);
	free(waiters);
}

/* Jain's index of fairness, of what each got for its weight. */
static double
jain(const struct client *all, unsigned n)
{
	double sum = 0, squares = 0, x;
	unsigned i;

	for (i = 0; i < n; i++) {
		x = (double)all[i].got / all[i].weight;
		sum += x;
		squares += x * x;
	}
	return sum * sum / (n * squares);
}

static double
used(const struct throttle_limits *l, uint64_t seconds)
{
	return (double)judge.spent / (double)(l->host.rates[0].burst +
	    l->host.rates[0].capacity * seconds);
}

/* For so many seconds, or a quarter of them where not all is wanted. */
static uint64_t
lasting(uint64_t seconds)
{
	return wanted_share() > 1 ? seconds / 4 : seconds;
}

/* A few that never have enough, and many that have one or two waiting. */
static void
unequal(uint64_t late)
{
	struct throttle_limits l = rate(1000, 10);
	uint64_t seconds = lasting(100);
	struct client all[100];
	unsigned i;

	for (i = 0; i < 100; i++)
		all[i] = (struct client){ FAIR_WEIGHT, i < 4 ? 10000 :
			i % 3 + 1, U, 0 };
	crowd(&l, all, 100, (seconds + 1) * SEC, late);
	must(jain(all, 100) >= 0.99);
	/* a hundredth of 1,000 a second each, within a hundredth */
	for (i = 0; i < 100; i++)
		must(all[i].got * 10 >= 99 * seconds * U &&
		    all[i].got * 10 <= 101 * seconds * U);
	must(used(&l, seconds) >= 0.99);
}

START_TEST(equal_shares_for_unequal_appetite)
{
	unequal(0);
}
END_TEST

START_TEST(lateness_costs_neither_rate_nor_shares)
{
	unequal(3 * MS);
	unequal(THROTTLE_LATE / 2);
}
END_TEST

START_TEST(unequal_costs)
{
	struct throttle_limits l = rate(1000, 20);
	uint64_t seconds = lasting(100);
	struct client all[50];
	unsigned i;

	for (i = 0; i < 50; i++)
		all[i] = (struct client){ FAIR_WEIGHT, i < 2 ? 10000 : 2,
			(i % 10 + 1) * U, 0 };
	crowd(&l, all, 50, (seconds + 1) * SEC, 0);
	must(jain(all, 50) >= 0.99);
	must(used(&l, seconds) >= 0.99);
}
END_TEST

START_TEST(shares_by_weight)
{
	struct throttle_limits l = rate(1000, 10);
	uint64_t seconds = lasting(140);
	struct client all[30];
	unsigned i;

	for (i = 0; i < 30; i++)
		all[i] = (struct client){ FAIR_WEIGHT << i % 3,
			i < 3 ? 10000 : 1, U, 0 };
	crowd(&l, all, 30, (seconds + 1) * SEC, 0);
	/*
	 * Ten times 1 + 2 + 4: for a weight of 1 a seventieth of 1,000 a
	 * second, within a hundredth.
	 */
	for (i = 0; i < 30; i++) {
		must(all[i].got * 7 >= 99 * seconds * U << i % 3);
		must(all[i].got * 7 <= 101 * seconds * U << i % 3);
	}
	must(jain(all, 30) >= 0.999);
	must(used(&l, seconds) >= 0.99);
}
END_TEST

/*
 * Few clients with anything to pay, who come when they please.  The start that
 * each was told holds as long as nobody leaves: it is never sooner.
 */
#define STARTS	64

static void
starts(void)
{
	static struct throttle_waiter waiters[STARTS];
	static uint64_t told[STARTS];
	struct throttle_limits l = rate(any(10) + 1, any(10) + 1);
	struct client all[4];
	struct throttle_waiter *w;
	struct throttle_report r;
	unsigned i, n = 0;

	for (i = 0; i < 4; i++)
		all[i].weight = any(2) ? FAIR_WEIGHT : (uint32_t)any(9) *
		    123457 + 1;
	must((t = throttle_new(&l)) != NULL);
	for (now = 0; n < STARTS || throttle_waiting(t) > 0;) {
		while ((w = throttle_next(t, now)) != NULL) {
			must(now >= told[w - waiters]);
			throttle_release(t, w, now);
		}
		if (n < STARTS && any(3) != 0) {
			i = (unsigned)any(4);
			all[i].cost = any(5) * U + any(3);
			if (ask(&waiters[n], all, i) == THROTTLE_WAIT) {
				throttle_report(t, &waiters[n], now, &r);
				told[n] = r.start;
			} else
				throttle_release(t, &waiters[n], now);
			n++;
		} else
			now = any(2) && throttle_waiting(t) > 0 ?
			    throttle_wake(t, now) : now + any(SEC);
	}
	throttle_free(t);
}

START_TEST(nobody_starts_before_he_was_told)
{
	unsigned i, n = repetitions(5000);

	random_state = 1;
	for (i = 0; i < n; i++)
		starts();
}
END_TEST

/* Hosts */

#define FLIGHT	65536	/* requests on their way at most */

/* What is on its way, in the order in which the answers come. */
static struct flight {
	struct throttle_waiter	*w;
	uint64_t		 answered;	/* ns */
	bool			 refused;
	uint64_t		 left;
	uint64_t		 reset;		/* ns */
} flights[FLIGHT];
static unsigned first, nflights;

static struct flight *
send(struct throttle_waiter *w, uint64_t rtt)
{
	struct flight *f = &flights[(first + nflights++) % FLIGHT];

	must(nflights < FLIGHT);
	*f = (struct flight){ .w = w, .answered = now + rtt };
	return f;
}

static struct flight *
answer(void)
{
	if (nflights == 0 || flights[first].answered > now)
		return NULL;
	nflights--;
	first = (first + 1) % FLIGHT;
	return &flights[(first + FLIGHT - 1) % FLIGHT];
}

static void
next_event(void)
{
	uint64_t wake = throttle_wake(t, now);

	must(wake > now);
	if (nflights > 0 && flights[first].answered < wake)
		wake = flights[first].answered;
	must(wake != NEVER);
	now = wake;
}

#define CROWD	10000
#define RTT	(100 * MS)

static struct throttle_waiter crowd_waiters[CROWD];
static const struct client one = { FAIR_WEIGHT, CROWD, U, 0 };

static void
begin_crowd(const struct throttle_limits *l, bool paused)
{
	unsigned i;

	must((t = throttle_new(l)) != NULL);
	now = SEC;
	first = nflights = 0;
	if (!paused)
		return;
	throttle_pause(t, THROTTLE_WHOLE, 2 * SEC, now);
	for (i = 0; i < CROWD; i++)
		must(ask(&crowd_waiters[i], &one, 0) == THROTTLE_WAIT);
}

/* Round trips after a pause, until all have gone. */
static void
stampede(struct throttle_limits l, unsigned full)
{
	unsigned round, expected = 1, n, gone = 0;
	struct throttle_waiter *w;
	struct flight *f;

	l.queue_length = CROWD;
	begin_crowd(&l, true);
	now = throttle_wake(t, now);
	must(now == 2 * SEC);
	for (round = 0; gone < CROWD && expected < full; round++) {
		must(now == 2 * SEC + round * RTT);
		for (n = 0; (w = throttle_next(t, now)) != NULL; n++)
			send(w, RTT);
		must(n == expected && nflights == n);
		gone += n;
		/* Nothing but an answer lets another one go, for long. */
		must(throttle_wake(t, now) >= now + BUDGET_PATIENCE ||
		    n == full);
		next_event();
		while ((f = answer()) != NULL) {
			throttle_verdict(t, f->w, BUDGET_SUCCESS, now);
			throttle_release(t, f->w, now);
		}
		expected *= 2;
	}
	/* And now what the limits allow. */
	for (n = 0; (w = throttle_next(t, now)) != NULL; n++)
		send(w, RTT);
	must(n == (l.host.concurrency ? l.host.concurrency : CROWD - gone));
	while (nflights > 0) {
		next_event();
		while ((f = answer()) != NULL)
			throttle_release(t, f->w, now);
		while ((w = throttle_next(t, now)) != NULL)
			send(w, RTT);
		must(l.host.concurrency == 0 ||
		    nflights <= l.host.concurrency);
	}
	must(throttle_waiting(t) == 0);
	throttle_free(t);
}

START_TEST(no_stampede_after_a_pause)
{
	struct throttle_limits l = { .host.nrates = 0 };

	stampede(l, BUDGET_RECOVERY);
	l.host.concurrency = 128;
	stampede(l, 128);
}
END_TEST

/* A host that is down refuses all until it is up. */
START_TEST(a_host_that_is_down_sees_probes_alone)
{
	struct throttle_limits l = { .queue_length = CROWD };
	uint64_t pause, up = 2 * SEC + 1000 * SEC;
	unsigned probes = 0, seen = 0;
	struct throttle_waiter *w;
	struct throttle_report r;
	struct flight *f;

	begin_crowd(&l, true);
	now = throttle_wake(t, now);
	while (now < up) {
		while ((w = throttle_next(t, now)) != NULL) {
			send(w, RTT);
			seen++;
		}
		must(nflights <= 1);
		next_event();
		while ((f = answer()) != NULL) {
			throttle_verdict(t, f->w, BUDGET_THROTTLED, now);
			pause = throttle_backoff(t, THROTTLE_WHOLE, f->w,
			    SEC, 60 * SEC, now);
			must(pause == (probes < 5 ? 2 * SEC << probes :
			    60 * SEC));
			throttle_pause(t, THROTTLE_WHOLE, now + pause, now);
			must(throttle_return(t, f->w, now, &r) ==
			    THROTTLE_WAIT);
			probes++;
		}
	}
	/* 2, 4, 8, 16, 32 and then 60 s. */
	must(seen <= 5 + 1000 / 60 + 1 && throttle_waiting(t) >= CROWD - 1);
	while (nflights > 0) {
		now += RTT;
		throttle_release(t, answer()->w, now);
	}
	for (seen = 0; seen < CROWD; seen++)
		if (crowd_waiters[seen].fair.flow != NULL)
			throttle_cancel(t, &crowd_waiters[seen]);
	throttle_free(t);
}
END_TEST

/* Counts by windows that begin at multiples of its period. */
static struct window_host {
	uint64_t	 limit;
	uint64_t	 period;
	uint64_t	 rounding;	/* ns, of its reset; down */
	uint64_t	 window;
	uint64_t	 count;
	uint64_t	 served;
	uint64_t	 refused;
} host;

static void
host_gets(struct flight *f, uint64_t at)
{
	if (at / host.period != host.window) {
		host.window = at / host.period;
		host.count = 0;
	}
	f->reset = (host.window + 1) * host.period;
	f->reset -= f->reset % host.rounding;
	if (host.count >= host.limit) {
		f->refused = true;
		host.refused++;
		return;
	}
	host.served++;
	f->left = host.limit - ++host.count;
}

/* What the proxy does with an answer. */
static void
take_answer(struct flight *f, bool shaping)
{
	uint64_t until = f->reset;

	throttle_verdict(t, f->w, f->refused ? BUDGET_THROTTLED :
	    BUDGET_SUCCESS, now);
	if (shaping)
		throttle_shape(t, THROTTLE_WHOLE, f->left, f->reset, now);
	if (f->refused && (!shaping || until <= now))
		until = now + throttle_backoff(t, THROTTLE_WHOLE, f->w, SEC,
		    60 * SEC, now);
	if (f->refused)
		throttle_pause(t, THROTTLE_WHOLE, until, now);
	throttle_release(t, f->w, now);
}

/* 1,000 windows of a host, with always somebody waiting. */
static void
windows(const struct throttle_limits *l, bool shaping)
{
	struct throttle_waiter *w;
	struct flight *f;
	unsigned i = 0;

	begin_crowd(l, false);
	while (now < 1000 * host.period) {
		while ((f = answer()) != NULL)
			take_answer(f, shaping);
		while ((w = throttle_next(t, now)) != NULL) {
			f = send(w, RTT);
			host_gets(f, now + RTT / 2);
		}
		while (throttle_waiting(t) < 1000) {
			w = &crowd_waiters[i++ % CROWD];
			must(w->fair.flow == NULL && !w->held);
			if (ask(w, &one, 0) == THROTTLE_GO) {
				f = send(w, RTT);
				host_gets(f, now + RTT / 2);
			}
		}
		if (throttle_wake(t, now) > now)
			next_event();
	}
	while (nflights > 0) {
		now += RTT;
		while ((f = answer()) != NULL)
			throttle_release(t, f->w, now);
	}
	for (i = 0; i < CROWD; i++)
		if (crowd_waiters[i].fair.flow != NULL)
			throttle_cancel(t, &crowd_waiters[i]);
	throttle_free(t);
}

/* 300 in 10 s are configured; the host allows 100. */
START_TEST(shape_keeps_within_what_the_host_allows)
{
	struct throttle_limits l = rate(30, 30);
	uint64_t refused;

	host = (struct window_host){ 100, 10 * SEC, 1, 0, 0, 0, 0 };
	windows(&l, true);
	ck_assert_uint_eq(host.refused, 0);
	ck_assert_uint_ge(host.served, 95 * 1000);
	/*
	 * A host that says its reset a second too soon: the probe that comes
	 * then is refused, if any, and no other.
	 */
	host = (struct window_host){ 100, 10 * SEC + 999 * MS, SEC, 0, 0, 0,
		0 };
	windows(&l, true);
	ck_assert_uint_le(host.refused, 1000);
	ck_assert_uint_ge(host.served, 90 * 1000);
	refused = host.refused;
	/* Without shape it refuses more. */
	host = (struct window_host){ 100, 10 * SEC, 1, 0, 0, 0, 0 };
	windows(&l, false);
	ck_assert_uint_gt(host.refused, refused);
}
END_TEST

/* A burst that is too large by itself is refused once, or not even that. */
START_TEST(the_first_burst_is_the_only_one)
{
	struct throttle_limits l = rate(30, 300);

	host = (struct window_host){ 100, 10 * SEC, 1, 0, 0, 0, 0 };
	windows(&l, true);
	/* With what leaves before the first answer comes. */
	ck_assert_uint_le(host.refused, 200 + 3);
	ck_assert_uint_ge(host.served, 95 * 1000);
	l.learning = true;
	host = (struct window_host){ 100, 10 * SEC, 1, 0, 0, 0, 0 };
	windows(&l, true);
	ck_assert_uint_eq(host.refused, 0);
	ck_assert_uint_ge(host.served, 95 * 1000);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("simulation");
	TCase *tc = tcase_create("crowds");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, equal_shares_for_unequal_appetite);
	tcase_add_test(tc, lateness_costs_neither_rate_nor_shares);
	tcase_add_test(tc, unequal_costs);
	tcase_add_test(tc, shares_by_weight);
	tcase_add_test(tc, nobody_starts_before_he_was_told);
	tcase_add_test(tc, no_stampede_after_a_pause);
	tcase_add_test(tc, a_host_that_is_down_sees_probes_alone);
	tcase_add_test(tc, shape_keeps_within_what_the_host_allows);
	tcase_add_test(tc, the_first_burst_is_the_only_one);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	if (under_valgrind() || wanted_share() >= 50) {
		printf("1..0 # SKIP what check_throttle_oracle does, often\n");
		return EXIT_SUCCESS;
	}
	return run_suite(suite());
}
