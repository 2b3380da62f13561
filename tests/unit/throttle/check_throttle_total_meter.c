/* SPDX-License-Identifier: ISC */
#include "check_throttle.h"

#include <stdlib.h>

#include "throttle/lease_grant.h"
#include "throttle/throttle_meter.h"
#include "throttle/throttle_meter_move.h"
#include "throttle/throttle_save.h"
#include "throttle/throttle_store.h"
#include "throttle/throttle_total.h"
#include "throttle/throttle_view.h"
#include "throttle/throttle_why.h"

/* Named budgets that several throttles have together, on top of their own. */

#define THROTTLES	3
#define MANY		300

/* A throttle, and when it is to be asked again. */
struct one {
	struct throttle		*t;
	uint64_t		 wake;
};

struct asker {
	struct throttle_waiter	 w;
	struct one		*of;
	struct throttle_wants	*wants;
};

static struct throttle_total	 total;
static struct one		 ones[THROTTLES];
static struct asker		 all[MANY];
static struct asker		*went[MANY];	/* in order */
static unsigned			 asked, nwent;

/* Tokens, so many each ten seconds; the limits name memory of the caller's. */
static struct throttle_limits
tokens(struct throttle_meter_limits *meter, const char *name,
    uint64_t capacity)
{
	struct throttle_limits l = { .queue_length = 1000, .nmeters = 1 };

	*meter = (struct throttle_meter_limits){
		.name = name,
		.limits.nrates = 1,
		.settles = true,
		.what = "usage",
	};
	meter->limits.rates[0] = (struct gcra_rate){
		.capacity = capacity * U,
		.period = 10 * SEC,
		.burst = capacity * U,
	};
	l.meters[0] = meter;
	return l;
}

static void
make_total(struct throttle_total *made, uint64_t capacity, uint32_t serial)
{
	const struct budget_limits none = { .nrates = 0 };
	struct throttle_meter_limits meter;
	struct throttle_limits l = tokens(&meter, "tokens", capacity);

	throttle_total_init(made, &none, serial);
	ck_assert(throttle_total_meters(made, &l, 0));
}

static void
begin(uint64_t of_each, uint64_t of_all)
{
	struct throttle_meter_limits meter;
	unsigned i;

	make_total(&total, of_all, 1);
	for (i = 0; i < THROTTLES; i++) {
		ones[i] = (struct one){
			new_throttle(tokens(&meter, "tokens", of_each)), NEVER,
		};
		throttle_join(ones[i].t, &total, &ones[i]);
	}
	asked = nwent = 0;
}

/* Everybody has left. */
static void
end(void)
{
	unsigned i;

	for (i = 0; i < THROTTLES; i++)
		throttle_free(ones[i].t);
	ck_assert_ptr_null(throttle_total_first(&total));
	throttle_total_close(&total);
	for (i = 0; i < asked; i++)
		free(all[i].wants);
}

static void
admit_one(struct one *o, uint64_t now)
{
	struct throttle_waiter *w;

	while ((w = throttle_next(o->t, now)) != NULL)
		went[nwent++] = (struct asker *)(void *)w;
	o->wake = throttle_wake(o->t, now);
}

/* As throttle_total.h has it. */
static void
admit(struct one *o, uint64_t now)
{
	struct one *first, *last = NULL;

	admit_one(o, now);
	while ((first = throttle_total_first(&total)) != NULL &&
	    first != last) {
		admit_one(first, now);
		last = first;
	}
}

static struct asker *
ask_of(struct one *o, const char *name, uint64_t amount, uint64_t now,
    struct throttle_report *r)
{
	struct throttle_request q = request_of(U, NEVER);
	struct asker *a = &all[asked++];

	*a = (struct asker){ .of = o };
	a->wants = calloc(1, sizeof *a->wants + sizeof a->wants->amounts[0]);
	a->wants->n = 1;
	a->wants->amounts[0].name = name;
	a->wants->amounts[0].amount = amount * U;
	q.wants = a->wants;
	q.client = asked % 3;
	if (throttle_ask(o->t, &a->w, &q, now, r) == THROTTLE_GO)
		went[nwent++] = a;
	admit(o, now);
	return a;
}

