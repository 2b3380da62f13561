/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "hint/refusal_judge.h"
#include "check_refusal.h"

/* Bodies that say that a request was refused, and for how long. */

static const char *const some[] = { "slow", "b.c#slow down", "6", NULL };

static bool
judge_coded(const struct refusal_rule *r, const char *p, size_t len,
    enum refusal_coding coding, struct refusal *found)
{
	struct refusal_body body = { p, len, coding };

	return refusal_judge(&r, 1, &body, NOW, found);
}

static bool
judge(const struct refusal_rule *r, const char *text, struct refusal *found)
{
	return judge_coded(r, text, strlen(text), REFUSAL_IDENTITY, found);
}

/* Conditions */

static const struct {
	const char	*json;
	bool		 in;	/* one of some */
	const char	*body;
	bool		 is;
} paths[] = {
	{ "a", true, "{\"a\": \"slow\"}", true },
	{ "a", true, "{\"a\": \"Slow\"}", false },
	{ "a", true, "{\"a\": \"slower\"}", false },
	{ "a", true, "{\"a\": [\"slow\"]}", false },
	{ "a.*", true, "{\"a\": [1, \"slow\"]}", true },
	{ "a.*", true, "{\"a\": {\"x\": 1, \"y\": \"slow\"}}", true },
	{ "a.b", true, "{\"a\": [{\"b\": 1}, {\"b\": \"slow\"}]}", true },
	{ "a.*.b", true, "{\"a\": [{\"b\": 1}, {\"b\": \"slow\"}]}", true },
	{ "a.b", true, "[{\"a\": {\"b\": \"slow\"}}]", true },
	{ "*.a", true, "[{\"a\": \"slow\"}]", true },
	{ "a.b", true, "{\"a.b\": \"slow\"}", false },
	{ "a.b", true, "{\"a\": \"slow\"}", false },
	{ "a.b", true, "{\"b\": {\"a\": \"slow\"}}", false },
	{ "a", true, "{\"a\": \"x.y#slow\"}", true },
	{ "a", true, "{\"a\": \"x#slow#y\"}", false },
	{ "a", true, "{\"a\": \"b.c#slow down\"}", true },
	{ "a", true, "\xef\xbb\xbf{\"a\": \"slow\"}", true },
	{ "a", true, " \r\n{\"a\": \"slow\"}\n", true },
	{ "a", true, "{\"a\": \"slow\"} and more", true },
	{ "a", true, "{\"id\": 123456789012345678901, \"a\": \"slow\"}", true },
	{ "a", true, "{\"a\": \"slow\"", false },
	{ "a", true, "{'a': 'slow'}", false },
	{ "a", true, "", false },
	{ "a", true, "\"a\"", false },
	{ "a", true, "{\"a\": 6}", true },
	{ "a", true, "{\"a\": 6.0}", true },
	{ "a", true, "{\"a\": \"6\"}", true },
	{ "a", true, "{\"a\": 6.5}", false },
	{ "a", true, "{\"a\": -6}", false },
	{ "a", true, "{\"a\": 60}", false },
	{ "a", true, "{\"a\": 6e300}", false },
	{ "a", true, "{\"a\": true}", false },
	{ "a", false, "{\"a\": \"\"}", true },
	{ "a", false, "{\"a\": 0}", true },
	{ "a", false, "{\"a\": true}", true },
	{ "a", false, "{\"a\": false}", false },
	{ "a", false, "{\"a\": null}", false },
	{ "a.*", false, "{\"a\": []}", false },
	{ "a.*", false, "{\"a\": [null, 1]}", true },
	/* more steps than there may be: nothing is there */
	{ "*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*", false,
	    "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", false },
	{ "*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*", false,
	    "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", true },
};

START_TEST(at_path)
{
	struct refusal_rule r = rule(paths[_i].json,
	    paths[_i].in ? some : NULL, NULL, NULL);
	struct refusal found;

	ck_assert_int_eq(judge(&r, paths[_i].body, &found), paths[_i].is);
	if (paths[_i].is)
		ck_assert_ptr_eq(found.rule, &r);
}
END_TEST

