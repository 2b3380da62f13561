/* SPDX-License-Identifier: ISC */

/*
 * The life of a throttle: made with full buckets; asked by newcomers, who are
 * admitted, queued or refused; emptied through throttle_next() as time passes,
 * slots come back and pauses end; freed when nobody is left in its queue.
 *
 * A rate's state is one number.  The theoretical arrival time is kept in units
 * of 1/refill ns (the refill being the rate's micro cost units per period), so
 * a cost c moves it by exactly c * period.  Only instants that are handed out
 * are rounded, and those up: a burst is whole, nothing is over-admitted, and a
 * waiter leaves when it was computed to, or later by less than a nanosecond
 * for each one ahead that emptied the bucket.
 *
 * Products of two 64-bit numbers fit 128 bits; sums saturate.  A saturated
 * instant is never reached.
 */

#include "core/throttle.h"

#include <assert.h>
#include <stdlib.h>

__extension__ typedef unsigned __int128 wide;

#define WIDE_MAX	(~(wide)0)

struct rate {
	struct budget_rate	 limit;
	uint64_t		 refill;	/* micro cost units a period */
	wide			 tat;		/* 1/refill ns */
};

struct throttle {
	struct rate		 rates[BUDGET_RATES];
	unsigned		 nrates;
	uint32_t		 concurrency;
	uint32_t		 queue_length;
	uint32_t		 inflight;	/* slots held */
	uint32_t		 waiting;	/* length of queue */
	uint64_t		 paused_until;	/* ns */
	/*
	 * When something other than a rate or a pause last stopped being in
	 * the way (ns): no waiter is accounted before it.  Who comes to the
	 * head because another was cancelled was held up by that one, until
	 * the next call that says what time it is.
	 */
	uint64_t		 cleared;
	bool			 head_changed;	/* since throttle_next() */
	wide			 queued;	/* micro cost units, of queue */
	struct throttle_queue	 queue;
};

static uint64_t
later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static wide
wide_max(wide a, wide b)
{
	return a > b ? a : b;
}

static wide
wide_add(wide a, wide b)
{
	return a > WIDE_MAX - b ? WIDE_MAX : a + b;
}

/* A cost's worth of a rate, in the units of its tat. */
static wide
rate_span(const struct rate *r, wide cost)
{
	if (cost > UINT64_MAX)
		return WIDE_MAX;
	return cost * r->limit.period;
}

static wide
rate_at(const struct rate *r, uint64_t ns)
{
	return (wide)ns * r->refill;
}

/* The first nanosecond that is not before an instant of the rate. */
static uint64_t
rate_ns(const struct rate *r, wide at)
{
	wide ns = at / r->refill + (at % r->refill != 0);

	return ns > UINT64_MAX ? THROTTLE_NEVER : (uint64_t)ns;
}

/*
 * When a rate that stands at tat allows a cost.  A cost above the burst can
 * never be covered: it waits for the full bucket and overdraws it.
 */
static wide
rate_due(const struct rate *r, wide tat, uint64_t cost)
{
	wide spare = 0;

	if (tat == WIDE_MAX)
		return WIDE_MAX;
	if (cost < r->limit.burst)
		spare = rate_span(r, r->limit.burst - cost);
	return tat > spare ? tat - spare : 0;
}

static void
rate_take(struct rate *r, uint64_t cost, uint64_t at)
{
	r->tat = wide_add(wide_max(r->tat, rate_at(r, at)),
	    rate_span(r, cost));
}

static void
rate_init(struct rate *r, const struct budget_rate *limit)
{
	assert(limit->capacity != 0 && limit->period != 0 &&
	    limit->burst != 0);
	r->limit = *limit;
	r->refill = limit->capacity;
	if (limit->strict && limit->burst < limit->capacity)
		r->refill -= limit->burst;
	r->tat = 0;
}