static struct asker *
goes(unsigned i, uint64_t amount, uint64_t now)
{
	struct throttle_report r;
	struct asker *a = ask_of(&ones[i], "tokens", amount, now, &r);

	ck_assert(a->w.held);
	return a;
}

static struct asker *
waits(unsigned i, uint64_t amount, uint64_t now)
{
	struct throttle_report r;
	struct asker *a = ask_of(&ones[i], "tokens", amount, now, &r);

	ck_assert(!a->w.held);
	return a;
}

static void
finish(struct asker *a, uint64_t actual, uint64_t now)
{
	uint64_t amounts[THROTTLE_METERS] = { actual == NEVER ? NEVER :
	    actual * U };

	throttle_verdict(a->of->t, &a->w, BUDGET_SUCCESS, now);
	throttle_settle(a->of->t, &a->w, amounts, now);
	throttle_release(a->of->t, &a->w, now);
	admit(a->of, now);
}

static int64_t
left(struct throttle *t, enum throttle_meters_of of, uint64_t now)
{
	struct budget_view v;

	ck_assert_often(throttle_view_meter(t, of, 0, now, &v) != NULL);
	return v.rates[0].left / (int64_t)U;
}

static int64_t
left_of_all(uint64_t now)
{
	return left(ones[0].t, THROTTLE_METERS_TOTAL, now);
}

/* Who is short of what all have takes nothing of his own. */
START_TEST(takes_from_both_or_neither)
{
	struct throttle_report r;
	struct asker *a, *b;

	begin(1000, 1500);
	a = goes(0, 600, 0);
	goes(1, 700, 0);
	b = ask_of(&ones[2], "tokens", 300, 0, &r);
	ck_assert(r.of_meter && r.of_total);
	ck_assert_uint_eq(r.meter, 0);
	ck_assert_int_eq(r.what, BUDGET_SHORT_RATE);
	ck_assert_uint_eq(r.start, 2 * SEC / 3 + 1);
	ck_assert_int_eq(left(ones[2].t, THROTTLE_METERS_OWN, 0), 1000);
	ck_assert_int_eq(left_of_all(0), 200);
	/* what was not used comes back to all, and lets the next one go */
	finish(a, 100, 0);
	ck_assert(b->w.held);
	ck_assert_int_eq(left_of_all(0), 400);
	ck_assert_int_eq(left(ones[0].t, THROTTLE_METERS_OWN, 0), 900);
	finish(b, 800, 0);	/* and what was used beyond it is a debt */
	ck_assert_int_eq(left_of_all(0), -100);
	finish(all + 1, NEVER, 0);
	ck_assert_int_eq(left_of_all(0), -100);
	ck_assert_int_eq(left_of_all(SEC), 50);
	ck_assert(!throttle_total_idle(&total, SEC));
	ck_assert(throttle_total_idle(&total, 11 * SEC));
	end();
}
END_TEST

/* Who is short of his own holds up nobody else. */
START_TEST(one_of_each_in_turn)
{
	struct asker *a, *b, *c, *d;

	begin(1000, 1500);
	a = goes(0, 1000, 0);
	b = goes(1, 500, 0);
	waits(0, 300, 0);
	c = waits(1, 300, 0);
	d = waits(2, 300, 0);
	ck_assert_uint_eq(ones[1].wake, 2 * SEC);
	ck_assert_uint_eq(ones[2].wake, NEVER);
	admit(&ones[1], 2 * SEC);
	ck_assert(c->w.held);
	ck_assert_uint_eq(ones[2].wake, 4 * SEC);
	ck_assert_uint_eq(ones[0].wake, 3 * SEC);
	admit(&ones[0], 3 * SEC);
	ck_assert_uint_eq(ones[0].wake, NEVER);
	admit(&ones[2], 4 * SEC);
	ck_assert(d->w.held);
	ck_assert_uint_eq(ones[0].wake, 6 * SEC);
	admit(&ones[0], 6 * SEC);
	ck_assert_uint_eq(nwent, 5);
	finish(a, NEVER, 6 * SEC);
	finish(b, NEVER, 6 * SEC);
	finish(c, NEVER, 6 * SEC);
	finish(d, NEVER, 6 * SEC);
	finish(all + 2, NEVER, 6 * SEC);
	end();
}
END_TEST

