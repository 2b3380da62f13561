/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>

#include "check_estimate_sim.h"
#include "check_run.h"

/*
 * Several proxies that share what they learn of one host (lease_learn.h,
 * learn_account.h): the host refuses no more than it refuses one proxy, and all
 * is done as soon, whoever is killed, comes later, or is not heard.
 */

#define TTL	SEC

/* The grantor */

static struct lease_learn		 g;
static struct lease_learn_answer	 a;

static struct lease_learn_question
question(uint64_t holder, uint64_t number)
{
	return (struct lease_learn_question){ .holder = holder,
		.number = number, .wants = true, .ahead = 16, .ttl = TTL };
}

static void
setup(void)
{
	lease_learn_init(&g);
	g.run = 1;
}

static void
asks(const struct lease_learn_question *q, uint64_t now)
{
	lease_learn_grant(&g, q, 1, now, &a);
}

/* One that is offered: it has the loan, with that text. */
static uint64_t
offered(uint64_t now)
{
	struct lease_learn_question q = question(1, 1);

	q.text = "one";
	asks(&q, now);
	must(a.known && a.serial != 0 && a.text == NULL && !a.free);
	must(a.ends == now + TTL);
	return a.serial;
}

START_TEST(passes_until_something_is_known)
{
	struct lease_learn_question q = question(1, 1);

	asks(&q, 5 * SEC);
	must(a.free && !a.known && a.serial == 0 && a.ends == 6 * SEC);
	q = question(2, 1);
	asks(&q, 5 * SEC);
	must(a.free);
	offered(6 * SEC);
	asks(&q, 6 * SEC);
	must(!a.free && a.known && a.serial == 0 && a.again_at > 6 * SEC);
}
END_TEST

START_TEST(one_has_it_at_a_time)
{
	struct lease_learn_question q = question(2, 1);
	uint64_t serial = offered(5 * SEC);

	asks(&q, 5 * SEC + 1);
	must(a.serial == 0 && a.again_at <= 5 * SEC + 1 + TTL / 2);
	q = question(1, 2);
	q.has = true;
	q.known = serial;
	q.text = "two";
	asks(&q, 5 * SEC + 2);
	must(a.serial == serial && a.others && a.ends == 6 * SEC + 2);
	q.returns = true;
	q.number++;
	q.text = "three";
	asks(&q, 5 * SEC + 3);
	must(a.serial == 0);
	q = question(2, 2);
	asks(&q, 5 * SEC + 4);
	must(a.serial == serial + 1 && a.lost == 0);
	must(strcmp(a.text, "three") == 0 && a.written == 5 * SEC + 3);
}
END_TEST

/* Nobody waits for what who leaves has: nothing of it is lost. */
START_TEST(who_leaves_gives_it_back)
{
	const struct lease_terms terms = { .source = LEASE_STORE };
	struct learn_account *account = learn_account_new(1, &terms, 4 * SEC);
	struct lease_learn_question q = question(2, 1);
	char text[ESTIMATE_SAVED];
	struct estimate e;

	must(account != NULL);
	estimate_init(&e, true);
	must(!learn_account_leave(account, &e, true, text, 5 * SEC));
	account->known = offered(5 * SEC);
	account->question.number = 1;
	account->has = account->recorded = true;
	account->ends = 6 * SEC;
	e.flying = 3;
	learn_account_went(account);
	must(learn_account_leave(account, &e, true, text, 5 * SEC + 1));
	must(!learn_account_may(account, 5 * SEC + 1));
	must(account->question.flying == 0);
	asks(&account->question, 5 * SEC + 1);
	must(a.serial == 0);
	asks(&q, 5 * SEC + 2);
	must(a.serial == account->known + 1 && a.lost == 0);
	must(a.text != NULL && a.written == 5 * SEC + 1);
	learn_account_free(account);
	estimate_clear(&e);
}
END_TEST

