/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/http1_request.h"
#include "http/http1_response.h"
#include "policy/tokens.h"
#include "policy/tokens_learned.h"
#include "check_run.h"

#define M	JSON_SCAN_UNIT

/* What a rule says: as a configuration makes it. */
static struct tokens *
make(void)
{
	struct tokens *t = calloc(1, sizeof *t);
	struct tokens_budget *b = &t->budgets[0];

	t->n = 2;
	b->name = strdup("tokens");
	b->limits.nrates = 1;
	b->limits.rates[0] = (struct gcra_rate){
		.capacity = 1000 * M, .period = 1, .burst = 1000 * M,
	};
	b->input_bytes = 4;
	b->output.all[b->output.n++] = strdup("max_completion_tokens");
	b->output.all[b->output.n++] = strdup("max_tokens");
	b->fallback = 300 * M;
	b->learn = TOKENS_LEARN_P90;
	b->json = strdup("usage.total_tokens");
	b->minus.all[b->minus.n++] = strdup("usage.details.cached_tokens");
	b->refuse = true;
	b = &t->budgets[1];
	b->name = strdup("input");
	b->limits = t->budgets[0].limits;
	b->input = strdup("meta.input");
	b->json = strdup("usage.input_tokens");
	b->plus.all[b->plus.n++] = strdup("usage.cache_creation_tokens");
	ck_assert_ptr_null(tokens_complete(t));
	return t;
}

static void
scan(struct json_scan *json, const struct json_scan_paths *paths,
    const char *text)
{
	json_scan_init(json, paths);
	json_scan_push(json, text, strlen(text));
}

static const struct {
	const char		*text;		/* NULL: not read */
	uint64_t		 learned;
	uint64_t		 output;
	uint64_t		 input;		/* of the second one */
} reserves[] = {
	{ "{}", UINT64_MAX, 300, 0 },
	{ NULL, UINT64_MAX, 300, 0 },
	{ "{\"max_tokens\":50}", UINT64_MAX, 50, 0 },
	{ "{\"max_tokens\":50,\"max_completion_tokens\":70}", UINT64_MAX, 70,
	    0 },
	{ "{\"max_tokens\":50,\"n\":3}", UINT64_MAX, 150, 0 },
	{ "{\"max_tokens\":50,\"n\":0}", UINT64_MAX, 50, 0 },
	{ "{\"n\":2}", UINT64_MAX, 600, 0 },
	{ "{\"max_tokens\":50}", 20, 20, 0 },
	{ "{\"max_tokens\":50}", 80, 50, 0 },
	/* what was learned is of all n */
	{ "{\"max_tokens\":50,\"n\":3}", 80, 80, 0 },
	{ "{\"max_tokens\":50,\"n\":3}", 200, 150, 0 },
	{ "{\"n\":2}", 400, 400, 0 },
	{ "{\"max_tokens\":-5}", UINT64_MAX, 300, 0 },
	{ "{\"max_tokens\":\"all\"}", UINT64_MAX, 300, 0 },
	{ "{\"max_tokens\":1e300}", UINT64_MAX, 300, 0 },
	/* cut off: what was seen counts */
	{ "{\"max_tokens\":50,\"messages\":[\"aaa", UINT64_MAX, 50, 0 },
	{ "{\"meta\":{\"input\":7}}", UINT64_MAX, 300, 7 },
};

START_TEST(reserve)
{
	struct tokens *t = make();
	struct json_scan json, *read = NULL;
	uint64_t learned = reserves[_i].learned;

	if (reserves[_i].text != NULL) {
		scan(&json, &t->asks, reserves[_i].text);
		read = &json;
	}
	if (learned != UINT64_MAX)
		learned *= M;
	ck_assert_uint_eq(tokens_input(t, 0, 41, read), 11 * M);
	ck_assert_uint_eq(tokens_input(t, 0, UINT64_MAX, read),
	    JSON_SCAN_MOST);
	ck_assert_uint_eq(tokens_output(t, 0, read, learned),
	    reserves[_i].output * M);
	ck_assert_uint_eq(tokens_input(t, 1, 41, read),
	    reserves[_i].input * M);
	ck_assert_uint_eq(tokens_output(t, 1, read, UINT64_MAX), 0);
	tokens_free(t);
}
END_TEST

