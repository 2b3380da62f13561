/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "hint/refusal_json.h"
#include "hint/refusal_judge.h"
#include "hint/refusal_pick.h"
#include "hint/refusal_table.h"
#include "hint/refusal_text.h"
#include "check_run.h"

/* Bodies that say that a request was refused, and for how long. */

#define COUNT(a) ((int)(sizeof (a) / sizeof (a)[0]))
#define SECOND	1000000000ULL
#define NOW	1700000000

static const char *const some[] = { "slow", "b.c#slow down", "6", NULL };

static struct refusal_rule
rule(const char *json, const char *const *in, const char *contains,
    const char *delay)
{
	return (struct refusal_rule){
		.name = "test",
		.statuses = { 403 },
		.nstatuses = 1,
		.json = json,
		.in = in,
		.contains = contains,
		.delay = delay,
	};
}

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

/* Delays */

#define NONE	UINT64_MAX

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

/* Which responses */

static struct http1_head head;

static void
field(const char *line)
{
	struct http1_field *f = &head.fields[head.nfields++];
	const char *colon = strchr(line, ':');

	f->name = (struct http1_str){ line, (size_t)(colon - line) };
	f->value = (struct http1_str){ colon + 2, strlen(colon + 2) };
	f->id = http1_str_is(f->name, "content-type") ? HTTP1_CONTENT_TYPE :
	    HTTP1_OTHER;
}

static unsigned
pick(const struct refusal_rule *r, const char *path)
{
	struct http1_str p = { path, path == NULL ? 0 : strlen(path) };
	const struct refusal_rule *picked[REFUSAL_RULES];

	return refusal_pick(r, 1, &head, p, picked, 0);
}

static const struct {
	int		 status;
	const char	*type;		/* NULL: none is told */
	bool		 json;		/* a rule that reads JSON is for it */
	bool		 text;		/* and one that reads text */
} types[] = {
	{ 403, "application/json", true, true },
	{ 403, "Application/JSON; charset=utf-8", true, true },
	{ 403, "application/problem+json", true, true },
	{ 403, "application/x-amz-json-1.1", true, true },
	{ 403, "text/html", true, true },
	{ 403, "application/xml", true, true },
	{ 403, NULL, true, true },
	{ 403, "", true, true },
	{ 403, "text/event-stream", false, false },
	{ 403, "image/png", false, false },
	{ 403, "application/octet-stream", false, false },
	{ 200, "application/json", true, true },
	{ 200, "application/json;charset=UTF-8", true, true },
	{ 200, "text/html", false, true },
	{ 200, NULL, false, false },
	{ 200, "text/event-stream", false, false },
	{ 200, "text/event-stream; charset=utf-8", false, false },
	{ 200, "application/x-ndjson", false, false },
	{ 200, "application/jsonl", false, false },
	{ 200, "application/json-seq", false, false },
	{ 200, "application/stream+json", false, false },
	{ 200, "multipart/mixed; boundary=\"json\"", false, false },
	{ 404, "application/json", false, false },
};

START_TEST(type)
{
	struct refusal_rule json = rule("a", NULL, NULL, NULL);
	struct refusal_rule contains = rule(NULL, NULL, "a", NULL);
	char line[96];

	json.statuses[1] = contains.statuses[1] = 200;
	json.nstatuses = contains.nstatuses = 2;
	memset(&head, 0, sizeof head);
	head.status = types[_i].status;
	head.body = HTTP1_CHUNKED;
	snprintf(line, sizeof line, "Content-Type: %s", types[_i].type);
	if (types[_i].type != NULL)
		field(line);
	ck_assert_uint_eq(pick(&json, "/"), types[_i].json);
	ck_assert_uint_eq(pick(&contains, "/"), types[_i].text);
}
END_TEST

