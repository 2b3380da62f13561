/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_random.h"
#include "check_throttle.h"

/*
 * Parts that a host makes known by itself: whom they hold up, how those who
 * wait come to them, and what is left of them.
 */

static const struct budget_limits one_slot = { .concurrency = 1 };

/* A host with one configured part. */
static struct throttle *
with_part(void)
{
	struct throttle_limits l = { .queue_length = 1000, .nparts = 1 };

	l.parts[0] = &one_slot;
	return new_throttle(l);
}

static unsigned
make(struct throttle *t, uint64_t name, uint64_t now)
{
	struct throttle_key key = { name, 1 };
	char text[32];

	snprintf(text, sizeof text, "b%llu", (unsigned long long)name);
	return throttle_named_make(t, &key, text, now);
}

static enum throttle_answer
ask_in(struct throttle *t, struct throttle_waiter *w, unsigned part,
    unsigned named, uint64_t now)
{
	struct throttle_request q = request_of(U, NEVER);
	struct throttle_report r;

	q.part = part;
	q.named = named;
	return throttle_ask(t, w, &q, now, &r);
}

static void
done(struct throttle *t, struct throttle_waiter *w, uint64_t now)
{
	throttle_verdict(t, w, BUDGET_SUCCESS, now);
	throttle_release(t, w, now);
}

START_TEST(holds_its_own)
{
	struct throttle *t = new_throttle((struct throttle_limits){
	    .queue_length = 1000 });
	struct throttle_waiter a, b, c;
	struct throttle_report r;
	unsigned id = make(t, 7, 0);

	ck_assert_uint_ne(id, 0);
	ck_assert_uint_eq(make(t, 7, 0), id);
	ck_assert_str_eq(throttle_named_text(t, id), "b7");
	ck_assert(throttle_pause(t, THROTTLE_NAMED_PART(id), 5 * SEC, 0));
	ck_assert(!throttle_pause(t, THROTTLE_NAMED_PART(id), 4 * SEC, 0));
	ck_assert_int_eq(ask_in(t, &a, THROTTLE_WHOLE, id, 0), THROTTLE_WAIT);
	throttle_report(t, &a, 0, &r);
	ck_assert(r.of_named && !r.of_part);
	ck_assert_int_eq(r.what, BUDGET_SHORT_PAUSE);
	ck_assert_uint_eq(r.start, 5 * SEC);
	/* others pass, and so does who comes behind */
	ck_assert_int_eq(ask_in(t, &b, THROTTLE_WHOLE, 0, 0), THROTTLE_GO);
	ck_assert_uint_eq(throttle_wake(t, 0), 5 * SEC);
	ck_assert_ptr_null(throttle_next(t, 5 * SEC - 1));
	ck_assert_ptr_eq(throttle_next(t, 5 * SEC), &a);
	/* half open: one asks, and a success lets two go */
	ck_assert_int_eq(ask_in(t, &c, THROTTLE_WHOLE, id, 5 * SEC),
	    THROTTLE_WAIT);
	ck_assert_ptr_null(throttle_next(t, 5 * SEC));
	done(t, &a, 6 * SEC);
	ck_assert_ptr_eq(throttle_next(t, 6 * SEC), &c);
	done(t, &b, 6 * SEC);
	done(t, &c, 6 * SEC);
	throttle_free(t);
}
END_TEST

/* Its pause is longer than pauses may be since a reload. */
START_TEST(is_shortened)
{
	struct throttle *t = new_throttle((struct throttle_limits){
	    .queue_length = 1000 });
	struct throttle_waiter a;
	unsigned id = make(t, 7, 0);

	ck_assert(throttle_pause(t, THROTTLE_NAMED_PART(id), 50 * SEC, 0));
	ck_assert_int_eq(ask_in(t, &a, THROTTLE_WHOLE, id, 0), THROTTLE_WAIT);
	throttle_shorten(t, 4 * SEC, SEC);
	ck_assert_uint_eq(throttle_wake(t, SEC), 5 * SEC);
	ck_assert_ptr_null(throttle_next(t, 5 * SEC - 1));
	ck_assert_ptr_eq(throttle_next(t, 5 * SEC), &a);
	done(t, &a, 5 * SEC);
	throttle_free(t);
}
END_TEST