/*
 * Gives a rate what another has consumed at now, if that is more.  What is
 * consumed, in cost, is the distance from now to tat by the period; with equal
 * periods it carries over exactly, else it is rounded up by less than one unit.
 */
static void
rate_inherit(struct rate *r, const struct rate *from, uint64_t now)
{
	uint64_t period = r->limit.period;
	wide used, whole, part;

	if (from->tat <= rate_at(from, now))
		return;
	used = from->tat - rate_at(from, now);
	if (from->tat == WIDE_MAX)
		used = WIDE_MAX;
	else if (period != from->limit.period) {
		whole = used / from->limit.period;
		part = used % from->limit.period * period;
		part = part / from->limit.period +
		    (part % from->limit.period != 0);
		used = wide_add(rate_span(r, whole), part);
	}
	r->tat = wide_max(r->tat, wide_add(rate_at(r, now), used));
}

/*
 * Pairs rates with those they take over from: equal periods first, then in
 * order.  pair[i] is the index for rates[i], or nfrom where none is left.
 */
static void
pair_rates(const struct rate *rates, unsigned n, const struct rate *from,
    unsigned nfrom, unsigned pair[BUDGET_RATES])
{
	bool used[BUDGET_RATES] = { false };
	unsigned i, j;

	for (i = 0; i < n; i++) {
		for (j = 0; j < nfrom; j++)
			if (!used[j] && rates[i].limit.period ==
			    from[j].limit.period)
				break;
		pair[i] = j;
		if (j < nfrom)
			used[j] = true;
	}
	for (i = 0; i < n; i++) {
		if (pair[i] < nfrom)
			continue;
		for (j = 0; j < nfrom && used[j]; j++)
			;
		pair[i] = j;
		if (j < nfrom)
			used[j] = true;
	}
}

static void
inherit_rates(struct throttle *t, const struct rate *from, unsigned nfrom,
    uint64_t now)
{
	unsigned pair[BUDGET_RATES];
	unsigned i;

	pair_rates(t->rates, t->nrates, from, nfrom, pair);
	for (i = 0; i < t->nrates; i++)
		if (pair[i] < nfrom)
			rate_inherit(&t->rates[i], &from[pair[i]], now);
}

static void
set_limits(struct throttle *t, const struct throttle_limits *limits)
{
	unsigned i;

	assert(limits->host.nrates <= BUDGET_RATES);
	t->nrates = limits->host.nrates;
	for (i = 0; i < t->nrates; i++)
		rate_init(&t->rates[i], &limits->host.rates[i]);
	t->concurrency = limits->host.concurrency;
	t->queue_length = limits->queue_length;
}

static bool
slot_free(const struct throttle *t)
{
	return t->concurrency == 0 || t->inflight < t->concurrency;
}

/* Whether a cost may start now, whoever else waits. */
static bool
may_start(const struct throttle *t, uint64_t cost, uint64_t now)
{
	const struct rate *r;
	unsigned i;

	if (!slot_free(t) || now < t->paused_until)
		return false;
	for (i = 0; i < t->nrates; i++) {
		r = &t->rates[i];
		if (rate_at(r, now) < rate_due(r, r->tat, cost))
			return false;
	}
	return true;
}

/* When rates and pause allow a cost, with nobody ahead (ns). */
static uint64_t
due(const struct throttle *t, uint64_t cost)
{
	const struct rate *r;
	uint64_t ns = t->paused_until;
	unsigned i;

	for (i = 0; i < t->nrates; i++) {
		r = &t->rates[i];
		ns = later(ns, rate_ns(r, rate_due(r, r->tat, cost)));
	}
	return ns;
}

/*
 * The instant that a waiter at the head is accounted at when it is fetched at
 * now: when it could have gone, within THROTTLE_LATE.  Past now when it is not
 * due yet.
 */
