/* SPDX-License-Identifier: ISC */
#include <sluice/throttle.h>

#include "check_run.h"

/* The library as its callers see it: by its public headers alone. */

#define U	SLUICE_UNIT
#define SEC	SLUICE_SECOND
#define MSEC	(SEC / 1000)

struct rate_row {
	uint64_t		 capacity;
	uint64_t		 period;
	uint64_t		 burst;
	unsigned		 flags;
	enum sluice_result	 result;
};

static struct sluice_limits *
limits(uint64_t capacity, uint64_t period, unsigned flags, uint32_t concurrency)
{
	struct sluice_limits *l = sluice_limits_new();

	ck_assert_ptr_nonnull(l);
	if (capacity != 0)
		ck_assert_int_eq(sluice_limits_rate(l, capacity, period, 0,
		    flags), SLUICE_OK);
	sluice_limits_concurrency(l, concurrency);
	return l;
}

static struct sluice_throttle *
made_of(struct sluice_limits *l)
{
	struct sluice_throttle *t = sluice_throttle_new(l);

	ck_assert_ptr_nonnull(t);
	sluice_limits_free(l);
	return t;
}

static struct sluice_throttle *
throttle(uint64_t capacity, uint64_t period, uint32_t concurrency)
{
	return made_of(limits(capacity, period, 0, concurrency));
}

static struct sluice_waiter *
waiter(struct sluice_throttle *t)
{
	struct sluice_waiter *w = sluice_waiter_new(t, NULL);

	ck_assert_ptr_nonnull(w);
	return w;
}

/* Makes n, and has each ask for a unit. */
static void
ask_all(struct sluice_throttle *t, struct sluice_waiter **w, unsigned n,
    uint64_t now)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		w[i] = waiter(t);
		(void)sluice_ask(w[i], U, now);
	}
}

/* Those that go, in their order; how many. */
static unsigned
go(struct sluice_throttle *t, uint64_t now, struct sluice_waiter **gone)
{
	struct sluice_waiter *w;
	unsigned n = 0;

	while ((w = sluice_next(t, now)) != NULL) {
		ck_assert_int_eq(sluice_waiter_state(w), SLUICE_ADMITTED);
		gone[n++] = w;
	}
	return n;
}

static const struct rate_row rates[] = {
	{ 10 * U, SEC, 0, 0, SLUICE_OK },
	{ 1, 1, 0, 0, SLUICE_OK },
	{ U / 2, SEC, 0, SLUICE_STRICT, SLUICE_OK },
	{ 10 * U, SEC, 10 * U, SLUICE_STRICT, SLUICE_OK },
	{ 10 * U, SEC, 11 * U, SLUICE_STRICT, SLUICE_BAD_RATE },
	{ 0, SEC, 0, 0, SLUICE_BAD_RATE },
	{ U, 0, 0, 0, SLUICE_BAD_RATE },
	{ U, SEC, 0, 2, SLUICE_BAD_RATE },
	{ SLUICE_COST_MAX, SEC, 0, 0, SLUICE_OK },
	{ SLUICE_COST_MAX + 1, SEC, 0, 0, SLUICE_BAD_RATE },
	{ U, SEC, SLUICE_COST_MAX + 1, 0, SLUICE_BAD_RATE },
	{ 10 * U, SLUICE_PERIOD_MAX, 0, 0, SLUICE_OK },
	{ 10 * U, SLUICE_PERIOD_MAX + 1, 0, 0, SLUICE_BAD_RATE },
	/* a unit would take more than ten years */
	{ 1, SEC * 86400, 0, 0, SLUICE_BAD_RATE },
};

START_TEST(judges_rates)
{
	const struct rate_row *r = &rates[_i];
	struct sluice_limits *l = sluice_limits_new();

	ck_assert_int_eq(sluice_limits_rate(l, r->capacity, r->period,
	    r->burst, r->flags), r->result);
	sluice_limits_free(l);
}
END_TEST

