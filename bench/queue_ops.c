/* SPDX-License-Identifier: ISC */

/*
 * What the operations of the fair queue cost where many wait, of one client or
 * of many.  The queue is filled; then, at that length, some are put in anew
 * after as many were served or taken out.  A line for each number of clients;
 * times are medians of the rounds, ns for each operation.
 */

#include <err.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "throttle/fair.h"
#include "throttle/fair_ahead.h"

#define COST		1000000ULL
#define BATCH		10000

enum op {
	ADD,
	AHEAD,
	SERVE,
	REMOVE,
	OPS
};

static uint64_t state = 88172645463325252ULL;	/* xorshift64* */

static uint64_t
any(uint64_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 0x2545f4914f6cdd1dULL >> 11) % below;
}

static uint64_t
ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void
add(struct fair *q, struct fair_waiter *w, uint64_t now)
{
	w->arrived = now;
	w->urgency = any(4) == 0 ? (uint8_t)any(8) : FAIR_URGENCY;
	if (!fair_add(q, w, now))
		err(1, NULL);
}

/* Puts those that are out in again, having asked for what is ahead. */
static void
refill(struct fair *q, struct fair_waiter **out, uint64_t now,
    uint64_t took[OPS])
{
	static volatile wide ahead;
	uint64_t from = ns();
	unsigned i;

	for (i = 0; i < BATCH; i++)
		ahead += fair_ahead(q, out[i], FAIR_ALL, now);
	took[AHEAD] = ns() - from;
	from = ns();
	for (i = 0; i < BATCH; i++)
		add(q, out[i], now + i);
	took[ADD] = ns() - from;
}

static void
one_round(struct fair *q, struct fair_waiter *waiters, unsigned n, uint64_t now,
    uint64_t took[OPS])
{
	static struct fair_waiter *out[BATCH];
	uint64_t from;
	unsigned i;

	from = ns();
	for (i = 0; i < BATCH; i++) {
		out[i] = fair_first(q, 0, now);
		fair_serve(q, out[i], now);
	}
	took[SERVE] = ns() - from;
	refill(q, out, now, took);

	for (i = 0; i < BATCH; i++)
		out[i] = &waiters[(any(n / BATCH) * BATCH + i) % n];
	from = ns();
	for (i = 0; i < BATCH; i++)
		fair_remove(q, out[i]);
	took[REMOVE] = ns() - from;
	refill(q, out, now + BATCH, took);
}

static int
smaller(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double
median(uint64_t *times, unsigned n)
{
	qsort(times, n, sizeof times[0], smaller);
	return (double)times[n / 2] / BATCH;
}

static void
measure(unsigned n, unsigned clients, unsigned rounds, bool trust)
{
	struct fair_waiter *waiters = calloc(n, sizeof *waiters);
	uint64_t *times[OPS], took[OPS], now = 1;
	struct fair *q;
	size_t before;
	unsigned i, j;

	for (j = 0; j < OPS; j++)
		if ((times[j] = calloc(rounds, sizeof(uint64_t))) == NULL)
			err(1, NULL);
	before = mallinfo2().uordblks;
	q = fair_new(1, trust);
	if (waiters == NULL || q == NULL)
		err(1, NULL);
	for (i = 0; i < n; i++) {
		waiters[i].client = i % clients;
		waiters[i].cost = COST;
		waiters[i].weight = FAIR_WEIGHT;
		add(q, &waiters[i], now++);
	}
	before = mallinfo2().uordblks - before;
	for (i = 0; i < rounds; i++, now += 2 * BATCH) {
		one_round(q, waiters, n, now, took);
		for (j = 0; j < OPS; j++)
			times[j][i] = took[j];
	}
	printf("%u", clients);
	for (j = 0; j < OPS; j++) {
		printf(" %.0f", median(times[j], rounds));
		free(times[j]);
	}
	printf(" %.0f\n", (double)before / n + sizeof *waiters);
	for (i = 0; i < n; i++)
		fair_remove(q, &waiters[i]);
	fair_free(q);
	free(waiters);
}

int
main(int argc, char **argv)
{
	unsigned n, rounds;
	bool trust;

	if (argc != 4)
		errx(1, "usage: queue_ops waiters rounds trust");
	n = (unsigned)strtoul(argv[1], NULL, 10) / BATCH * BATCH;
	rounds = (unsigned)strtoul(argv[2], NULL, 10);
	trust = strtoul(argv[3], NULL, 10) != 0;
	if (n == 0 || rounds == 0)
		errx(1, "at least %d waiters, and 1 round", BATCH);
	measure(n, 1, rounds, trust);
	measure(n, 100, rounds, trust);
	measure(n, n, rounds, trust);
	return 0;
}