static uint64_t
accounted(const struct throttle *t, const struct throttle_waiter *w,
    uint64_t now)
{
	uint64_t at = now > THROTTLE_LATE ? now - THROTTLE_LATE : 0;

	at = later(at, due(t, w->cost));
	at = later(at, w->arrived);
	return later(at, t->cleared);
}

/*
 * From when on the budget is spent: by the waiter at the head, or by a
 * newcomer where nobody waits (NULL).
 */
static uint64_t
first_start(const struct throttle *t, const struct throttle_waiter *head,
    uint64_t now)
{
	uint64_t at;

	if (head == NULL)
		return later(now, t->paused_until);
	at = accounted(t, head, now);
	return slot_free(t) && !t->head_changed ? at : later(at, now);
}

/* The earliest start of a cost behind others that spend from first on. */
static uint64_t
start_behind(const struct throttle *t, wide ahead, uint64_t cost,
    uint64_t first, uint64_t now)
{
	const struct rate *r;
	uint64_t start = later(first, now);
	wide tat;
	unsigned i;

	for (i = 0; i < t->nrates; i++) {
		r = &t->rates[i];
		tat = rate_at(r, r->limit.strict ? later(first, now) : first);
		tat = wide_add(wide_max(r->tat, tat), rate_span(r, ahead));
		start = later(start, rate_ns(r, rate_due(r, tat, cost)));
	}
	return start;
}

static void
take(struct throttle *t, uint64_t cost, uint64_t at, uint64_t now)
{
	struct rate *r;
	unsigned i;

	for (i = 0; i < t->nrates; i++) {
		r = &t->rates[i];
		rate_take(r, cost, r->limit.strict ? now : at);
	}
	t->inflight++;
}

/* A waiter has been linked into the queue. */
static void
queue_count(struct throttle *t, const struct throttle_waiter *w)
{
	t->waiting++;
	t->queued += w->cost;
}

static void
queue_remove(struct throttle *t, struct throttle_waiter *w)
{
	assert(t->waiting > 0 && t->queued >= w->cost);
	TAILQ_REMOVE(&t->queue, w, entry);
	t->waiting--;
	t->queued -= w->cost;
}

struct throttle *
throttle_new(const struct throttle_limits *limits)
{
	struct throttle *t;

	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	TAILQ_INIT(&t->queue);
	set_limits(t, limits);
	return t;
}

void
throttle_free(struct throttle *t)
{
	assert(t == NULL || TAILQ_EMPTY(&t->queue));
	free(t);
}

enum throttle_answer
throttle_ask(struct throttle *t, struct throttle_waiter *w, uint64_t cost,
    uint64_t deadline, uint64_t now, uint64_t *start)
{
	bool full = t->waiting >= t->queue_length;

	w->cost = cost;
	w->arrived = now;
	w->deadline = deadline;
	if (TAILQ_EMPTY(&t->queue) && may_start(t, cost, now)) {
		take(t, cost, now, now);
		*start = now;
		return THROTTLE_GO;
	}
	*start = throttle_start(t, cost, now);
	if (full)
		return THROTTLE_FULL;
	if (*start > deadline)
		return THROTTLE_LATE_START;
	TAILQ_INSERT_TAIL(&t->queue, w, entry);
	queue_count(t, w);
	return THROTTLE_WAIT;
}

struct throttle_waiter *
throttle_next(struct throttle *t, uint64_t now)
{
	struct throttle_waiter *w = TAILQ_FIRST(&t->queue);
	uint64_t at;

	if (t->head_changed) {
		t->head_changed = false;
		t->cleared = later(t->cleared, now);
	}
	if (w == NULL || !may_start(t, w->cost, now))
		return NULL;
	at = accounted(t, w, now);
	queue_remove(t, w);
	take(t, w->cost, at < now ? at : now, now);
	return w;
}

uint64_t
throttle_wake(const struct throttle *t)
{
	const struct throttle_waiter *w = TAILQ_FIRST(&t->queue);

	if (w == NULL || !slot_free(t))
		return THROTTLE_NEVER;
	return due(t, w->cost);
}

