/* SPDX-License-Identifier: ISC */

/*
 * Random histories of a fair queue against a slow and obvious model of it:
 * waiters and clients in arrays, tags as they are, everything found by looking
 * at all.  After each step both must name the same waiter in each lane.
 *
 * The cost ahead of a waiter is compared with a drain of a copy of the model,
 * of all lanes or of those that are not held up in it.  It must never be more
 * than what was served there before the waiter; and with one lane and no trust,
 * less only by what one waiter of each other client may cost.
 *
 * FAIR_SEED in the environment makes that seed's history the first.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "throttle/fair.h"
#include "throttle/fair_ahead.h"
#include "check_random.h"
#include "check_run.h"

#define U		1000000ULL
#define SEC		1000000000ULL

#define HISTORIES	1000
#define STEPS		200
#define ITEMS		40		/* waiters at a time */
#define CLIENTS		6
#define LANES		3

struct owner {
	uint64_t	 seq;
	uint32_t	 weight;
	bool		 known;
	wide		 vt;
	wide		 tags[LANES];	/* where it has waiters in a flow */
};

/* A copy is a model of its own. */
struct model {
	bool			 trust;
	bool			 yield;
	unsigned		 nlanes;
	uint64_t		 now;
	uint64_t		 seq;
	wide			 vt;
	unsigned		 length;
	struct owner		 owners[CLIENTS];
	struct fair_waiter	*items[ITEMS + 1];	/* and a newcomer */
};

static struct model m;
static struct fair *q;
static struct fair_waiter waiters[ITEMS + 1];
static unsigned costs;		/* which costs the history has */
static unsigned weights;

/* What is left of a waiter's urgency. */
static unsigned
level(const struct model *o, const struct fair_waiter *w)
{
	uint64_t steps = (o->now - w->arrived) / FAIR_AGE;

	if (!o->trust || steps >= w->urgency)
		return 0;
	return w->urgency - (unsigned)steps;
}

static uint64_t
rank(const struct fair_waiter *w)
{
	return w->arrived + (w->returned ? 0 : w->urgency * FAIR_AGE);
}

static bool
ranks_before(const struct fair_waiter *a, const struct fair_waiter *b)
{
	return rank(a) != rank(b) ? rank(a) < rank(b) : a->seq < b->seq;
}

/* The first of a client's flow. */
static struct fair_waiter *
head(const struct model *o, uint64_t client, unsigned lane)
{
	struct fair_waiter *w, *best = NULL;
	unsigned i;

	for (i = 0; i < o->length; i++) {
		w = o->items[i];
		if (w->client == client && w->lane == lane && !w->returned &&
		    (best == NULL || ranks_before(w, best)))
			best = w;
	}
	return best;
}

static bool
goes_before(const struct model *o, const struct fair_waiter *a,
    const struct fair_waiter *b)
{
	const struct owner *x = &o->owners[a->client];
	const struct owner *y = &o->owners[b->client];

	if (a->returned != b->returned)
		return a->returned != o->yield;
	if (a->returned)
		return ranks_before(a, b);
	if (level(o, a) != level(o, b))
		return level(o, a) < level(o, b);
	if (x->tags[a->lane] != y->tags[b->lane])
		return x->tags[a->lane] < y->tags[b->lane];
	return x != y ? x->seq < y->seq : ranks_before(a, b);
}

static struct fair_waiter *
first(const struct model *o, unsigned lane)
{
	struct fair_waiter *w, *best = NULL;
	unsigned i;

	for (i = 0; i < o->length; i++) {
		w = o->items[i];
		if (w->lane == lane && w->returned &&
		    (best == NULL || ranks_before(w, best)))
			best = w;
	}
	for (i = 0; i < CLIENTS; i++) {
		w = head(o, i, lane);
		if (w != NULL && (best == NULL || goes_before(o, w, best)))
			best = w;
	}
	return best;
}