/* "n" is read for those that say where a cap is; it may be anything else. */
START_TEST(default_alone)
{
	struct tokens *t = make();
	struct json_scan json;

	t->budgets[1].fallback = 70 * M;
	scan(&json, &t->asks, "{\"n\":3}");
	ck_assert_uint_eq(tokens_output(t, 0, &json, UINT64_MAX), 900 * M);
	ck_assert_uint_eq(tokens_output(t, 1, &json, UINT64_MAX), 70 * M);
	ck_assert_uint_eq(tokens_answers(t, 0, &json), 3 * M);
	ck_assert_uint_eq(tokens_answers(t, 1, &json), M);
	ck_assert_uint_eq(tokens_answers(t, 0, NULL), M);
	tokens_free(t);
}
END_TEST

/* Where a request names its model, which what is learned is kept by. */
START_TEST(model)
{
	struct tokens *t = make();
	struct json_scan json, other;

	scan(&json, &t->asks, "{\"max_tokens\":50,\"model\":\"small\"}");
	scan(&other, &t->asks, "{\"model\":\"small\",\"n\":1}");
	ck_assert_uint_eq(tokens_model(t, &json), tokens_model(t, &other));
	scan(&other, &t->asks, "{\"max_tokens\":50,\"model\":\"large\"}");
	ck_assert_uint_ne(tokens_model(t, &json), tokens_model(t, &other));
	tokens_free(t);
}
END_TEST

START_TEST(never_fits)
{
	struct tokens *t = make();
	struct throttle_wants *w = calloc(1, sizeof *w +
	    2 * sizeof w->amounts[0]);

	w->n = 2;
	w->amounts[0].amount = 1000 * M;
	w->amounts[1].amount = 5000 * M;
	ck_assert_ptr_null(tokens_never_fits(t, w));
	w->amounts[0].amount++;
	ck_assert_str_eq(tokens_never_fits(t, w), "tokens");
	free(w);
	tokens_free(t);
}
END_TEST

static const struct {
	const char		*texts[3];
	uint64_t		 used[2];	/* UINT64_MAX: not told */
	bool			 unusable;
} answers[] = {
	{ { "{\"usage\":{\"total_tokens\":90}}" }, { 90, UINT64_MAX }, false },
	{ { "{\"usage\":{\"total_tokens\":90,\"details\":"
	    "{\"cached_tokens\":30}}}" }, { 60, UINT64_MAX }, false },
	{ { "{\"usage\":{\"total_tokens\":9,\"details\":"
	    "{\"cached_tokens\":30}}}" }, { 0, UINT64_MAX }, false },
	{ { "{\"usage\":null}" }, { UINT64_MAX, UINT64_MAX }, false },
	{ { "{\"usage\":{\"total_tokens\":-90}}" },
	    { UINT64_MAX, UINT64_MAX }, true },
	{ { "{\"usage\":{\"total_tokens\":\"90\"}}" },
	    { UINT64_MAX, UINT64_MAX }, true },
	/* OpenAI's Responses, whose events wrap the answer */
	{ { "{\"response\":{\"usage\":null}}",
	    "{\"response\":{\"usage\":{\"total_tokens\":12}}}" },
	    { 12, UINT64_MAX }, false },
	/* Anthropic's: message_start, then what is at the top */
	{ { "{\"message\":{\"usage\":{\"input_tokens\":25,"
	    "\"cache_creation_tokens\":4}}}",
	    "{\"usage\":{\"output_tokens\":15}}" }, { UINT64_MAX, 29 },
	    false },
	{ { "{\"message\":{\"usage\":{\"input_tokens\":25}}}",
	    "{\"usage\":{\"input_tokens\":26}}",
	    "{\"usage\":{\"input_tokens\":27}}" }, { UINT64_MAX, 27 }, false },
};