/* As it is for what all have of requests. */
START_TEST(what_comes_to_nothing_is_given_back)
{
	struct asker *a, *b;

	begin(1000, 1000);
	a = goes(0, 900, 0);
	b = waits(1, 500, 0);
	throttle_refund(ones[0].t, &a->w, SEC);
	admit(&ones[0], SEC);
	ck_assert(b->w.held);
	ck_assert_int_eq(left_of_all(SEC), 500);
	throttle_total_refill(&total, SEC);
	ck_assert_int_eq(left_of_all(SEC), 1000);
	finish(b, 0, SEC);
	ck_assert_int_eq(left_of_all(SEC), 1000);
	end();
}
END_TEST

/* One of another name is each throttle's own affair. */
START_TEST(of_that_name_only)
{
	struct throttle_report r;
	struct asker *a;

	begin(1000, 100);
	a = ask_of(&ones[0], "points", 900, 0, &r);
	ck_assert(a->w.held);
	ck_assert_int_eq(left_of_all(0), 100);
	finish(a, 900, 0);
	end();
}
END_TEST

START_TEST(told)
{
	const char *name = NULL;
	struct throttle_why why;
	struct asker *a, *b;
	unsigned i, n = 0;

	begin(1000, 1000);
	a = goes(0, 900, 0);
	b = waits(1, 500, 0);
	throttle_why(ones[1].t, &b->w, 0, &why);
	for (i = 0; i < why.n; i++) {
		if (why.reasons[i].whose != THROTTLE_OF_TOTAL_METER)
			continue;
		ck_assert(why.reasons[i].decides);
		ck_assert_uint_eq(why.reasons[i].at, 4 * SEC);
		n++;
	}
	ck_assert_uint_eq(n, 1);
	ck_assert_ptr_nonnull(throttle_meter(ones[1].t, THROTTLE_METERS_TOTAL,
	    0, &name));
	ck_assert_str_eq(name, "tokens");
	ck_assert_ptr_null(throttle_meter(ones[1].t, THROTTLE_METERS_TOTAL, 1,
	    NULL));
	throttle_cancel(ones[1].t, &b->w);
	admit(&ones[1], 0);
	finish(a, NEVER, 0);
	end();
}
END_TEST

static void
limit_meters(const char *name, uint64_t capacity, uint64_t now)
{
	struct throttle_meter_limits meter;
	struct throttle_limits l = tokens(&meter, name, capacity);

	if (name == NULL)
		l.nmeters = 0;
	ck_assert(throttle_total_meters(&total, &l, now));
}

/* A reload: what was consumed stays, and is settled as before. */
START_TEST(new_limits)
{
	struct asker *a, *b;

	begin(2000, 1000);
	a = goes(0, 800, 0);
	b = waits(1, 500, 0);
	limit_meters("tokens", 4000, 0);
	admit(&ones[1], 0);
	ck_assert(b->w.held);
	ck_assert_int_eq(left_of_all(0), 4000 - 800 - 500);
	finish(a, 400, 0);
	ck_assert_int_eq(left_of_all(0), 4000 - 400 - 500);
	/* under another name, by which it counts the same */
	limit_meters("points", 40, 0);
	ck_assert_int_eq(left_of_all(0), 40 - 400 - 500);
	/* nobody has taken of what comes later */
	limit_meters(NULL, 0, 0);
	ck_assert_ptr_null(throttle_meter(ones[0].t, THROTTLE_METERS_TOTAL, 0,
	    NULL));
	limit_meters("tokens", 1000, 0);
	finish(b, 0, 0);
	ck_assert_int_eq(left_of_all(0), 1000);
	end();
}
END_TEST

