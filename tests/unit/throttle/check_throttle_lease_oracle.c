/* SPDX-License-Identifier: ISC */
#include "check_throttle_lease.h"

/*
 * What a throttle writes down ahead of what it spends, of all of its budgets,
 * against buckets that never forget, through crashes at any moment.
 */

#define H	(50 * MS)
#define BUDGETS	5
#define NAMED	3	/* from there on they are named ones */
#define LINE	8

static const struct {
	enum throttle_whose	 whose;
	uint64_t		 capacity;	/* a second */
} kinds[BUDGETS] = {
	{ THROTTLE_OF_HOST, 100 },
	{ THROTTLE_OF_PART, 80 },
	{ THROTTLE_OF_TOTAL, 90 },
	{ THROTTLE_OF_METER, 400 },
	{ THROTTLE_OF_TOTAL_METER, 380 },
};

struct note {
	struct budget_saved	 saved[BUDGETS];
	bool			 is_there[BUDGETS];
	uint64_t		 at;		/* ns: as of then */
};

struct one {
	struct throttle_waiter	 w;
	struct throttle_wants	*wants;
	bool			 waits;
};

struct world {
	struct throttle		*t;
	struct throttle_total	 total;
	struct note		*disk;		/* what a crash leaves */
	struct note		*queued;	/* what is being written */
	bool			 writing;
	uint64_t		 now;
	struct gcra		 ever[BUDGETS];
	struct one		 line[LINE];
	uint64_t		 went;
	unsigned		 crashes;
};

static unsigned
draw(unsigned n)
{
	return (unsigned)random() % n;
}

static struct budget_limits
limits_of(unsigned kind)
{
	const uint64_t capacity = kinds[kind].capacity * U;

	return one_rate(capacity, SEC, capacity).host;
}

static void
promise(struct world *w)
{
	struct note *n = w->queued;
	unsigned i;

	lease_ahead(w->t, H, w->now);
	for (i = 0; i < BUDGETS; i++)
		n->is_there[i] = throttle_save(w->t, kinds[i].whose, 0,
		    w->now, &n->saved[i]);
	n->at = w->now;
	w->writing = true;
}

static void
written(struct world *w)
{
	struct note *n = w->disk;

	w->disk = w->queued;
	w->queued = n;
	w->writing = false;
}

static void
be_born(struct world *w)
{
	struct throttle_limits l = { .queue_length = LINE };
	struct budget_limits part = limits_of(1), all = limits_of(2);
	struct throttle_limits named;
	unsigned i;

	l.host = limits_of(0);
	l.parts[0] = &part;
	l.nparts = 1;
	w->t = new_throttle(tokens(l, kinds[NAMED].capacity));
	throttle_total_init(&w->total, &all, 1);
	named = tokens(l, kinds[NAMED + 1].capacity);
	ck_assert(throttle_total_meters(&w->total, &named, w->now));
	throttle_join(w->t, &w->total, w);
	for (i = 0; i < BUDGETS; i++)
		if (w->disk->is_there[i])
			ck_assert(throttle_restore(w->t, kinds[i].whose, 0,
			    &w->disk->saved[i], w->now - w->disk->at, w->now));
	throttle_lease(w->t);
}

static void
die(struct world *w)
{
	struct one *o;

	for (o = w->line; o < w->line + LINE; o++) {
		if (!o->waits)
			continue;
		throttle_cancel(w->t, &o->w);
		free(o->wants);
		o->waits = false;
	}
	throttle_free(w->t);
	throttle_total_close(&w->total);
}

/* Returns what is left of the only rate of one, as it was read back. */
static int64_t
left_of(const struct world *w, unsigned kind)
{
	struct budget_saved s;

	if (!throttle_save(w->t, kinds[kind].whose, 0, w->now, &s))
		return (int64_t)(kinds[kind].capacity * U);
	return (int64_t)s.limits.rates[0].burst - (int64_t)s.used[0];
}