START_TEST(used)
{
	struct tokens *t = make();
	struct tokens_told told = { .unusable = false };
	struct json_scan json;
	unsigned i;

	for (i = 0; i < 3 && answers[_i].texts[i] != NULL; i++) {
		scan(&json, &t->tells, answers[_i].texts[i]);
		tokens_hear(t, &json, &told);
	}
	for (i = 0; i < 2; i++)
		ck_assert_uint_eq(tokens_used(t, i, &told),
		    answers[_i].used[i] == UINT64_MAX ? UINT64_MAX :
		    answers[_i].used[i] * M);
	ck_assert_int_eq(told.unusable, answers[_i].unusable);
	tokens_free(t);
}
END_TEST

/* Where hosts tell what was used, in answers and events of their documents. */
static const struct {
	const char		*json;
	const char		*plus;
	const char		*texts[3];
	uint64_t		 used;
} vendors[] = {
	/* OpenAI and Azure: chat, the end of a stream, embeddings */
	{ "usage.prompt_tokens", "usage.completion_tokens",
	    { "{\"choices\":[{\"message\":{}}],\"usage\":{\"prompt_tokens\":"
	    "19,\"completion_tokens\":10,\"total_tokens\":29,"
	    "\"prompt_tokens_details\":{\"cached_tokens\":0}}}" }, 29 },
	{ "usage.total_tokens", NULL,
	    { "{\"choices\":[{\"delta\":{}}],\"usage\":null}",
	    "{\"choices\":[],\"usage\":{\"total_tokens\":29}}" }, 29 },
	{ "usage.total_tokens", NULL,
	    { "{\"object\":\"list\",\"data\":[{\"embedding\":[0.1,-2e-3]}],"
	    "\"usage\":{\"prompt_tokens\":8,\"total_tokens\":8}}" }, 8 },
	/* Responses */
	{ "usage.input_tokens", "usage.output_tokens",
	    { "{\"type\":\"response.created\",\"response\":{\"usage\":null}}",
	    "{\"type\":\"response.completed\",\"response\":{\"usage\":{"
	    "\"input_tokens\":37,\"output_tokens\":11,"
	    "\"total_tokens\":48}}}" }, 48 },
	/* Anthropic: what message_delta tells is all until then */
	{ "usage.output_tokens", NULL,
	    { "{\"type\":\"message_start\",\"message\":{\"usage\":{"
	    "\"input_tokens\":25,\"output_tokens\":1}}}",
	    "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":null},"
	    "\"usage\":{\"output_tokens\":9}}",
	    "{\"type\":\"message_delta\",\"delta\":{},\"usage\":{"
	    "\"output_tokens\":15}}" }, 15 },
	{ "usage.input_tokens", "usage.cache_creation_input_tokens",
	    { "{\"type\":\"message_start\",\"message\":{\"usage\":{"
	    "\"input_tokens\":25,\"cache_creation_input_tokens\":100,"
	    "\"cache_read_input_tokens\":7,\"output_tokens\":1}}}",
	    "{\"type\":\"message_delta\",\"usage\":{\"output_tokens\":15}}"
	    }, 125 },
	/* Gemini: whole, as an array that grows, as events */
	{ "usageMetadata.promptTokenCount",
	    "usageMetadata.candidatesTokenCount",
	    { "[{\"usageMetadata\":{\"promptTokenCount\":4,"
	    "\"candidatesTokenCount\":2}},{\"usageMetadata\":{"
	    "\"promptTokenCount\":4,\"candidatesTokenCount\":20}}]" }, 24 },
	{ "usageMetadata.totalTokenCount", NULL,
	    { "{\"candidates\":[],\"usageMetadata\":{\"totalTokenCount\":6}}",
	    "{\"usageMetadata\":{\"totalTokenCount\":26,"
	    "\"thoughtsTokenCount\":2}}" }, 26 },
	/* Cohere, and the end of its streams */
	{ "usage.tokens.input_tokens", "usage.tokens.output_tokens",
	    { "{\"message\":{},\"usage\":{\"billed_units\":{"
	    "\"input_tokens\":5},\"tokens\":{\"input_tokens\":71,"
	    "\"output_tokens\":418}}}" }, 489 },
	{ "usage.tokens.input_tokens", "usage.tokens.output_tokens",
	    { "{\"type\":\"message-end\",\"delta\":{\"usage\":{\"tokens\":{"
	    "\"input_tokens\":71,\"output_tokens\":18}}}}" }, 89 },
	/* Shopify, GitHub's GraphQL */
	{ "extensions.cost.actualQueryCost", NULL,
	    { "{\"data\":{},\"extensions\":{\"cost\":{"
	    "\"requestedQueryCost\":101,\"actualQueryCost\":46}}}" }, 46 },
	{ "data.rateLimit.cost", NULL,
	    { "{\"data\":{\"rateLimit\":{\"cost\":1,\"limit\":5000}}}" }, 1 },
};

