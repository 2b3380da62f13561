/* SPDX-License-Identifier: ISC */
#include "check_throttle.h"

#include "throttle/throttle_meter.h"
#include "throttle/throttle_meter_move.h"
#include "throttle/throttle_place.h"
#include "throttle/throttle_view.h"
#include "throttle/throttle_why.h"

/* Named budgets: what is reserved, waited for and settled. */

#define MANY	64

static struct throttle_meter_limits meters[2];

/* Tokens, so many each ten seconds. */
static struct throttle_limits
tokens(uint64_t capacity, bool strict, bool settles)
{
	struct throttle_limits l = { .queue_length = 1000 };

	meters[0] = (struct throttle_meter_limits){
		.name = "tokens",
		.limits.nrates = 1,
		.settles = settles,
	};
	meters[0].limits.rates[0] = (struct gcra_rate){
		.capacity = capacity * U,
		.period = 10 * SEC,
		.burst = capacity * U,
		.strict = strict,
	};
	l.meters[0] = &meters[0];
	l.nmeters = 1;
	return l;
}

struct one {
	struct throttle_waiter	 w;
	struct throttle_wants	*wants;
};

static struct one *
want(const char *name, uint64_t amount)
{
	struct one *o = calloc(1, sizeof *o);

	o->wants = calloc(1, sizeof *o->wants +
	    sizeof o->wants->amounts[0]);
	o->wants->n = 1;
	o->wants->amounts[0].name = name;
	o->wants->amounts[0].amount = amount * U;
	return o;
}

static void
forget(struct one *o)
{
	free(o->wants);
	free(o);
}

static enum budget_short
ask_for(struct throttle *t, struct one *o, uint64_t client, uint64_t now,
    enum throttle_answer answer)
{
	struct throttle_request q = request_of(U, NEVER);
	struct throttle_report r;

	q.client = client;
	q.wants = o->wants;
	ck_assert_int_eq(throttle_ask(t, &o->w, &q, now, &r), answer);
	/* or it waits for others alone */
	if (answer == THROTTLE_WAIT && r.what != BUDGET_SHORT_NONE) {
		ck_assert(r.of_meter);
		ck_assert_uint_eq(r.meter, 0);
		ck_assert_int_eq(r.what, BUDGET_SHORT_RATE);
	}
	return r.what;
}

static void
settle(struct throttle *t, struct one *o, uint64_t actual, uint64_t now)
{
	uint64_t amounts[THROTTLE_METERS] = { actual * U };

	throttle_verdict(t, &o->w, BUDGET_SUCCESS, now);
	throttle_settle(t, &o->w, amounts, now);
	throttle_release(t, &o->w, now);
	forget(o);
}

static int64_t
left(struct throttle *t, uint64_t now)
{
	struct budget_view v;

	ck_assert_str_eq(throttle_view_meter(t, THROTTLE_METERS_OWN, 0, now,
	    &v), "tokens");
	ck_assert_ptr_null(throttle_view_meter(t, THROTTLE_METERS_OWN, 1, now,
	    &v));
	return v.rates[0].left / (int64_t)U;
}

/* What was not used comes back, and lets the next one go. */
START_TEST(refund)
{
	struct throttle *t = new_throttle(tokens(1000, _i, true));
	struct one *a = want("tokens", 800), *b = want("tokens", 900);

	ask_for(t, a, 1, SEC, THROTTLE_GO);
	ck_assert_int_eq(left(t, SEC), 200);
	ck_assert_int_eq(ask_for(t, b, 2, SEC, THROTTLE_WAIT),
	    BUDGET_SHORT_RATE);
	ck_assert_ptr_null(throttle_next(t, SEC));
	settle(t, a, 100, SEC);
	ck_assert_int_eq(left(t, SEC), 900);
	ck_assert_uint_le(throttle_wake(t, SEC), SEC);
	ck_assert_ptr_eq(throttle_next(t, SEC), &b->w);
	ck_assert_int_eq(left(t, SEC), 0);
	settle(t, b, 900, SEC);
	ck_assert_int_eq(left(t, 3 * SEC), _i ? 0 : 200);
	ck_assert(!throttle_idle(t, 10 * SEC));
	ck_assert(throttle_idle(t, 12 * SEC));
	throttle_free(t);
}
END_TEST

