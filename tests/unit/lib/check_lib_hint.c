/* SPDX-License-Identifier: ISC */
#include <sluice/hint.h>
#include <sluice/throttle.h>

#include "check_run.h"

#define SEC	SLUICE_SECOND
#define U	SLUICE_UNIT

/* 2026-01-01 00:00:00, when no response says otherwise. */
#define NOW	1767225600

#define FIELDS	6

struct response {
	int		 status;
	const char	*fields[FIELDS][2];
	uint64_t	 pause;		/* ns */
	unsigned	 flags;
	const char	*source;
	const char	*part;
	unsigned	 budgets;
};

static void
add(struct sluice_hint *h, const char *name, const char *value)
{
	ck_assert_int_eq(sluice_hint_field(h, name, strlen(name), value,
	    strlen(value)), SLUICE_OK);
}

static struct sluice_hint *
read_hint(const struct response *r)
{
	struct sluice_hint *h = sluice_hint_new();
	unsigned i;

	ck_assert_ptr_nonnull(h);
	for (i = 0; i < FIELDS && r->fields[i][0] != NULL; i++)
		add(h, r->fields[i][0], r->fields[i][1]);
	ck_assert_int_eq(sluice_hint_read(h, r->status, NOW), SLUICE_OK);
	return h;
}

static const struct response responses[] = {
	{ 200, { { "Content-Type", "text/plain" } }, 0, 0, NULL, NULL, 0 },
	{ 429, { { "Retry-After", " 30 " } }, 30 * SEC, SLUICE_HINT_THROTTLED,
	    "Retry-After", NULL, 0 },
	/* an instant is measured by the response's own clock */
	{ 503, { { "Date", "Wed, 21 Oct 2015 07:28:00 GMT" },
	    { "Retry-After", "Wed, 21 Oct 2015 07:28:10 GMT" } }, 10 * SEC,
	    SLUICE_HINT_THROTTLED, "Retry-After", NULL, 0 },
	/* ... or by ours */
	{ 429, { { "Retry-After", "Thu, 01 Jan 2026 00:00:20 GMT" } },
	    20 * SEC, SLUICE_HINT_THROTTLED, "Retry-After", NULL, 0 },
	{ 200, { { "RateLimit", "\"default\";r=0;t=5" },
	    { "RateLimit-Policy", "\"default\";q=100;w=60" } }, 5 * SEC, 0,
	    "RateLimit", "default", 1 },
	/* a redirect speaks of something else */
	{ 301, { { "Retry-After", "30" } }, 0, 0, NULL, NULL, 0 },
};

START_TEST(reads)
{
	const struct response *r = &responses[_i];
	struct sluice_hint *h = read_hint(r);
	const char *part;
	size_t len;

	ck_assert_uint_eq(sluice_hint_pause(h), r->pause);
	ck_assert_uint_eq(sluice_hint_flags(h), r->flags);
	if (r->source == NULL)
		ck_assert_ptr_null(sluice_hint_source(h));
	else
		ck_assert_ptr_nonnull(sluice_hint_source(h));
	part = sluice_hint_part(h, &len);
	if (r->part == NULL)
		ck_assert_ptr_null(part);
	else
		ck_assert(len == strlen(r->part) &&
		    memcmp(part, r->part, len) == 0);
	ck_assert_uint_eq(sluice_hint_budgets(h), r->budgets);
	sluice_hint_free(h);
}
END_TEST

