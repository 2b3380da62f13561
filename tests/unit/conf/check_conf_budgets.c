/* SPDX-License-Identifier: ISC */
#include "check_conf.h"

#include "conf/conf_warnings.h"
#include "policy/tokens.h"

/* Named budgets. */

#define U	BUDGET_UNIT
#define SECOND	UINT64_C(1000000000)
#define HOST(keys)	"hosts: {a.b: {budgets: {" keys "}}}\n"
#define RATES	"rates: [{capacity: 1}]"
#define PER(keys) "hosts: {a.b: {per: client, budgets: {a: {" keys "}}}}\n"

static const struct wrong errors[] = {
	{ "hosts: {a.b: {budgets: 5}}\n", "1:24: hosts.a.b.budgets: a plain "
	    "value, expected a mapping of names to budgets" },
	{ HOST("tokens: 5"), "1:33: hosts.a.b.budgets.tokens: a plain value, "
	    "..." },
	{ HOST("tokens: {}"), "1:33: hosts.a.b.budgets.tokens: a budget "
	    "without rates, ..." },
	{ HOST("tokens: {capacity: 5}"), "1:34: "
	    "hosts.a.b.budgets.tokens.capacity: an unknown key, expected "
	    "rates, per_total, reserve, settle, stream, refuse..." },
	{ HOST("\"a b\": {" RATES "}"), "1:25: hosts.a.b.budgets.a b: no name "
	    "of a budget, ..." },
	{ HOST("a: {" RATES "}, a: {" RATES "}"), "1:54: hosts.a.b.budgets.a: "
	    "a key that is there twice, ..." },
	{ HOST("a: {" RATES "}, b: {" RATES "}, c: {" RATES "}, d: {" RATES
	    "}, e: {" RATES "}, f: {" RATES "}, g: {" RATES "}, h: {" RATES
	    "}, i: {" RATES "}"), "1:24: hosts.a.b.budgets: 9 budgets, "
	    "expected up to 8 names" },
	{ HOST("a: {" RATES ", reserve: {output: [[x]]}}"), "1:72: "
	    "hosts.a.b.budgets.a.reserve.output[0]: a list, expected keys "
	    "with dots between them ..." },
	{ HOST("a: {" RATES ", reserve: {input: bytes/0}}"), "1:70: "
	    "hosts.a.b.budgets.a.reserve.input: no number of bytes ..." },
	{ HOST("a: {" RATES ", reserve: {input: \"$.x\"}}"), "1:70: "
	    "hosts.a.b.budgets.a.reserve.input: \"$.x\" is no path, ..." },
	{ HOST("a: {" RATES ", reserve: {input: json:a..b}}"), "1:70: "
	    "hosts.a.b.budgets.a.reserve.input: \"a..b\" is no path of up to "
	    "16 keys, ..." },
	{ HOST("a: {" RATES ", reserve: {input: byte/4}}"), "1:70: "
	    "hosts.a.b.budgets.a.reserve.input: \"byte/4\" looks like "
	    "bytes/N, expected bytes/4 or the like; a path in JSON that is "
	    "called so is json:byte/4" },
	{ HOST("a: {" RATES ", reserve: {input: bytes}}"), "1:70: "
	    "hosts.a.b.budgets.a.reserve.input: \"bytes\" looks like ..." },
	{ HOST("a: {" RATES ", reserve: {input: Byte}}"), "1:70: "
	    "hosts.a.b.budgets.a.reserve.input: \"Byte\" looks like ..." },
	{ HOST("a: {" RATES ", reserve: {input: bytes4}}"), "1:70: "
	    "hosts.a.b.budgets.a.reserve.input: \"bytes4\" looks like ..." },
	{ HOST("a: {" RATES ", reserve: {input: \"bytes: 4\"}}"), "1:70: "
	    "hosts.a.b.budgets.a.reserve.input: \"bytes: 4\" looks like ..." },
	{ HOST("a: {" RATES ", reserve: {input: chars/4}}"), "1:70: "
	    "hosts.a.b.budgets.a.reserve.input: \"chars/4\" looks like ..." },
	{ HOST("a: {" RATES ", reserve: {output: [a..b]}}"), "1:72: "
	    "hosts.a.b.budgets.a.reserve.output[0]: \"a..b\" is no path of up "
	    "to 16 keys, ..." },
	{ HOST("a: {" RATES ", reserve: {output: [a,b,c,d,e,f,g,h,i]}}"),
	    "1:88: hosts.a.b.budgets.a.reserve.output[8]: \"i\" is one too "
	    "many, ..." },
	{ HOST("a: {" RATES ", reserve: {learn: p50}}"), "1:70: "
	    "hosts.a.b.budgets.a.reserve.learn: \"p50\" is unknown, ..." },
	{ HOST("a: {" RATES ", settle: {plus: x}}"), "1:61: "
	    "hosts.a.b.budgets.a.settle: without json, expected json in it" },
	{ HOST("a: {" RATES ", stream: {format: xml}}"), "1:70: "
	    "hosts.a.b.budgets.a.stream.format: \"xml\" is unknown, ..." },
	{ HOST("a: {" RATES ", stream: {ask_usage: true}}"), "1:61: "
	    "hosts.a.b.budgets.a.stream: with ask_usage, but no stream is "
	    "read for it, ..." },
	{ HOST("a: {" RATES ", settle: {json: x}, stream: {ask_usage: true, "
	    "format: none}}"), "1:80: hosts.a.b.budgets.a.stream: with "
	    "ask_usage, ..." },
	{ HOST("a: {" RATES ", per_total: {capacity: 9}}"), "1:64: "
	    "hosts.a.b.budgets.a.per_total: limits, expected them with "
	    "\"per\", ..." },
	{ PER("per_total: {capacity: 1, concurrency: 2}"), "1:80: "
	    "hosts.a.b.budgets.a.per_total.concurrency: slots, expected "
	    "capacity or rates: ..." },
	{ PER("per_total: {}"), "1:53: hosts.a.b.budgets.a.per_total: no "
	    "limit, expected capacity or rates" },
	{ PER("per_total: 5"), "1:53: hosts.a.b.budgets.a.per_total: a plain "
	    "value, ..." },
	{ PER("per_total: {rates: [{capacity: 1, strict: yes}]}"), "1:53: "
	    "hosts.a.b.budgets.a.per_total: a strict rate, ..." },
	{ PER("per_total: {rate: 1}"), "1:54: "
	    "hosts.a.b.budgets.a.per_total.rate: an unknown key, ..." },
	{ PER("total: {capacity: 1}"), "1:42: hosts.a.b.budgets.a.total: an "
	    "unknown key, expected rates, per_total, reserve, settle, stream, "
	    "refuse; did you mean \"per_total\"?" },
};