/* What was used beyond that is a debt. */
START_TEST(debt)
{
	struct throttle *t = new_throttle(tokens(1000, _i, true));
	struct one *a = want("tokens", 10), *b = want("tokens", 500);

	ask_for(t, a, 1, SEC, THROTTLE_GO);
	settle(t, a, 1500, SEC);
	ck_assert_int_eq(left(t, SEC), -500);
	ask_for(t, b, 2, SEC, THROTTLE_WAIT);
	ck_assert_ptr_null(throttle_next(t, 10 * SEC));
	ck_assert_ptr_eq(throttle_next(t, 12 * SEC), &b->w);
	settle(t, b, 500, 12 * SEC);
	throttle_free(t);
}
END_TEST

/* A bucket is never fuller than full, whenever it is settled. */
START_TEST(never_above_burst)
{
	struct throttle *t = new_throttle(tokens(1000, _i, true));
	struct one *a = want("tokens", 1000), *b = want("tokens", 1000);

	ask_for(t, a, 1, SEC, THROTTLE_GO);
	if (_i) {
		/* a window holds it until it is settled */
		ask_for(t, b, 2, 20 * SEC, THROTTLE_WAIT);
		settle(t, a, 0, 20 * SEC);
		ck_assert_ptr_eq(throttle_next(t, 20 * SEC), &b->w);
	} else {
		ask_for(t, b, 2, 11 * SEC, THROTTLE_GO);
		settle(t, a, 0, 11 * SEC);
		/* time had given all of that back before */
		ck_assert_int_eq(left(t, 11 * SEC), 0);
	}
	settle(t, b, 0, 20 * SEC);
	ck_assert_int_eq(left(t, 20 * SEC), 1000);
	throttle_free(t);
}
END_TEST

/* A host whose bucket was full until the answer's end: so is ours. */
START_TEST(a_full_bucket_counts_at_the_end)
{
	struct throttle *t = new_throttle(tokens(1000, false, true));
	struct one *a = want("tokens", 200), *b = want("tokens", 900);

	ask_for(t, a, 1, SEC, THROTTLE_GO);
	settle(t, a, 100, 2 * SEC);
	ck_assert_int_eq(left(t, 2 * SEC), 900);
	ask_for(t, b, 1, 2 * SEC, THROTTLE_GO);
	/* what others took meanwhile is where it was */
	a = want("tokens", 100);
	ask_for(t, a, 2, 3 * SEC, THROTTLE_GO);
	settle(t, b, 500, 3 * SEC);
	ck_assert_int_eq(left(t, 3 * SEC), 400);
	settle(t, a, 100, 3 * SEC);
	ck_assert_int_eq(left(t, 3 * SEC), 400);
	throttle_free(t);
}
END_TEST

/* A window counts when the answer has ended, where that is settled. */
START_TEST(window_counts_at_the_end)
{
	struct throttle *t = new_throttle(tokens(1000, true, true));
	struct one *a = want("tokens", 1000), *b = want("tokens", 1000);

	ask_for(t, a, 1, SEC, THROTTLE_GO);
	throttle_verdict(t, &a->w, BUDGET_SUCCESS, 2 * SEC);
	settle(t, a, 1000, 9 * SEC);
	ask_for(t, b, 1, 9 * SEC, THROTTLE_WAIT);
	ck_assert_ptr_null(throttle_next(t, 18 * SEC));
	ck_assert_ptr_eq(throttle_next(t, 20 * SEC), &b->w);
	settle(t, b, 0, 20 * SEC);
	throttle_free(t);

	t = new_throttle(tokens(1000, true, false));
	a = want("tokens", 1000);
	b = want("tokens", 1000);
	ask_for(t, a, 1, SEC, THROTTLE_GO);
	throttle_verdict(t, &a->w, BUDGET_SUCCESS, 2 * SEC);
	ask_for(t, b, 1, 9 * SEC, THROTTLE_WAIT);
	ck_assert_ptr_eq(throttle_next(t, 13 * SEC), &b->w);
	throttle_release(t, &a->w, 14 * SEC);
	throttle_release(t, &b->w, 14 * SEC);
	forget(a);
	forget(b);
	throttle_free(t);
}
END_TEST