/* A vendor's own dialect: GitHub's resource, with a reset as an instant. */
START_TEST(tells_budgets)
{
	static const struct response r = { .status = 403, .fields = {
		{ "X-RateLimit-Limit", "30" },
		{ "X-RateLimit-Remaining", "0" },
		{ "X-RateLimit-Reset", "1767225660" },
		{ "X-RateLimit-Resource", "search" },
		{ "X-GitHub-Request-Id", "1" },
	} };
	struct sluice_hint *h = read_hint(&r);
	struct sluice_budget b;

	ck_assert_uint_eq(sluice_hint_flags(h), SLUICE_HINT_THROTTLED |
	    SLUICE_HINT_PARTIAL);
	ck_assert_uint_eq(sluice_hint_pause(h), 60 * SEC);
	ck_assert_uint_eq(sluice_hint_budgets(h), 1);
	ck_assert(sluice_hint_budget(h, 0, &b, sizeof b));
	ck_assert_uint_eq(b.unit, SLUICE_BUDGET_REQUESTS);
	ck_assert_uint_eq(b.known & (SLUICE_BUDGET_LIMIT |
	    SLUICE_BUDGET_REMAINING | SLUICE_BUDGET_RESET), 7);
	ck_assert_uint_eq(b.limit, 30 * U);
	ck_assert_uint_eq(b.remaining, 0);
	ck_assert_uint_eq(b.reset, 60 * SEC);
	ck_assert(!sluice_hint_budget(h, 1, &b, sizeof b));
	sluice_hint_free(h);
}
END_TEST

/* Tokens beside requests; a bucket that refills all the time. */
START_TEST(tells_units)
{
	static const struct response r = { .status = 200, .fields = {
		{ "x-ratelimit-limit-requests", "60" },
		{ "x-ratelimit-remaining-requests", "59" },
		{ "x-ratelimit-reset-requests", "1s" },
		{ "x-ratelimit-limit-tokens", "150000" },
		{ "x-ratelimit-remaining-tokens", "149984" },
		{ "x-ratelimit-reset-tokens", "6m0s" },
	} };
	struct sluice_hint *h = read_hint(&r);
	struct sluice_budget b;

	ck_assert_uint_eq(sluice_hint_budgets(h), 2);
	ck_assert(sluice_hint_budget(h, 0, &b, sizeof b));
	ck_assert_uint_eq(b.unit, SLUICE_BUDGET_REQUESTS);
	ck_assert(b.known & SLUICE_BUDGET_REFILLS);
	ck_assert(sluice_hint_budget(h, 1, &b, sizeof b));
	ck_assert_uint_eq(b.unit, SLUICE_BUDGET_OTHER);
	ck_assert_uint_eq(b.remaining, 149984 * U);
	ck_assert_uint_eq(b.reset, 360 * SEC);
	sluice_hint_free(h);
}
END_TEST

/* Programs that know fewer members get those, newer ones zeroes. */
START_TEST(fills_what_is_known)
{
	static const struct response r = { .status = 200, .fields = {
		{ "RateLimit-Limit", "10" }, { "RateLimit-Remaining", "3" },
		{ "RateLimit-Reset", "7" },
	} };
	struct sluice_hint *h = read_hint(&r);
	struct {
		struct sluice_budget	 b;
		unsigned char		 more[8];
	} larger;
	struct sluice_budget b;
	const size_t less = offsetof(struct sluice_budget, remaining);

	memset(&larger, 0xff, sizeof larger);
	ck_assert(sluice_hint_budget(h, 0, &larger.b, sizeof larger));
	ck_assert_uint_eq(larger.b.remaining, 3 * U);
	ck_assert_uint_eq(larger.more[0], 0);
	ck_assert_uint_eq(larger.more[7], 0);
	memset(&b, 0xff, sizeof b);
	ck_assert(sluice_hint_budget(h, 0, &b, less));
	ck_assert_uint_eq(b.limit, 10 * U);
	ck_assert_uint_eq(b.remaining, UINT64_MAX);
	sluice_hint_free(h);
}
END_TEST