START_TEST(holds_many_rates)
{
	struct sluice_limits *l = sluice_limits_new();
	unsigned i;

	for (i = 0; i < SLUICE_RATES; i++)
		ck_assert_int_eq(sluice_limits_rate(l, U, SEC, 0, 0),
		    SLUICE_OK);
	ck_assert_int_eq(sluice_limits_rate(l, U, SEC, 0, 0),
	    SLUICE_MANY_RATES);
	sluice_limits_free(l);
}
END_TEST

START_TEST(limits_nothing)
{
	struct sluice_throttle *t = sluice_throttle_new(NULL);
	struct sluice_waiter *w[100];
	unsigned i;

	ask_all(t, w, 100, 0);
	ck_assert_uint_eq(sluice_admitted(t), 100);
	ck_assert_uint_eq(sluice_wake(t, 0), SLUICE_NEVER);
	for (i = 0; i < 100; i++)
		sluice_waiter_free(w[i]);
	ck_assert_uint_eq(sluice_admitted(t), 0);
	sluice_throttle_free(t);
}
END_TEST

/* Three at once, then one each third of a second, in the order they came. */
START_TEST(paces)
{
	struct sluice_throttle *t = throttle(3 * U, 3 * SEC, 0);
	struct sluice_waiter *w[6], *gone[6];
	unsigned i;

	ask_all(t, w, 6, 0);
	ck_assert_uint_eq(sluice_admitted(t), 3);
	ck_assert_uint_eq(sluice_waiting(t), 3);
	for (i = 1; i <= 3; i++) {
		ck_assert_uint_eq(sluice_wake(t, (i - 1) * SEC), i * SEC);
		ck_assert_uint_eq(go(t, i * SEC - 1, gone), 0);
		ck_assert_uint_eq(go(t, i * SEC, gone), 1);
		ck_assert_ptr_eq(gone[0], w[2 + i]);
	}
	for (i = 0; i < 6; i++)
		sluice_waiter_free(w[i]);
	sluice_throttle_free(t);
}
END_TEST

START_TEST(takes_all_or_nothing)
{
	struct sluice_limits *l = limits(10 * U, SEC, 0, 0);
	struct sluice_throttle *t;
	struct sluice_waiter *w[4];

	ck_assert_int_eq(sluice_limits_rate(l, 2 * U, 60 * SEC, 0, 0),
	    SLUICE_OK);
	t = made_of(l);
	ask_all(t, w, 3, 0);
	ck_assert_int_eq(sluice_waiter_state(w[1]), SLUICE_ADMITTED);
	ck_assert_int_eq(sluice_waiter_state(w[2]), SLUICE_WAITS);
	ck_assert_uint_eq(sluice_wake(t, 0), 30 * SEC);
	sluice_throttle_free(t);
	sluice_waiter_free(w[0]);
	sluice_waiter_free(w[1]);
	sluice_waiter_free(w[2]);
}
END_TEST

START_TEST(holds_slots)
{
	struct sluice_throttle *t = throttle(0, 0, 2);
	struct sluice_waiter *w[4], *gone[4];
	unsigned i;

	ask_all(t, w, 4, 0);
	ck_assert_uint_eq(sluice_admitted(t), 2);
	ck_assert_uint_eq(sluice_wake(t, 0), SLUICE_NEVER);
	ck_assert_uint_eq(go(t, 5 * SEC, gone), 0);
	sluice_leave(w[1], 5 * SEC);
	ck_assert_int_eq(sluice_waiter_state(w[1]), SLUICE_IDLE);
	ck_assert_uint_eq(go(t, 5 * SEC, gone), 1);
	ck_assert_ptr_eq(gone[0], w[2]);
	/* it may ask again, behind the others */
	ck_assert_int_eq(sluice_ask(w[1], U, 5 * SEC), SLUICE_WAIT);
	sluice_leave(w[0], 6 * SEC);
	sluice_leave(w[2], 6 * SEC);
	ck_assert_uint_eq(go(t, 6 * SEC, gone), 2);
	ck_assert_ptr_eq(gone[0], w[3]);
	ck_assert_ptr_eq(gone[1], w[1]);
	for (i = 0; i < 4; i++)
		sluice_waiter_free(w[i]);
	sluice_throttle_free(t);
}
END_TEST