static unsigned
length_of(const struct model *o, uint64_t client)
{
	unsigned i, n = 0;

	for (i = 0; i < o->length; i++)
		n += o->items[i]->client == client;
	return n;
}

static struct owner *
wake(struct model *o, uint64_t client, uint32_t weight)
{
	struct owner *x = &o->owners[client];

	if (!x->known) {
		memset(x, 0, sizeof *x);
		x->known = true;
		x->seq = o->seq++;
	}
	x->weight = weight;
	if (x->vt < o->vt)
		x->vt = o->vt;
	return x;
}

/* Forgets those that neither wait nor owe. */
static void
settle(struct model *o)
{
	unsigned i;

	if (o->length == 0)
		o->vt = 0;
	for (i = 0; i < CLIENTS; i++)
		if (length_of(o, i) == 0 &&
		    (o->length == 0 || o->owners[i].vt <= o->vt))
			o->owners[i].known = false;
}

static wide
turn(const struct owner *x, uint64_t cost)
{
	return (wide)(cost < FAIR_TURN ? FAIR_TURN : cost) * FAIR_WEIGHT /
	    x->weight;
}

/* Moves up all of a lane and level so that its least tag is not behind. */
static void
catch_up(struct model *o, unsigned lane, unsigned at)
{
	struct fair_waiter *w, *least = NULL;
	wide by;
	unsigned i;

	for (i = 0; i < CLIENTS; i++) {
		w = head(o, i, lane);
		if (w != NULL && level(o, w) == at &&
		    (least == NULL || goes_before(o, w, least)))
			least = w;
	}
	if (least == NULL || o->owners[least->client].tags[lane] >= o->vt)
		return;
	by = o->vt - o->owners[least->client].tags[lane];
	for (i = 0; i < CLIENTS; i++) {
		w = head(o, i, lane);
		if (w != NULL && level(o, w) == at)
			o->owners[i].tags[lane] += by;
	}
}

static void
advance(struct model *o, wide vt)
{
	unsigned i, j;

	if (vt <= o->vt)
		return;
	o->vt = vt;
	for (i = 0; i < o->nlanes; i++)
		for (j = 0; j < (o->trust ? FAIR_URGENCIES : 1); j++)
			catch_up(o, i, j);
}

/* A turn in a lane, or in none. */
static void
charge(struct model *o, struct owner *x, wide start, wide length,
    unsigned lane)
{
	wide *tag;
	unsigned i;

	if (x->vt < start)
		x->vt = start;
	x->vt += length;
	for (i = 0; i < o->nlanes; i++) {
		tag = &x->tags[i];
		if (i == lane)
			*tag += length;
		else if (*tag < x->vt)
			*tag = *tag + length < x->vt ? *tag + length : x->vt;
	}
}

static void
model_add(struct model *o, struct fair_waiter *w)
{
	struct owner *x = wake(o, w->client, w->weight);

	if (!w->returned && head(o, w->client, w->lane) == NULL)
		x->tags[w->lane] = x->vt;
	o->items[o->length++] = w;
}

static void
model_remove(struct model *o, const struct fair_waiter *w)
{
	unsigned i;

	for (i = 0; o->items[i] != w; i++)
		must(i < o->length);
	o->items[i] = o->items[--o->length];
	settle(o);
}

static void
model_serve(struct model *o, struct fair_waiter *w)
{
	struct owner *x = &o->owners[w->client];
	wide start = x->tags[w->lane];

	if (!w->returned) {
		charge(o, x, start, turn(x, w->cost), w->lane);
		advance(o, start);
	}
	model_remove(o, w);
}

/*
 * Serves all from the open lanes until a waiter's turn.  The costs served are
 * summed by lane.
 */