START_TEST(names_what_is_unusable)
{
	static const struct response r = { .status = 429, .fields = {
		{ "Retry-After", "soon" },
	} };
	struct sluice_hint *h = read_hint(&r);
	const char *name;
	size_t len;

	name = sluice_hint_unusable(h, &len);
	ck_assert_uint_eq(len, strlen("Retry-After"));
	ck_assert_int_eq(memcmp(name, "Retry-After", len), 0);
	sluice_hint_begin(h);
	ck_assert_ptr_null(sluice_hint_unusable(h, &len));
	ck_assert_uint_eq(len, 0);
	sluice_hint_free(h);
}
END_TEST

/* What is wrong is refused, and changes nothing. */
START_TEST(refuses)
{
	struct sluice_hint *h = sluice_hint_new();

	ck_assert_int_eq(sluice_hint_field(h, "", 0, "1", 1),
	    SLUICE_BAD_FIELD);
	ck_assert_int_eq(sluice_hint_field(h, "Retry After", 11, "1", 1),
	    SLUICE_BAD_FIELD);
	ck_assert_int_eq(sluice_hint_field(h, "Retry-After", 11, "1\r", 2),
	    SLUICE_BAD_FIELD);
	ck_assert_int_eq(sluice_hint_field(h, "Retry-After", 11, "\0", 1),
	    SLUICE_BAD_FIELD);
	ck_assert_int_eq(sluice_hint_read(h, 99, NOW), SLUICE_BAD_STATUS);
	ck_assert_int_eq(sluice_hint_read(h, 1000, NOW), SLUICE_BAD_STATUS);
	/* a value may be empty, and is read to its length only */
	ck_assert_int_eq(sluice_hint_field(h, "X-Nothing", 9, NULL, 0),
	    SLUICE_OK);
	ck_assert_int_eq(sluice_hint_field(h, "Retry-AfterX", 11, "123", 2),
	    SLUICE_OK);
	ck_assert_int_eq(sluice_hint_read(h, 429, NOW), SLUICE_OK);
	ck_assert_uint_eq(sluice_hint_pause(h), 12 * SEC);
	/* what is read once more says the same */
	ck_assert_int_eq(sluice_hint_read(h, 200, NOW), SLUICE_OK);
	ck_assert_uint_eq(sluice_hint_pause(h), 0);
	sluice_hint_free(h);
	sluice_hint_free(NULL);
}
END_TEST

START_TEST(bounds_fields)
{
	struct sluice_hint *h = sluice_hint_new();
	static char value[SLUICE_FIELD_BYTES];
	unsigned i;

	memset(value, 'x', sizeof value);
	ck_assert_int_eq(sluice_hint_field(h, "A", 1, value, sizeof value),
	    SLUICE_MANY_FIELDS);
	ck_assert_int_eq(sluice_hint_field(h, "A", 1, value,
	    sizeof value - 1), SLUICE_OK);
	ck_assert_int_eq(sluice_hint_field(h, "A", 1, "", 0),
	    SLUICE_MANY_FIELDS);
	sluice_hint_begin(h);
	for (i = 0; i < SLUICE_FIELDS; i++)
		add(h, "A", "b");
	ck_assert_int_eq(sluice_hint_field(h, "A", 1, "b", 1),
	    SLUICE_MANY_FIELDS);
	ck_assert_int_eq(sluice_hint_read(h, 200, NOW), SLUICE_OK);
	sluice_hint_begin(h);
	add(h, "Retry-After", "1");
	ck_assert_int_eq(sluice_hint_read(h, 429, NOW), SLUICE_OK);
	ck_assert_uint_eq(sluice_hint_pause(h), SEC);
	sluice_hint_free(h);
}
END_TEST

static Suite *
lib_suite(void)
{
	Suite *suite = suite_create("lib_hint");
	TCase *tc = tcase_create("lib_hint");

	ROWS(tc, reads, responses);
	tcase_add_test(tc, tells_budgets);
	tcase_add_test(tc, tells_units);
	tcase_add_test(tc, fills_what_is_known);
	tcase_add_test(tc, names_what_is_unusable);
	tcase_add_test(tc, refuses);
	tcase_add_test(tc, bounds_fields);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(lib_suite());
}
