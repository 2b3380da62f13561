/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "hint/refusal_text.h"
#include "check_refusal.h"

/* Which responses are judged by which rules, and how their bodies are coded. */

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

	json.statuses[0] = contains.statuses[0] = 200;
	json.statuses[1] = contains.statuses[1] = 403;
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

static const struct {
	const char	*type;
	bool		 may;
} finals[] = {
	{ "application/json", true },
	{ "application/problem+json; charset=utf-8", true },
	{ NULL, true },
	{ "", true },
	{ "text/plain", false },
	{ "text/html", false },
	{ "application/xml", false },
	{ "text/event-stream", false },
};

/* Who waits for a body that can say nothing waits in vain. */
START_TEST(may_be_final)
{
	struct refusal_rule json = rule("a", NULL, NULL, NULL);
	struct refusal_rule contains = rule(NULL, NULL, "a", NULL);
	const struct refusal_rule *rules[] = { &contains, &json };
	char line[96];

	memset(&head, 0, sizeof head);
	head.status = 429;
	head.body = HTTP1_CHUNKED;
	snprintf(line, sizeof line, "Content-Type: %s", finals[_i].type);
	if (finals[_i].type != NULL)
		field(line);
	ck_assert(refusal_may_be_final(rules, 2, &head) == finals[_i].may);
	ck_assert(!refusal_may_be_final(rules, 1, &head));
	ck_assert(!refusal_may_be_final(rules, 0, &head));
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

static Suite *
refusal_pick_suite(void)
{
	Suite *suite = suite_create("refusal_pick");
	TCase *which_ones = tcase_create("which");

	tcase_add_loop_test(which_ones, type, 0, COUNT(types));
	tcase_add_loop_test(which_ones, may_be_final, 0, COUNT(finals));
	tcase_add_test(which_ones, which);
	tcase_add_loop_test(which_ones, coding_of, 0, COUNT(coded));
	suite_add_tcase(suite, which_ones);
	return suite;
}

int
main(void)
{
	return run_suite(refusal_pick_suite());
}
