/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hint/usage_ask.h"
#include "hint/usage_cut.h"
#include "check_run.h"

/* Requests */

/* What is sent, and what is sent on; NULL: the same. */
static const struct {
	const char	*body;
	const char	*asks;
} requests[] = {
	{ "{\"stream\": true, \"n\": 1}",
	    "{\"stream\": true,\"stream_options\":{\"include_usage\":true}, "
	    "\"n\": 1}" },
	{ " {\"a\":{\"stream\":false},\"stream\":true}\n",
	    " {\"a\":{\"stream\":false},\"stream\":true,"
	    "\"stream_options\":{\"include_usage\":true}}\n" },
	{ "{\"stream\":true,\"stream_options\":null}",
	    "{\"stream\":true,\"stream_options\":{\"include_usage\":true}}" },
	{ "{\"stream_options\": { } ,\"stream\":true}",
	    "{\"stream_options\": {\"include_usage\":true } ,"
	    "\"stream\":true}" },
	{ "{\"stream_options\":{\"include_obfuscation\":false},"
	    "\"stream\":true}",
	    "{\"stream_options\":{\"include_usage\":true,"
	    "\"include_obfuscation\":false},\"stream\":true}" },
	{ "{\"stream\":true,\"stream_options\":{\"include_usage\": false}}",
	    "{\"stream\":true,\"stream_options\":{\"include_usage\": true}}" },
	{ "{\"stream\":true,\"stream_options\":{\"include_usage\":null}}",
	    "{\"stream\":true,\"stream_options\":{\"include_usage\":true}}" },
	/* it is asked already, or is no stream */
	{ "{\"stream\":true,\"stream_options\":{\"include_usage\":true}}",
	    NULL },
	{ "{\"stream\":false}", NULL },
	{ "{\"messages\":[]}", NULL },
	{ "{}", NULL },
	/* whatever that is */
	{ "{\"stream\":1}", NULL },
	{ "{\"stream\":\"true\"}", NULL },
	{ "{\"stream\":true,\"stream_options\":[]}", NULL },
	{ "{\"stream\":true,\"stream_options\":\"x\"}", NULL },
	{ "{\"stream\":true,\"stream_options\":{\"include_usage\":1}}", NULL },
	{ "{\"stream\":true,\"stream\":false}", NULL },
	{ "{\"stream\":true,\"stream_options\":{},\"stream_options\":null}",
	    NULL },
	{ "{\"stream\":true,\"stream\\u005foptions\":{}}", NULL },
	{ "{\"stream\":true,\"stream_options\":{\"include\\u005fusage\":false}}",
	    NULL },
	{ "[{\"stream\":true}]", NULL },
	{ "true", NULL },
	{ "", NULL },
	/* texts and depths do not lead astray */
	{ "{\"x\":\"\\\"stream\\\":false,}\\\\\",\"y\":[{\"z\":\"}]\"}],"
	    "\"stream\":true}",
	    "{\"x\":\"\\\"stream\\\":false,}\\\\\",\"y\":[{\"z\":\"}]\"}],"
	    "\"stream\":true,\"stream_options\":{\"include_usage\":true}}" },
};

START_TEST(asks)
{
	const char *body = requests[_i].body;
	char made[512];
	struct usage_ask ask;
	bool is;

	is = usage_ask(body, strlen(body), &ask);
	ck_assert(is == (requests[_i].asks != NULL));
	if (!is)
		return;
	snprintf(made, sizeof made, "%.*s%s%s", (int)ask.at, body, ask.text,
	    body + ask.at + ask.gone);
	ck_assert_str_eq(made, requests[_i].asks);
}
END_TEST

/* What ends anywhere is not understood, and not read on. */
START_TEST(does_not_ask_in_pieces)
{
	static const char body[] = " {\"stream\":true,\"a\":[1,\"\\\"\"],"
	    "\"stream_options\":{\"b\":-1}}";
	struct usage_ask ask;
	size_t n;
	char *copy;

	for (n = 0; n < sizeof body - 1; n++) {
		copy = malloc(n > 0 ? n : 1);
		memcpy(copy, body, n);
		ck_assert(!usage_ask(copy, n, &ask));
		free(copy);
	}
	ck_assert(usage_ask(body, sizeof body - 1, &ask));
}
END_TEST

