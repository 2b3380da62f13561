/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_count.h"

#include "check_run.h"

#define MS	UINT64_C(1000000)
#define SERIES	2

static struct loop loop;
static struct exchanges all;
static struct rule rule;
static struct exchange x;

static void
setup(void)
{
	stats_free();
	loop = (struct loop){ .stats = stats_new() };
	ck_assert_ptr_nonnull(loop.stats);
	all = (struct exchanges){ .loop = &loop };
	rule = (struct rule){ .series = SERIES };
	x = (struct exchange){ .exchanges = &all, .ticket.rule = &rule };
	exchange_count_begin(&x);
}

static void
teardown(void)
{
	stats_free();
}

static struct stats_block
sum_of(unsigned series)
{
	struct stats_block b = { 0 };

	stats_sum(series, &b);
	return b;
}

START_TEST(end_has_an_outcome)
{
	struct stats_block b;

	x.cost = 1500000;
	exchange_count_end(&x, ACCESS_FORWARDED);
	exchange_count_end(&x, ACCESS_CLIENT_GONE);
	b = sum_of(SERIES);
	ck_assert_uint_eq(b.requests[STATS_FORWARDED], 1);
	ck_assert_uint_eq(b.requests[STATS_CLIENT_GONE], 1);
	ck_assert_uint_eq(b.cost, 3000000);
	ck_assert_uint_eq(b.refusals[STATS_QUEUE_FULL], 0);
}
END_TEST

/* As many refusals as requests that we refused, or aborted. */
START_TEST(end_of_a_refusal_has_a_reason)
{
	struct stats_block b;

	x.refusal = STATS_MAX_WAIT;
	exchange_count_end(&x, ACCESS_REFUSED);
	exchange_count_end(&x, ACCESS_ABORTED);
	exchange_count_end(&x, ACCESS_FORWARDED);
	b = sum_of(SERIES);
	ck_assert_uint_eq(b.refusals[STATS_MAX_WAIT], 2);
	ck_assert_uint_eq(b.requests[STATS_REFUSED], 1);
	ck_assert_uint_eq(b.requests[STATS_ABORTED], 1);
}
END_TEST

START_TEST(wait_is_of_who_asked)
{
	struct stats_block b;

	x.queued = 100;
	x.ticket.waiter.fair.cost = 7;
	exchange_count_wait(&x, true, 100 + 2 * MS);
	exchange_count_wait(&x, false, 100 + 2 * MS);
	b = sum_of(SERIES);
	ck_assert_uint_eq(b.wait.buckets[1], 2);
	ck_assert_uint_eq(b.wait.sum, 4 * MS);
	/* who gave up has spent nothing */
	ck_assert_uint_eq(x.cost, 7);
	ck_assert_uint_eq(x.forwarded, 100 + 2 * MS);
}
END_TEST

static const struct {
	int		 status;
	unsigned	 class;
	bool		 final;
} responses[] = {
	{ 100, 0, false }, { 101, 0, true }, { 103, 0, false },
	{ 200, 1, true }, { 304, 2, true }, { 429, 3, true },
	{ 599, 4, true }, { 600, 4, true }, { 999, 4, true },
};

START_TEST(response_has_a_class)
{
	unsigned i, class = responses[_i].class;
	struct stats_block b;

	x.forwarded = 50;
	exchange_count_response(&x, responses[_i].status, 50 + 30 * MS);
	b = sum_of(SERIES);
	for (i = 0; i < STATS_CLASSES; i++)
		ck_assert_uint_eq(b.responses[i], i == class);
	ck_assert_uint_eq(b.upstream.buckets[3], responses[_i].final);
	ck_assert_uint_eq(b.upstream.sum, responses[_i].final ? 30 * MS : 0);
}
END_TEST

START_TEST(throttled_by_status)
{
	struct stats_block b;

	exchange_count_throttled(&x, 503);
	exchange_count_throttled(&x, 429);
	exchange_count_throttled(&x, 503);
	b = sum_of(SERIES);
	ck_assert_uint_eq(b.throttled[stats_throttled_slot(503)], 2);
	ck_assert_uint_eq(b.throttled[stats_throttled_slot(429)], 1);
}
END_TEST

START_TEST(bytes)
{
	struct stats_block b;

	exchange_count_in(&x, 5);
	exchange_count_out(&x, 7);
	exchange_count_out(&x, 8);
	b = sum_of(SERIES);
	ck_assert_uint_eq(b.bytes[STATS_IN], 5);
	ck_assert_uint_eq(b.bytes[STATS_OUT], 15);
	ck_assert_uint_eq(x.in, 5);
	ck_assert_uint_eq(x.out, 15);
}
END_TEST

/* What was refused before it was an exchange belongs to its host's rule. */
START_TEST(refused_without_an_exchange)
{
	exchange_count_refused(&all, &rule, STATS_CONNECTIONS);
	ck_assert_uint_eq(sum_of(SERIES).refusals[STATS_CONNECTIONS], 1);
	ck_assert_uint_eq(sum_of(SERIES).requests[STATS_REFUSED], 1);
}
END_TEST

static const struct {
	int			 status;
	enum stats_refusal	 why;
} statuses[] = {
	{ 400, STATS_MALFORMED }, { 403, STATS_ACCESS_CLIENT },
	{ 408, STATS_TOO_SLOW },
	{ 413, STATS_TOO_LARGE }, { 414, STATS_TOO_LARGE },
	{ 421, STATS_MALFORMED }, { 431, STATS_TOO_LARGE },
	{ 500, STATS_OTHER_REFUSAL }, { 501, STATS_MALFORMED },
	{ 503, STATS_NO_MEMORY }, { 505, STATS_MALFORMED },
};

START_TEST(refusal_of_a_status)
{
	ck_assert_int_eq(exchange_refusal_of(statuses[_i].status),
	    statuses[_i].why);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("exchange_count");
	TCase *tc = tcase_create("exchange_count");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, end_has_an_outcome);
	tcase_add_test(tc, end_of_a_refusal_has_a_reason);
	tcase_add_test(tc, wait_is_of_who_asked);
	ROWS(tc, response_has_a_class, responses);
	tcase_add_test(tc, throttled_by_status);
	tcase_add_test(tc, bytes);
	tcase_add_test(tc, refused_without_an_exchange);
	ROWS(tc, refusal_of_a_status, statuses);
	return run_suite(suite);
}