/* All or nothing: who is short of one takes nothing of the other. */
START_TEST(all_or_nothing)
{
	struct throttle_limits l = tokens(1000, false, true);
	struct throttle *t;
	struct one *a = want("tokens", 600), *b = want("tokens", 600);
	struct one *none = want("points", 5);

	l.host = one_rate(100 * U, SEC, 100 * U).host;
	t = new_throttle(l);
	ask_for(t, a, 1, SEC, THROTTLE_GO);
	ask_for(t, b, 2, SEC, THROTTLE_WAIT);
	ck_assert_int_eq(left(t, SEC), 400);
	throttle_cancel(t, &b->w);
	ck_assert_int_eq(left(t, SEC), 400);
	/* of a budget that is not there anybody may have any amount */
	ask_for(t, none, 1, SEC, THROTTLE_GO);
	ck_assert_int_eq(left(t, SEC), 400);
	settle(t, none, 7, SEC);
	settle(t, a, 600, SEC);
	forget(b);
	throttle_free(t);
}
END_TEST

/* What came to nothing, or never left, has used nothing; else it stands. */
START_TEST(ends)
{
	struct throttle *t = new_throttle(tokens(1000, _i, true));
	struct one *a = want("tokens", 300);
	uint64_t unknown[THROTTLE_METERS] = { NEVER };

	ask_for(t, a, 1, SEC, THROTTLE_GO);
	throttle_refund(t, &a->w, SEC);
	ck_assert_int_eq(left(t, SEC), 1000);
	forget(a);
	a = want("tokens", 300);
	ask_for(t, a, 1, SEC, THROTTLE_GO);
	throttle_unsent(t, &a->w, SEC);
	throttle_release(t, &a->w, SEC);
	ck_assert_int_eq(left(t, SEC), 1000);
	forget(a);
	a = want("tokens", 300);
	ask_for(t, a, 1, SEC, THROTTLE_GO);
	throttle_verdict(t, &a->w, BUDGET_SUCCESS, SEC);
	throttle_settle(t, &a->w, unknown, SEC);
	throttle_settle(t, &a->w, (uint64_t[THROTTLE_METERS]){ 0 }, SEC);
	throttle_release(t, &a->w, SEC);
	ck_assert_int_eq(left(t, SEC), 700);
	forget(a);
	throttle_free(t);
}
END_TEST

/* Sent back after a refusal it pays again; what it paid stays spent. */
START_TEST(returned)
{
	struct throttle *t = new_throttle(tokens(1000, _i, true));
	struct one *a = want("tokens", 300);
	struct throttle_report r;

	ask_for(t, a, 1, SEC, THROTTLE_GO);
	throttle_verdict(t, &a->w, BUDGET_THROTTLED, SEC);
	ck_assert_int_eq(throttle_return(t, &a->w, SEC, &r), THROTTLE_WAIT);
	ck_assert_ptr_eq(throttle_next(t, SEC), &a->w);
	ck_assert_int_eq(left(t, SEC), 400);
	settle(t, a, 100, SEC);
	ck_assert_int_eq(left(t, SEC), 600);
	throttle_free(t);
}
END_TEST

/* It is refunded by other limits, too: of a rate that was there. */
START_TEST(refund_after_a_reload)
{
	static const struct {
		uint64_t	 capacity;
		uint64_t	 period;
		bool		 more;		/* rates */
		int64_t		 left;		/* at once */
		int64_t		 then;		/* when it is settled */
	} all[] = {
		{ 1000, 10, false, 400, 900 }, { 2000, 10, false, 1400, 1900 },
		{ 700, 10, false, 100, 600 }, { 500, 10, false, -100, 400 },
		{ 1000, 20, false, 400, 900 }, { 1000, 5, false, 400, 900 },
		/* a new one has seen the use, and not what was reserved */
		{ 1000, 10, true, 400, 900 },
	};
	struct throttle_limits l = tokens(1000, false, true);
	struct throttle *t = new_throttle(l);
	struct one *a = want("tokens", 600), *b = want("tokens", 20);

	ask_for(t, a, 1, SEC, THROTTLE_GO);
	l = tokens(all[_i].capacity, false, true);
	meters[0].limits.rates[0].period = all[_i].period * SEC;
	meters[0].limits.nrates = all[_i].more ? 2 : 1;
	meters[0].limits.rates[1] = (struct gcra_rate){ 5000 * U, 60 * SEC,
	    5000 * U, false };
	ck_assert(throttle_limit(t, &l, NULL, SEC));
	ck_assert_int_eq(left(t, SEC), all[_i].left);
	if (all[_i].left > 0) {
		ask_for(t, b, 1, SEC, THROTTLE_GO);
		settle(t, b, 0, SEC);
	} else {
		forget(b);
	}
	settle(t, a, 100, SEC);
	ck_assert_int_eq(left(t, SEC), all[_i].then);
	throttle_free(t);
}
END_TEST