START_TEST(which)
{
	struct refusal_rule r = rule("a", NULL, NULL, NULL);

	memset(&head, 0, sizeof head);
	head.status = 403;
	head.body = HTTP1_NO_BODY;
	ck_assert_uint_eq(pick(&r, "/"), 0);
	head.body = HTTP1_LENGTH;
	ck_assert_uint_eq(pick(&r, "/"), 0);
	head.length = 5;
	ck_assert_uint_eq(pick(&r, "/"), 1);
	ck_assert_uint_eq(pick(&r, NULL), 1);
	/* not whole, and so not JSON */
	head.length = REFUSAL_BYTES + 1;
	ck_assert_uint_eq(pick(&r, "/"), 0);
	head.length = 5;

	r.field = "x-from";
	ck_assert_uint_eq(pick(&r, "/"), 0);
	field("X-From: us");
	ck_assert_uint_eq(pick(&r, "/"), 1);

	r.end = "/graphql";
	ck_assert_uint_eq(pick(&r, "/graphql"), 1);
	ck_assert_uint_eq(pick(&r, "/api/graphql?a=b"), 1);
	ck_assert_uint_eq(pick(&r, "/graphql/x"), 0);
	ck_assert_uint_eq(pick(&r, "/x?/graphql"), 0);
	ck_assert_uint_eq(pick(&r, "graphql"), 0);
	ck_assert_uint_eq(pick(&r, NULL), 0);
}
END_TEST

static const struct {
	const char		*fields[3];
	enum refusal_coding	 coding;
} coded[] = {
	{ { NULL }, REFUSAL_IDENTITY },
	{ { "Content-Encoding: identity" }, REFUSAL_IDENTITY },
	{ { "content-encoding: GZIP" }, REFUSAL_GZIP },
	{ { "Content-Encoding: x-gzip" }, REFUSAL_GZIP },
	{ { "Content-Encoding: deflate" }, REFUSAL_DEFLATE },
	{ { "Content-Encoding: br" }, REFUSAL_OTHER },
	{ { "Content-Encoding: gzip, gzip" }, REFUSAL_OTHER },
	{ { "Content-Encoding: gzip", "Content-Encoding: br" },
	    REFUSAL_OTHER },
};

START_TEST(coding_of)
{
	unsigned i;

	memset(&head, 0, sizeof head);
	for (i = 0; coded[_i].fields[i] != NULL; i++)
		field(coded[_i].fields[i]);
	ck_assert_int_eq(refusal_coding(&head), coded[_i].coding);
}
END_TEST

/* What vendors send */