static const struct {
	const char	*contains;
	const char	*body;
	bool		 is;
} texts[] = {
	{ "slow down", "please slow down", true },
	{ "slow down", "SLOW DOWN", true },
	{ "slow down", "slow  down", false },
	{ "slow down", "slow dow", false },
	{ "slow down", "", false },
	{ "<Code>SlowDown</Code>", "<Error><Code>SlowDown</Code>", true },
};

START_TEST(with_text)
{
	struct refusal_rule r = rule(NULL, NULL, texts[_i].contains, NULL);
	struct refusal found;

	ck_assert_int_eq(judge(&r, texts[_i].body, &found), texts[_i].is);
}
END_TEST

START_TEST(text_behind_a_nul)
{
	struct refusal_rule r = rule(NULL, NULL, "slow", NULL);
	struct refusal found;

	ck_assert(judge_coded(&r, "a\0slow", 6, REFUSAL_IDENTITY, &found));
}
END_TEST

/* However long a text is, it costs no more than its beginning. */
START_TEST(words_behind_a_long_text)
{
	static const char words[] = "retry after 35";
	struct refusal_rule r = rule(NULL, NULL, NULL, NULL);
	char text[8192 + sizeof words];
	struct refusal found;

	r.told = true;
	memset(text, ' ', sizeof text);
	memcpy(text + 8192 - sizeof words, words, sizeof words - 1);
	ck_assert(judge_coded(&r, text, sizeof text, REFUSAL_IDENTITY,
	    &found));
	ck_assert_uint_eq(found.delay, 35 * SECOND);
	memset(text, ' ', sizeof text);
	memcpy(text + 8192, words, sizeof words - 1);
	ck_assert(!judge_coded(&r, text, sizeof text, REFUSAL_IDENTITY,
	    &found));
}
END_TEST

START_TEST(both_must_be_met)
{
	struct refusal_rule r = rule("a", some, "now", NULL);
	struct refusal found;

	ck_assert(!judge(&r, "{\"a\": \"slow\"}", &found));
	ck_assert(!judge(&r, "{\"b\": \"now\"}", &found));
	ck_assert(judge(&r, "{\"a\": \"slow\", \"b\": \"now\"}", &found));
}
END_TEST

START_TEST(first_rule_counts)
{
	struct refusal_rule a = rule(NULL, NULL, "slow", NULL);
	struct refusal_rule b = rule("a", NULL, NULL, "a");
	const struct refusal_rule *rules[] = { &a, &b };
	struct refusal_body body = { "{\"a\": 5}", 8, REFUSAL_IDENTITY };
	struct refusal found;

	ck_assert(refusal_judge(rules, 2, &body, NOW, &found));
	ck_assert_ptr_eq(found.rule, &b);
	body = (struct refusal_body){ "{\"a\": \"slow\"}", 13,
	    REFUSAL_IDENTITY };
	ck_assert(refusal_judge(rules, 2, &body, NOW, &found));
	ck_assert_ptr_eq(found.rule, &a);
}
END_TEST

/* Whether no waiting helps */

static const struct {
	const char	*body;
	bool		 is;
} finals[] = {
	{ "{\"retryable\": false}", true },
	{ "{\"type\": \"x\", \"error\": {\"is_retryable\": false}}", true },
	{ "{\"error\": {\"should_retry\": false}}", true },
	{ "{\"errors\": [{\"shouldRetry\": false}]}", true },
	{ "[{\"do_not_retry\": true}]", true },
	{ "{\"retryable\": true}", false },
	{ "{\"retryable\": null}", false },
	{ "{\"retryable\": \"false\"}", false },
	{ "{\"do_not_retry\": false}", false },
	{ "{\"retry_after\": false}", false },
	{ "{\"error\": {\"code\": \"insufficient_quota\"}}", true },
	{ "{\"error\": {\"type\": \"insufficient_quota\", \"code\": null}}",
	    true },
	{ "{\"error\": {\"code\": \"billing_hard_limit_reached\"}}", true },
	{ "{\"error\": {\"code\": \"rate_limit_exceeded\"}}", false },
	{ "{\"error\": {\"message\": \"insufficient_quota\"}}", false },
	{ "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"retryable\":false}}}}}}",
	    true },
	{ "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"retryable\":false}"
	    "}}}}}}", false },
	{ "{\"retryable\": false", false },
};