/* What it may have sent besides is told to the next one; it comes too late. */
START_TEST(who_is_silent_loses_it)
{
	struct lease_learn_question q = question(2, 1);
	uint64_t serial = offered(5 * SEC);

	asks(&q, 6 * SEC - 1);
	must(a.serial == 0);
	q.number++;
	asks(&q, 6 * SEC);
	must(a.serial == serial + 1 && a.lost == 16);
	must(strcmp(a.text, "one") == 0);
	q = question(1, 2);
	q.has = true;
	q.known = serial;
	q.text = "late";
	asks(&q, 6 * SEC + 1);
	must(a.serial == 0 && strcmp(g.text, "one") == 0);
}
END_TEST

/* Who did not hear of its loan asks again, and nothing is lost. */
START_TEST(an_answer_is_lost)
{
	struct lease_learn_question q = question(1, 2);
	uint64_t serial = offered(5 * SEC);

	asks(&q, 5 * SEC + 1);
	must(a.serial == serial + 1 && a.lost == 0);
}
END_TEST

START_TEST(who_waits_longest_is_next)
{
	struct lease_learn_question q = question(2, 1);
	uint64_t serial = offered(5 * SEC);

	asks(&q, 5 * SEC + 1);
	q = question(3, 1);
	asks(&q, 5 * SEC + 2);
	q = question(1, 2);
	q.has = q.returns = true;
	q.known = serial;
	asks(&q, 5 * SEC + 3);
	must(a.serial == 0 && a.again_at > 5 * SEC + 3);
	q = question(3, 2);
	asks(&q, 5 * SEC + 4);
	must(a.serial == 0);
	q = question(2, 2);
	asks(&q, 5 * SEC + 5);
	must(a.serial != 0);
}
END_TEST

START_TEST(one_in_line_that_is_gone_is_passed_over)
{
	struct lease_learn_question q = question(2, 1);
	uint64_t serial = offered(5 * SEC);

	asks(&q, 5 * SEC + 1);
	q = question(1, 2);
	q.has = q.returns = true;
	q.wants = false;
	q.known = serial;
	asks(&q, 5 * SEC + 3);
	q = question(3, 1);
	asks(&q, 5 * SEC + 4);
	must(a.serial == 0);
	q.number++;
	asks(&q, a.again_at);
	must(a.serial != 0);
}
END_TEST

/* What went by passes from others comes to who has the loan, once. */
START_TEST(all_that_went_is_told)
{
	struct lease_learn_question q = question(2, 1);
	uint64_t serial = offered(5 * SEC);

	q.went = 30;
	q.began = 2 * SEC;
	asks(&q, 5 * SEC + 1);
	asks(&q, 5 * SEC + 2);
	q = question(1, 2);
	q.has = true;
	q.known = serial;
	asks(&q, 5 * SEC + 3);
	must(a.went == 30 && a.began == 3 * SEC + 1);
}
END_TEST

/* A store that has lost all, or the last: nobody goes until all have ended. */
START_TEST(another_run)
{
	struct lease_learn_question q = question(2, 1);
	uint64_t serial = offered(5 * SEC);

	if (_i == 1) {
		lease_learn_init(&g);
		g.run = 1;
	}
	lease_learn_grant(&g, &q, 2, 5 * SEC + 1, &a);
	must(a.serial == 0 && !a.free && a.again_at > 5 * SEC + 1);
	/* who has the loan goes on */
	q = question(1, 2);
	q.has = true;
	q.known = serial;
	q.text = "newer";
	lease_learn_grant(&g, &q, 2, 5 * SEC + 2, &a);
	must(a.serial == serial && a.known);
	q = question(2, 2);
	lease_learn_grant(&g, &q, 2, 6 * SEC + 1, &a);
	must(a.serial == 0);
	q.number++;
	lease_learn_grant(&g, &q, 2, 6 * SEC + 2 * MS, &a);
	must(a.serial == serial + 1 && strcmp(a.text, "newer") == 0);
}
END_TEST