static const struct {
	int		 status;
	const char	*path;
	const char	*fields[3];
	const char	*body;
	const char	*name;		/* NULL: no refusal */
	uint64_t	 delay;		/* ns; NONE */
} vendors[] = {
	{ 403, "/repos", { "X-GitHub-Request-Id: 1" },
	    "{\"message\":\"You have exceeded a secondary rate limit.\"}",
	    "github", NONE },
	{ 403, "/repos", { NULL },
	    "{\"message\":\"You have exceeded a secondary rate limit.\"}",
	    NULL, NONE },
	{ 403, "/repos", { "X-GitHub-Request-Id: 1" },
	    "{\"message\":\"Must have admin rights to Repository.\"}",
	    NULL, NONE },
	{ 200, "/graphql", { "X-GitHub-Request-Id: 1",
	    "Content-Type: application/json; charset=utf-8" },
	    "{\"errors\":[{\"type\":\"RATE_LIMITED\",\"message\":\"m\"}]}",
	    "github", NONE },
	{ 200, "/graphql", { "X-GitHub-Request-Id: 1",
	    "Content-Type: application/json; charset=utf-8" },
	    "{\"errors\":[{\"type\":\"RATE_LIMIT\","
	    "\"code\":\"graphql_rate_limit\"}]}", "github", NONE },
	{ 200, "/graphql", { "X-GitHub-Request-Id: 1",
	    "Content-Type: application/json; charset=utf-8" },
	    "{\"data\":{\"issue\":{\"body\":\"a secondary rate limit\"}}}",
	    NULL, NONE },
	{ 200, "/graphql", { "Content-Type: application/json" },
	    "{\"errors\":[{\"type\":\"RATE_LIMITED\"}]}", "error", NONE },
	{ 200, "/graphql", { "Content-Type: application/json" },
	    "{\"data\":{\"errors\":[{\"type\":\"RATE_LIMITED\"}]}}",
	    NULL, NONE },
	{ 200, "/graphql", { "Content-Type: application/json" },
	    "{\"type\":\"RATE_LIMITED\",\"message\":\"Throttled\"}",
	    NULL, NONE },
	{ 200, "/v3/graphql", { "Content-Type: application/json" },
	    "{\"errors\":[{\"message\":\"m\",\"extensions\":{\"code\":"
	    "\"TOO_MANY_REQUESTS_PER_SECOND\",\"retry_in_seconds\":23}}]}",
	    "error", 23 * SECOND },
	{ 200, "/items", { "Content-Type: application/json" },
	    "{\"errors\":[{\"type\":\"RATE_LIMITED\"}]}", NULL, NONE },
	/* errors by their names */
	{ 503, "/rest/crm.lead.list", { "Content-Type: application/json" },
	    "{\"error\":\"QUERY_LIMIT_EXCEEDED\","
	    "\"error_description\":\"Too many requests\"}", "error", NONE },
	{ 400, "/graphql", { NULL },
	    "{\"errors\":[{\"extensions\":{\"code\":\"RATELIMITED\"}}]}",
	    "error", NONE },
	{ 403, "/x", { NULL }, "{\"message\":\"Too Many Requests\"}",
	    "error", NONE },
	{ 403, "/x", { NULL }, "{\"error\":{\"code\":403,\"details\":[{"
	    "\"reason\":\"RATE_LIMIT_EXCEEDED\"}]}}", "error", NONE },
	{ 403, "/x", { NULL }, "{\"error\":\"rate_limit_exceeded\","
	    "\"retryAfterMs\":1500}", "error", 1500 * SECOND / 1000 },
	{ 403, "/x", { NULL }, "{\"code\":\"NO_RIGHTS\","
	    "\"message\":\"Too many requests\"}", NULL, NONE },
	{ 403, "/x", { NULL }, "{\"message\":\"Rights to rate limits\"}",
	    NULL, NONE },
	{ 403, "/x", { NULL }, "{\"input\":{\"code\":\"RATE_LIMITED\"}}",
	    NULL, NONE },
	{ 403, "/x", { NULL }, "{\"errors\":{\"errors\":{\"errors\":{"
	    "\"errors\":{\"errors\":{\"errors\":{\"code\":\"throttled\"}}}}}}}",
	    NULL, NONE },
	{ 404, "/x", { NULL }, "{\"code\":\"RATE_LIMITED\"}", NULL, NONE },
	/* for how long, by keys and words */
	{ 429, "/x", { NULL }, "{\"message\":\"You are being rate limited.\","
	    "\"retry_after\":23.5,\"global\":false}", "body",
	    23500 * SECOND / 1000 },
	{ 429, "/x", { NULL }, "{\"error\":{\"retry_after_ms\":23000}}",
	    "body", 23 * SECOND },
	{ 429, "/x", { NULL }, "{\"error\":{\"retryAfter\":\"23\"}}",
	    "body", 23 * SECOND },
	{ 429, "/x", { NULL }, "{\"retryDelay\":\"23 seconds\"}",
	    "body", 23 * SECOND },
	{ 429, "/x", { NULL }, "{\"limit\":9,\"reset\":1700000023}",
	    "body", 23 * SECOND },
	{ 429, "/x", { NULL }, "{\"reset_in\":90,\"retry_after\":23}",
	    "body", 23 * SECOND },
	{ 429, "/x", { NULL }, "{\"retry_after\":-1,\"retry_count\":3}",
	    NULL, NONE },
	{ 429, "/x", { NULL }, "{\"password_reset\":23}", NULL, NONE },
	{ 429, "/x", { NULL }, "{\"error\":{\"message\":\"Rate limit reached."
	    " Please try again in 7.66s. Visit\"}}", "body",
	    7660 * SECOND / 1000 },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Rate limit is exceeded. Try again in 56 seconds.", "body",
	    56 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Please Retry After 6m0s.", "body", 360 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "try again in 1 minute", "body", 60 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Please wait 2 hours, then ask", "body", 7200 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Please wait a few minutes, or try again in 5", NULL, NONE },
	{ 429, "/x", { "Content-Type: text/plain" }, "try again in ",
	    NULL, NONE },
	{ 503, "/x", { "Content-Type: text/plain" },
	    "Try again in 5 minutes", NULL, NONE },
	/* codes that are numbers */
	{ 400, "/v23.0/me", { "x-fb-trace-id: 1" },
	    "{\"error\":{\"message\":\"(#4) Application request limit reached\","
	    "\"type\":\"OAuthException\",\"code\":4}}", "facebook", NONE },
	{ 400, "/v23.0/me", { "x-fb-trace-id: 1" },
	    "{\"error\":{\"type\":\"OAuthException\",\"code\":190}}",
	    NULL, NONE },
	{ 400, "/v23.0/me", { NULL }, "{\"error\":{\"code\":4}}", NULL, NONE },
	/* as it was called before */
	{ 403, "/repos", { "X-GitHub-Request-Id: 1" },
	    "{\"message\":\"You have triggered an abuse detection mechanism."
	    "\"}", "github", NONE },
	{ 503, "/b/o", { "x-amz-request-id: 1" },
	    "<Error><Code>SlowDownWrite</Code></Error>", "s3", NONE },
	{ 403, "/drive/v3/files", { "Content-Type: application/json" },
	    "{\"error\":{\"code\":403,\"errors\":[{\"domain\":\"usageLimits\","
	    "\"reason\":\"userRateLimitExceeded\"}]}}", "google", NONE },
	{ 403, "/drive/v3/files", { "Content-Type: application/json" },
	    "{\"error\":{\"code\":403,\"errors\":[{\"domain\":\"global\","
	    "\"reason\":\"insufficientFilePermissions\"}]}}", NULL, NONE },
	{ 429, "/v1beta/models/m:generateContent", { NULL },
	    "[{\"error\":{\"code\":429,\"details\":[{\"@type\":\"type.google"
	    "apis.com/google.rpc.RetryInfo\",\"retryDelay\":\"23.4s\"}]}}]",
	    "google.rpc.RetryInfo", 23400 * SECOND / 1000 },
	{ 503, "/v1/x", { NULL },
	    "{\"code\":14,\"details\":[{\"retryDelay\":{\"seconds\":\"7\"}}]}",
	    "google.rpc.RetryInfo", 7 * SECOND },
	{ 503, "/v1/x", { NULL }, "{\"code\":14,\"details\":[]}", NULL, NONE },
	{ 200, "/admin/api/2026-01/graphql.json",
	    { "Content-Type: application/json" },
	    "{\"errors\":[{\"message\":\"Throttled\",\"extensions\":{\"code\":"
	    "\"THROTTLED\"}}],\"extensions\":{\"cost\":{"
	    "\"requestedQueryCost\":700,\"throttleStatus\":{"
	    "\"currentlyAvailable\":100,\"restoreRate\":50.0}}}}",
	    "shopify", 12 * SECOND },
	{ 200, "/admin/api/graphql.json",
	    { "Content-Type: application/json" },
	    "{\"errors\":[{\"message\":\"Throttled\"}],\"extensions\":{"
	    "\"cost\":{\"requestedQueryCost\":202,\"throttleStatus\":{"
	    "\"currentlyAvailable\":118,\"restoreRate\":50.0}}}}",
	    "shopify", 1680 * SECOND / 1000 },
	{ 200, "/admin/api/2026-01/graphql.json",
	    { "Content-Type: application/json" },
	    "{\"data\":{},\"extensions\":{\"cost\":{\"requestedQueryCost\":7,"
	    "\"throttleStatus\":{\"currentlyAvailable\":1,"
	    "\"restoreRate\":50.0}}}}", NULL, NONE },
	{ 400, "/", { "Content-Type: application/x-amz-json-1.0" },
	    "{\"__type\":\"com.amazonaws.dynamodb.v20120810#"
	    "ProvisionedThroughputExceededException\"}", "aws", NONE },
	{ 400, "/", { "Content-Type: application/x-amz-json-1.1" },
	    "{\"__type\":\"ThrottlingException\",\"message\":\"m\"}", "aws",
	    NONE },
	{ 400, "/", { "Content-Type: application/x-amz-json-1.1" },
	    "{\"__type\":\"ValidationException\"}", NULL, NONE },
	{ 503, "/", { "Content-Type: text/xml" }, "<Response><Errors><Error>"
	    "<Code>RequestLimitExceeded</Code>", "aws", NONE },
	{ 503, "/key", { "x-amz-request-id: 1",
	    "Content-Type: application/xml" },
	    "<Error><Code>SlowDown</Code></Error>", "s3", NONE },
	{ 503, "/key", { "Content-Type: application/xml" },
	    "<Error><Code>SlowDown</Code></Error>", NULL, NONE },
	{ 403, "/services/data", { "Content-Type: application/json" },
	    "[{\"errorCode\":\"REQUEST_LIMIT_EXCEEDED\",\"message\":\"m\"}]",
	    "salesforce", NONE },
	{ 403, "/services/data", { "Content-Type: application/json" },
	    "[{\"errorCode\":\"INSUFFICIENT_ACCESS\",\"message\":\"m\"}]",
	    NULL, NONE },
	{ 429, "/bot1/sendMessage", { "Content-Type: application/json" },
	    "{\"ok\":false,\"error_code\":429,\"parameters\":{"
	    "\"retry_after\":35}}", "telegram", 35 * SECOND },
};