/* A costly one whose turn it is is not overtaken. */
START_TEST(costs)
{
	struct sluice_throttle *t = throttle(10 * U, 10 * SEC, 0);
	struct sluice_waiter *a = waiter(t), *b = waiter(t), *c = waiter(t);

	ck_assert_int_eq(sluice_ask(a, 8 * U, 0), SLUICE_OK);
	ck_assert_int_eq(sluice_ask(b, 5 * U, 0), SLUICE_WAIT);
	ck_assert_int_eq(sluice_ask(c, U, 0), SLUICE_WAIT);
	ck_assert_uint_eq(sluice_start(b, 0, 0), 3 * SEC);
	ck_assert_uint_eq(sluice_start(c, 0, 0), 4 * SEC);
	ck_assert_ptr_null(sluice_next(t, 3 * SEC - 1));
	ck_assert_ptr_eq(sluice_next(t, 3 * SEC), b);
	ck_assert_ptr_null(sluice_next(t, 3 * SEC));
	ck_assert_ptr_eq(sluice_next(t, 4 * SEC), c);
	sluice_throttle_free(t);
	sluice_waiter_free(a);
	sluice_waiter_free(b);
	sluice_waiter_free(c);
}
END_TEST

/* Who leaves the queue has spent nothing, and blocks nobody. */
START_TEST(leaves_the_queue)
{
	struct sluice_throttle *t = throttle(U, SEC, 0);
	struct sluice_waiter *a = waiter(t), *b = waiter(t), *c = waiter(t);

	ck_assert_int_eq(sluice_ask(a, U, 0), SLUICE_OK);
	ck_assert_int_eq(sluice_ask(b, 5 * U, 0), SLUICE_WAIT);
	ck_assert_int_eq(sluice_ask(c, U, 0), SLUICE_WAIT);
	sluice_leave(b, SEC / 2);
	ck_assert_int_eq(sluice_waiter_state(b), SLUICE_IDLE);
	ck_assert_ptr_null(sluice_next(t, SEC / 2));
	ck_assert_ptr_eq(sluice_next(t, SEC), c);
	sluice_waiter_free(b);
	sluice_waiter_free(a);
	sluice_waiter_free(c);
	sluice_throttle_free(t);
}
END_TEST

/* ... and who was admitted in vain gives all back. */
START_TEST(gives_back)
{
	struct sluice_throttle *t = throttle(2 * U, 2 * SEC, 1);
	struct sluice_waiter *a = waiter(t), *b = waiter(t);

	ck_assert_int_eq(sluice_ask(a, 2 * U, 0), SLUICE_OK);
	ck_assert_int_eq(sluice_ask(b, 2 * U, 0), SLUICE_WAIT);
	sluice_give_back(a, 0);
	ck_assert_ptr_eq(sluice_next(t, 0), b);
	sluice_leave(b, 0);
	/* what was used is not given back */
	ck_assert_int_eq(sluice_ask(a, U, 0), SLUICE_WAIT);
	ck_assert_uint_eq(sluice_wake(t, 0), SEC);
	/* one who waits or is idle gives nothing back */
	sluice_give_back(a, 0);
	sluice_give_back(a, 0);
	ck_assert_int_eq(sluice_ask(b, U, 0), SLUICE_WAIT);
	ck_assert_uint_eq(sluice_wake(t, 0), SEC);
	sluice_throttle_free(t);
	sluice_waiter_free(a);
	sluice_waiter_free(b);
}
END_TEST