/* Answers */

#define FIRST	"data: {\"id\":\"c\",\"choices\":[{\"delta\":{\"content\":\"" \
	    "\\\"usage\\\":null\"}}]"
#define USAGE	"data: {\"id\":\"c\",\"choices\":[],\"usage\":{" \
	    "\"total_tokens\":7}}"

/* What comes, and what passes; NULL: the same. */
static const struct {
	const char	*stream;
	const char	*passes;
} streams[] = {
	{ FIRST ",\"usage\":null}\n\n" USAGE "\n\ndata: [DONE]\n\n",
	    FIRST "}\n\ndata: [DONE]\n\n" },
	{ FIRST ",\"usage\":null}\r\n\r\n" USAGE "\r\n\r\ndata: [DONE]\r\n\r\n",
	    FIRST "}\r\n\r\ndata: [DONE]\r\n\r\n" },
	{ FIRST ",\"usage\":null}\r\r" USAGE "\r\rdata: [DONE]\r\r",
	    FIRST "}\r\rdata: [DONE]\r\r" },
	{ FIRST " , \"usage\" : null , \"x\":1}\n\n",
	    FIRST "  , \"x\":1}\n\n" },
	{ "data:{ \"usage\":null , \"x\":1}\n\ndata:{\"usage\":null }\n\n",
	    "data:{ \"x\":1}\n\ndata:{}\n\n" },
	/* with all that an event has */
	{ ": note\n\nid: 1\nevent: e\n" USAGE "\nretry: 3\n\nid: 2\n\n",
	    ": note\n\nid: 2\n\n" },
	{ "data: {\"usage\" : {} , \"choices\" : [ ] }\n\n\n\n", "\n\n" },
	/* it may be cut off, or end without an empty line */
	{ FIRST "}\n\n" USAGE "\n", FIRST "}\n\n" },
	{ FIRST "}\n\n" USAGE, FIRST "}\n\n" },
	{ FIRST ",\"usage\":nu", NULL },
	{ FIRST "}\n\ndata: {\"choices\":[],\"usage\":{\"total", NULL },
	/* what is something else */
	{ "", NULL },
	{ "\n\r\n\r\n\n", NULL },
	{ FIRST "}\n\ndata: [DONE]\n\n", NULL },
	{ "data: {\"choices\":[{}],\"usage\":{\"total_tokens\":7}}\n\n", NULL },
	{ "data: {\"choices\":[],\"usage\":[]}\n\n", NULL },
	{ "data: {\"choices\":{},\"usage\":{}}\n\n", NULL },
	{ "data: {\"choices\":[],\"x\":{\"usage\":{}}}\n\n", NULL },
	{ "data: {\"usage\":{}}\n\n", NULL },
	{ "data: {\"choices\":[],\"usage\":{}} x\n\n", NULL },
	{ "data: {\"choices\":[],\"usage\":null,\"usage\":{}}\n\n", NULL },
	{ "data: \"usage\"\n\ndata: [\"usage\"]\n\n", NULL },
	{ "data: {\"choices\":[],\ndata: \"usage\":{}}\n\n", NULL },
	{ "datum: {\"choices\":[],\"usage\":{}}\n\n", NULL },
	{ "dat", NULL },
	{ "data", NULL },
	{ ": \"usage\"\n\n", NULL },
};

/* What has passed, and whether it was kept for as long as it should be. */
struct passed {
	char			 text[3 * USAGE_CUT_MOST];
	size_t			 len;
	const char		*piece;		/* that is pushed */
	size_t			 n;
};

static void
pass_cb(const char *p, size_t n, bool moves, void *arg)
{
	struct passed *to = arg;

	ck_assert_uint_gt(n, 0);
	if (!moves)
		ck_assert(p >= to->piece && p + n <= to->piece + to->n);
	ck_assert_uint_lt(to->len + n, sizeof to->text);
	memcpy(to->text + to->len, p, n);
	to->len += n;
}