START_TEST(error)
{
	fails_with(&errors[_i]);
}
END_TEST

/* Members that are called nearly so. */
static const struct {
	const char	*text;
	const char	*path;
} inputs[] = {
	{ "bytes_in", "bytes_in" },
	{ "bytes.in", "bytes.in" },
	{ "byteSize", "byteSize" },
	{ "usage.bytes", "usage.bytes" },
	{ "\"json:bytes\"", "bytes" },
	{ "\"json:chars/4\"", "chars/4" },
	{ "\"json:json:x\"", "json:x" },
};

START_TEST(input)
{
	char text[128];
	struct conf *conf;
	const struct tokens_budget *b;

	snprintf(text, sizeof text, HOST("a: {" RATES ", reserve: {input: "
	    "%s}}"), inputs[_i].text);
	conf = parse_ok(text);
	b = &conf->rules[0].tokens->budgets[0];
	ck_assert_str_eq(b->input, inputs[_i].path);
	ck_assert_uint_eq(b->input_bytes, 0);
	conf_unref(conf);
}
END_TEST

START_TEST(budgets)
{
	struct conf *conf = parse_ok(HOST("tokens: {rates: [{capacity: 30000, "
	    "period: 1m, strict: true}, {capacity: 5}], reserve: {input: "
	    "bytes/4, output: [max_tokens, x.y], default: 1000, learn: p90}, "
	    "settle: {json: usage.total, plus: a, minus: [b, c]}, stream: "
	    "{format: none}, refuse: true}, points: {" RATES ", reserve: "
	    "{input: cost}}, asks: {" RATES ", settle: {json: c}, stream: "
	    "{ask_usage: true}}"));
	const struct tokens *t = conf->rules[0].tokens;
	const struct tokens_budget *b = &t->budgets[0];

	ck_assert_uint_eq(t->n, 3);
	ck_assert_str_eq(b->name, "tokens");
	ck_assert_uint_eq(b->limits.nrates, 2);
	ck_assert_uint_eq(b->limits.rates[0].capacity, 30000 * U);
	ck_assert_uint_eq(b->limits.rates[0].period, 60 * SECOND);
	ck_assert(b->limits.rates[0].strict);
	ck_assert_uint_eq(b->input_bytes, 4);
	ck_assert_ptr_null(b->input);
	ck_assert_uint_eq(b->output.n, 2);
	ck_assert_str_eq(b->output.all[1], "x.y");
	ck_assert_uint_eq(b->fallback, 1000 * U);
	ck_assert_int_eq(b->learn, TOKENS_LEARN_P90);
	ck_assert_str_eq(b->json, "usage.total");
	ck_assert_uint_eq(b->plus.n, 1);
	ck_assert_uint_eq(b->minus.n, 2);
	ck_assert_int_eq(b->format, TOKENS_FORMAT_NONE);
	ck_assert(b->refuse);
	ck_assert(t->meters[0].settles);
	b = &t->budgets[1];
	ck_assert_str_eq(b->input, "cost");
	ck_assert_uint_eq(b->input_bytes, 0);
	ck_assert_uint_eq(b->fallback, 0);
	ck_assert_int_eq(b->learn, TOKENS_LEARN_OFF);
	ck_assert_int_eq(b->format, TOKENS_FORMAT_SSE);
	ck_assert(!b->refuse);
	ck_assert(!b->ask_usage);
	ck_assert(!t->meters[1].settles);
	ck_assert(t->budgets[2].ask_usage);
	ck_assert(t->asks_usage);
	conf_unref(conf);
	conf = parse_ok("hosts: {a.b: {budgets: {}}}\n");
	ck_assert_ptr_null(conf->rules[0].tokens);
	ck_assert(!rule_has_total(&conf->rules[0]));
	conf_unref(conf);
}
END_TEST