/* It is gone before those who have taken of it. */
START_TEST(gone)
{
	struct throttle_total next;
	struct asker *a;

	begin(1000, 1000);
	a = goes(0, 800, 0);
	throttle_join(ones[0].t, NULL, NULL);
	throttle_total_close(&total);
	/* another one's, which has the same number there */
	make_total(&next, 500, 2);
	throttle_join(ones[0].t, &next, &ones[0]);
	ck_assert_int_eq(left_of_all(0), 500);
	total.meters = NULL;
	finish(a, 0, 0);
	ck_assert_int_eq(left_of_all(0), 500);
	ck_assert_int_eq(left(ones[0].t, THROTTLE_METERS_OWN, 0), 1000);
	throttle_join(ones[0].t, NULL, NULL);
	throttle_total_close(&next);
	end();
}
END_TEST

/* One goes on at another throttle of the same total, or of another one. */
START_TEST(moved)
{
	struct throttle_total other;
	struct asker *a;

	begin(1000, 1000);
	if (_i) {
		make_total(&other, 500, 2);
		throttle_join(ones[1].t, &other, &ones[1]);
	}
	a = goes(0, 800, 0);
	if (_i)
		throttle_total_inherit(&other, &total, 0);
	throttle_inherit(ones[1].t, ones[0].t, NULL, 0);
	throttle_meters_carry(ones[0].t, ones[1].t, &a->w, 0);
	throttle_release(ones[0].t, &a->w, 0);
	throttle_hold(ones[1].t, &a->w, NULL, 0);
	a->of = &ones[1];
	finish(a, 200, 0);
	ck_assert_int_eq(left(ones[1].t, THROTTLE_METERS_OWN, 0), 800);
	ck_assert_int_eq(left(ones[1].t, THROTTLE_METERS_TOTAL, 0),
	    _i ? 300 : 800);
	if (_i) {
		throttle_join(ones[1].t, NULL, NULL);
		throttle_total_close(&other);
	}
	end();
}
END_TEST

/* Out and in again, by whichever of its throttles. */
START_TEST(saved_and_read)
{
	struct budget_saved saved;

	begin(1000, 1000);
	finish(goes(0, 800, 0), NEVER, 0);
	ck_assert_uint_eq(throttle_meter_named(ones[1].t,
	    THROTTLE_METERS_TOTAL, "tokens"), 0);
	ck_assert(throttle_save(ones[1].t, THROTTLE_OF_TOTAL_METER, 0, 0,
	    &saved));
	ck_assert(!throttle_save(ones[1].t, THROTTLE_OF_METER, 0, 0, &saved));
	throttle_total_refill(&total, 0);
	ck_assert(throttle_restore(ones[2].t, THROTTLE_OF_TOTAL_METER, 0,
	    &saved, 0, 0));
	ck_assert_int_eq(left_of_all(0), 200);
	ck_assert(!throttle_restore(ones[2].t, THROTTLE_OF_TOTAL_METER, 1,
	    &saved, 0, 0));
	end();
}
END_TEST

/* A store has it by itself, whichever throttle asks. */
START_TEST(leased)
{
	static struct lease_grantor grantors[2];
	static struct lease_holder holders[2][2];
	struct throttle_store_round r = {
		.terms = { .source = LEASE_STORE, .peers = 2 },
	};
	uint64_t ids = 0, now = 1000 * SEC;
	struct throttle_store_question q;
	struct lease_answer answer;
	struct asker *a;
	unsigned i, n = 0;

	begin(1000, 1000);
	for (i = 0; i < THROTTLES; i++)
		throttle_store(ones[i].t);
	a = waits(1, 300, now);
	r.ids = &ids;
	for (; throttle_store_ask(ones[1].t, &r, now, &q); n++) {
		ck_assert_uint_lt(n, 2);
		ck_assert_int_eq(q.whose, n == 0 ? THROTTLE_OF_METER :
		    THROTTLE_OF_TOTAL_METER);
		ck_assert_uint_eq(q.part, 0);
		lease_grantor_init(&grantors[n], q.limits, NULL, holders[n],
		    2);
		grantors[n].run = 1;
		lease_grant_share(&grantors[n], q.ask, 1, now, &answer);
		ck_assert(throttle_store_take(ones[1].t, q.budget, q.number,
		    &answer, now, now));
	}
	ck_assert_uint_eq(n, 2);
	admit(&ones[1], now);
	ck_assert(a->w.held);
	finish(a, NEVER, now);
	/* another one has none of its own yet */
	a = waits(0, 100, now);
	throttle_cancel(ones[0].t, &a->w);
	admit(&ones[0], now);
	end();
}
END_TEST