START_TEST(vendor)
{
	const struct refusal_rule *picked[REFUSAL_RULES], *rules;
	struct http1_str p = { vendors[_i].path, strlen(vendors[_i].path) };
	struct refusal_body body = { vendors[_i].body,
	    strlen(vendors[_i].body), REFUSAL_IDENTITY };
	struct refusal found;
	unsigned i, n;

	memset(&head, 0, sizeof head);
	head.status = vendors[_i].status;
	head.body = HTTP1_CHUNKED;
	for (i = 0; vendors[_i].fields[i] != NULL; i++)
		field(vendors[_i].fields[i]);
	rules = refusal_builtin(&n);
	ck_assert_uint_le(n, REFUSAL_RULES);
	n = refusal_pick(rules, n, &head, p, picked, 0);
	ck_assert_int_eq(refusal_judge(picked, n, &body, NOW, &found),
	    vendors[_i].name != NULL);
	if (vendors[_i].name == NULL)
		return;
	ck_assert_str_eq(found.rule->name, vendors[_i].name);
	ck_assert_int_eq(found.has_delay, vendors[_i].delay != NONE);
	if (found.has_delay)
		ck_assert_uint_eq(found.delay, vendors[_i].delay);
}
END_TEST

/* All that is built in is what a configuration could say, too. */
START_TEST(builtin)
{
	const struct refusal_rule *rules;
	unsigned i, n;

	rules = refusal_builtin(&n);
	ck_assert_uint_gt(n, 0);
	for (i = 0; i < n; i++) {
		ck_assert_ptr_nonnull(rules[i].name);
		ck_assert_uint_gt(rules[i].nstatuses, 0);
		ck_assert(rules[i].json == NULL ||
		    refusal_is_path(rules[i].json));
		ck_assert(rules[i].delay == NULL ||
		    refusal_is_path(rules[i].delay));
		ck_assert(rules[i].json != NULL || rules[i].delay != NULL ||
		    rules[i].contains != NULL || rules[i].limit ||
		    rules[i].told);
	}
}
END_TEST