/* Whatever else the rules say of it. */
START_TEST(final)
{
	const struct refusal_rule *rules[2];
	struct refusal_rule no = rule("nowhere", NULL, NULL, NULL);
	struct refusal_rule all = rule(NULL, NULL, "\"", NULL);
	struct refusal_body body = { finals[_i].body,
	    strlen(finals[_i].body), REFUSAL_IDENTITY };
	struct refusal found;

	rules[0] = &no;
	rules[1] = &all;
	ck_assert(!refusal_judge(rules, 1, &body, NOW, &found));
	ck_assert_int_eq(found.no_retry, finals[_i].is);
	ck_assert(refusal_judge(rules, 2, &body, NOW, &found));
	ck_assert_int_eq(found.no_retry, finals[_i].is);
}
END_TEST

/* Whether the request is too large by itself */

#define GROQ "Request too large for model `m` on tokens per minute (TPM): " \
	"Limit 6000, Requested 12328, please reduce your message size and " \
	"try again. Need more tokens? Visit https://a.example"

static const struct {
	const char	*body;
	bool		 is;
} large[] = {
	{ "{\"error\":{\"message\":\"" GROQ "\",\"type\":\"tokens\","
	    "\"code\":\"rate_limit_exceeded\"}}", true },
	{ "{\"error\":{\"message\":\"Request too large for gpt-4o (for limit "
	    "gpt-4o) on tokens per min (TPM): Limit 30000, Requested 43000. "
	    "The input or output tokens must be reduced\"}}", true },
	{ "{\"error\":{\"message\":\"RateLimitError: Limit 30000, Requested "
	    "30001.\"}}", true },
	{ "[{\"detail\":\"limit: 1,000; requested=1,001\"}]", true },
	{ "{\"error\":\"request too large for this tier\"}", true },
	/* as much as there is, or what others have used, is there again */
	{ "{\"error\":{\"message\":\"Rate limit reached: Limit 6000, Used 5034,"
	    " Requested 1443. Please try again in 4.77s.\"}}", false },
	{ "{\"message\":\"Limit 6000, Requested 6000\"}", false },
	{ "{\"message\":\"Limit 5, Requested 6. Try again in 3 seconds\"}",
	    false },
	{ "{\"message\":\"Request too large: retry after 3 s\"}", false },
	{ "{\"message\":\"Limit 6000, Requested much\"}", false },
	{ "{\"message\":\"Limit 6k, Requested 12k\"}", false },
	{ "{\"message\":\"Limit 1.5, Requested 2\"}", false },
	{ "{\"message\":\"Requested 12328\"}", false },
	{ "{\"message\":\"unlimit 5, Requested 6\"}", false },
	{ "{\"input\":\"Limit 6000, Requested 12328\"}", false },
	{ "{\"message\":12328}", false },
	{ "{\"message\":\"Limit 6000, Requested 12328\"", false },
	{ "Request too large", false },
};

START_TEST(too_large)
{
	struct refusal_rule form = rule(NULL, NULL, NULL, NULL);
	struct refusal_rule own = rule(NULL, NULL, "e", NULL);
	const struct refusal_rule *rules[] = { &form, &own };
	struct refusal_body body = { large[_i].body, strlen(large[_i].body),
	    REFUSAL_IDENTITY };
	struct refusal found;

	form.limit = form.told = true;
	(void)judge(&form, large[_i].body, &found);
	ck_assert_int_eq(found.too_large, large[_i].is);
	if (large[_i].is)
		ck_assert(found.rule == NULL && found.no_retry);
	/* who says himself what is a limit, has the word */
	ck_assert(refusal_judge(rules, 2, &body, NOW, &found));
	ck_assert(!found.too_large);
	ck_assert_int_eq(found.no_retry, large[_i].is);
}
END_TEST

/* Delays */

