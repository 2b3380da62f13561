/* SPDX-License-Identifier: ISC */
#include "conf/conf_preset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_conf.h"
#include "http/http1_host.h"
#include "policy/tokens.h"

/*
 * What requests to the hosts of the presets are taken to want of the budgets
 * that these have, and what their answers say was used: requests, answers and
 * events of streams with what their documents have in such places.
 */

#define M	JSON_SCAN_UNIT
#define UNTOLD	UINT64_MAX		/* what was reserved stands */

static const struct row {
	const char	*preset;
	const char	*budget;
	const char	*request;
	uint64_t	 input;
	uint64_t	 output;
	const char	*answer[3];	/* a body, or the data of events */
	uint64_t	 used;
	const char	*field;		/* that tells what is left; or NULL */
} rows[] = {
	/* chat: no usage counts, but the cap of all that were asked for */
	{ "openai", "tokens", "{\"model\":\"m\",\"n\":2,\"max_tokens\":100}",
	    9, 200, { "{\"choices\":[],\"usage\":{\"prompt_tokens\":8,"
	    "\"completion_tokens\":4,\"total_tokens\":12}}" }, UNTOLD,
	    "x-ratelimit-remaining-tokens" },
	{ "openai", "tokens", "{\"max_completion_tokens\":70}", 7, 70,
	    { "{}" }, UNTOLD, NULL },
	{ "openai", "tokens", "{\"input\":\"aaaaaa\",\"max_output_tokens\":33}",
	    11, 33, { "{\"response\":{\"usage\":{\"total_tokens\":5}}}" },
	    UNTOLD, NULL },
	{ "openai", "tokens", "{\"input\":\"a\"}", 4, 0, { "{}" }, UNTOLD,
	    NULL },
	{ "azure-openai", "tokens", "{\"max_tokens\":100}", 5, 100,
	    { "{\"usage\":{\"total_tokens\":12}}" }, UNTOLD,
	    "x-ratelimit-remaining-tokens" },
	{ "anthropic", "input", "{\"model\":\"m\",\"max_tokens\":1024}", 8, 0,
	    { "{\"type\":\"message\",\"usage\":{\"input_tokens\":2095,"
	    "\"cache_creation_input_tokens\":2051,"
	    "\"cache_read_input_tokens\":2051,\"output_tokens\":503}}" },
	    2095 + 2051, "anthropic-ratelimit-input-tokens-remaining" },
	{ "anthropic", "output", "{\"model\":\"m\",\"max_tokens\":1024}", 0,
	    1024, { "{\"usage\":{\"input_tokens\":9,\"output_tokens\":503}}" },
	    503, "anthropic-ratelimit-output-tokens-remaining" },
	/* what message_delta says is all so far */
	{ "anthropic", "input", "{}", 1, 0,
	    { "{\"type\":\"message_start\",\"message\":{\"usage\":{"
	    "\"input_tokens\":25,\"output_tokens\":1}}}",
	    "{\"type\":\"ping\"}",
	    "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
	    "\"end_turn\"},\"usage\":{\"output_tokens\":15}}" }, 25, NULL },
	{ "anthropic", "output", "{\"max_tokens\":256,\"stream\":true}", 0,
	    256, { "{\"type\":\"message_start\",\"message\":{\"usage\":{"
	    "\"input_tokens\":25,\"output_tokens\":1}}}",
	    "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{"
	    "\"type\":\"text_delta\",\"text\":\"Hello\"}}",
	    "{\"type\":\"message_delta\",\"delta\":{},\"usage\":{"
	    "\"output_tokens\":15}}" }, 15, NULL },
	{ "gemini", "input", "{\"contents\":[{\"parts\":[]}]}", 7, 0,
	    { "{\"candidates\":[],\"usageMetadata\":{\"promptTokenCount\":11,"
	    "\"candidatesTokenCount\":73,\"totalTokenCount\":84}}" }, 11,
	    NULL },
	/* a stream without alt=sse is one array */
	{ "gemini", "input", "{}", 1, 0,
	    { "[{\"usageMetadata\":{\"promptTokenCount\":11}},\n"
	    "{\"candidates\":[],\"usageMetadata\":{\"promptTokenCount\":12,"
	    "\"totalTokenCount\":84}}]" }, 12, NULL },
	{ "gemini", "input", "{}", 1, 0,
	    { "{\"usageMetadata\":{\"promptTokenCount\":4}}",
	    "{\"usageMetadata\":{\"promptTokenCount\":4,"
	    "\"totalTokenCount\":9}}" }, 4, NULL },
	{ "mistral", "tokens", "{\"max_tokens\":64,\"n\":1}", 6, 64,
	    { "{\"object\":\"chat.completion\",\"usage\":{\"prompt_tokens\":16,"
	    "\"completion_tokens\":34,\"total_tokens\":50}}" }, 50, NULL },
	{ "mistral", "tokens", "{}", 1, 0, { "{\"choices\":[]}",
	    "{\"choices\":[],\"usage\":{\"total_tokens\":51}}" }, 51, NULL },
	{ "cohere", "tokens", "{\"max_tokens\":20}", 5, 20,
	    { "{\"usage\":{\"billed_units\":{\"input_tokens\":1,"
	    "\"output_tokens\":9},\"tokens\":{\"input_tokens\":496,"
	    "\"output_tokens\":11}}}" }, 507, NULL },
	{ "cohere", "tokens", "{\"stream\":true}", 4, 0,
	    { "{\"type\":\"content-end\",\"index\":0}",
	    "{\"type\":\"message-end\",\"delta\":{\"finish_reason\":"
	    "\"COMPLETE\",\"usage\":{\"tokens\":{\"input_tokens\":496,"
	    "\"output_tokens\":11}}}}" }, 507, NULL },
	{ "shopify", "points", "{\"query\":\"{ shop { name } }\"}", 0, 1,
	    { "{\"data\":{},\"extensions\":{\"cost\":{\"requestedQueryCost\":"
	    "101,\"actualQueryCost\":46,\"throttleStatus\":{"
	    "\"maximumAvailable\":1000,\"currentlyAvailable\":954,"
	    "\"restoreRate\":50}}}}" }, 46, NULL },
	{ "shopify", "points", "{\"query\":\"{ shop { name } }\"}", 0, 1,
	    { "{\"errors\":[{\"message\":\"Throttled\"}],\"extensions\":{"
	    "\"cost\":{\"requestedQueryCost\":101,\"actualQueryCost\":null}}}" },
	    UNTOLD, NULL },
	{ "github", "points", "{\"query\":\"{ rateLimit { cost } }\"}", 0, 1,
	    { "{\"data\":{\"viewer\":{\"login\":\"a\"},\"rateLimit\":{"
	    "\"cost\":51,\"remaining\":4949}}}" }, 51, NULL },
	{ "github", "points", "{\"query\":\"{ viewer { login } }\"}", 0, 1,
	    { "{\"data\":{\"viewer\":{\"login\":\"a\"}}}" }, UNTOLD, NULL },
};

