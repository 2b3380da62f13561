/* SPDX-License-Identifier: ISC */
#include "check_throttle.h"

#include "throttle/throttle_estimate.h"
#include "throttle/throttle_view.h"

/*
 * What a throttle does with an estimate: it stays over a reload, follows who
 * moves, and is forgotten where that was ordered.
 */

#define RTT	MS

static struct throttle *
learner(void)
{
	return new_throttle((struct throttle_limits){
		.queue_length = 1000,
		.estimates = true,
		.probes = true,
	});
}

/* One that goes now, and is sent. */
static void
send_one(struct throttle *t, struct throttle_waiter *w, uint64_t now)
{
	ask(t, w, U, NEVER, now, THROTTLE_GO);
	throttle_sent(t, w, now);
}

static void
answer(struct throttle *t, struct throttle_waiter *w,
    enum budget_verdict verdict, uint64_t now)
{
	throttle_verdict(t, w, verdict, now);
	throttle_release(t, w, now);
}

/* Three are served, then so many are refused. */
static void
refuse(struct throttle *t, unsigned n, uint64_t now)
{
	struct throttle_waiter w;
	unsigned i;

	for (i = 0; i < 3 + n; i++, now += RTT) {
		send_one(t, &w, now);
		answer(t, &w, i < 3 ? BUDGET_SUCCESS : BUDGET_THROTTLED,
		    now + RTT);
	}
}

static bool
limit(struct throttle *t, bool estimates, bool probes, uint64_t now)
{
	const struct throttle_limits l = {
		.queue_length = 1000,
		.estimates = estimates,
		.probes = probes,
	};

	return throttle_limit(t, &l, NULL, now);
}

static struct throttle_waiter
waits(struct throttle *t, uint64_t now)
{
	struct throttle_waiter w;

	ask(t, &w, U, NEVER, now, THROTTLE_WAIT);
	throttle_cancel(t, &w);
	return w;
}

START_TEST(stays_over_a_reload)
{
	struct throttle *t = learner();
	uint64_t shut;

	refuse(t, 2, SEC);
	shut = throttle_estimate_shut(t);
	ck_assert_uint_gt(shut, SEC + 10 * RTT);
	ck_assert(throttle_estimated(t)->probes);
	ck_assert(limit(t, true, false, SEC + 10 * RTT));
	ck_assert_uint_eq(throttle_estimate_shut(t), shut);
	ck_assert(!throttle_estimated(t)->probes);
	(void)waits(t, SEC + 10 * RTT);
	throttle_free(t);
}
END_TEST

START_TEST(is_forgotten_where_nothing_is_learned)
{
	struct throttle *t = learner();
	struct throttle_waiter w;

	refuse(t, 2, SEC);
	(void)waits(t, SEC + 10 * RTT);
	ck_assert(limit(t, false, false, SEC + 10 * RTT));
	ck_assert_ptr_null(throttle_estimated(t));
	ck_assert_uint_eq(throttle_estimate_shut(t), 0);
	send_one(t, &w, SEC + 10 * RTT);
	answer(t, &w, BUDGET_SUCCESS, SEC + 11 * RTT);
	throttle_free(t);
}
END_TEST

START_TEST(is_forgotten_by_order)
{
	struct throttle *t = learner();
	struct throttle_waiter kept, w;
	struct throttle_view v;

	send_one(t, &kept, SEC);
	refuse(t, 1, SEC);
	throttle_renew(t, SEC + 10 * RTT);
	throttle_view(t, SEC + 10 * RTT, &v);
	ck_assert(v.estimate.on);
	ck_assert_int_eq(v.estimate.phase, ESTIMATE_FREE);
	ck_assert_uint_eq(v.estimate.refusals, 0);
	/* who is on his way is, still */
	ck_assert_uint_eq(throttle_estimated(t)->flying, 1);
	send_one(t, &w, SEC + 10 * RTT);
	answer(t, &w, BUDGET_SUCCESS, SEC + 11 * RTT);
	/* and his answer says nothing of now */
	answer(t, &kept, BUDGET_THROTTLED, SEC + 12 * RTT);
	ck_assert_uint_eq(throttle_estimated(t)->flying, 0);
	ck_assert_uint_eq(throttle_estimate_shut(t), 0);
	throttle_free(t);
}
END_TEST