START_TEST(pauses)
{
	struct sluice_throttle *t = throttle(0, 0, 0);
	struct sluice_waiter *w[20], *gone[20];
	unsigned i;

	ck_assert_uint_eq(sluice_paused_until(t), 0);
	sluice_pause(t, 5 * SEC, 0);
	sluice_pause(t, 2 * SEC, 0);
	ck_assert_uint_eq(sluice_paused_until(t), 5 * SEC);
	ask_all(t, w, 20, 0);
	ck_assert_uint_eq(sluice_wake(t, 0), 5 * SEC);
	ck_assert_uint_eq(go(t, 5 * SEC - 1, gone), 0);
	/* all of them: no verdict is waited for */
	ck_assert_uint_eq(go(t, 5 * SEC, gone), 20);
	for (i = 0; i < 20; i++)
		ck_assert_ptr_eq(gone[i], w[i]);
	sluice_pause(t, 9 * SEC, 6 * SEC);
	sluice_leave(w[0], 6 * SEC);
	ck_assert_int_eq(sluice_ask(w[0], U, 6 * SEC), SLUICE_WAIT);
	sluice_resume(t, 7 * SEC);
	ck_assert_uint_eq(go(t, 7 * SEC, gone), 1);
	for (i = 0; i < 20; i++)
		sluice_waiter_free(w[i]);
	sluice_throttle_free(t);
}
END_TEST

/* Nothing is paused until an instant that is over. */
START_TEST(pauses_not_backwards)
{
	struct sluice_throttle *t = throttle(U, SEC, 0);
	struct sluice_waiter *w = waiter(t);

	sluice_pause(t, SEC, 2 * SEC);
	ck_assert_uint_eq(sluice_paused_until(t), 0);
	/* nor does a clock that goes back bring anything back */
	ck_assert_int_eq(sluice_ask(w, U, 10 * SEC), SLUICE_OK);
	sluice_leave(w, 10 * SEC);
	ck_assert_int_eq(sluice_ask(w, U, 3 * SEC), SLUICE_WAIT);
	ck_assert_uint_eq(sluice_wake(t, 3 * SEC), 11 * SEC);
	sluice_waiter_free(w);
	sluice_throttle_free(t);
}
END_TEST

/* One asks first, two follow its success. */
START_TEST(is_careful)
{
	struct sluice_limits *l = limits(100 * U, SEC, 0, 0);
	struct sluice_throttle *t;
	struct sluice_waiter *w[4], *gone[4];
	unsigned i;

	sluice_limits_careful(l, 1);
	t = made_of(l);
	sluice_pause(t, SEC, 0);
	ask_all(t, w, 4, 0);
	ck_assert_uint_eq(go(t, SEC, gone), 1);
	ck_assert_ptr_eq(gone[0], w[0]);
	sluice_verdict(w[0], SLUICE_THROTTLED, SEC);
	/* the first one after a pause: twice as long */
	ck_assert_uint_eq(sluice_backoff(w[0], SEC, 60 * SEC, SEC), 2 * SEC);
	sluice_pause(t, 3 * SEC, SEC);
	sluice_leave(w[0], SEC);
	ck_assert_uint_eq(go(t, 3 * SEC, gone), 1);
	sluice_verdict(w[1], SLUICE_SUCCESS, 3 * SEC);
	ck_assert_uint_eq(go(t, 3 * SEC, gone), 2);
	for (i = 0; i < 4; i++)
		sluice_waiter_free(w[i]);
	sluice_throttle_free(t);
}
END_TEST

/* What a host says is left is spread; then the limits hold. */
START_TEST(spreads)
{
	struct sluice_throttle *t = throttle(0, 0, 0);
	struct sluice_waiter *w[10], *gone[10];
	uint64_t now = 0;
	unsigned i;

	sluice_left(t, 2, 10 * SEC, 0);
	ask_all(t, w, 10, 0);
	for (i = 0; i < 2; i++) {
		ck_assert_uint_eq(sluice_admitted(t), i);
		ck_assert_uint_gt(sluice_wake(t, now), now);
		now = sluice_wake(t, now);
		ck_assert_uint_lt(now, 10 * SEC);
		ck_assert_uint_eq(go(t, now, gone), 1);
	}
	ck_assert_uint_eq(go(t, 10 * SEC - 1, gone), 0);
	ck_assert_uint_eq(go(t, 10 * SEC, gone), 8);
	for (i = 0; i < 10; i++)
		sluice_waiter_free(w[i]);
	sluice_throttle_free(t);
}
END_TEST