START_TEST(is_path)
{
	ck_assert(refusal_is_path("a"));
	ck_assert(refusal_is_path("a.*.b"));
	ck_assert(!refusal_is_path(""));
	ck_assert(!refusal_is_path("."));
	ck_assert(!refusal_is_path("a."));
	ck_assert(!refusal_is_path(".a"));
	ck_assert(!refusal_is_path("a..b"));
	ck_assert(refusal_is_path("1.2.3.4.5.6.7.8.9.a.b.c.d.e.f.g"));
	ck_assert(!refusal_is_path("1.2.3.4.5.6.7.8.9.a.b.c.d.e.f.g.h"));
}
END_TEST

static Suite *
refusal_suite(void)
{
	Suite *suite = suite_create("refusal");
	TCase *body = tcase_create("body");
	TCase *which_ones = tcase_create("which");
	TCase *known = tcase_create("vendors");

	tcase_add_loop_test(body, at_path, 0, COUNT(paths));
	tcase_add_loop_test(body, with_text, 0, COUNT(texts));
	tcase_add_test(body, text_behind_a_nul);
	tcase_add_test(body, both_must_be_met);
	tcase_add_test(body, first_rule_counts);
	tcase_add_loop_test(body, delay, 0, COUNT(delays));
	tcase_add_loop_test(body, share, 0, COUNT(shares));
	tcase_add_loop_test(body, coding, 0, COUNT(codings));
	tcase_add_test(body, members);
	tcase_add_test(body, bomb);
	tcase_add_test(body, deep);
	suite_add_tcase(suite, body);

	tcase_add_loop_test(which_ones, type, 0, COUNT(types));
	tcase_add_test(which_ones, which);
	tcase_add_loop_test(which_ones, coding_of, 0, COUNT(coded));
	tcase_add_test(which_ones, is_path);
	suite_add_tcase(suite, which_ones);

	tcase_add_loop_test(known, vendor, 0, COUNT(vendors));
	tcase_add_test(known, builtin);
	suite_add_tcase(suite, known);
	return suite;
}

int
main(void)
{
	return run_suite(refusal_suite());
}