/* Who moves here with his request on its way has a place in its window. */
START_TEST(follows_who_moves)
{
	struct throttle *from = new_throttle(slots(0)), *to = learner();
	struct throttle_waiter moved[2], w;

	throttle_estimate_told(to, 3, 10 * SEC, SEC);
	send_one(from, &moved[0], SEC);
	send_one(from, &moved[1], SEC);
	/* the host has counted the second one elsewhere */
	throttle_verdict(from, &moved[1], BUDGET_SUCCESS, SEC + RTT);
	throttle_release(from, &moved[0], SEC + RTT);
	throttle_release(from, &moved[1], SEC + RTT);
	throttle_hold(to, &moved[0], NULL, SEC + RTT);
	throttle_hold(to, &moved[1], NULL, SEC + RTT);
	/* and his answer has come */
	ck_assert_uint_eq(throttle_estimated(to)->flying, 1);
	send_one(to, &w, SEC + RTT);
	answer(to, &w, BUDGET_SUCCESS, SEC + 2 * RTT);
	send_one(to, &w, SEC + 2 * RTT);
	answer(to, &w, BUDGET_SUCCESS, SEC + 3 * RTT);
	(void)waits(to, SEC + 3 * RTT);
	throttle_release(to, &moved[0], SEC + 4 * RTT);
	throttle_release(to, &moved[1], SEC + 4 * RTT);
	ck_assert_uint_eq(throttle_estimated(to)->flying, 0);
	throttle_free(from);
	throttle_free(to);
}
END_TEST

/* What the host will not see takes no place. */
START_TEST(counts_what_is_sent)
{
	struct throttle *t = learner();
	struct throttle_waiter w;
	unsigned i;

	throttle_estimate_told(t, 2, 10 * SEC, SEC);
	for (i = 0; i < 8; i++) {
		ask(t, &w, U, NEVER, SEC, THROTTLE_GO);
		throttle_unsent(t, &w, SEC);
		answer(t, &w, BUDGET_NEUTRAL, SEC);
	}
	for (i = 0; i < 2; i++) {
		send_one(t, &w, SEC);
		answer(t, &w, BUDGET_SUCCESS, SEC);
	}
	(void)waits(t, SEC);
	throttle_free(t);
}
END_TEST

/* Asks until it goes; returns when that was (ns). */
static uint64_t
go_in_turn(struct throttle *t, struct throttle_waiter *w, uint64_t now)
{
	struct throttle_request q = request_of(U, NEVER);
	struct throttle_report r;

	if (throttle_ask(t, w, &q, now, &r) == THROTTLE_WAIT) {
		now = throttle_wake(t, now);
		ck_assert_uint_ne(now, NEVER);
		ck_assert_ptr_eq(throttle_next(t, now), w);
	}
	throttle_sent(t, w, now);
	return now;
}

static struct throttle *
shaper(void)
{
	return new_throttle((struct throttle_limits){
		.queue_length = 1000,
		.named_window = true,
	});
}

/*
 * Nothing is learned, but the window that the host names is kept: with what went
 * before it was named, and by nobody who was refused.
 */
START_TEST(keeps_a_named_window)
{
	struct throttle *t = shaper();
	struct throttle_waiter w;
	struct throttle_view v;
	uint64_t now = SEC;
	unsigned i;

	throttle_counted_within(t, SEC);
	send_one(t, &w, now);
	answer(t, &w, BUDGET_SUCCESS, now += RTT);
	ck_assert(!throttle_estimate_own(t, 3, 2, now));
	throttle_estimate_told(t, 3, 10 * SEC, now);
	ck_assert(throttle_estimate_own(t, 3, 2, now));
	/* others have used one, too; of another limit nothing is known */
	ck_assert(!throttle_estimate_own(t, 3, 1, now));
	ck_assert(!throttle_estimate_own(t, 4, 4, now));
	send_one(t, &w, now);
	answer(t, &w, BUDGET_THROTTLED, now += RTT);
	ck_assert(!throttle_asks(&w));
	for (i = 0; i < 2; i++) {
		send_one(t, &w, now);
		/* which the host may have counted already */
		ck_assert(throttle_estimate_own(t, 3, 1 - i, now));
		answer(t, &w, BUDGET_SUCCESS, now += RTT);
	}
	ck_assert(throttle_estimate_own(t, 3, 0, now));
	ck_assert(throttle_estimate_spent(t, now));
	w = waits(t, now);
	throttle_view(t, now, &v);
	ck_assert(!v.estimate.on);
	ck_assert_ptr_null(throttle_estimated(t));
	ck_assert_uint_eq(throttle_estimate_shut(t), 0);
	now = go_in_turn(t, &w, now);
	ck_assert_uint_ge(now, SEC + 10 * SEC);
	ck_assert_uint_le(now, SEC + 10 * SEC + 60 * MS);
	throttle_verdict(t, &w, BUDGET_SUCCESS, now);
	throttle_release(t, &w, now);
	throttle_free(t);
}
END_TEST