/* What counts the same by another name is the same. */
START_TEST(another_name)
{
	struct throttle_limits l = tokens(1000, _i, true);
	struct throttle *t;
	struct one *a = want("tokens", 600), *b = want("tokens", 700);
	struct budget_view v;

	meters[0].what = "usage.total";
	t = new_throttle(l);
	ask_for(t, a, 1, SEC, THROTTLE_GO);
	ask_for(t, b, 1, SEC, THROTTLE_WAIT);
	meters[0].name = "all";
	ck_assert(throttle_limit(t, &l, NULL, SEC));
	ck_assert_str_eq(throttle_view_meter(t, THROTTLE_METERS_OWN, 0, SEC,
	    &v), "all");
	ck_assert_int_eq(v.rates[0].left, 400 * (int64_t)U);
	/* who waits knows the old one */
	ck_assert_ptr_null(throttle_next(t, SEC));
	settle(t, a, 100, SEC);
	ck_assert_ptr_eq(throttle_next(t, SEC), &b->w);
	throttle_view_meter(t, THROTTLE_METERS_OWN, 0, SEC, &v);
	ck_assert_int_eq(v.rates[0].left, 200 * (int64_t)U);
	/* and what counts something else begins anew */
	meters[0].what = "usage.output";
	meters[0].name = "output";
	ck_assert(throttle_limit(t, &l, NULL, SEC));
	throttle_view_meter(t, THROTTLE_METERS_OWN, 0, SEC, &v);
	ck_assert_int_eq(v.rates[0].left, 1000 * (int64_t)U);
	settle(t, b, 900, SEC);
	throttle_view_meter(t, THROTTLE_METERS_OWN, 0, SEC, &v);
	ck_assert_int_eq(v.rates[0].left, 1000 * (int64_t)U);
	throttle_free(t);
}
END_TEST

/* So it is where one goes on at another throttle. */
START_TEST(moved)
{
	struct throttle_limits l = tokens(1000, _i, true);
	struct throttle *t = new_throttle(l), *new = new_throttle(l), *used;
	struct one *a = want("tokens", 600), *b = want("tokens", 700);
	struct one *c = want("tokens", 700);

	used = new_throttle(l);
	ask_for(used, c, 1, SEC, THROTTLE_GO);
	ask_for(t, a, 1, SEC, THROTTLE_GO);
	throttle_inherit(new, t, NULL, SEC);
	throttle_meters_carry(t, new, &a->w, SEC);
	throttle_release(t, &a->w, SEC);
	throttle_hold(new, &a->w, NULL, SEC);
	ck_assert_int_eq(left(new, SEC), 400);
	settle(new, a, 100, SEC);
	ck_assert_int_eq(left(new, SEC), 900);
	/* one that has consumed something else knows its use only */
	ask_for(new, b, 1, SEC, THROTTLE_GO);
	throttle_meters_carry(new, used, &b->w, SEC);
	throttle_release(new, &b->w, SEC);
	throttle_hold(used, &b->w, NULL, SEC);
	ck_assert_int_eq(left(used, SEC), _i ? -400 : 300);
	settle(used, b, 50, SEC);
	ck_assert_int_eq(left(used, SEC), 250);
	settle(used, c, 0, SEC);
	ck_assert_int_eq(left(used, SEC), 950);
	throttle_free(used);
	throttle_free(new);
	throttle_free(t);
}
END_TEST