static void
drain(const struct fair_waiter *until, unsigned open, wide sums[LANES])
{
	static struct model o;
	struct fair_waiter copy, *w, *best;
	unsigned i;

	o = m;
	memset(sums, 0, LANES * sizeof sums[0]);
	if (until->flow == NULL) {
		copy = *until;
		copy.seq = o.seq++;
		model_add(&o, &copy);
		until = &copy;
	}
	for (;;) {
		best = NULL;
		for (i = 0; i < o.nlanes; i++) {
			w = open & (1U << i) ? first(&o, i) : NULL;
			if (w != NULL &&
			    (best == NULL || goes_before(&o, w, best)))
				best = w;
		}
		must(best != NULL);
		if (best == until)
			return;
		sums[best->lane] += best->cost;
		model_serve(&o, best);
		if (o.trust && any(4) == 0)
			o.now += any(2 * FAIR_AGE);
	}
}

/* Their turns are longer than their cost: the bound is far from tight then. */
static bool
any_costs_little(void)
{
	unsigned i;

	for (i = 0; i < m.length; i++)
		if (m.items[i]->cost < FAIR_TURN)
			return true;
	return false;
}

/* Of them, or of the others, nothing is known to be ahead. */
static bool
any_returned(const struct fair_waiter *w)
{
	unsigned i;

	for (i = 0; i < m.length; i++)
		if (m.items[i]->returned)
			return true;
	return w->returned;
}

/* By how much the cost ahead may fall short in one lane. */
static wide
short_by(const struct fair_waiter *w)
{
	wide sum = 0;
	uint64_t most;
	unsigned i, j;

	for (i = 0; i < CLIENTS; i++) {
		most = 0;
		for (j = 0; j < m.length; j++)
			if (m.items[j]->client == i && i != w->client &&
			    m.items[j]->cost > most)
				most = m.items[j]->cost;
		/* Rounding, by one each, at the largest weight. */
		sum += (wide)most + 4 * (ITEMS + 1) * 5000;
	}
	return sum;
}

static void
check_ahead(const struct fair_waiter *w)
{
	wide sums[LANES], all = 0, each = 0, got;
	unsigned i, held = 1U << any(m.nlanes);

	drain(w, ~0U, sums);
	for (i = 0; i < m.nlanes; i++) {
		all += sums[i];
		got = fair_ahead(q, w, (unsigned)i, m.now);
		must(got <= sums[i]);
		each += got;
	}
	got = fair_ahead(q, w, FAIR_ALL, m.now);
	must(got <= all);
	must(got >= each);
	if (m.nlanes == 1 && !m.trust && !any_costs_little() &&
	    !any_returned(w))
		must(all <= got + short_by(w));
	if (held == 1U << w->lane)
		return;
	drain(w, ~held, sums);
	for (i = 0; i < m.nlanes; i++)
		if (held != 1U << i)
			must(fair_ahead(q, w, i, m.now) <= sums[i]);
}

static uint64_t
any_cost(void)
{
	switch (costs == 5 ? any(5) : costs) {
	case 0:
		return U;
	case 1:
		return any(5) * U / 2;
	case 2:
		return any(10);
	case 3:
		return any(10000);
	default:
		return costs == 5 ? any(20 * U) : UINT64_MAX - any(3) * U;
	}
}

static uint32_t
any_weight(uint64_t client)
{
	switch (weights) {
	case 0:
		return FAIR_WEIGHT;
	case 1:
		return (uint32_t)(client + 1) * FAIR_WEIGHT;
	case 2:
		return (uint32_t)any(4) * FAIR_WEIGHT / 2 + 7;
	default:
		return any(2) ? 1 : UINT32_MAX;
	}
}

static struct fair_waiter *
unused(void)
{
	unsigned i;

	for (i = 0; waiters[i].flow != NULL; i++)
		;
	return &waiters[i];
}

