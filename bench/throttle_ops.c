/* SPDX-License-Identifier: ISC */

/*
 * What a throttle's operations cost where many wait for a strict rate, whose
 * window has requests in all of its slots, and for a bucket of the same rate.
 * A line for each; times are medians of the rounds, ns for each operation.
 */

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "throttle/throttle.h"

#define SECOND		1000000000ULL
#define SLOTS		256
#define EACH		40		/* requests a slot */
#define ROUND		(SLOTS * EACH)	/* ... and a period */
#define CLIENTS		100

enum op {
	NEXT,		/* it is taken out, and asked when the next may go */
	END,		/* it was sent, has its verdict and is released */
	ASK,		/* it waits again */
	OPS
};

static struct throttle_waiter *going[ROUND];

static uint64_t
ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec;
}

static void
end(struct throttle *t, struct throttle_waiter *w, uint64_t now)
{
	throttle_sent(t, w, now);
	throttle_verdict(t, w, BUDGET_SUCCESS, now);
	throttle_release(t, w, now);
}

static void
ask(struct throttle *t, struct throttle_waiter *w, unsigned i, uint64_t now,
    enum throttle_answer expected)
{
	struct throttle_request q = {
		.client = i % CLIENTS,
		.cost = THROTTLE_UNIT,
		.deadline = THROTTLE_NEVER,
		.weight = FAIR_WEIGHT,
		.urgency = FAIR_URGENCY,
		.part = THROTTLE_WHOLE,
	};
	struct throttle_report report;

	if (throttle_ask(t, w, &q, now, &report) != expected)
		errx(1, "%s", expected == THROTTLE_GO ? "one has to wait" :
		    "one is not queued");
}

/* Takes out up to most of those who may go now; returns how many. */
static unsigned
leave(struct throttle *t, unsigned most, uint64_t now)
{
	unsigned n;

	for (n = 0; n < most; n++)
		if ((going[n] = throttle_next(t, now)) == NULL)
			break;
	return n;
}

/* One slot's requests, from their turn until they wait again. */
static unsigned
turn(struct throttle *t, struct throttle_waiter *waiters, uint64_t now,
    uint64_t took[OPS])
{
	uint64_t from = ns(), to;
	unsigned i, n = leave(t, EACH, now);

	if (throttle_wake(t, now) <= now && n < EACH)
		errx(1, "nobody goes who might");
	to = ns();
	took[NEXT] += to - from;
	for (i = 0; i < n; i++)
		end(t, going[i], now);
	from = ns();
	took[END] += from - to;
	for (i = 0; i < n; i++)
		ask(t, going[i], (unsigned)(going[i] - waiters), now,
		    THROTTLE_WAIT);
	took[ASK] += ns() - from;
	return n;
}

static int
smaller(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
one_round(struct throttle *t, struct throttle_waiter *waiters, uint64_t *now,
    double *times[OPS], unsigned round)
{
	uint64_t took[OPS] = { 0 };
	unsigned i, n = 0;

	for (i = 0; i < SLOTS; i++, *now += SECOND / SLOTS)
		n += turn(t, waiters, *now, took);
	for (i = 0; i < OPS; i++)
		times[i][round] = (double)took[i] / (n > 0 ? n : 1);
	if (n < ROUND / 2)
		errx(1, "%u of %u went", n, ROUND);
}

/* A period's requests, in each of its slots, and then those who wait. */
static void
fill(struct throttle *t, struct throttle_waiter *waiters, unsigned n,
    uint64_t *now)
{
	unsigned i;

	for (i = 0; i < ROUND; i++) {
		if (i > 0 && i % EACH == 0)
			*now += SECOND / SLOTS;
		ask(t, &waiters[0], 0, *now, THROTTLE_GO);
		end(t, &waiters[0], *now);
	}
	for (i = 0; i < n; i++)
		ask(t, &waiters[i], i, *now, THROTTLE_WAIT);
}

static void
measure(const char *name, bool strict, unsigned n, unsigned rounds)
{
	struct throttle_limits l = {
		.host = { .nrates = 1, .rates = { {
			.capacity = ROUND * THROTTLE_UNIT, .period = SECOND,
			.burst = (strict ? ROUND : EACH) * THROTTLE_UNIT,
			.strict = strict } } },
		.queue_length = n,
	};
	struct throttle_waiter *waiters = calloc(n, sizeof *waiters);
	struct throttle *t = throttle_new(&l);
	double *times[OPS];
	uint64_t now = SECOND;
	unsigned i;

	if (waiters == NULL || t == NULL)
		err(1, NULL);
	for (i = 0; i < OPS; i++)
		if ((times[i] = calloc(rounds, sizeof(double))) == NULL)
			err(1, NULL);
	fill(t, waiters, n, &now);
	for (i = 0; i < rounds; i++)
		one_round(t, waiters, &now, times, i);
	printf("%s", name);
	for (i = 0; i < OPS; i++) {
		qsort(times[i], rounds, sizeof(double), smaller);
		printf(" %.0f", times[i][rounds / 2]);
	}
	printf("\n");
}

int
main(int argc, char **argv)
{
	unsigned n, rounds;

	if (argc != 3)
		errx(1, "usage: throttle_ops waiters rounds");
	n = (unsigned)strtoul(argv[1], NULL, 10);
	rounds = (unsigned)strtoul(argv[2], NULL, 10);
	if (n < ROUND || rounds == 0)
		errx(1, "at least %u waiters, and 1 round", ROUND);
	measure("bucket", false, n, rounds);
	measure("window", true, n, rounds);
	return 0;
}