/* Nobody had it: what is there may be old. */
START_TEST(what_was_lost_is_not_known)
{
	struct lease_learn_question q = question(2, 1);

	offered(5 * SEC);
	lease_learn_grant(&g, &q, 2, 9 * SEC, &a);
	must(a.serial == 0);
	q.number++;
	lease_learn_grant(&g, &q, 2, 11 * SEC, &a);
	must(a.serial != 0 && a.lost == LEARN_ALL);
}
END_TEST

START_TEST(a_clock_that_was_set_back)
{
	struct lease_learn_question q = question(2, 1);

	offered(3600 * SEC);
	asks(&q, 5 * SEC);
	must(a.serial == 0 && a.now == 5 * SEC && a.again_at > 5 * SEC);
	q.number++;
	asks(&q, 7 * SEC);
	must(a.serial != 0 && a.lost == LEARN_ALL);
}
END_TEST

START_TEST(there_is_room_for_so_many)
{
	struct lease_learn_question q;
	unsigned i;

	for (i = 1; i <= LEARN_HOLDERS; i++) {
		q = question(i, 1);
		asks(&q, 5 * SEC);
		must(a.free);
	}
	q = question(i, 1);
	asks(&q, 5 * SEC);
	must(!a.free && a.again_at == 6 * SEC);
	asks(&q, 9 * SEC);
	must(a.free);
}
END_TEST

/* Lives */

static const struct life {
	const char	*what;
	struct trial	 x;
	double		 refused;	/* beyond those at first; mean */
	double		 time;		/* of one that knows it; mean */
} lives[] = {
#define HOST(kind_, proxies_, latency_) .limits = {{ .kind = kind_, \
	.n = kind_ == SLOTS ? 4 : 80, \
	.w = kind_ == SLOTS ? 200 * MS : 6 * SEC }}, .nlimits = 1, \
	.clients = 24, .total = 800, .proxies = proxies_, .trip = MS, \
	.latency = latency_
#define SHORT(kind_, proxies_) .limits = {{ .kind = kind_, .n = 80, \
	.w = 2 * SEC }}, .nlimits = 1, .clients = 24, .total = 480, \
	.proxies = proxies_, .trip = MS, .latency = 5 * MS, .jitter = 5 * MS
#define NEAR(kind_, proxies_, latency_) .limits = {{ .kind = kind_, \
	.n = 80, .w = 2 * SEC }}, .nlimits = 1, .clients = 24, .total = 480, \
	.proxies = proxies_, .trip = MS, .latency = latency_, .slots = 8