static struct fair_waiter *
fresh(void)
{
	struct fair_waiter *w = unused();

	w->client = any(CLIENTS);
	w->cost = any_cost();
	w->weight = any_weight(w->client);
	w->arrived = m.now - (any(8) == 0 ? any(3 * FAIR_AGE) : 0);
	w->urgency = any(2) ? FAIR_URGENCY : (uint8_t)any(FAIR_URGENCIES);
	w->returned = any(12) == 0;
	w->lane = (uint16_t)any(m.nlanes);
	return w;
}

static void
do_add(void)
{
	struct fair_waiter *w = fresh();

	if (any(4) == 0)
		check_ahead(w);
	if (m.length == ITEMS)
		return;
	must(fair_add(q, w, m.now));
	model_add(&m, w);
	m.seq = w->seq + 1;
}

static void
do_serve(void)
{
	struct fair_waiter *w = first(&m, (unsigned)any(m.nlanes));

	if (w == NULL)
		return;
	fair_serve(q, w, m.now);
	model_serve(&m, w);
}

static void
do_remove(void)
{
	struct fair_waiter *w;

	if (m.length == 0)
		return;
	w = m.items[any(m.length)];
	fair_remove(q, w);
	model_remove(&m, w);
}

static void
do_pass(void)
{
	uint64_t client = any(CLIENTS), cost = any_cost();
	uint32_t weight = any_weight(client);
	struct owner *x;
	wide start;

	fair_pass(q, client, weight, cost);
	if (m.length == 0)
		return;
	x = wake(&m, client, weight);
	start = x->vt;
	charge(&m, x, start, turn(x, cost), LANES);
	advance(&m, start);
	settle(&m);
}

static void
do_yield(void)
{
	bool yield = any(2);

	must(fair_returned_last(q, yield) == (yield != m.yield));
	m.yield = yield;
}

static void
check_same(void)
{
	struct fair_waiter *firsts[LANES];
	unsigned i, j;

	for (i = 0; i < m.nlanes; i++) {
		firsts[i] = first(&m, i);
		must(fair_first(q, i, m.now) == firsts[i]);
	}
	for (i = 0; i < m.nlanes; i++)
		for (j = 0; j < m.nlanes; j++)
			if (i != j && firsts[i] != NULL && firsts[j] != NULL)
				must(fair_before(q, firsts[i], firsts[j]) ==
				    goes_before(&m, firsts[i], firsts[j]));
	must(fair_length(q) == m.length);
	for (i = 0; i < CLIENTS; i++)
		must(fair_length_of(q, i) == length_of(&m, i));
}

static void
do_step(uint64_t adds)
{
	uint64_t what = any(20);

	if (any(4) == 0)
		m.now += any(any(3) ? SEC : 2 * FAIR_AGE);
	if (any(16) == 0)
		do_yield();
	check_same();
	if (what < adds)
		do_add();
	else if (what < 17)
		do_serve();
	else if (what < 19)
		do_remove();
	else
		do_pass();
	check_same();
	if (m.length > 0 && any(8) == 0)
		check_ahead(m.items[any(m.length)]);
}

static void
history(void)
{
	memset(&m, 0, sizeof m);
	memset(waiters, 0, sizeof waiters);
	m.now = 1000 * SEC;
	m.trust = any(3) == 0;
	m.nlanes = 1 + (unsigned)any(LANES);
	costs = (unsigned)any(6);
	weights = (unsigned)any(4);
	q = fair_new(m.nlanes, m.trust);
	must(q != NULL);
	for (step = 0; step < STEPS; step++)
		do_step(step % 100 < 50 ? 12 : 8);
	while (m.length > 0) {
		do_serve();
		check_same();
	}
	fair_free(q);
}

START_TEST(histories)
{
	const char *text = getenv("FAIR_SEED");
	uint64_t from = text != NULL ? strtoull(text, NULL, 10) : 1;
	uint64_t end = from + repetitions(HISTORIES);

	for (seed = from; seed < end; seed++) {
		state = seed * 0x9e3779b97f4a7c15ULL | 1;
		history();
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("fair_oracle");
	TCase *tcase = tcase_create("histories");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, histories);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