static struct conf *
with_rates(const char *preset, const char *budget, const struct tokens **t)
{
	struct http1_host name;
	struct conf *conf;
	char text[256];

	snprintf(text, sizeof text, "hosts: {a.example: {preset: %s, budgets: "
	    "{%s: {rates: [{capacity: 1000000}]}}}}\n", preset, budget);
	conf = parse_ok(text);
	ck_assert_int_eq(http1_host_parse(&name, "a.example", 9), 0);
	*t = conf_rule(conf, &name)->tokens;
	return conf;
}

/* The number of the budget; it has the rule's rate and nothing but that. */
static unsigned
number_of(const struct tokens *t, const char *budget)
{
	unsigned i;

	for (i = 0; i < t->n; i++)
		if (strcmp(t->budgets[i].name, budget) == 0)
			break;
	ck_assert_msg(i < t->n, "no %s", budget);
	ck_assert_uint_eq(t->budgets[i].limits.nrates, 1);
	ck_assert_uint_eq(t->budgets[i].limits.rates[0].capacity,
	    1000000 * M);
	return i;
}

static void
scan(struct json_scan *json, const struct json_scan_paths *paths,
    const char *text)
{
	json_scan_init(json, paths);
	ck_assert(json_scan_push(json, text, strlen(text)));
	ck_assert_msg(json_scan_end(json), "%s", text);
}

START_TEST(is_counted)
{
	const struct row *row = &rows[_i];
	struct tokens_told told = { .unusable = false };
	struct json_scan json;
	const struct tokens *t;
	struct conf *conf = with_rates(row->preset, row->budget, &t);
	unsigned i, at = number_of(t, row->budget);

	scan(&json, &t->asks, row->request);
	ck_assert_uint_eq(tokens_input(t, at, strlen(row->request), &json),
	    row->input * M);
	ck_assert_uint_eq(tokens_output(t, at, &json, THROTTLE_NEVER),
	    row->output * M);
	for (i = 0; i < 3 && row->answer[i] != NULL; i++) {
		scan(&json, &t->tells, row->answer[i]);
		tokens_hear(t, &json, &told);
	}
	ck_assert_uint_eq(tokens_used(t, at, &told), row->used == UNTOLD ?
	    UNTOLD : row->used * M);
	ck_assert(!told.unusable);
	conf_unref(conf);
}
END_TEST

/* It is by the name of the budget that the host's own fields correct it. */
START_TEST(is_corrected)
{
	const struct row *row = &rows[_i];
	struct http1_head *h;
	const struct tokens *t;
	struct conf *conf;
	uint64_t left = 0;

	if (row->field == NULL)
		return;
	conf = with_rates(row->preset, row->budget, &t);
	h = calloc(1, sizeof *h);
	h->fields[h->nfields++] = (struct http1_field){
		.name = { row->field, strlen(row->field) },
		.value = { "4000", 4 },
	};
	ck_assert_int_eq(tokens_left(&t->budgets[number_of(t, row->budget)], h,
	    &left), TOKENS_LEFT_TOLD);
	ck_assert_uint_eq(left, 4000 * M);
	free(h);
	conf_unref(conf);
}
END_TEST

static bool
has_row(const char *preset, const char *budget)
{
	int i;

	for (i = 0; i < COUNT(rows); i++)
		if (strcmp(rows[i].preset, preset) == 0 &&
		    strcmp(rows[i].budget, budget) == 0)
			return true;
	return false;
}

/* No budget is shipped without a request and an answer above. */
START_TEST(is_there)
{
	struct conf_report report = { .name = "presets" };
	const struct conf_node *budgets;
	const struct conf_entry *entry;
	struct conf_preset *all, *preset;
	unsigned n = 0;

	ck_assert_msg(conf_preset_load_all(&report, &all), "%s", report.cause);
	for (preset = all; preset != NULL; preset = preset->next) {
		budgets = conf_node_value(preset->parts.rule, "budgets");
		entry = budgets != NULL ? budgets->first : NULL;
		for (; entry != NULL; entry = entry->next, n++)
			ck_assert_msg(has_row(preset->name, entry->key->text),
			    "%s: %s", preset->name, entry->key->text);
	}
	ck_assert_uint_eq(n, 9);
	conf_preset_free(all);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("conf_preset_budgets");
	TCase *tc = tcase_create("budgets");

	find_presets();
	ROWS(tc, is_counted, rows);
	ROWS(tc, is_corrected, rows);
	tcase_add_test(tc, is_there);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}