static void
push(struct usage_cut *c, const char *p, size_t n, struct passed *to)
{
	const struct usage_cut_out out = { pass_cb, to };

	to->n = n;
	to->piece = p;
	usage_cut_push(c, p, n, &out);
	ck_assert_uint_le(c->held.len, USAGE_CUT_MOST);
}

static void
end(struct usage_cut *c, struct passed *to)
{
	const struct usage_cut_out out = { pass_cb, to };

	to->n = 0;
	usage_cut_end(c, &out);
	usage_cut_free(c);
	to->text[to->len] = '\0';
}

/* In one piece, in two of all sizes, byte by byte. */
START_TEST(cuts)
{
	static struct passed to;
	const char *stream = streams[_i].stream, *passes = streams[_i].passes;
	size_t n = strlen(stream), at, i;
	struct usage_cut c = { .line = false };

	if (passes == NULL)
		passes = stream;
	for (at = 0; at <= n; at++) {
		to.len = 0;
		push(&c, stream, at, &to);
		push(&c, stream + at, n - at, &to);
		end(&c, &to);
		ck_assert_str_eq(to.text, passes);
		c = (struct usage_cut){ .line = false };
	}
	to.len = 0;
	for (i = 0; i < n; i++)
		push(&c, stream + i, 1, &to);
	end(&c, &to);
	ck_assert_str_eq(to.text, passes);
}
END_TEST

/* What is whole passes before the next piece comes. */
START_TEST(holds_no_event)
{
	static struct passed to;
	static const char one[] = "data: {\"choices\":[{}],\"usage\":null}\n\n";
	struct usage_cut c = { .line = false };
	size_t i;

	for (i = 1; i <= 3; i++) {
		push(&c, one, 8, &to);
		push(&c, one + 8, sizeof one - 9, &to);
		ck_assert_uint_eq(to.len, i * (sizeof one - 1 - 13));
	}
	end(&c, &to);
}
END_TEST

/* An event that is longer than that, with usage or not. */
START_TEST(passes_what_is_too_long)
{
	static struct passed to;
	static char stream[2 * USAGE_CUT_MOST];
	struct usage_cut c = { .line = false };
	size_t n, i, piece = _i == 0 ? sizeof stream : _i == 1 ? 1000 :
	    USAGE_CUT_MOST + 10;

	memset(&to, 0, sizeof to);
	memset(stream, ' ', sizeof stream);
	memcpy(stream, "data: {", 7);
	n = USAGE_CUT_MOST + 1000;
	n += (size_t)snprintf(stream + n, 100, "\"x\":1,\"usage\":null}\n\n");
	stream[n] = ' ';
	n += (size_t)snprintf(stream + n, 200, USAGE "\n\ndata: {}\n\n");
	for (i = 0; i < n; i += piece)
		push(&c, stream + i, n - i < piece ? n - i : piece, &to);
	end(&c, &to);
	ck_assert_uint_lt(to.len, n - strlen(USAGE));
	ck_assert_str_eq(to.text + to.len - 12, "\n\ndata: {}\n\n");
	/* at once it need not be held */
	if (_i > 0)
		ck_assert_ptr_nonnull(strstr(to.text, "\"usage\":null"));
}
END_TEST

static Suite *
usage_suite(void)
{
	Suite *suite = suite_create("usage");
	TCase *ask = tcase_create("ask"), *cut = tcase_create("cut");

	tcase_add_loop_test(ask, asks, 0,
	    sizeof requests / sizeof requests[0]);
	tcase_add_test(ask, does_not_ask_in_pieces);
	suite_add_tcase(suite, ask);
	tcase_add_loop_test(cut, cuts, 0, sizeof streams / sizeof streams[0]);
	tcase_add_test(cut, holds_no_event);
	tcase_add_loop_test(cut, passes_what_is_too_long, 0, 3);
	suite_add_tcase(suite, cut);
	return suite;
}

int
main(void)
{
	return run_suite(usage_suite());
}
