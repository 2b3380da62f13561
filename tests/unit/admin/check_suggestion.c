/* SPDX-License-Identifier: ISC */
#include "admin/suggestion.h"

#include <string.h>

#include "check_run.h"
#include "conf/conf_parse.h"

/* What is suggested for a host, by what was seen of it. */

#define SECOND	1000000000ULL
#define MINUTE	(60 * SECOND)
#define NOW	(1000 * SECOND)

static const struct {
	const char		*key;
	struct host_seen	 seen;
	uint64_t		 admitted;
	uint64_t		 throttled;
	const char		*why;
	const char		*yaml;		/* NULL: nothing is suggested */
} rows[] = {
	{ "a.test", { .since = NOW - 48 * SECOND, .most = 7 }, 120, 0,
	    "nothing was refused in 120 requests at 2.5 per second, with 7 in "
	    "flight at most: no limit is known", NULL },
	{ "a.test", { .most = 1 }, 1, 0, "nothing was refused in 1 request, "
	    "with 1 in flight at most: no limit is known", NULL },
	{ "a.test", { .since = NOW - 48 * SECOND, .most = 7 }, 120, 3,
	    "the host refused 3 of 120 requests at 2.5 per second without "
	    "saying what it allows, and took 7 at a time: no limit is known",
	    NULL },
	{ "a.test", { .allowed = { 100, MINUTE, 0, false } }, 5, 0,
	    "the host says that it allows 100 per 1m",
	    "\"a.test\":\n  capacity: 100\n  period: 1m\n" },
	{ "*.test~0123456789abcdef0123456789abcdef",
	    { .allowed = { 100, MINUTE, 5, false } }, 5, 9,
	    "the host says that it allows 100 per 1m and 5 at a time",
	    "\"*.test\":\n  capacity: 100\n  period: 1m\n  concurrency: 5\n" },
	{ "a.test", { .allowed = { 10, 2 * SECOND, 5, false, 5000,
	    1440 * MINUTE } }, 5, 0,
	    "the host says that it allows 10 per 2s, 5000 per 1d and 5 at a "
	    "time", "\"a.test\":\n  rates:\n    - {capacity: 10, period: 2s}\n"
	    "    - {capacity: 5000, period: 1d}\n  concurrency: 5\n" },
	{ "[::1]:8080", { .allowed = { 0, 0, 5, false } }, 5, 9,
	    "the host says that it allows 5 at a time",
	    "\"[::1]:8080\":\n  concurrency: 5\n" },
};

static struct suggestion
suggest(int i)
{
	struct host_view v = {
		.seen = rows[i].seen,
		.admitted = rows[i].admitted,
		.throttled = rows[i].throttled,
	};
	struct suggestion s;

	snprintf(v.key, sizeof v.key, "%s", rows[i].key);
	suggestion_make(&s, &v, NOW);
	return s;
}

START_TEST(suggestion)
{
	struct suggestion s = suggest(_i);

	ck_assert_str_eq(s.why, rows[_i].why);
	ck_assert(s.confident == (rows[_i].yaml != NULL));
	ck_assert_str_eq(s.yaml, s.confident ? rows[_i].yaml : "");
	ck_assert(s.confident || (s.capacity == 0 && s.concurrency == 0));
}
END_TEST

/* What is suggested can be written down below hosts, and means that. */
START_TEST(can_be_written_down)
{
	struct suggestion s = suggest(_i);
	char text[2 * SUGGESTION_YAML] = "hosts:\n", *cause = NULL;
	const char *line;
	struct conf *conf;
	size_t n;

	if (!s.confident)
		return;
	for (line = s.yaml; *line != '\0'; line += n + 1) {
		n = strcspn(line, "\n");
		snprintf(text + strlen(text), sizeof text - strlen(text),
		    "  %.*s\n", (int)n, line);
	}
	conf = conf_parse("test", text, strlen(text), &cause);
	ck_assert_msg(conf != NULL, "%s\n%s", cause, text);
	ck_assert_uint_eq(conf->nrules, 1);
	if (s.capacity > 0) {
		ck_assert_uint_eq(conf->rules[0].limits.rates[0].capacity,
		    s.capacity);
		ck_assert_uint_eq(conf->rules[0].limits.rates[0].period,
		    s.period);
	}
	ck_assert_uint_eq(conf->rules[0].limits.concurrency, s.concurrency);
	conf_unref(conf);
}
END_TEST

/* A number that no capacity can have is none. */
START_TEST(absurd_numbers)
{
	struct host_view v = {
		.key = "a.test",
		.seen.allowed = { UINT64_MAX, MINUTE, 3, false },
	};
	struct suggestion s;

	suggestion_make(&s, &v, NOW);
	ck_assert_uint_eq(s.capacity, 0);
	ck_assert_uint_eq(s.concurrency, 3);
	v.seen.allowed.concurrent = 0;
	suggestion_make(&s, &v, NOW);
	ck_assert(!s.confident);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("suggestion");
	TCase *tc = tcase_create("suggestion");

	ROWS(tc, suggestion, rows);
	ROWS(tc, can_be_written_down, rows);
	tcase_add_test(tc, absurd_numbers);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