static const struct {
	const char	*body;		/* its d is the delay */
	uint64_t	 ns;
} delays[] = {
	{ "{\"d\": 5}", 5 * SECOND },
	{ "{\"d\": 0.25}", SECOND / 4 },
	{ "{\"d\": 0}", 0 },
	{ "{\"d\": \"5\"}", 5 * SECOND },
	{ "{\"d\": \"23.4s\"}", 23400 * SECOND / 1000 },
	{ "{\"d\": \"1m30s\"}", 90 * SECOND },
	{ "{\"d\": \"850ms\"}", 850 * SECOND / 1000 },
	{ "{\"d\": {\"seconds\": 23, \"nanos\": 400000000}}",
	    23400 * SECOND / 1000 },
	{ "{\"d\": {\"seconds\": \"23\"}}", 23 * SECOND },
	{ "{\"d\": {\"nanos\": 500000000}}", SECOND / 2 },
	{ "{\"d\": 1700000030}", 30 * SECOND },
	{ "{\"d\": 1700000030000}", 30 * SECOND },
	{ "{\"d\": \"2023-11-14T22:13:50Z\"}", 30 * SECOND },
	{ "{\"d\": \"Tue, 14 Nov 2023 22:13:50 GMT\"}", 30 * SECOND },
	{ "[{\"d\": 1}, {\"d\": 3}, {\"d\": 2}]", 3 * SECOND },
	{ "{\"d\": -1}", NONE },
	{ "{\"d\": \"soon\"}", NONE },
	{ "{\"d\": \"\"}", NONE },
	{ "{\"d\": null}", NONE },
	{ "{\"d\": true}", NONE },
	{ "{\"d\": [5]}", NONE },
	{ "{\"d\": {\"seconds\": \"x\"}}", NONE },
	{ "{\"d\": {\"seconds\": -5}}", NONE },
	{ "{\"d\": {}}", NONE },
	{ "{\"e\": 5}", NONE },
};

START_TEST(delay)
{
	struct refusal_rule r = rule(NULL, NULL, NULL, "d");
	struct refusal found;

	ck_assert_int_eq(judge(&r, delays[_i].body, &found),
	    delays[_i].ns != NONE);
	if (delays[_i].ns != NONE)
		ck_assert_uint_eq(found.delay, delays[_i].ns);
	/* beside another condition it may be missing */
	r.contains = "d";
	ck_assert_int_eq(judge(&r, delays[_i].body, &found),
	    strchr(delays[_i].body, 'd') != NULL);
}
END_TEST

static const struct {
	const char	*body;
	uint64_t	 ns;
} shares[] = {
	{ "{\"n\": 700, \"h\": 100, \"r\": 50.0}", 12 * SECOND },
	{ "{\"n\": 1, \"h\": 0.5, \"r\": 1}", SECOND / 2 },
	{ "{\"n\": \"7\", \"h\": \"1\", \"r\": \"2\"}", 3 * SECOND },
	{ "{\"n\": 7, \"h\": -1, \"r\": 2}", 4 * SECOND },
	{ "{\"n\": 7, \"h\": 7, \"r\": 2}", NONE },
	{ "{\"n\": 7, \"h\": 1, \"r\": 0}", NONE },
	{ "{\"n\": 7, \"h\": 1, \"r\": -1}", NONE },
	{ "{\"n\": 7, \"h\": 1}", NONE },
	{ "{\"n\": null, \"h\": 1, \"r\": 1}", NONE },
};

START_TEST(share)
{
	struct refusal_rule r = rule(NULL, NULL, NULL, NULL);
	struct refusal found;

	r.need = "n";
	r.have = "h";
	r.rate = "r";
	ck_assert_int_eq(judge(&r, shares[_i].body, &found),
	    shares[_i].ns != NONE);
	if (shares[_i].ns != NONE)
		ck_assert_uint_eq(found.delay, shares[_i].ns);
}
END_TEST

/* Codings */

static size_t
compress_as(int bits, const char *p, size_t len, char *out, size_t size)
{
	z_stream z = {
		.next_in = (Bytef *)(uintptr_t)p,
		.avail_in = (uInt)len,
		.next_out = (Bytef *)out,
		.avail_out = (uInt)size,
	};

	ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, bits, 9,
	    Z_DEFAULT_STRATEGY), Z_OK);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return size - z.avail_out;
}

static const struct {
	int			 bits;
	enum refusal_coding	 coding;
} codings[] = {
	{ 15 + 16, REFUSAL_GZIP },
	{ 15, REFUSAL_DEFLATE },
	{ -15, REFUSAL_DEFLATE },
};