void
throttle_cancel(struct throttle *t, struct throttle_waiter *w)
{
	if (w == TAILQ_FIRST(&t->queue))
		t->head_changed = true;
	queue_remove(t, w);
}

void
throttle_release(struct throttle *t, uint64_t now)
{
	bool blocked = !slot_free(t);

	assert(t->inflight > 0);
	t->inflight--;
	if (blocked && slot_free(t))
		t->cleared = later(t->cleared, now);
}

bool
throttle_pause(struct throttle *t, uint64_t until)
{
	if (until <= t->paused_until)
		return false;
	t->paused_until = until;
	return true;
}

void
throttle_resume(struct throttle *t, uint64_t now)
{
	/* One that is over already went at its end, not now. */
	t->cleared = later(t->cleared,
	    t->paused_until < now ? t->paused_until : now);
	t->paused_until = 0;
}

void
throttle_hopeless(struct throttle *t, uint64_t now, struct throttle_queue *out)
{
	struct throttle_waiter *w, *next;
	wide ahead = 0;
	uint64_t first = 0;
	bool head = true;

	for (w = TAILQ_FIRST(&t->queue); w != NULL; w = next) {
		next = TAILQ_NEXT(w, entry);
		if (head)
			first = first_start(t, w, now);
		if (start_behind(t, ahead, w->cost, first, now) >
		    w->deadline) {
			if (head)
				t->cleared = later(t->cleared, now);
			queue_remove(t, w);
			TAILQ_INSERT_TAIL(out, w, entry);
			continue;
		}
		ahead += w->cost;
		head = false;
	}
}

void
throttle_limit(struct throttle *t, const struct throttle_limits *limits,
    uint64_t now)
{
	struct rate old[BUDGET_RATES];
	unsigned i, nold = t->nrates;

	for (i = 0; i < nold; i++)
		old[i] = t->rates[i];
	set_limits(t, limits);
	inherit_rates(t, old, nold, now);
	t->cleared = later(t->cleared, now);
}

void
throttle_inherit(struct throttle *t, const struct throttle *from,
    uint64_t now)
{
	inherit_rates(t, from->rates, from->nrates, now);
	t->paused_until = later(t->paused_until, from->paused_until);
	t->cleared = later(t->cleared, now);
}

void
throttle_hold(struct throttle *t)
{
	t->inflight++;
}

void
throttle_requeue(struct throttle *t, struct throttle_waiter *w)
{
	struct throttle_waiter *before;

	before = TAILQ_LAST(&t->queue, throttle_queue);
	while (before != NULL && before->arrived > w->arrived)
		before = TAILQ_PREV(before, throttle_queue, entry);
	if (before != NULL)
		TAILQ_INSERT_AFTER(&t->queue, before, w, entry);
	else {
		TAILQ_INSERT_HEAD(&t->queue, w, entry);
		t->head_changed = true;
	}
	queue_count(t, w);
}

bool
throttle_idle(const struct throttle *t, uint64_t now)
{
	unsigned i;

	if (t->waiting > 0 || t->inflight > 0 || now < t->paused_until)
		return false;
	for (i = 0; i < t->nrates; i++)
		if (t->rates[i].tat > rate_at(&t->rates[i], now))
			return false;
	return true;
}

uint64_t
throttle_start(const struct throttle *t, uint64_t cost, uint64_t now)
{
	uint64_t first = first_start(t, TAILQ_FIRST(&t->queue), now);

	return start_behind(t, t->queued, cost, first, now);
}

uint32_t
throttle_waiting(const struct throttle *t)
{
	return t->waiting;
}

uint32_t
throttle_inflight(const struct throttle *t)
{
	return t->inflight;
}

uint64_t
throttle_paused_until(const struct throttle *t)
{
	return t->paused_until;
}