/* A place in a strict window is free a period after it was counted. */
START_TEST(is_strict)
{
	struct sluice_throttle *t = made_of(limits(2 * U, SEC, SLUICE_STRICT,
	    0));
	struct sluice_waiter *w[3];
	uint64_t at;

	ask_all(t, w, 3, 0);
	ck_assert_uint_eq(sluice_admitted(t), 2);
	/* nothing was counted yet: time alone frees no place */
	ck_assert_uint_eq(sluice_wake(t, 0), SLUICE_NEVER);
	sluice_counted(w[0], 100 * MSEC);
	at = sluice_wake(t, 100 * MSEC);
	ck_assert_uint_ge(at, 1100 * MSEC);
	ck_assert_uint_le(at, 1110 * MSEC);
	ck_assert_ptr_null(sluice_next(t, 1100 * MSEC - 1));
	ck_assert_ptr_eq(sluice_next(t, at), w[2]);
	/* without that call, after it has left */
	sluice_leave(w[1], 3 * SEC);
	ck_assert_int_eq(sluice_ask(w[1], U, 3 * SEC), SLUICE_WAIT);
	ck_assert_uint_ge(sluice_wake(t, 3 * SEC), 4 * SEC);
	/* who came to nothing holds none */
	sluice_give_back(w[2], 3 * SEC);
	ck_assert_ptr_eq(sluice_next(t, 3 * SEC), w[1]);
	sluice_throttle_free(t);
	sluice_waiter_free(w[0]);
	sluice_waiter_free(w[1]);
	sluice_waiter_free(w[2]);
}
END_TEST

START_TEST(bounds_the_queue)
{
	struct sluice_limits *l = limits(U, SEC, 0, 0);
	struct sluice_throttle *t;
	struct sluice_waiter *w[3];

	sluice_limits_queue(l, 1);
	t = made_of(l);
	ask_all(t, w, 2, 0);
	w[2] = waiter(t);
	ck_assert_int_eq(sluice_ask(w[2], U, 0), SLUICE_FULL);
	ck_assert_int_eq(sluice_waiter_state(w[2]), SLUICE_IDLE);
	/* not for another client either: nobody who waits is put out */
	ck_assert_int_eq(sluice_waiter_client(w[2], 7, SLUICE_WEIGHT),
	    SLUICE_OK);
	ck_assert_int_eq(sluice_ask(w[2], U, 0), SLUICE_FULL);
	ck_assert_int_eq(sluice_ask(w[1], U, 0), SLUICE_BUSY);
	ck_assert_int_eq(sluice_ask(w[0], U, 0), SLUICE_BUSY);
	ck_assert_int_eq(sluice_ask(w[2], SLUICE_COST_MAX + 1, 0),
	    SLUICE_BAD_COST);
	ck_assert_uint_eq(sluice_waiting(t), 1);
	sluice_throttle_free(t);
	sluice_waiter_free(w[0]);
	sluice_waiter_free(w[1]);
	sluice_waiter_free(w[2]);
}
END_TEST