/*
 * Whatever happens in whatever order: nobody is forgotten in the queue, and
 * what was used stays within what all have, in every interval.
 */

struct event {
	uint64_t	 at;
	uint64_t	 amount;
};

static void
check_limit(const struct event *events, unsigned n, uint64_t capacity)
{
	uint64_t sum;
	unsigned i, j;

	for (i = 0; i < n; i++)
		for (sum = 0, j = i; j < n; j++) {
			sum += events[j].amount;
			ck_assert_often(sum <= capacity + 1 +
			    (events[j].at - events[i].at + THROTTLE_LATE) *
			    capacity / (10 * SEC));
		}
}

/* The next who is due, at or after now; NULL: nobody is. */
static struct one *
next_due(uint64_t *now)
{
	struct one *next = NULL;
	unsigned i;

	for (i = 0; i < THROTTLES; i++)
		if (ones[i].wake != NEVER && (next == NULL ||
		    ones[i].wake < next->wake))
			next = &ones[i];
	if (next != NULL && next->wake > *now)
		*now = next->wake;
	return next;
}

static void
something(struct event *log, unsigned *out, uint64_t *now)
{
	unsigned what = (unsigned)random() % 32;
	struct throttle_report r;
	uint64_t used;

	if (what < 8 && asked < MANY) {
		ask_of(&ones[random() % THROTTLES], "tokens", 1 +
		    (uint64_t)random() % 400, *now, &r);
	} else if (what < 16 && *out < nwent) {
		used = (uint64_t)random() % (went[*out]->
		    wants->amounts[0].amount / U + 1);
		log[*out].amount = used;
		finish(went[(*out)++], used, *now);
	} else if (what < 24)
		*now += (uint64_t)random() % (100 * MS);
}

START_TEST(random_histories)
{
	static struct event log[MANY];
	uint64_t now = SEC, later;
	unsigned out = 0, n = 0;
	struct one *o;

	srandom((unsigned)_i + 1);
	begin(600, 1000);
	while (out < MANY) {
		something(log, &out, &now);
		later = now;
		if ((o = next_due(&later)) != NULL && (later <= now ||
		    (out == nwent && asked == MANY))) {
			now = later;
			admit(o, now);
		}
		/* whom nothing is left to wake is stuck */
		ck_assert_msg(o != NULL || out < nwent || asked < MANY ||
		    out == MANY, "%u of %u are stuck", MANY - out, MANY);
		for (; n < nwent; n++)
			log[n].at = now;
	}
	check_limit(log, n, 1000);
	ck_assert(throttle_total_idle(&total, now + 10 * SEC));
	end();
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("throttle_total_meter");
	TCase *tc = tcase_create("promises");

	tcase_add_test(tc, takes_from_both_or_neither);
	tcase_add_test(tc, one_of_each_in_turn);
	tcase_add_test(tc, what_comes_to_nothing_is_given_back);
	tcase_add_test(tc, of_that_name_only);
	tcase_add_test(tc, told);
	tcase_add_test(tc, new_limits);
	tcase_add_test(tc, gone);
	tcase_add_loop_test(tc, moved, 0, 2);
	tcase_add_test(tc, saved_and_read);
	tcase_add_test(tc, leased);
	tcase_add_loop_test(tc, random_histories, 0, (int)repetitions(100));
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}