/* Who was sent back has so long from the end of each pause that he is under. */
START_TEST(gives_more_time)
{
	struct throttle_limits l = { .queue_length = 1000, .nparts = 2 };
	struct throttle *t;
	struct throttle_waiter a;
	struct throttle_request q = request_of(U, SEC);
	struct throttle_report r;
	unsigned id;

	l.parts[0] = l.parts[1] = &one_slot;
	t = new_throttle(l);
	id = make(t, 7, 0);
	q.part = 0;
	q.also = (struct throttle_also){ 1, { 1 } };
	q.named = id;
	q.again = 2 * SEC;
	q.latest = 100 * SEC;
	ck_assert_int_eq(throttle_ask(t, &a, &q, 0, &r), THROTTLE_GO);
	throttle_verdict(t, &a, BUDGET_THROTTLED, 0);
	ck_assert_int_eq(throttle_return(t, &a, 0, &r), THROTTLE_WAIT);
	ck_assert_uint_eq(throttle_deadline(t, &a), 2 * SEC);
	throttle_pause(t, 1, 10 * SEC, 0);
	ck_assert_uint_eq(throttle_deadline(t, &a), 12 * SEC);
	throttle_pause(t, THROTTLE_NAMED_PART(id), 20 * SEC, 0);
	ck_assert_uint_eq(throttle_deadline(t, &a), 22 * SEC);
	throttle_pause(t, 0, 99 * SEC, 0);
	ck_assert_uint_eq(throttle_deadline(t, &a), 100 * SEC);
	throttle_cancel(t, &a);
	throttle_free(t);
}
END_TEST

START_TEST(within_a_part)
{
	struct throttle *t = with_part();
	struct throttle_waiter a, b, c;
	unsigned id = make(t, 1, 0);

	throttle_pause(t, THROTTLE_NAMED_PART(id), SEC, 0);
	ck_assert_int_eq(ask_in(t, &a, 0, id, 0), THROTTLE_WAIT);
	/* the part's slot is free for others of the part */
	ck_assert_int_eq(ask_in(t, &b, 0, 0, 0), THROTTLE_GO);
	ck_assert_int_eq(ask_in(t, &c, THROTTLE_WHOLE, id, 0), THROTTLE_WAIT);
	/* the named part lets one go: not that one, whose part is full */
	ck_assert_ptr_eq(throttle_next(t, SEC), &c);
	ck_assert_ptr_null(throttle_next(t, SEC));
	done(t, &c, SEC);
	ck_assert_ptr_null(throttle_next(t, SEC));
	done(t, &b, SEC);
	ck_assert_ptr_eq(throttle_next(t, SEC), &a);
	done(t, &a, SEC);
	throttle_free(t);
}
END_TEST

START_TEST(who_waits_moves)
{
	struct throttle *t = new_throttle(slots(1));
	struct throttle_waiter a, b, c;
	unsigned id;

	ck_assert_int_eq(ask_in(t, &a, THROTTLE_WHOLE, 0, 0), THROTTLE_GO);
	ck_assert_int_eq(ask_in(t, &b, THROTTLE_WHOLE, 0, 0), THROTTLE_WAIT);
	ck_assert_int_eq(ask_in(t, &c, THROTTLE_WHOLE, 0, 0), THROTTLE_WAIT);
	/* the answer to a tells that b's part is empty */
	throttle_verdict(t, &a, BUDGET_THROTTLED, 1);
	id = make(t, 9, 1);
	ck_assert(throttle_named_move(t, &a, id, 1));
	throttle_pause(t, THROTTLE_NAMED_PART(id), SEC, 1);
	ck_assert(throttle_named_move(t, &b, id, 1));
	throttle_release(t, &a, 1);
	ck_assert_ptr_eq(throttle_next(t, 1), &c);
	done(t, &c, 2);
	ck_assert_ptr_null(throttle_next(t, 2));
	/* and back */
	ck_assert(throttle_named_move(t, &b, 0, 3));
	ck_assert_ptr_eq(throttle_next(t, 3), &b);
	done(t, &b, 3);
	throttle_free(t);
}
END_TEST

/* The refused one comes back, and waits for its part. */
START_TEST(returns_to_its_part)
{
	struct throttle *t = new_throttle((struct throttle_limits){
	    .queue_length = 1000 });
	struct throttle_waiter a, b;
	struct throttle_report r;
	unsigned id;

	ck_assert_int_eq(ask_in(t, &a, THROTTLE_WHOLE, 0, 0), THROTTLE_GO);
	throttle_verdict(t, &a, BUDGET_THROTTLED, 1);
	id = make(t, 9, 1);
	ck_assert(throttle_named_move(t, &a, id, 1));
	throttle_pause(t, THROTTLE_NAMED_PART(id), SEC, 1);
	ck_assert_int_eq(throttle_return(t, &a, 1, &r), THROTTLE_WAIT);
	ck_assert_uint_eq(r.start, SEC);
	ck_assert_int_eq(ask_in(t, &b, THROTTLE_WHOLE, 0, 1), THROTTLE_GO);
	ck_assert_ptr_eq(throttle_next(t, SEC), &a);
	done(t, &a, SEC);
	done(t, &b, SEC);
	throttle_free(t);
}
END_TEST