/* At any moment, also when it was written and nobody told. */
static void
crash(struct world *w)
{
	unsigned i;

	if (w->writing && draw(2) == 0)
		written(w);
	w->writing = false;
	die(w);
	w->now += draw(3) == 0 ? draw(1000) * MS : draw(20) * MS;
	be_born(w);
	for (i = 0; i < BUDGETS; i++)
		ck_assert_int_le(left_of(w, i), gcra_left(&w->ever[i],
		    w->now));
	w->crashes++;
}

static void
went(struct world *w, struct one *o)
{
	uint64_t cost;
	unsigned i;

	for (i = 0; i < BUDGETS; i++) {
		cost = i < NAMED ? o->w.fair.cost :
		    o->wants->amounts[0].amount;
		if (i == 1 && o->w.part == THROTTLE_WHOLE)
			continue;
		ck_assert_int_ge(gcra_left(&w->ever[i], w->now),
		    (int64_t)cost);
		gcra_take(&w->ever[i], cost, w->now);
	}
	w->went += o->w.fair.cost;
	success(w->t, &o->w, w->now);
	free(o->wants);
	o->waits = false;
}

static void
ask_one(struct world *w, struct one *o)
{
	struct throttle_request q = request_of((1 + draw(2)) * U, NEVER);
	struct throttle_report r;

	if (draw(2) == 0)
		q.part = 0;
	q.client = draw(3);
	q.wants = o->wants = want(1 + draw(8));
	o->waits = true;
	if (throttle_ask(w->t, &o->w, &q, w->now, &r) == THROTTLE_GO)
		went(w, o);
}

static void
admit(struct world *w)
{
	struct throttle_waiter *next;

	while ((next = throttle_next(w->t, w->now)) != NULL)
		went(w, (struct one *)next);
	(void)throttle_wake(w->t, w->now);
}

static void
work(struct world *w, unsigned crashes)
{
	struct one *o;

	for (o = w->line; o < w->line + LINE; o++)
		if (!o->waits)
			ask_one(w, o);
	admit(w);
	if (!w->writing && throttle_lease_is_low(w->t, w->now))
		promise(w);
	else if (w->writing && draw(2) == 0) {
		written(w);
		throttle_lease_grant(w->t, w->now);
		admit(w);
	}
	if (crashes > 0 && draw(crashes) == 0)
		crash(w);
	w->now += draw(10) * MS;
}

static void
begin(struct world *w, unsigned seed)
{
	unsigned i;

	srandom(seed);
	w->disk = calloc(1, sizeof *w->disk);
	w->queued = calloc(1, sizeof *w->queued);
	w->now = (1 + draw(1000)) * SEC;
	for (i = 0; i < BUDGETS; i++)
		gcra_init(&w->ever[i], &limits_of(i).rates[0]);
	be_born(w);
}

static void
end(struct world *w)
{
	die(w);
	free(w->disk);
	free(w->queued);
}

START_TEST(nothing_is_forgotten)
{
	struct world w = { .now = 0 };
	unsigned i, n = repetitions(20000);

	begin(&w, (unsigned)_i + 1);
	for (i = 0; i < n; i++)
		work(&w, 50);
	ck_assert_uint_gt(w.crashes, 0);
	end(&w);
}
END_TEST

/* Without crashes all of it is used, although each bit is written first. */
START_TEST(all_is_used)
{
	struct world w = { .now = 0 };
	unsigned i, n = repetitions(20000);
	uint64_t began;

	begin(&w, (unsigned)_i + 1);
	began = w.now;
	for (i = 0; i < n; i++)
		work(&w, 0);
	/* the total is the scarcest */
	ck_assert_uint_ge(w.went, (w.now - began) / SEC * 90 * U / 100 * 95);
	end(&w);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("throttle_lease_oracle");
	TCase *tcase = tcase_create("histories");

	tcase_add_loop_test(tcase, nothing_is_forgotten, 0, 8);
	tcase_add_loop_test(tcase, all_is_used, 0, 2);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