START_TEST(coding)
{
	static const char body[] = "{\"a\": \"slow\"}";
	enum refusal_coding c = codings[_i].coding;
	struct refusal_rule r = rule("a", some, NULL, NULL);
	struct refusal found;
	char out[256];
	size_t n, i;

	n = compress_as(codings[_i].bits, body, sizeof body - 1, out,
	    sizeof out);
	ck_assert(judge_coded(&r, out, n, c, &found));
	ck_assert(!judge_coded(&r, out, n, REFUSAL_OTHER, &found));
	ck_assert(!judge_coded(&r, out, n, REFUSAL_IDENTITY, &found));
	ck_assert(!judge_coded(&r, body, sizeof body - 1, c, &found));
	/* what is cut off says what it says */
	for (i = 0; i < n; i++)
		(void)judge_coded(&r, out, i, c, &found);
	for (i = 0; i < n; i++) {
		out[i] ^= 0x55;
		(void)judge_coded(&r, out, n, c, &found);
		out[i] ^= 0x55;
	}
}
END_TEST

START_TEST(members)
{
	struct refusal_rule r = rule("a", some, NULL, NULL);
	struct refusal found;
	char out[512];
	size_t n;

	n = compress_as(31, "{\"a\": \"sl", 9, out, sizeof out);
	n += compress_as(31, "ow\"}", 4, out + n, sizeof out - n);
	ck_assert(judge_coded(&r, out, n, REFUSAL_GZIP, &found));
	memcpy(out + n, "garbage", 7);
	ck_assert(judge_coded(&r, out, n + 7, REFUSAL_GZIP, &found));
}
END_TEST

/* A text that is within what is read, and one behind it; of 16 MiB. */
START_TEST(bomb)
{
	size_t n, len = 16 << 20;
	struct refusal_rule r = rule(NULL, NULL, "slow", NULL);
	struct refusal found;
	char *text = malloc(len), *out = malloc(REFUSAL_BYTES);

	ck_assert(text != NULL && out != NULL);
	memset(text, ' ', len);
	memcpy(text + REFUSAL_BYTES - 3, "slow", 4);
	n = compress_as(31, text, len, out, REFUSAL_BYTES);
	ck_assert(!judge_coded(&r, out, n, REFUSAL_GZIP, &found));
	ck_assert(!judge_coded(&r, text, len, REFUSAL_IDENTITY, &found));
	memcpy(text + REFUSAL_BYTES - 4, "slow", 4);
	n = compress_as(31, text, len, out, REFUSAL_BYTES);
	ck_assert(judge_coded(&r, out, n, REFUSAL_GZIP, &found));
	ck_assert(judge_coded(&r, text, len, REFUSAL_IDENTITY, &found));
	free(text);
	free(out);
}
END_TEST

START_TEST(deep)
{
	struct refusal_rule r = rule("a", NULL, NULL, NULL);
	struct refusal found;
	char text[REFUSAL_BYTES];

	memset(text, '[', sizeof text);
	ck_assert(!judge_coded(&r, text, sizeof text, REFUSAL_IDENTITY,
	    &found));
}
END_TEST

static Suite *
refusal_suite(void)
{
	Suite *suite = suite_create("refusal");
	TCase *body = tcase_create("body");

	tcase_add_loop_test(body, at_path, 0, COUNT(paths));
	tcase_add_loop_test(body, with_text, 0, COUNT(texts));
	tcase_add_test(body, text_behind_a_nul);
	tcase_add_test(body, words_behind_a_long_text);
	tcase_add_test(body, both_must_be_met);
	tcase_add_test(body, first_rule_counts);
	tcase_add_loop_test(body, final, 0, COUNT(finals));
	tcase_add_loop_test(body, too_large, 0, COUNT(large));
	tcase_add_loop_test(body, delay, 0, COUNT(delays));
	tcase_add_loop_test(body, share, 0, COUNT(shares));
	tcase_add_loop_test(body, coding, 0, COUNT(codings));
	tcase_add_test(body, members);
	tcase_add_test(body, bomb);
	tcase_add_test(body, deep);
	suite_add_tcase(suite, body);
	return suite;
}

int
main(void)
{
	return run_suite(refusal_suite());
}