/* it has counted what it admits long before it answers */
#define WORKS(kind_, proxies_) .limits = {{ .kind = kind_, \
	.n = 80, .w = 2 * SEC }}, .nlimits = 1, .clients = 24, .total = 480, \
	.proxies = proxies_, .trip = MS, .latency = MS, .work = 150 * MS, \
	.slots = 8, .within = 100 * MS
	{ "fixed, two", { HOST(FIXED, 2, MS) }, 30, 1.03 },
	{ "fixed, four", { HOST(FIXED, 4, MS) }, 30, 1.03 },
	{ "fixed, eight", { HOST(FIXED, 8, MS) }, 32, 1.05 },
	{ "fixed, four, far", { HOST(FIXED, 4, 50 * MS) }, 30, 1.03 },
	{ "fixed, four, named", { HOST(FIXED, 4, MS), .names = true }, 15,
	    1.03 },
	{ "sliding, two", { HOST(SLIDING, 2, MS) }, 20, 1.03 },
	{ "sliding, four", { HOST(SLIDING, 4, MS) }, 20, 1.05 },
	{ "sliding, four, far", { HOST(SLIDING, 4, 50 * MS) }, 20, 1.05 },
	{ "bucket, two", { HOST(BUCKET, 2, MS) }, 30, 1.03 },
	{ "bucket, four", { HOST(BUCKET, 4, MS) }, 30, 1.03 },
	{ "sliding, four, short", { SHORT(SLIDING, 4) }, 20, 1.05 },
	{ "fixed, four, short", { SHORT(FIXED, 4) }, 35, 1.03 },
	{ "bucket, four, short", { SHORT(BUCKET, 4) }, 30, 1.03 },
	/* its slots allow hardly more than the host does */
	{ "sliding, two, short, slots near it", { NEAR(SLIDING, 2,
	    150 * MS) }, 20, 1.05 },
	{ "sliding, four, short, slots near it", { NEAR(SLIDING, 4,
	    150 * MS) }, 20, 1.15 },
	{ "fixed, four, short, slots near it", { NEAR(FIXED, 4,
	    150 * MS) }, 30, 1.15 },
	{ "sliding, one, short, slots and work near it", { WORKS(SLIDING, 1) },
	    20, 1.15 },
	{ "sliding, four, short, slots and work near it", { WORKS(SLIDING,
	    4) }, 20, 1.15 },
	{ "fixed, four, short, slots and work near it", { WORKS(FIXED,
	    4) }, 30, 1.15 },
	{ "sliding, four, short, slots below it", { NEAR(SLIDING, 4,
	    2 * SEC) }, 20, 1.05 },
	{ "slots, four", { HOST(SLOTS, 4, MS) }, 10, 1.1 },
	{ "fixed, four, told", { HOST(FIXED, 4, MS), .fields = WINDOW }, 10,
	    1.2 },
	{ "sliding, four, told", { HOST(SLIDING, 4, MS), .fields = WINDOW },
	    10, 1.2 },
	{ "fixed, two, with slots", { HOST(FIXED, 2, 50 * MS), .slots = 4 },
	    30, 1.05 },
	{ "fixed, four, with slots", { HOST(FIXED, 4, 50 * MS), .slots = 4 },
	    30, 1.05 },
	{ "sliding, four, with slots", { HOST(SLIDING, 4, 50 * MS),
	    .slots = 8 }, 20, 1.05 },
	{ "bucket, four, with slots", { HOST(BUCKET, 4, 50 * MS),
	    .slots = 3 }, 30, 1.05 },
	{ "fixed, four, with few slots", { HOST(FIXED, 4, 500 * MS),
	    .slots = 8 }, 30, 1.15 },
	{ "fixed, one with slots is killed", { HOST(FIXED, 4, 50 * MS),
	    .slots = 4, .killed = 20 * SEC }, 35, 1.1 },
	{ "fixed, lossy, with slots", { HOST(FIXED, 4, 50 * MS), .slots = 4,
	    .lossy = 5 }, 35, 1.15 },
	{ "fixed, one is killed", { HOST(FIXED, 4, MS), .killed = 20 * SEC },
	    30, 1.05 },
	{ "sliding, one is killed", { HOST(SLIDING, 4, MS),
	    .killed = 20 * SEC }, 20, 1.06 },
	{ "bucket, one is killed", { HOST(BUCKET, 4, MS),
	    .killed = 20 * SEC }, 36, 1.05 },
	{ "fixed, killed again and again", { HOST(FIXED, 4, MS),
	    .killed = SEC, .every = 3 * SEC }, 60, 1.4 },
	{ "fixed, ends again and again", { HOST(FIXED, 4, MS),
	    .killed = SEC, .every = 3 * SEC, .parts = true }, 40, 1.05 },
	{ "fixed, lossy", { HOST(FIXED, 4, MS), .lossy = 5 }, 35, 1.1 },
	{ "sliding, lossy", { HOST(SLIDING, 4, MS), .lossy = 5 }, 25, 1.1 },
	{ "bucket, lossy", { HOST(BUCKET, 4, MS), .lossy = 5 }, 35, 1.05 },
	{ "slots, lossy", { HOST(SLOTS, 4, MS), .lossy = 5 }, 12, 1.15 },
	{ "fixed, an empty store", { HOST(FIXED, 4, MS),
	    .emptied = 20 * SEC }, 32, 1.1 },
	{ "sliding, an empty store", { HOST(SLIDING, 4, MS),
	    .emptied = 20 * SEC }, 25, 1.1 },
	/* what it learns of a host that was shut costs more than the order */
	{ "fixed, an order ends it", { HOST(FIXED, 4, MS), .names = true,
	    .down = 20 * SEC, .down_until = 1000 * SEC,
	    .resumed = 30 * SEC }, 30, 1.5 },
	{ "sliding, an order ends it, lossy", { HOST(SLIDING, 4, MS),
	    .names = true, .down = 20 * SEC, .down_until = 1000 * SEC,
	    .resumed = 30 * SEC, .lossy = 5 }, 35, 1.5 },
	/* the others go on, and it makes up for it */
	{ "fixed, one is held back", { HOST(FIXED, 4, MS), .held = 15 * SEC,
	    .unheld = 35 * SEC }, 30, 1.05 },
	{ "sliding, one is held back", { HOST(SLIDING, 4, MS),
	    .held = 15 * SEC, .unheld = 35 * SEC }, 20, 1.06 },
	{ "fixed, one of two is held back", { HOST(FIXED, 2, MS),
	    .held = 15 * SEC, .unheld = 25 * SEC }, 30, 1.0 },
	{ "fixed, a newcomer", { HOST(FIXED, 4, MS),
	    .newcomer = 20 * SEC }, 30, 1.03 },
	{ "sliding, a newcomer", { HOST(SLIDING, 4, MS),
	    .newcomer = 20 * SEC }, 20, 1.06 },
	{ "fixed, nobody hears it", { HOST(FIXED, 4, MS), .away = 20 * SEC,
	    .back = 35 * SEC, .without = LEASE_NOWHERE }, 35, 1.5 },
	{ "fixed, parts meanwhile", { HOST(FIXED, 4, MS), .away = 20 * SEC,
	    .back = 35 * SEC, .without = LEASE_OWN }, 110, 1.3 },
};