START_TEST(keeps_deadlines)
{
	struct sluice_throttle *t = throttle(U, SEC, 0);
	struct sluice_waiter *w[5];
	unsigned i;

	ask_all(t, w, 1, 0);
	for (i = 1; i < 5; i++) {
		w[i] = waiter(t);
		ck_assert_int_eq(sluice_waiter_deadline(w[i], 3 * SEC),
		    SLUICE_OK);
		ck_assert_int_eq(sluice_ask(w[i], U, 0), i < 4 ? SLUICE_WAIT :
		    SLUICE_LATE);
	}
	ck_assert_uint_eq(sluice_start(w[4], U, 0), 4 * SEC);
	ck_assert_ptr_null(sluice_late(t, 0));
	sluice_pause(t, 2 * SEC, 0);
	/* one goes at 2 s, one at 3; one can not any more */
	ck_assert_ptr_eq(sluice_late(t, 0), w[3]);
	ck_assert_ptr_null(sluice_late(t, 0));
	ck_assert_int_eq(sluice_waiter_state(w[3]), SLUICE_IDLE);
	sluice_pause(t, 4 * SEC, 0);
	/* the other one of them leaves before it is told of */
	ck_assert_ptr_eq(sluice_late(t, 0), w[1]);
	ck_assert_int_eq(sluice_waiter_state(w[2]), SLUICE_WAITS);
	ck_assert_int_eq(sluice_ask(w[2], U, 0), SLUICE_BUSY);
	sluice_leave(w[2], 0);
	ck_assert_int_eq(sluice_waiter_state(w[2]), SLUICE_IDLE);
	ck_assert_ptr_null(sluice_late(t, 0));
	ck_assert_ptr_null(sluice_next(t, 10 * SEC));
	for (i = 0; i < 5; i++)
		sluice_waiter_free(w[i]);
	sluice_throttle_free(t);
}
END_TEST

/* Clients take turns; within one, urgency goes before order. */
START_TEST(takes_turns)
{
	struct sluice_throttle *t = throttle(0, 0, 1);
	struct sluice_waiter *w[6], *next;
	static const unsigned order[] = { 1, 4, 3, 5, 2 };
	unsigned i;

	for (i = 0; i < 6; i++) {
		w[i] = waiter(t);
		ck_assert_int_eq(sluice_waiter_client(w[i], i < 4 ? 1 : 2,
		    SLUICE_WEIGHT), SLUICE_OK);
	}
	ck_assert_int_eq(sluice_waiter_urgency(w[2], 7), SLUICE_OK);
	for (i = 0; i < 6; i++)
		ck_assert_int_eq(sluice_ask(w[i], U, 0), i == 0 ? SLUICE_OK :
		    SLUICE_WAIT);
	ck_assert_int_eq(sluice_waiter_client(w[1], 3, SLUICE_WEIGHT),
	    SLUICE_BUSY);
	ck_assert_int_eq(sluice_waiter_urgency(w[1], 0), SLUICE_BUSY);
	ck_assert_int_eq(sluice_waiter_deadline(w[1], 0), SLUICE_BUSY);
	sluice_leave(w[0], 0);
	for (i = 0; i < 5; i++) {
		next = sluice_next(t, 0);
		ck_assert_ptr_eq(next, w[order[i]]);
		ck_assert_ptr_null(sluice_next(t, 0));
		sluice_leave(next, 0);
	}
	ck_assert_int_eq(sluice_waiter_client(w[0], 1, 0), SLUICE_BAD_WEIGHT);
	ck_assert_int_eq(sluice_waiter_client(w[0], 1, SLUICE_WEIGHT_MAX + 1),
	    SLUICE_BAD_WEIGHT);
	ck_assert_int_eq(sluice_waiter_urgency(w[0], 8), SLUICE_BAD_URGENCY);
	for (i = 0; i < 6; i++)
		sluice_waiter_free(w[i]);
	sluice_throttle_free(t);
}
END_TEST

/* What was spent stays spent, and who waits goes by the new limits. */
START_TEST(has_new_limits)
{
	struct sluice_throttle *t = throttle(10 * U, 10 * SEC, 0);
	struct sluice_limits *l = limits(20 * U, 10 * SEC, 0, 0);
	struct sluice_waiter *w[12], *gone[12];
	unsigned i;

	ask_all(t, w, 12, 0);
	ck_assert_uint_eq(sluice_waiting(t), 2);
	ck_assert_uint_eq(sluice_wake(t, 0), SEC);
	ck_assert_int_eq(sluice_throttle_limit(t, l, 0), SLUICE_OK);
	sluice_limits_free(l);
	ck_assert_uint_le(sluice_wake(t, 0), SEC / 2);
	ck_assert_uint_eq(go(t, SEC, gone), 2);
	for (i = 0; i < 12; i++)
		sluice_waiter_free(w[i]);
	sluice_throttle_free(t);
}
END_TEST