START_TEST(what_vendors_tell)
{
	struct tokens *t = calloc(1, sizeof *t);
	struct tokens_budget *b = &t->budgets[0];
	struct tokens_told told = { .unusable = false };
	struct json_scan json;
	unsigned i;

	t->n = 1;
	b->name = strdup("tokens");
	b->json = strdup(vendors[_i].json);
	if (vendors[_i].plus != NULL)
		b->plus.all[b->plus.n++] = strdup(vendors[_i].plus);
	ck_assert_ptr_null(tokens_complete(t));
	for (i = 0; i < 3 && vendors[_i].texts[i] != NULL; i++) {
		scan(&json, &t->tells, vendors[_i].texts[i]);
		ck_assert(json_scan_end(&json));
		tokens_hear(t, &json, &told);
	}
	ck_assert_uint_eq(tokens_used(t, 0, &told), vendors[_i].used * M);
	ck_assert(!told.unusable);
	tokens_free(t);
}
END_TEST

static const struct {
	const char		*fields;
	bool			 counts;
	bool			 reads;
} requests[] = {
	{ "Content-Type: application/json\r\nContent-Length: 5\r\n", true,
	    true },
	{ "Content-Type: application/graphql+JSON ; x=y\r\n"
	    "Content-Length: 5\r\n", true, true },
	{ "Content-Length: 5\r\n", true, true },
	{ "Transfer-Encoding: chunked\r\n", true, true },
	{ "Content-Length: 0\r\n", false, false },
	{ "", false, false },
	{ "Content-Type: multipart/form-data\r\nContent-Length: 5\r\n", false,
	    false },
	{ "Content-Type: application/notjson\r\nContent-Length: 5\r\n", false,
	    false },
	{ "Content-Encoding: gzip\r\nContent-Length: 5\r\n", true, false },
	{ "Content-Encoding: identity\r\nContent-Length: 5\r\n", true, true },
};

START_TEST(which_count)
{
	struct tokens *t = make();
	struct http1_head *h = calloc(1, sizeof *h);
	char text[256];
	int n = snprintf(text, sizeof text, "POST http://a/ HTTP/1.1\r\n"
	    "Host: a\r\n%s\r\n", requests[_i].fields);

	ck_assert_int_eq(http1_request(h, text, (size_t)n), HTTP1_OK);
	ck_assert_int_eq(tokens_counts(h), requests[_i].counts);
	if (requests[_i].counts)
		ck_assert_int_eq(tokens_reads(t, h), requests[_i].reads);
	ck_assert(!tokens_is_stream(h));
	free(h);
	tokens_free(t);
}
END_TEST