#define SEEDS	10

START_TEST(learn_together)
{
	const struct life *l = &lives[_i];
	unsigned i, seeds = repetitions(SEEDS);
	double refused = 0, time = 0, newcomers = 0;
	struct outcome found, known;
	struct trial x;

	for (i = 1; i <= seeds; i++) {
		x = l->x;
		x.seed = i;
		x.shared = true;
		found = simulate(x);
		must(found.done == x.total);
		x.knows = true;
		x.shared = false;
		x.proxies = 1;
		x.held = 0;
		known = simulate(x);
		refused += (double)(found.refused - found.at_first) / SEEDS;
		newcomers += (double)found.new_refused / SEEDS;
		time += (double)found.time / (double)known.time / SEEDS;
	}
	if (seeds < SEEDS)
		return;
	if (getenv("LEARN_TABLE") != NULL)
		printf("%s: %.1f refused, %.3f of the time, %.1f of the "
		    "newcomer\n", l->what, refused, time, newcomers);
	else if (refused > l->refused || time > l->time || newcomers > 1)
		ck_abort_msg("%s: %.1f refused, %.3f of the time, %.1f of the "
		    "newcomer", l->what, refused, time, newcomers);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lease_learn");
	TCase *tc = tcase_create("grantor");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, passes_until_something_is_known);
	tcase_add_test(tc, one_has_it_at_a_time);
	tcase_add_test(tc, who_leaves_gives_it_back);
	tcase_add_test(tc, who_is_silent_loses_it);
	tcase_add_test(tc, an_answer_is_lost);
	tcase_add_test(tc, who_waits_longest_is_next);
	tcase_add_test(tc, one_in_line_that_is_gone_is_passed_over);
	tcase_add_test(tc, all_that_went_is_told);
	tcase_add_loop_test(tc, another_run, 0, 2);
	tcase_add_test(tc, what_was_lost_is_not_known);
	tcase_add_test(tc, a_clock_that_was_set_back);
	tcase_add_test(tc, there_is_room_for_so_many);
	suite_add_tcase(s, tc);
	tc = tcase_create("together");
	tcase_set_timeout(tc, 300);
	ROWS(tc, learn_together, lives);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