START_TEST(says_what_a_named_window_is_short_of)
{
	struct throttle *t = shaper();
	struct throttle_request q = request_of(U, NEVER);
	struct throttle_report r;
	struct throttle_waiter w;

	throttle_estimate_told(t, 1, 10 * SEC, SEC);
	send_one(t, &w, SEC);
	answer(t, &w, BUDGET_SUCCESS, SEC + RTT);
	ck_assert_int_eq(throttle_ask(t, &w, &q, SEC + RTT, &r),
	    THROTTLE_WAIT);
	ck_assert_int_eq(r.what, BUDGET_SHORT_SHAPE);
	ck_assert_uint_ge(r.start, 11 * SEC);
	throttle_cancel(t, &w);
	/* an operator's order lets it go */
	throttle_open(t, SEC + RTT);
	send_one(t, &w, SEC + RTT);
	answer(t, &w, BUDGET_SUCCESS, SEC + 2 * RTT);
	throttle_free(t);
}
END_TEST

/* What is kept is of its kind: learned or named, as a reload has it. */
START_TEST(named_is_not_learned)
{
	struct throttle_limits l = { .queue_length = 1000, .named_window = true };
	struct throttle *t = learner();
	char text[ESTIMATE_SAVED];
	struct throttle_waiter w;

	refuse(t, 2, SEC);
	ck_assert(throttle_limit(t, &l, NULL, SEC + 10 * RTT));
	ck_assert_ptr_null(throttle_estimated(t));
	throttle_renew(t, SEC + 10 * RTT);
	throttle_estimate_told(t, 1, 10 * SEC, SEC + 10 * RTT);
	send_one(t, &w, SEC + 10 * RTT);
	answer(t, &w, BUDGET_SUCCESS, SEC + 11 * RTT);
	ck_assert_ptr_null(throttle_estimate_save(t, text, SEC + 11 * RTT));
	(void)waits(t, SEC + 11 * RTT);
	/* the same again: it stays */
	ck_assert(throttle_limit(t, &l, NULL, SEC + 11 * RTT));
	(void)waits(t, SEC + 11 * RTT);
	l.named_window = false;
	ck_assert(throttle_limit(t, &l, NULL, SEC + 11 * RTT));
	ck_assert(!throttle_estimate_own(t, 1, 0, SEC + 11 * RTT));
	send_one(t, &w, SEC + 11 * RTT);
	answer(t, &w, BUDGET_SUCCESS, SEC + 12 * RTT);
	throttle_free(t);
}
END_TEST

/* A host that refills by ten in a second, and has room for ten. */
static bool
bucket_admits(uint64_t *full_at, uint64_t now)
{
	if (*full_at < now)
		*full_at = now;
	if (*full_at + 100 * MS > now + SEC)
		return false;
	*full_at += 100 * MS;
	return true;
}

START_TEST(shows_a_bucket)
{
	struct throttle *t = learner();
	struct throttle_waiter w;
	struct throttle_view v;
	const struct estimate_limit *l = &v.estimate.limits[0];
	uint64_t full_at = 0, now = SEC, refused = 0;

	while (now < 60 * SEC) {
		now = go_in_turn(t, &w, now);
		if (bucket_admits(&full_at, now)) {
			answer(t, &w, BUDGET_SUCCESS, now += RTT);
			continue;
		}
		answer(t, &w, BUDGET_THROTTLED, now += RTT);
		refused++;
	}
	throttle_view(t, now, &v);
	ck_assert_uint_eq(v.estimate.refusals, refused);
	ck_assert_uint_eq(v.estimate.nlimits, 1);
	ck_assert_int_eq(l->kind, ESTIMATE_BUCKET);
	ck_assert_uint_eq(l->period, 60 * SEC);
	ck_assert_uint_ge(l->n, 540);
	ck_assert_uint_le(l->n, 610);
	ck_assert_uint_ge(l->burst, 1);
	ck_assert_uint_gt(l->confidence, 50);
	throttle_free(t);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("throttle_estimate");
	TCase *tc = tcase_create("throttle_estimate");

	tcase_add_test(tc, stays_over_a_reload);
	tcase_add_test(tc, is_forgotten_where_nothing_is_learned);
	tcase_add_test(tc, is_forgotten_by_order);
	tcase_add_test(tc, follows_who_moves);
	tcase_add_test(tc, counts_what_is_sent);
	tcase_add_test(tc, shows_a_bucket);
	tcase_add_test(tc, keeps_a_named_window);
	tcase_add_test(tc, says_what_a_named_window_is_short_of);
	tcase_add_test(tc, named_is_not_learned);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