static const struct {
	const char		*target;
	bool			 asks;
} targets[] = {
	{ "http://a/v1/chat/completions", true },
	{ "http://a/v1/completions?api-version=1/x", true },
	{ "http://a/completions", true },
	{ "http://a/v1/responses", false },
	{ "http://a/v1/messages?/completions", false },
	{ "http://a/v1/completions/x", false },
	{ "http://a/v1/xcompletions", false },
	{ "http://a", false },
};

START_TEST(which_are_asked)
{
	struct tokens *t = make();
	struct http1_head *h = calloc(1, sizeof *h);
	char text[256];
	int n = snprintf(text, sizeof text, "POST %s HTTP/1.1\r\nHost: a\r\n"
	    "Content-Length: 9\r\n\r\n", targets[_i].target);

	ck_assert_int_eq(http1_request(h, text, (size_t)n), HTTP1_OK);
	ck_assert(!tokens_asks_usage(t, h));
	t->asks_usage = true;
	ck_assert_int_eq(tokens_asks_usage(t, h), targets[_i].asks);
	t->asks.n = 0;
	t->budgets[0].input_bytes = 0;
	ck_assert_int_eq(tokens_reads(t, h), targets[_i].asks);
	free(h);
	tokens_free(t);
}
END_TEST

static const struct {
	const char		*budget;
	const char		*name;
	const char		*value;
	uint64_t		 left;		/* UINT64_MAX: none */
} lefts[] = {
	{ "tokens", "x-ratelimit-remaining-tokens", "149984", 149984 },
	{ "tokens", "X-RateLimit-Remaining-Tokens", "0", 0 },
	{ "tokens", "anthropic-ratelimit-tokens-remaining", "5", 5 },
	{ "input", "anthropic-ratelimit-input-tokens-remaining", "7", 7 },
	{ "input_tokens", "anthropic-ratelimit-input-tokens-remaining", "7",
	    7 },
	{ "Input", "anthropic-ratelimit-input-tokens-remaining", "7", 7 },
	{ "tokens", "anthropic-ratelimit-input-tokens-remaining", "7",
	    UINT64_MAX },
	{ "tokens", "x-ratelimit-remaining-requests", "7", UINT64_MAX },
	{ "tokens", "x-ratelimit-limit-tokens", "7", UINT64_MAX },
	{ "tokens", "x-ratelimit-reset-tokens", "7", UINT64_MAX },
	{ "tokens", "x-ratelimit-remaining", "7", UINT64_MAX },
	{ "tokens", "x-ratelimit-remaining-tokens", "", UINT64_MAX },
	{ "tokens", "x-ratelimit-remaining-tokens", "-5", UINT64_MAX },
	{ "tokens", "x-ratelimit-remaining-tokens", "many", UINT64_MAX },
	{ "tokens", "x-ratelimit-remaining-tokens", "99999999999999999999",
	    UINT64_MAX },
	{ "tokens", "tokens", "7", UINT64_MAX },
};

START_TEST(what_is_left)
{
	const char *name = lefts[_i].name, *value = lefts[_i].value;
	struct tokens_budget b = { .name = strdup(lefts[_i].budget) };
	struct http1_head *h = calloc(1, sizeof *h);
	uint64_t left;
	enum tokens_left is;

	h->fields[h->nfields++] = (struct http1_field){
		.name = { name, strlen(name) },
		.value = { value, strlen(value) },
	};
	is = tokens_left(&b, h, &left);
	ck_assert_int_eq(is, lefts[_i].left != UINT64_MAX ?
	    TOKENS_LEFT_TOLD : TOKENS_LEFT_UNTOLD);
	if (is == TOKENS_LEFT_TOLD)
		ck_assert_uint_eq(left, lefts[_i].left * M);
	free(b.name);
	free(h);
}
END_TEST