/* NULL is what limits nothing here, too: no care, no queue's end either. */
START_TEST(has_no_limits_again)
{
	struct sluice_limits *l = limits(U, SEC, 0, 1);
	struct sluice_waiter *w[20], *gone[20];
	struct sluice_throttle *t;
	unsigned i;

	sluice_limits_queue(l, 9);
	sluice_limits_careful(l, 1);
	t = made_of(l);
	ask_all(t, w, 10, 0);
	ck_assert_uint_eq(sluice_waiting(t), 9);
	ck_assert_int_eq(sluice_throttle_limit(t, NULL, 0), SLUICE_OK);
	ck_assert_uint_eq(go(t, 0, gone), 9);
	sluice_pause(t, SEC, 0);
	ask_all(t, w + 10, 10, 0);
	ck_assert_uint_eq(sluice_waiting(t), 10);
	ck_assert_uint_eq(go(t, SEC, gone), 10);
	for (i = 0; i < 20; i++)
		sluice_waiter_free(w[i]);
	sluice_throttle_free(t);
}
END_TEST

/* Waiters that outlive their throttle know it. */
START_TEST(frees_in_any_order)
{
	struct sluice_throttle *t = throttle(U, SEC, 0);
	struct sluice_waiter *w[3];
	unsigned i;
	int data;

	ask_all(t, w, 2, 0);
	w[2] = sluice_waiter_new(t, &data);
	ck_assert_ptr_eq(sluice_waiter_data(w[2]), &data);
	sluice_throttle_free(t);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(sluice_waiter_state(w[i]), SLUICE_IDLE);
	for (i = 0; i < 3; i++)
		sluice_waiter_free(w[i]);
	sluice_waiter_free(NULL);
	sluice_throttle_free(NULL);
	sluice_limits_free(NULL);
}
END_TEST

START_TEST(names_results)
{
	int i, j;

	for (i = 0; i <= SLUICE_BAD_STATUS; i++) {
		ck_assert_ptr_nonnull(sluice_strerror(i));
		for (j = 0; j < i; j++)
			ck_assert_str_ne(sluice_strerror(i),
			    sluice_strerror(j));
	}
	ck_assert_str_eq(sluice_strerror(-1), "no such result");
	ck_assert_str_eq(sluice_strerror(i), "no such result");
	ck_assert_ptr_nonnull(strchr(sluice_version(), '.'));
}
END_TEST

static Suite *
lib_suite(void)
{
	Suite *suite = suite_create("lib_throttle");
	TCase *tc = tcase_create("lib_throttle");

	ROWS(tc, judges_rates, rates);
	tcase_add_test(tc, holds_many_rates);
	tcase_add_test(tc, limits_nothing);
	tcase_add_test(tc, paces);
	tcase_add_test(tc, takes_all_or_nothing);
	tcase_add_test(tc, holds_slots);
	tcase_add_test(tc, costs);
	tcase_add_test(tc, leaves_the_queue);
	tcase_add_test(tc, gives_back);
	tcase_add_test(tc, pauses);
	tcase_add_test(tc, pauses_not_backwards);
	tcase_add_test(tc, is_careful);
	tcase_add_test(tc, spreads);
	tcase_add_test(tc, is_strict);
	tcase_add_test(tc, bounds_the_queue);
	tcase_add_test(tc, keeps_deadlines);
	tcase_add_test(tc, takes_turns);
	tcase_add_test(tc, has_new_limits);
	tcase_add_test(tc, has_no_limits_again);
	tcase_add_test(tc, frees_in_any_order);
	tcase_add_test(tc, names_results);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(lib_suite());
}