/* For all that per tells apart; one may have nothing else. */
START_TEST(of_all)
{
	struct conf *conf = parse_ok("hosts: {a.b: {per: client, budgets: {a: {"
	    RATES "}, b: {per_total: {capacity: 7, period: 1m, burst: 3}}, "
	    "c: {" RATES ", settle: {json: x}, per_total: {rates: [{capacity: "
	    "5}, {capacity: 9, period: 1h}]}}}}}\n");
	const struct tokens *t = conf->rules[0].tokens;

	ck_assert(rule_has_total(&conf->rules[0]));
	ck_assert_uint_eq(t->n, 3);
	ck_assert_uint_eq(t->meters[1].limits.nrates, 0);
	ck_assert_uint_eq(t->ntotals, 2);
	ck_assert_str_eq(t->totals[0].name, "b");
	ck_assert(!t->totals[0].settles);
	ck_assert_uint_eq(t->totals[0].limits.nrates, 1);
	ck_assert_uint_eq(t->totals[0].limits.rates[0].burst, 3 * U);
	ck_assert_str_eq(t->totals[1].name, "c");
	ck_assert(t->totals[1].settles);
	ck_assert_uint_eq(t->totals[1].limits.nrates, 2);
	ck_assert_uint_eq(t->totals[1].limits.rates[1].burst, 9 * U);
	conf_unref(conf);
}
END_TEST

#define KEYS(budget, mode) "hosts: {a.b: {budgets: {t: {" budget "}}" mode \
	"}}\n"
#define ASKS	RATES ", settle: {json: c}, stream: {ask_usage: true}"
#define REFUSES	"rates: [{capacity: 9, burst: 10}, {capacity: 20}], refuse: "
#define TOO_MUCH "hosts.a.b: budgets.t: reserve.default is more than"
#define NO_USAGE "hosts.a.b: with \"mode: observe\" there is no effect of: " \
	"ask_usage"

/* What has no effect, or refuses all; NULL: no warning. */
static const struct {
	const char	*text;
	const char	*warning;
} warned[] = {
	{ KEYS(ASKS, ", mode: observe"), NO_USAGE },
	{ KEYS(ASKS, ""), NULL },
	{ KEYS(REFUSES "true, reserve: {default: 11}", ""), TOO_MUCH },
	{ KEYS(REFUSES "true, reserve: {default: 10}", ""), NULL },
	{ KEYS(REFUSES "false, reserve: {default: 11}", ""), NULL },
	{ KEYS(REFUSES "true, reserve: {default: 11}", ", mode: observe"),
	    NULL },
	{ KEYS("per_total: {capacity: 5}, refuse: true, reserve: {default: "
	    "11}", ", per: client"), TOO_MUCH },
};

struct found {
	const char	*text;
	unsigned	 n;
};

static void
find_cb(const char *line, void *arg)
{
	struct found *found = arg;

	found->n += strstr(line, found->text) != NULL;
}

START_TEST(warning)
{
	struct conf *conf = parse_ok(warned[_i].text);
	bool none = warned[_i].warning == NULL;
	struct found too_much = { none ? TOO_MUCH : warned[_i].warning, 0 };
	struct found unused = { NO_USAGE, 0 };

	conf_warnings(conf, find_cb, &too_much);
	ck_assert_uint_eq(too_much.n, none ? 0 : 1);
	conf_warnings(conf, find_cb, &unused);
	ck_assert_uint_eq(unused.n, _i == 0);
	conf_unref(conf);
}
END_TEST

static Suite *
budgets_suite(void)
{
	Suite *suite = suite_create("conf_budgets");
	TCase *tc = tcase_create("budgets");

	tcase_add_loop_test(tc, error, 0, sizeof errors / sizeof errors[0]);
	tcase_add_loop_test(tc, input, 0, sizeof inputs / sizeof inputs[0]);
	tcase_add_test(tc, budgets);
	tcase_add_test(tc, of_all);
	tcase_add_loop_test(tc, warning, 0, sizeof warned / sizeof warned[0]);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(budgets_suite());
}