/* Of a budget of 60,000, by the limit that is named beside. */
static const struct {
	const char	*limit;
	const char	*value;
	bool		 is;
} limits[] = {
	{ "x-ratelimit-limit-tokens", "60000", true },
	{ "x-ratelimit-limit-tokens", "150000", true },
	{ "x-ratelimit-limit-tokens", "50000", true },
	{ "x-ratelimit-limit-tokens", "30001", true },
	{ "x-ratelimit-limit-tokens", "30000", false },
	{ "X-RateLimit-Tokens-Limit", "10000", false },
	{ "x-ratelimit-limit-tokens", "many", true },
	{ "x-ratelimit-limit-requests", "500", true },
};

START_TEST(what_is_left_of_another)
{
	struct tokens_budget b = { .name = strdup("tokens") };
	struct http1_head *h = calloc(1, sizeof *h);
	const char left_name[] = "x-ratelimit-remaining-tokens";
	uint64_t left;
	int i;

	b.limits.nrates = 2;
	b.limits.rates[0] = (struct gcra_rate){ .capacity = 1000000 * M,
	    .period = 86400000000000ULL };
	b.limits.rates[1] = (struct gcra_rate){ .capacity = 60000 * M,
	    .period = 60000000000ULL };
	for (i = 0; i < 2; i++) {
		h->nfields = 2;
		h->fields[i] = (struct http1_field){
			.name = { left_name, sizeof left_name - 1 },
			.value = { "9000", 4 },
		};
		h->fields[1 - i] = (struct http1_field){
			.name = { limits[_i].limit, strlen(limits[_i].limit) },
			.value = { limits[_i].value,
			    strlen(limits[_i].value) },
		};
		ck_assert_int_eq(tokens_left(&b, h, &left), limits[_i].is ?
		    TOKENS_LEFT_TOLD : TOKENS_LEFT_OF_ANOTHER);
	}
	free(b.name);
	free(h);
}
END_TEST

static const struct {
	const char	*fields;
	bool		 may;
} changes[] = {
	{ "Cache-Control: no-cache\r\n", true },
	{ "Cache-Control: no-cache, No-Transform\r\n", false },
	{ "Cache-Control: private=\"no-transform\"\r\n", true },
	{ "Authorization: Bearer aws4-x\r\n", true },
	{ "Authorization: AWS4-HMAC-SHA256 Credential=a\r\n", false },
	{ "Content-Digest: sha-256=:AA==:\r\n", false },
	{ "Repr-Digest: sha-256=:AA==:\r\n", false },
	{ "Digest: SHA-256=AA==\r\n", false },
	{ "Content-MD5: AA==\r\n", false },
	{ "Signature-Input: a=()\r\n", false },
	{ "X-Amz-Content-Sha256: 00\r\n", false },
};

START_TEST(may_change)
{
	struct http1_head *h = calloc(1, sizeof *h);
	char text[256];
	int n = snprintf(text, sizeof text, "POST http://a/ HTTP/1.1\r\n"
	    "Host: a\r\n%s\r\n", changes[_i].fields);

	ck_assert_int_eq(http1_request(h, text, (size_t)n), HTTP1_OK);
	ck_assert_int_eq(tokens_may_change(h), changes[_i].may);
	free(h);
}
END_TEST

/* With nothing to find a body is read for its length alone. */
START_TEST(reads_for_length)
{
	struct tokens *t = calloc(1, sizeof *t);
	struct http1_head *h = calloc(1, sizeof *h);
	const char length[] = "POST http://a/ HTTP/1.1\r\nHost: a\r\n"
	    "Content-Length: 5\r\n\r\n";
	const char chunked[] = "POST http://a/ HTTP/1.1\r\nHost: a\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n";

	t->n = 1;
	t->budgets[0].name = strdup("bytes");
	t->budgets[0].input_bytes = 1;
	ck_assert_ptr_null(tokens_complete(t));
	ck_assert_int_eq(http1_request(h, length, sizeof length - 1),
	    HTTP1_OK);
	ck_assert(!tokens_reads(t, h));
	ck_assert_int_eq(http1_request(h, chunked, sizeof chunked - 1),
	    HTTP1_OK);
	ck_assert(tokens_reads(t, h));
	free(h);
	tokens_free(t);
	tokens_free(NULL);
}
END_TEST