/* What has nothing to remember gives its place away; what has, does not. */
START_TEST(places)
{
	struct throttle *t = new_throttle((struct throttle_limits){
	    .queue_length = 1000 });
	uint64_t i, late = 2 * BUDGET_MEMORY;

	ck_assert(throttle_idle(t, 0));
	for (i = 1; i <= THROTTLE_NAMED_PARTS; i++)
		throttle_pause(t, THROTTLE_NAMED_PART(make(t, i, 0)), SEC, 0);
	ck_assert(!throttle_idle(t, 0));
	ck_assert_uint_eq(make(t, 1000, 0), 0);
	/* half open still is something */
	ck_assert_uint_eq(make(t, 1000, 2 * SEC), 0);
	ck_assert(throttle_idle(t, late));
	ck_assert_uint_ne(make(t, 1000, late), 0);
	ck_assert_uint_eq(throttle_named(t, &(struct throttle_key){ 1, 1 }),
	    0);
	ck_assert(throttle_idle(t, late));
	throttle_free(t);
}
END_TEST

START_TEST(backoff_and_shape)
{
	struct throttle *t = new_throttle((struct throttle_limits){
	    .queue_length = 1000 });
	unsigned id = make(t, 1, 0), part = THROTTLE_NAMED_PART(id);
	struct throttle_waiter a, b;

	ck_assert_int_eq(ask_in(t, &a, THROTTLE_WHOLE, id, 0), THROTTLE_GO);
	throttle_verdict(t, &a, BUDGET_THROTTLED, 0);
	ck_assert_uint_eq(throttle_backoff(t, part, &a, SEC, 60 * SEC, 0),
	    SEC);
	throttle_release(t, &a, 0);
	/* one left in ten seconds: the next one in five */
	throttle_shape(t, part, 1, 10 * SEC, 0);
	ck_assert_int_eq(ask_in(t, &a, THROTTLE_WHOLE, id, 0), THROTTLE_WAIT);
	ck_assert_uint_eq(throttle_wake(t, 0), 5 * SEC);
	ck_assert_int_eq(ask_in(t, &b, THROTTLE_WHOLE, 0, 0), THROTTLE_GO);
	throttle_cancel(t, &a);
	done(t, &b, 0);
	throttle_free(t);
}
END_TEST

/* New limits: parts go, named parts and their waiters stay. */
START_TEST(new_limits)
{
	struct throttle_limits none = { .queue_length = 1000 };
	const unsigned moved[THROTTLE_PARTS] = { THROTTLE_WHOLE };
	struct throttle *t = with_part(), *other;
	struct throttle_waiter a, b;
	unsigned id = make(t, 1, 0);

	throttle_pause(t, THROTTLE_NAMED_PART(id), SEC, 0);
	ck_assert_int_eq(ask_in(t, &a, 0, id, 0), THROTTLE_WAIT);
	ck_assert_int_eq(ask_in(t, &b, THROTTLE_WHOLE, id, 0), THROTTLE_WAIT);
	ck_assert(throttle_limit(t, &none, moved, 0));
	ck_assert_ptr_null(throttle_next(t, 0));
	ck_assert_ptr_eq(throttle_next(t, SEC), &a);
	done(t, &a, SEC);
	ck_assert_ptr_eq(throttle_next(t, SEC), &b);

	/* and they go with what moves elsewhere */
	throttle_verdict(t, &b, BUDGET_THROTTLED, SEC);
	throttle_pause(t, THROTTLE_NAMED_PART(id), 9 * SEC, SEC);
	other = new_throttle(none);
	throttle_inherit(other, t, NULL, SEC);
	throttle_release(t, &b, SEC);
	throttle_named_carry(t, other, &b);
	ck_assert_uint_ne(b.named, 0);
	ck_assert_uint_eq(throttle_paused_until(other,
	    THROTTLE_NAMED_PART(b.named)), 9 * SEC);
	throttle_hold(other, &b, NULL, SEC);
	throttle_release(other, &b, SEC);
	throttle_free(t);
	throttle_free(other);
}
END_TEST

/* Random histories: nobody goes before his part allows it, and all do go. */

#define ITEMS	64
#define NAMES	40