/* Once a bucket holds the use of others, whose it is cannot be told. */
START_TEST(takes_in_the_use_of_others)
{
	struct throttle_limits l = tokens(1000, _i, true);
	struct throttle *t = new_throttle(l), *from = new_throttle(l);
	struct one *a = want("tokens", 600), *b = want("tokens", 300);

	ask_for(t, b, 1, SEC, THROTTLE_GO);
	ask_for(from, a, 1, SEC, THROTTLE_GO);
	settle(from, a, 600, SEC);
	throttle_inherit(t, from, NULL, SEC);
	ck_assert_int_eq(left(t, SEC), _i ? 100 : 400);
	settle(t, b, 0, SEC);
	ck_assert_int_eq(left(t, SEC), 400);
	throttle_free(from);
	throttle_free(t);
}
END_TEST

/* What it paid came back, not what it used beyond; a window counts all. */
START_TEST(refilled_meanwhile)
{
	struct throttle *t = new_throttle(tokens(1000, _i, true));
	struct one *a = want("tokens", 300);

	ask_for(t, a, 1, SEC, THROTTLE_GO);
	throttle_refill(t, SEC);
	settle(t, a, 500, SEC);
	ck_assert_int_eq(left(t, SEC), _i ? 500 : 800);
	throttle_free(t);
}
END_TEST

/* A reload keeps what was consumed, by name. */
START_TEST(reload)
{
	struct throttle_limits l = tokens(1000, _i, true);
	struct throttle *t = new_throttle(l), *other;
	struct one *a = want("tokens", 600), *b = want("tokens", 900);

	ask_for(t, a, 1, SEC, THROTTLE_GO);
	ask_for(t, b, 1, SEC, THROTTLE_WAIT);
	l = tokens(1200, _i, true);
	ck_assert(throttle_limit(t, &l, NULL, SEC));
	ck_assert_int_eq(left(t, SEC), 600);
	ck_assert_ptr_null(throttle_next(t, SEC));
	/* it owes what it used */
	settle(t, a, 800, SEC);
	ck_assert_int_eq(left(t, SEC), 400);
	other = new_throttle(l);
	throttle_inherit(other, t, NULL, SEC);
	ck_assert_int_eq(left(other, SEC), 400);
	throttle_free(other);
	l.nmeters = 0;
	ck_assert(throttle_limit(t, &l, NULL, SEC));
	ck_assert_ptr_eq(throttle_next(t, SEC), &b->w);
	settle(t, b, 900, SEC);
	throttle_free(t);
}
END_TEST

/* Those who used more than they wanted have fewer turns, and the reverse. */
START_TEST(fair_by_what_was_used)
{
	struct throttle *t = new_throttle(tokens(1000, false, true));
	uint64_t used[2] = { 0, 0 }, each[2] = { 10, 50 }, now = SEC;
	struct one *one[MANY], *next;
	struct throttle_waiter *w;
	unsigned i, c;

	for (i = 0; i < MANY; i++) {
		one[i] = want("tokens", 100);
		/* the first ones may go at once, and are the same in number */
		ask_for(t, one[i], i % 2, now, i < 10 ? THROTTLE_GO :
		    THROTTLE_WAIT);
	}
	for (i = 0; i < 10; i++)
		settle(t, one[i], each[i % 2], now);
	while (now < 200 * SEC) {
		now += SEC / 10;
		while ((w = throttle_next(t, now)) != NULL) {
			c = (unsigned)w->fair.client;
			used[c] += each[c];
			settle(t, (struct one *)(void *)w, each[c], now);
			next = want("tokens", 100);
			ask_for(t, next, c, now, THROTTLE_WAIT);
		}
	}
	ck_assert_uint_gt(used[0] + used[1], 19000);
	ck_assert_uint_lt(used[0] > used[1] ? used[0] - used[1] :
	    used[1] - used[0], (used[0] + used[1]) / 50);
	while ((w = throttle_next(t, now += SEC)) != NULL || now < 2000 * SEC)
		if (w != NULL)
			settle(t, (struct one *)(void *)w, 0, now);
	throttle_free(t);
}
END_TEST