START_TEST(too_many_paths)
{
	struct tokens *t = calloc(1, sizeof *t);
	char name[8];
	unsigned i, j;

	t->n = 4;
	for (i = 0; i < t->n; i++) {
		t->budgets[i].name = strdup("x");
		t->budgets[i].json = strdup("y");
		for (j = 0; j < TOKENS_PATHS; j++) {
			snprintf(name, sizeof name, "p%u%u", i, j);
			t->budgets[i].plus.all[t->budgets[i].plus.n++] =
			    strdup(name);
		}
	}
	ck_assert_str_eq(tokens_complete(t), "more than 48 paths in JSON in "
	    "all, expected fewer");
	tokens_free(t);
}
END_TEST

/* What is learned */

START_TEST(p90)
{
	struct tokens_learned *t = tokens_learned_new();
	uint64_t i;

	for (i = 1; i < TOKENS_LEARNED_LEAST; i++)
		tokens_learned_note(t, 5, i);
	ck_assert_uint_eq(tokens_learned(t, 5), UINT64_MAX);
	ck_assert_uint_eq(tokens_learned(t, 6), UINT64_MAX);
	tokens_learned_note(t, 5, 10);
	ck_assert_uint_eq(tokens_learned(t, 5), 9);
	/* of old ones nothing is left */
	for (i = 0; i < TOKENS_LEARNED_LAST; i++)
		tokens_learned_note(t, 5, 100 + i);
	ck_assert_uint_eq(tokens_learned(t, 5), 128);
	tokens_learned_free(t);
}
END_TEST

START_TEST(forgets_the_oldest)
{
	struct tokens_learned *t = tokens_learned_new();
	uint64_t i, j;

	for (i = 1; i <= TOKENS_LEARNED_KINDS; i++)
		for (j = 0; j < TOKENS_LEARNED_LEAST; j++)
			tokens_learned_note(t, i, i);
	ck_assert_uint_eq(tokens_learned(t, 1), 1);
	tokens_learned_note(t, i, i);
	ck_assert_uint_eq(tokens_learned(t, 1), 1);
	ck_assert_uint_eq(tokens_learned(t, 2), UINT64_MAX);
	ck_assert_uint_eq(tokens_learned(t, 3), 3);
	tokens_learned_free(t);
}
END_TEST

static Suite *
tokens_suite(void)
{
	Suite *suite = suite_create("tokens");
	TCase *tables = tcase_create("tables");
	TCase *learned = tcase_create("learned");

	tcase_add_loop_test(tables, reserve, 0,
	    sizeof reserves / sizeof reserves[0]);
	tcase_add_test(tables, default_alone);
	tcase_add_test(tables, model);
	tcase_add_test(tables, never_fits);
	tcase_add_loop_test(tables, used, 0,
	    sizeof answers / sizeof answers[0]);
	tcase_add_loop_test(tables, what_vendors_tell, 0,
	    sizeof vendors / sizeof vendors[0]);
	tcase_add_loop_test(tables, which_count, 0,
	    sizeof requests / sizeof requests[0]);
	tcase_add_loop_test(tables, which_are_asked, 0,
	    sizeof targets / sizeof targets[0]);
	ROWS(tables, what_is_left_of_another, limits);
	ROWS(tables, may_change, changes);
	tcase_add_loop_test(tables, what_is_left, 0,
	    sizeof lefts / sizeof lefts[0]);
	tcase_add_test(tables, reads_for_length);
	tcase_add_test(tables, too_many_paths);
	suite_add_tcase(suite, tables);
	tcase_add_test(learned, p90);
	tcase_add_test(learned, forgets_the_oldest);
	suite_add_tcase(suite, learned);
	return suite;
}

int
main(void)
{
	return run_suite(tokens_suite());
}
