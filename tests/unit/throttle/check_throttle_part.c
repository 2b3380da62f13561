/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "check_throttle.h"

#include "throttle/throttle_estimate.h"
#include "throttle/throttle_view.h"
#include "throttle/throttle_why.h"

/*
 * What a part that a host names learns by what it refuses, and that nobody else
 * is held up by it.
 */

static struct throttle *
learner(void)
{
	return new_throttle((struct throttle_limits){
		.queue_length = 1000,
		.estimates = true,
		.probes = true,
	});
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
ask_in(struct throttle *t, struct throttle_waiter *w, unsigned named,
    uint64_t now)
{
	struct throttle_request q = request_of(U, NEVER);
	struct throttle_report r;
	enum throttle_answer a;

	q.named = named;
	a = throttle_ask(t, w, &q, now, &r);
	if (a == THROTTLE_GO)
		throttle_sent(t, w, now);
	return a;
}

static struct estimate_view
learned(struct throttle *t, unsigned named)
{
	struct estimate_view v;

	throttle_view_learned(t, THROTTLE_NAMED_PART(named), &v);
	return v;
}

/* One that goes without a part, and is refused by one. */
static void
refuse_first(struct throttle *t, unsigned named, uint64_t now)
{
	struct throttle_waiter w;

	ck_assert_int_eq(ask_in(t, &w, 0, now), THROTTLE_GO);
	ck_assert(throttle_named_move(t, &w, named, now + MS));
	throttle_part_refused(t, &w, now + MS);
	throttle_release(t, &w, now + MS);
}

START_TEST(holds_nobody_else)
{
	struct throttle *t = learner();
	unsigned a = make(t, 1, SEC), b;
	struct throttle_waiter w, other, third;
	struct throttle_report r;
	struct throttle_why why;

	ck_assert(!learned(t, a).on);
	refuse_first(t, a, SEC);
	b = make(t, 2, SEC);
	ck_assert_int_eq(learned(t, a).phase, ESTIMATE_SHUT);
	ck_assert_uint_eq(learned(t, a).refusals, 1);
	ck_assert(!learned(t, b).on);
	ck_assert_uint_eq(throttle_estimate_shut(t), 0);
	ck_assert_uint_eq(throttle_estimated(t)->refusals, 0);
	ck_assert_uint_eq(throttle_part_named(t, a, 3 * SEC, SEC + MS),
	    3 * SEC);
	ck_assert_uint_eq(throttle_paused_until(t, THROTTLE_NAMED_PART(a)),
	    3 * SEC);
	ck_assert_int_eq(ask_in(t, &w, a, SEC + 2 * MS), THROTTLE_WAIT);
	throttle_report(t, &w, SEC + 2 * MS, &r);
	ck_assert(r.of_named);
	ck_assert_int_eq(r.what, BUDGET_SHORT_PAUSE);
	ck_assert_uint_eq(r.start, 3 * SEC);
	throttle_why(t, &w, SEC + 2 * MS, &why);
	ck_assert_ptr_nonnull(why.short_of);
	ck_assert_int_eq(why.short_of->whose, THROTTLE_OF_NAMED);
	ck_assert_int_eq(ask_in(t, &other, 0, SEC + 2 * MS), THROTTLE_GO);
	ck_assert_int_eq(ask_in(t, &third, b, SEC + 2 * MS), THROTTLE_GO);
	ck_assert_uint_eq(throttle_wake(t, SEC + 2 * MS), 3 * SEC);
	ck_assert_ptr_null(throttle_next(t, 3 * SEC - 1));
	ck_assert_ptr_eq(throttle_next(t, 3 * SEC), &w);
	throttle_release(t, &w, 3 * SEC);
	throttle_release(t, &other, 3 * SEC);
	throttle_release(t, &third, 3 * SEC);
	throttle_free(t);
}
END_TEST

/* A refusal for no limit of requests is neither's, and was no question. */
START_TEST(is_nobodys)
{
	struct throttle *t = learner();
	unsigned a = make(t, 1, SEC);
	struct throttle_waiter w;
	uint64_t now = SEC;

	refuse_first(t, a, now);
	now += 2 * MS;
	ck_assert(throttle_part_named(t, a, 0, now) <= now + SEC);
	now += SEC;
	ck_assert_int_eq(ask_in(t, &w, a, now), THROTTLE_GO);
	ck_assert(throttle_asks(&w));
	throttle_refused_aside(t, &w, now + MS);
	ck_assert(!throttle_asks(&w));
	throttle_refused_aside(t, &w, now + MS);
	throttle_release(t, &w, now + MS);
	ck_assert_uint_eq(learned(t, a).refusals, 1);
	ck_assert_uint_eq(throttle_estimated(t)->refusals, 0);
	ck_assert_int_eq(throttle_estimated(t)->phase, ESTIMATE_FREE);
	ck_assert_uint_eq(throttle_estimated(t)->flying, 0);
	ck_assert_uint_eq(throttle_estimated(t)->uncounted, 0);
	/* somebody else asks, in its place */
	ck_assert_int_eq(ask_in(t, &w, a, now + 2 * MS), THROTTLE_GO);
	throttle_verdict(t, &w, BUDGET_SUCCESS, now + 3 * MS);
	throttle_release(t, &w, now + 3 * MS);
	ck_assert_int_ne(learned(t, a).phase, ESTIMATE_SHUT);
	throttle_free(t);
}
END_TEST

/* What the host refuses as a whole says nothing of a part. */
START_TEST(is_not_the_hosts)
{
	struct throttle *t = learner();
	unsigned a = make(t, 1, SEC);
	struct throttle_waiter w;

	refuse_first(t, a, SEC);
	(void)throttle_part_named(t, a, 2 * SEC, SEC + MS);
	ck_assert_int_eq(ask_in(t, &w, a, 2 * SEC), THROTTLE_GO);
	throttle_verdict(t, &w, BUDGET_SUCCESS, 2 * SEC + MS);
	throttle_release(t, &w, 2 * SEC + MS);
	ck_assert_int_eq(learned(t, a).phase, ESTIMATE_OPEN);
	ck_assert_int_eq(ask_in(t, &w, a, 2 * SEC + 2 * MS), THROTTLE_GO);
	throttle_verdict(t, &w, BUDGET_THROTTLED, 2 * SEC + 3 * MS);
	throttle_release(t, &w, 2 * SEC + 3 * MS);
	ck_assert_int_eq(learned(t, a).phase, ESTIMATE_OPEN);
	ck_assert_uint_gt(throttle_estimate_shut(t), 0);
	throttle_free(t);
}
END_TEST

#define CROWD	6
#define RTT	(10 * MS)
#define ALLOWED	10
#define WINDOW	(3 * SEC)

/* A crowd that asks again as soon as it is answered. */
struct crowd {
	struct throttle	*t;
	unsigned	 named;
	bool		 limited;
	bool		 refuse[CROWD];
	struct throttle_waiter w[CROWD];
	uint64_t	 answer[CROWD];		/* ns; 0: it waits */
	uint64_t	 log[ALLOWED];		/* of the host: when they went */
	unsigned	 at, refused, done;
};

static void
send(struct crowd *c, unsigned i, uint64_t now)
{
	throttle_sent(c->t, &c->w[i], now);
	c->answer[i] = now + RTT;
	c->refuse[i] = c->limited && c->log[c->at] != 0 &&
	    c->log[c->at] + WINDOW > now;
	if (c->refuse[i])
		return;
	c->log[c->at] = now;
	c->at = (c->at + 1) % ALLOWED;
}

static void
begin(struct crowd *c, unsigned i, uint64_t now)
{
	struct throttle_request q = request_of(U, NEVER);
	struct throttle_report r;

	q.client = i;
	q.named = c->named;
	c->answer[i] = 0;
	if (throttle_ask(c->t, &c->w[i], &q, now, &r) == THROTTLE_GO)
		send(c, i, now);
}

static void
answer(struct crowd *c, unsigned i, uint64_t now)
{
	struct throttle_report r;

	if (!c->refuse[i]) {
		throttle_verdict(c->t, &c->w[i], BUDGET_SUCCESS, now);
		throttle_release(c->t, &c->w[i], now);
		c->done++;
		begin(c, i, now);
		return;
	}
	c->refused++;
	c->answer[i] = 0;
	throttle_part_refused(c->t, &c->w[i], now);
	ck_assert_int_eq(throttle_return(c->t, &c->w[i], now, &r),
	    THROTTLE_WAIT);
}

/* Whose crowds' these are; they are served until then. */
static void
serve(struct crowd *crowds, unsigned n, uint64_t from, uint64_t until)
{
	struct throttle_waiter *w;
	uint64_t now;
	unsigned i, k;

	for (k = 0; k < n; k++)
		for (i = 0; i < CROWD; i++)
			begin(&crowds[k], i, from);
	for (now = from; now < until; now += MS) {
		for (k = 0; k < n; k++)
			for (i = 0; i < CROWD; i++)
				if (crowds[k].answer[i] == now)
					answer(&crowds[k], i, now);
		while ((w = throttle_next(crowds[0].t, now)) != NULL)
			for (k = 0; k < n; k++)
				if (w >= crowds[k].w &&
				    w < crowds[k].w + CROWD)
					send(&crowds[k], (unsigned)(w -
					    crowds[k].w), now);
	}
	for (k = 0; k < n; k++)
		for (i = 0; i < CROWD; i++)
			if (crowds[k].w[i].held)
				throttle_release(crowds[k].t,
				    &crowds[k].w[i], until);
			else
				throttle_cancel(crowds[k].t, &crowds[k].w[i]);
}

/* A part's window is found and used, and who is in none is as fast as can be. */
START_TEST(finds_its_window)
{
	static struct crowd c[2];
	struct throttle *t = learner();
	struct estimate_view v;
	uint64_t span = 90 * SEC;

	memset(c, 0, sizeof c);
	c[0] = (struct crowd){ .t = t, .named = make(t, 1, SEC),
		.limited = true };
	c[1] = (struct crowd){ .t = t };
	serve(c, 2, SEC, SEC + span);
	v = learned(t, c[0].named);
	ck_assert_uint_eq(v.nlimits, 1);
	ck_assert_int_eq(v.limits[0].kind, ESTIMATE_WINDOW);
	ck_assert_uint_eq(v.limits[0].n, ALLOWED);
	ck_assert_uint_eq(v.limits[0].period, WINDOW);
	ck_assert_uint_le(c[0].refused, CROWD + 30);
	ck_assert_uint_ge(c[0].done, span / WINDOW * ALLOWED * 19 / 20);
	ck_assert_uint_eq(c[1].refused, 0);
	/* but for the places that a host has at first */
	ck_assert_uint_ge(c[1].done, (span / RTT - 2) * CROWD);
	ck_assert_uint_eq(throttle_estimated(t)->refusals, 0);
	throttle_free(t);
}
END_TEST

/* One that has learned the window of a part. */
static struct throttle *
taught(unsigned *named, uint64_t until)
{
	static struct crowd c;
	struct throttle *t = learner();

	memset(&c, 0, sizeof c);
	*named = make(t, 1, SEC);
	c = (struct crowd){ .t = t, .named = *named, .limited = true };
	serve(&c, 1, SEC, until);
	ck_assert_uint_eq(learned(t, *named).nlimits, 1);
	return t;
}

START_TEST(outlives_its_throttle)
{
	uint64_t now = 60 * SEC;
	unsigned a, b, c;
	struct throttle *t = taught(&a, now), *heir = learner();
	struct throttle *reader = learner();
	char buf[ESTIMATE_SAVED];
	const char *text = throttle_part_save(t, a, buf, now);

	ck_assert_ptr_nonnull(text);
	throttle_inherit(heir, t, NULL, now);
	b = throttle_named(heir, &(struct throttle_key){ 1, 1 });
	ck_assert_uint_ne(b, 0);
	ck_assert_uint_eq(learned(heir, b).limits[0].n, ALLOWED);
	c = make(reader, 1, now);
	ck_assert_ptr_null(throttle_part_save(reader, c, (char [ESTIMATE_SAVED]){
	    0 }, now));
	ck_assert(throttle_part_load(reader, c, text, SEC, now));
	ck_assert_uint_eq(learned(reader, c).limits[0].n, ALLOWED);
	ck_assert_uint_eq(learned(reader, c).limits[0].period, WINDOW);
	ck_assert(!throttle_part_load(reader, c, "estimate=x", SEC, now));
	ck_assert(!throttle_idle(heir, now));
	throttle_free(t);
	throttle_free(heir);
	throttle_free(reader);
}
END_TEST

START_TEST(is_forgotten_by_order)
{
	uint64_t now = 60 * SEC;
	struct throttle_waiter w;
	unsigned a;
	struct throttle *t = taught(&a, now);

	ck_assert_int_ne(ask_in(t, &w, a, now), THROTTLE_FULL);
	throttle_renew(t, now);
	ck_assert(!learned(t, a).on);
	if (w.held)
		throttle_release(t, &w, now);
	else
		throttle_cancel(t, &w);
	throttle_free(t);
}
END_TEST

/* Nothing is to be learned any more; but the host has said until when. */
START_TEST(stays_shut_over_a_reload)
{
	const struct throttle_limits l = { .queue_length = 1000 };
	struct throttle *t = learner();
	unsigned a = make(t, 1, SEC);
	struct throttle_waiter w;

	refuse_first(t, a, SEC);
	(void)throttle_part_named(t, a, 5 * SEC, SEC + MS);
	ck_assert(throttle_limit(t, &l, NULL, 2 * SEC));
	ck_assert(!learned(t, a).on);
	ck_assert_uint_eq(throttle_paused_until(t, THROTTLE_NAMED_PART(a)),
	    5 * SEC);
	ck_assert_int_eq(ask_in(t, &w, a, 2 * SEC), THROTTLE_WAIT);
	throttle_cancel(t, &w);
	throttle_free(t);
}
END_TEST

/* Of more parts than there is room for the oldest is forgotten. */
START_TEST(forgets_the_oldest)
{
	struct throttle *t = learner();
	uint64_t now = SEC;
	unsigned i, id;

	for (i = 0; i < THROTTLE_NAMED_PARTS; i++, now += 10 * MS) {
		id = make(t, 100 + i, now);
		ck_assert_uint_ne(id, 0);
		refuse_first(t, id, now);
	}
	id = make(t, 7, now);
	ck_assert_uint_ne(id, 0);
	ck_assert(!learned(t, id).on);
	ck_assert_uint_eq(throttle_named(t, &(struct throttle_key){ 100, 1 }),
	    0);
	ck_assert_uint_ne(throttle_named(t, &(struct throttle_key){ 101, 1 }),
	    0);
	throttle_free(t);
}
END_TEST

/* Who leaves for another part is waited for no more where it was. */
START_TEST(follows_who_moves)
{
	struct throttle *t = learner();
	unsigned a = make(t, 1, SEC), b;
	struct throttle_waiter w, next;

	refuse_first(t, a, SEC);
	b = make(t, 2, SEC);
	(void)throttle_part_named(t, a, 2 * SEC, SEC + MS);
	ck_assert_int_eq(ask_in(t, &w, a, 2 * SEC), THROTTLE_GO);
	ck_assert_int_eq(ask_in(t, &next, a, 2 * SEC), THROTTLE_WAIT);
	/* it was the one that asked: now another one may */
	ck_assert(throttle_named_move(t, &w, b, 2 * SEC + MS));
	ck_assert_ptr_eq(throttle_next(t, 2 * SEC + MS), &next);
	throttle_verdict(t, &w, BUDGET_SUCCESS, 2 * SEC + 2 * MS);
	throttle_release(t, &w, 2 * SEC + 2 * MS);
	ck_assert_int_eq(learned(t, a).phase, ESTIMATE_SHUT);
	throttle_verdict(t, &next, BUDGET_SUCCESS, 2 * SEC + 2 * MS);
	throttle_release(t, &next, 2 * SEC + 2 * MS);
	ck_assert_int_eq(learned(t, a).phase, ESTIMATE_OPEN);
	throttle_free(t);
}
END_TEST

static Suite *
throttle_part_suite(void)
{
	Suite *suite = suite_create("throttle_part");
	TCase *tc = tcase_create("throttle_part");

	tcase_set_timeout(tc, 600);
	tcase_add_test(tc, holds_nobody_else);
	tcase_add_test(tc, is_nobodys);
	tcase_add_test(tc, is_not_the_hosts);
	tcase_add_test(tc, finds_its_window);
	tcase_add_test(tc, outlives_its_throttle);
	tcase_add_test(tc, is_forgotten_by_order);
	tcase_add_test(tc, stays_shut_over_a_reload);
	tcase_add_test(tc, forgets_the_oldest);
	tcase_add_test(tc, follows_who_moves);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(throttle_part_suite());
}