/* What the host says is left, is; it never gives anything back. */
START_TEST(host_says)
{
	struct throttle_limits l = tokens(1000, _i, true);
	struct throttle *t;
	struct budget_view v;

	/* of a longer period it says nothing */
	meters[0].limits.rates[1] = meters[0].limits.rates[0];
	meters[0].limits.rates[0].period = 1000 * SEC;
	meters[0].limits.nrates = 2;
	t = new_throttle(l);
	throttle_meter_left(t, "tokens", 1200 * U, SEC, SEC);
	throttle_meter_left(t, "others", 5 * U, SEC, SEC);
	throttle_meter_left(t, "tokens", 5 * U, 2 * SEC, SEC);
	throttle_view_meter(t, THROTTLE_METERS_OWN, 0, SEC, &v);
	ck_assert_int_eq(v.rates[1].left, 1000 * U);
	throttle_meter_left(t, "tokens", 300 * U, SEC, SEC);
	throttle_view_meter(t, THROTTLE_METERS_OWN, 0, SEC, &v);
	ck_assert_int_eq(v.rates[0].left, 1000 * U);
	ck_assert_int_eq(v.rates[1].left, 300 * U);
	/* with what has come back since it was so */
	throttle_meter_left(t, "tokens", 150 * U, 0, SEC);
	throttle_view_meter(t, THROTTLE_METERS_OWN, 0, SEC, &v);
	ck_assert_int_eq(v.rates[1].left, 250 * U);
	throttle_meter_left(t, "tokens", 500 * U, SEC, SEC);
	throttle_view_meter(t, THROTTLE_METERS_OWN, 0, SEC, &v);
	ck_assert_int_eq(v.rates[1].left, 250 * U);
	throttle_free(t);
}
END_TEST

START_TEST(told)
{
	struct throttle *t = new_throttle(tokens(1000, _i, true));
	struct one *a = want("tokens", 1000), *b = want("tokens", 100);
	struct throttle_place place;
	struct throttle_why why;
	unsigned i, n = 0;

	ask_for(t, a, 1, SEC, THROTTLE_GO);
	ask_for(t, b, 2, SEC, THROTTLE_WAIT);
	throttle_why(t, &b->w, SEC, &why);
	for (i = 0; i < why.n; i++) {
		if (why.reasons[i].whose != THROTTLE_OF_METER)
			continue;
		ck_assert_uint_eq(why.reasons[i].part, 0);
		ck_assert(why.reasons[i].decides);
		n++;
	}
	ck_assert_uint_eq(n, 1);
	throttle_place(t, &b->w, SEC, &place);
	ck_assert(!place.certain);
	throttle_refill(t, SEC);
	ck_assert_ptr_eq(throttle_next(t, SEC), _i ? NULL : &b->w);
	if (_i)
		throttle_cancel(t, &b->w);
	else
		throttle_release(t, &b->w, SEC);
	throttle_release(t, &a->w, SEC);
	throttle_renew(t, SEC);
	ck_assert_int_eq(left(t, SEC), 1000);
	forget(a);
	forget(b);
	throttle_free(t);
}
END_TEST

static Suite *
throttle_meter_suite(void)
{
	Suite *suite = suite_create("throttle_meter");
	TCase *both = tcase_create("buckets and windows");
	TCase *one = tcase_create("one");

	tcase_add_loop_test(both, refund, 0, 2);
	tcase_add_loop_test(both, debt, 0, 2);
	tcase_add_loop_test(both, never_above_burst, 0, 2);
	tcase_add_loop_test(both, ends, 0, 2);
	tcase_add_loop_test(both, returned, 0, 2);
	tcase_add_loop_test(both, reload, 0, 2);
	tcase_add_loop_test(both, refund_after_a_reload, 0, 7);
	tcase_add_loop_test(both, another_name, 0, 2);
	tcase_add_loop_test(both, moved, 0, 2);
	tcase_add_loop_test(both, takes_in_the_use_of_others, 0, 2);
	tcase_add_loop_test(both, refilled_meanwhile, 0, 2);
	tcase_add_loop_test(both, host_says, 0, 2);
	tcase_add_loop_test(both, told, 0, 2);
	suite_add_tcase(suite, both);
	tcase_add_test(one, a_full_bucket_counts_at_the_end);
	tcase_add_test(one, window_counts_at_the_end);
	tcase_add_test(one, all_or_nothing);
	tcase_add_test(one, fair_by_what_was_used);
	suite_add_tcase(suite, one);
	return suite;
}

int
main(void)
{
	return run_suite(throttle_meter_suite());
}