static struct item {
	struct throttle_waiter	 w;
	bool			 queued;
	bool			 held;
} items[ITEMS];

static struct throttle *t;
static uint64_t now;

static void
fetch(void)
{
	struct throttle_waiter *w;
	struct item *i;

	while ((w = throttle_next(t, now)) != NULL) {
		i = (struct item *)(void *)w;
		must(i->queued && !i->held);
		must(throttle_paused_until(t, THROTTLE_WHOLE) <= now);
		must(w->named == 0 || throttle_paused_until(t,
		    THROTTLE_NAMED_PART(w->named)) <= now);
		i->queued = false;
		i->held = true;
	}
}

static unsigned
some_part(void)
{
	struct throttle_key key = { any(NAMES), 1 };

	return throttle_named(t, &key);
}

static void
start(struct item *i)
{
	enum throttle_answer a = ask_in(t, &i->w, any(2) == 0 ?
	    THROTTLE_WHOLE : 0, some_part(), now);

	must(a == THROTTLE_GO || a == THROTTLE_WAIT);
	i->held = a == THROTTLE_GO;
	i->queued = a == THROTTLE_WAIT;
	must(!i->held || i->w.named == 0 || throttle_paused_until(t,
	    THROTTLE_NAMED_PART(i->w.named)) <= now);
}

static void
end(struct item *i)
{
	struct throttle_report r;

	throttle_verdict(t, &i->w, (enum budget_verdict)any(3), now);
	if (any(4) == 0 && throttle_return(t, &i->w, now, &r) ==
	    THROTTLE_WAIT) {
		i->held = false;
		i->queued = true;
		return;
	}
	throttle_release(t, &i->w, now);
	i->held = false;
}

static void
reload(void)
{
	struct throttle_limits l = { .queue_length = 1000, .nparts = 1 };
	const unsigned same[THROTTLE_PARTS] = { 0 };

	l.parts[0] = &one_slot;
	l.trust_priority = any(2) == 0;
	must(throttle_limit(t, &l, same, now));
}

static void
one_step(void)
{
	struct item *i = &items[any(ITEMS)];
	unsigned id;

	now += any(SEC / 4);
	switch (any(8)) {
	case 0:
		if ((id = make(t, any(NAMES), now)) != 0)
			throttle_pause(t, THROTTLE_NAMED_PART(id),
			    now + any(20 * SEC), now);
		break;
	case 1:
		throttle_named_move(t, &i->w, i->queued || i->held ?
		    some_part() : i->w.named, now);
		break;
	case 2:
		if (i->queued) {
			throttle_cancel(t, &i->w);
			i->queued = false;
		}
		break;
	case 3:
		if (any(20) == 0)
			reload();
		break;
	default:
		if (i->held)
			end(i);
		else if (!i->queued)
			start(i);
		break;
	}
	fetch();
	must(throttle_wake(t, now) > now);
}

START_TEST(histories)
{
	unsigned i, rounds;

	for (seed = 1; seed <= repetitions(40); seed++) {
		state = seed * 0x9e3779b97f4a7c15ULL;
		memset(items, 0, sizeof items);
		now = 1000 * SEC;
		t = with_part();
		for (step = 0; step < 2000; step++)
			one_step();
		for (rounds = 0; rounds < 10 * ITEMS; rounds++) {
			now += 20 * SEC;
			fetch();
			for (i = 0; i < ITEMS; i++)
				if (items[i].held) {
					done(t, &items[i].w, now);
					items[i].held = false;
				}
		}
		for (i = 0; i < ITEMS; i++)
			must(!items[i].queued);
		must(throttle_waiting(t) == 0 && throttle_inflight(t) == 0);
		now += 2 * BUDGET_MEMORY;
		must(throttle_idle(t, now));
		throttle_free(t);
	}
}
END_TEST

static Suite *
named_suite(void)
{
	Suite *suite = suite_create("throttle_named");
	TCase *c = tcase_create("named parts");

	tcase_set_timeout(c, 60);
	tcase_add_test(c, holds_its_own);
	tcase_add_test(c, is_shortened);
	tcase_add_test(c, gives_more_time);
	tcase_add_test(c, within_a_part);
	tcase_add_test(c, who_waits_moves);
	tcase_add_test(c, returns_to_its_part);
	tcase_add_test(c, places);
	tcase_add_test(c, backoff_and_shape);
	tcase_add_test(c, new_limits);
	tcase_add_test(c, histories);
	suite_add_tcase(suite, c);
	return suite;
}

int
main(void)
{
	return run_suite(named_suite());
}
