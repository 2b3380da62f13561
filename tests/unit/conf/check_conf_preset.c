/* SPDX-License-Identifier: ISC */
#include "conf/conf_preset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_conf.h"
#include "http/http1_host.h"
#include "policy/tokens.h"

#define SECOND	UINT64_C(1000000000)
#define UNIT	BUDGET_UNIT

/* A directory of presets of the test's own. */
static char	 dir[64];
static char	*shipped;

#define SOURCE	"sources: [{of: [rates, paths, pause, per, capacity, budgets], " \
	    "url: \"https://a.example/\", heading: H, read: 2026-11-28}]\n"

static void
put(const char *name, const char *text)
{
	char path[128];
	FILE *out;

	snprintf(path, sizeof path, "%s/%s.yaml", dir, name);
	out = fopen(path, "w");
	ck_assert_ptr_nonnull(out);
	fputs(text, out);
	ck_assert_int_eq(fclose(out), 0);
}

static void
take_away(const char *name)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s.yaml", dir, name);
	(void)unlink(path);
}

static void
set_up(void)
{
	find_presets();
	shipped = strdup(getenv("SLUICE_PRESETS"));
	snprintf(dir, sizeof dir, "/tmp/check_conf_preset.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	setenv("SLUICE_PRESETS", dir, 1);
	put("hub", "hosts: [api.hub.example, \"*.up.hub.example\"]\n"
	    "limits: some\n"
	    "rule:\n"
	    "  per: authorization\n"
	    "  rates: [{capacity: 50, period: 1h}, {capacity: 3}]\n"
	    "  pause:\n"
	    "    max: 30m\n"
	    "    bodies: [{status: 403, contains: slow down}]\n"
	    "  paths:\n"
	    "    /search: {capacity: 2, concurrency: 1}\n"
	    "    /graph: {capacity: 7}\n" SOURCE);
	put("lab", "hosts: [lab.example]\nlimits: few\n"
	    "rule: {capacity: 4}\n" SOURCE);
}

static void
tear_down(void)
{
	take_away("hub");
	take_away("lab");
	take_away("bad");
	ck_assert_int_eq(rmdir(dir), 0);
	setenv("SLUICE_PRESETS", shipped, 1);
	free(shipped);
}

static const struct rule *
rule_of(const struct conf *conf, const char *name)
{
	struct http1_host host;

	ck_assert_int_eq(http1_host_parse(&host, name, strlen(name)), 0);
	return conf_rule(conf, &host);
}

static const struct budget_limits *
limits_of(const struct rule *rule, const char *path)
{
	size_t i;

	for (i = 0; i < rule->npaths; i++)
		if (strcmp(rule->paths[i].text, path) == 0)
			return &rule->paths[i].limits;
	return NULL;
}

/* Names */

static const struct wrong names[] = {
	{ "hosts: {a.example: {preset: hup}}\n", "1:29: hosts.a.example."
	    "preset: \"hup\" is no preset, expected one that \"sluice "
	    "presets\" lists; did you mean \"hub\"?" },
	{ "hosts: {a.example: {preset: ../hub}}\n", "1:29: hosts.a.example."
	    "preset: \"../hub\" is no preset, expected one that \"sluice "
	    "presets\" lists" },
	{ "hosts: {a.example: {preset: zzz}}\n", "1:29: hosts.a.example."
	    "preset: \"zzz\" is no preset, expected one that \"sluice "
	    "presets\" lists" },
	{ "hosts: {a.example: {preset: [hub]}}\n", "1:29: hosts.a.example."
	    "preset: a list, expected auto, off or the name of a preset such "
	    "as github" },
	{ "hosts: {a.example: {preset: }}\n", "1:29: hosts.a.example.preset: "
	    "no value, ..." },
	{ "hosts: {a.example: {preset: auto}}\n", "1:29: hosts.a.example."
	    "preset: auto, but no preset has this host, expected a name that "
	    "\"sluice presets\" lists, or off" },
	{ "defaults: {preset: hub}\n", "1:20: defaults.preset: a preset for "
	    "hosts of any kind, expected auto or off; name it in the rule of "
	    "its host" },
	{ "hosts: {a.example: {preset: hub, strict: true}}\n",
	    "1:42: hosts.a.example.strict: without capacity, ..." },
};

START_TEST(name_is_wrong)
{
	struct wrong wrong = names[_i];

	fails_with(&wrong);
}
END_TEST

START_TEST(directory_is_missing)
{
	struct wrong wrong = { "hosts: {a.example: {preset: hub}}\n",
	    "1:29: hosts.a.example.preset: \"hub\" cannot be looked for: "
	    "/nowhere/presets: No such file or directory" };
	struct wrong all = { "defaults: {preset: auto}\n", " defaults.preset: "
	    "/nowhere/presets: No such file or directory" };

	setenv("SLUICE_PRESETS", "/nowhere/presets", 1);
	fails_with(&wrong);
	fails_with(&all);
	setenv("SLUICE_PRESETS", dir, 1);
}
END_TEST

/* Files */

#define HOSTS	"hosts: [bad.example]\nlimits: x\n"

static const struct wrong files[] = {
	{ "", ":1:1: the file is empty, expected at least one key" },
	{ "hosts: [\n", ":2:1: not valid YAML: ..." },
	{ "[]\n", ":1:1: no mapping, expected one" },
	{ "limits: x\n", ":1:1: hosts: expected a list" },
	{ "hosts: []\nlimits: x\nrule: {}\nsources: []\n",
	    ":1:8: hosts: empty, expected hosts" },
	{ "hosts: [\"a b\"]\nlimits: x\nrule: {}\nsources: []\n",
	    ":1:9: hosts[0]: no host, ..." },
	{ "hosts: [{}]\nlimits: x\nrule: {}\nsources: []\n",
	    ":1:9: hosts[0]: expected a host" },
	{ "hosts: [\"a.example:80\"]\nlimits: x\nrule: {}\nsources: []\n",
	    ":1:9: hosts[0]: expected hosts of a name, at any port" },
	{ HOSTS "rule: {}\nsources: []\nmore: 1\n", ":5:1: more: a key that a "
	    "preset does not have, expected hosts, same, limits, rule, "
	    "sources" },
	{ HOSTS "same: false\nrule: {}\nsources: []\n",
	    ":3:7: same: expected true, or none" },
	{ HOSTS "same: []\nrule: {}\nsources: []\n",
	    ":3:7: same: expected true, or none" },
	{ "hosts: [\"*.example\"]\nlimits: x\nsame: true\nrule: {}\n"
	    "sources: []\n", ":3:7: same: true, but \"*.example\" stands for "
	    "many hosts, expected hosts of a name" },
	{ HOSTS "rule: {}\nsources: []\nrule: {}\n",
	    ":5:1: rule: a key that is there twice, expected once" },
	{ HOSTS "rule: {https: intercept}\nsources: []\n", ":3:8: rule.https: "
	    "a key that a preset does not have, expected capacity, period, "
	    "burst, strict, counted_within, rates, concurrency, pause, learn, "
	    "costs, paths, budgets, per, tunnel" },
	{ HOSTS "rule: {budgets: {t: {rates: [{capacity: 1}], stream: "
	    "{ask_usage: true}}}}\nsources: []\n", ":3:55: rule.budgets.t: "
	    "ask_usage changes requests, which only a rule may, expected "
	    "none" },
	{ HOSTS "rule: {tunnel: {hold: connect}}\nsources: []\n",
	    ":3:17: rule.tunnel.hold: a key that a preset does not have, "
	    "expected cost" },
	{ HOSTS "rule: {tls: {verify: false}}\nsources: []\n",
	    ":3:8: rule.tls: a key that a preset does not have, ..." },
	{ HOSTS "rule: {parent: direct}\nsources: []\n",
	    ":3:8: rule.parent: a key that a preset does not have, ..." },
	{ HOSTS "rule: {retry: {}}\nsources: []\n",
	    ":3:8: rule.retry: a key that a preset does not have, ..." },
	{ HOSTS "rule: {capacity: 1}\nsources: []\n", ":3:8: rule: no source "
	    "is named, expected one with \"of: [capacity]\"" },
	{ HOSTS "rule: {paths: {/a: {}, /b: {}}}\nsources:\n"
	    "  - {of: [paths./a], url: \"https://a/\", heading: H, "
	    "read: 2026-11-28}\n", ":3:24: rule: no source is named, expected "
	    "one with \"of: [paths./b]\"" },
	{ HOSTS "rule: {}\nsources: [{of: []}]\n",
	    ":4:11: sources[0].url: expected a text" },
	{ HOSTS "rule: {}\nsources: [{of: [], url: \"http://a/\", heading: H, "
	    "read: 2026-11-28}]\n", ":4:25: sources[0]: expected an address "
	    "that begins with https://" },
	{ HOSTS "rule: {}\nsources: [{of: [], url: \"https://a/\", heading: "
	    "H, read: yesterday}]\n", ":4:57: sources[0]: no day, expected "
	    "one such as 2026-11-28" },
	{ HOSTS "rule: {}\nsources: [{of: [], url: \"https://a/\", heading: "
	    "H, read: 2026-11-28, dated: 2026-11-2}]\n",
	    ":4:76: sources[0]: no day, ..." },
	/* what is in the rule is told of where it is in the file, too */
	{ HOSTS "rule: {capacity: lots}\n" SOURCE,
	    ":3:18: hosts.a.example.capacity: \"lots\" ..." },
	{ HOSTS "rule: {budgets: {t: {settle: {json: \"a..b\"}}}}\n" SOURCE,
	    ":3:37: hosts.a.example.budgets.t.settle.json: ..." },
	{ HOSTS "rule: {paths: {search: {}}}\n" SOURCE,
	    ":3:16: hosts.a.example.paths.search: no path pattern, ..." },
};

START_TEST(file_is_wrong)
{
	static const char text[] = "hosts: {a.example: {preset: bad}}\n";
	struct conf *conf;
	char *cause = NULL, *got, want[256];
	size_t len;

	put("bad", files[_i].text);
	conf = conf_parse("test.yaml", text, strlen(text), &cause);
	ck_assert_ptr_null(conf);
	ck_assert_ptr_nonnull(cause);
	snprintf(want, sizeof want, "%s/bad.yaml", dir);
	ck_assert_msg(strncmp(cause, want, strlen(want)) == 0, "%s", cause);
	got = cause + strlen(want);
	len = strlen(files[_i].cause);
	if (strcmp(files[_i].cause + len - 3, "...") == 0)
		got[len - 3] = '\0', len -= 3;
	ck_assert_msg(strncmp(got, files[_i].cause, len) == 0 &&
	    got[len] == '\0', "%s, expected %s", got, files[_i].cause);
	free(cause);
}
END_TEST

/* A host of two of them would be whose? */
START_TEST(host_is_of_two)
{
	static const char text[] = "defaults: {preset: auto}\n";
	char *cause = NULL, want[256];

	put("bad", "hosts: [x.example, lab.example]\nlimits: x\nrule: {}\n"
	    "sources: []\n");
	ck_assert_ptr_null(conf_parse("test.yaml", text, strlen(text),
	    &cause));
	snprintf(want, sizeof want, "%s/lab.yaml:1:9: defaults.preset: "
	    "\"lab.example\" is a host of the preset bad, expected it once",
	    dir);
	ck_assert_str_eq(cause, want);
	free(cause);
}
END_TEST

/* What wins */

START_TEST(rule_wins)
{
	struct conf *conf = parse_ok("hosts:\n  a.example:\n"
	    "    preset: hub\n    per: none\n    concurrency: 9\n"
	    "    pause: {max: 1m, default: 2s}\n"
	    "    paths: {/search/: {capacity: 5}, /own: {concurrency: 2}}\n");
	const struct rule *rule = rule_of(conf, "a.example");

	ck_assert_str_eq(rule->preset, "hub");
	ck_assert(rule->preset_rates);
	ck_assert(!rule->preset_only);
	ck_assert_int_eq(rule->per.kind, RULE_KEY_NONE);
	ck_assert_uint_eq(rule->limits.nrates, 2);
	ck_assert_uint_eq(rule->limits.rates[0].capacity, 50 * UNIT);
	ck_assert_uint_eq(rule->limits.concurrency, 9);
	ck_assert_uint_eq(rule->pause_max, 60 * SECOND);
	ck_assert_uint_eq(rule->pause_default, 2 * SECOND);
	ck_assert_uint_eq(rule->nbodies, 1);
	ck_assert_uint_eq(rule->npaths, 3);
	ck_assert_uint_eq(limits_of(rule, "/search")->rates[0].capacity,
	    5 * UNIT);
	ck_assert_uint_eq(limits_of(rule, "/search")->concurrency, 1);
	ck_assert_uint_eq(limits_of(rule, "/graph")->rates[0].capacity,
	    7 * UNIT);
	ck_assert_uint_eq(limits_of(rule, "/own")->nrates, 0);
	conf_unref(conf);
}
END_TEST

/* A budget is merged by its keys, and its rates are one. */
START_TEST(budget_is_merged)
{
	struct conf *conf;
	const struct rule *rule;

	put("bad", "hosts: [bad.example]\nlimits: x\nrule:\n"
	    "  budgets:\n"
	    "    tokens:\n"
	    "      rates: [{capacity: 30}, {capacity: 900, period: 1m}]\n"
	    "      settle: {json: usage.total}\n" SOURCE);
	conf = parse_ok("hosts: {a.example: {preset: bad, budgets: {tokens: "
	    "{rates: [{capacity: 7}]}, points: {rates: [{capacity: 2}]}}}}\n");
	rule = rule_of(conf, "a.example");
	ck_assert_uint_eq(rule->tokens->n, 2);
	ck_assert_str_eq(rule->tokens->budgets[0].name, "tokens");
	ck_assert_str_eq(rule->tokens->budgets[0].json, "usage.total");
	ck_assert_uint_eq(rule->tokens->budgets[0].limits.nrates, 1);
	ck_assert_uint_eq(rule->tokens->budgets[0].limits.rates[0].capacity,
	    7 * UNIT);
	conf_unref(conf);
}
END_TEST

/* What is only said to be counted is so once a rule names rates for it. */
START_TEST(budget_is_form)
{
	struct wrong wrong = { "hosts: {a.example: {preset: bad, budgets: "
	    "{tokens: {refuse: true}}}}\n", "1:52: hosts.a.example.budgets."
	    "tokens: a budget without rates, ..." };
	struct conf *conf;
	const struct rule *rule;

	put("bad", "hosts: [bad.example]\nlimits: x\nrule:\n"
	    "  budgets: {tokens: {settle: {json: usage.total}},\n"
	    "    points: {settle: {json: usage.points}}}\n" SOURCE);
	conf = parse_ok("hosts: {a.example: {preset: bad}}\n");
	ck_assert_ptr_null(rule_of(conf, "a.example")->tokens);
	conf_unref(conf);
	conf = parse_ok("hosts: {a.example: {preset: bad, budgets: {tokens: "
	    "{rates: [{capacity: 7}]}}}}\n");
	rule = rule_of(conf, "a.example");
	ck_assert_uint_eq(rule->tokens->n, 1);
	ck_assert_str_eq(rule->tokens->budgets[0].name, "tokens");
	ck_assert_str_eq(rule->tokens->budgets[0].json, "usage.total");
	conf_unref(conf);
	fails_with(&wrong);
}
END_TEST

/* Any word about a rate is about all of them. */
START_TEST(rates_are_one)
{
	static const char *const own[] = {
		"capacity: 1", "rates: [{capacity: 1, burst: 2}]",
		"capacity: 1, period: 2s, burst: 1, strict: true",
	};
	char text[128];
	struct conf *conf;
	const struct rule *rule;

	snprintf(text, sizeof text, "hosts: {a.example: {preset: hub, %s}}\n",
	    own[_i]);
	conf = parse_ok(text);
	rule = rule_of(conf, "a.example");
	ck_assert(!rule->preset_rates);
	ck_assert_uint_eq(rule->limits.nrates, 1);
	ck_assert_uint_eq(rule->limits.rates[0].capacity, UNIT);
	ck_assert_int_eq(rule->per.kind, RULE_KEY_HEADER);
	conf_unref(conf);
}
END_TEST

START_TEST(lists_are_whole)
{
	struct conf *conf = parse_ok("hosts: {a.example: {preset: hub, "
	    "pause: {bodies: []}, paths: {}}}\n");
	const struct rule *rule = rule_of(conf, "a.example");

	ck_assert_uint_eq(rule->nbodies, 0);
	ck_assert_uint_eq(rule->pause_max, 1800 * SECOND);
	ck_assert_uint_eq(rule->npaths, 2);
	conf_unref(conf);
}
END_TEST

START_TEST(path_knows_whose)
{
	struct conf *conf = parse_ok("hosts: {a.example: {preset: hub, "
	    "paths: {/search: {capacity: 5}}}}\n");
	const struct rule *rule = rule_of(conf, "a.example");
	size_t i;

	ck_assert_uint_eq(rule->npaths, 2);
	for (i = 0; i < rule->npaths; i++)
		ck_assert_int_eq(rule->paths[i].of_preset,
		    strcmp(rule->paths[i].text, "/graph") == 0);
	conf_unref(conf);
}
END_TEST

/* auto */

static const struct {
	const char	*rules;		/* below hosts; or NULL */
	const char	*defaults;	/* beside preset: auto */
	const char	*host;
	const char	*name;		/* of its rule */
	const char	*preset;	/* or NULL */
	bool		 only;		/* no rule of the file's */
	uint64_t	 capacity;	/* of its first rate */
	unsigned	 concurrency;
} autos[] = {
	{ NULL, "", "api.hub.example", "api.hub.example", "hub", true, 50, 0 },
	{ NULL, "", "x.up.hub.example", "*.up.hub.example", "hub", true,
	    50, 0 },
	{ NULL, "", "up.hub.example", "defaults", NULL, false, 0, 0 },
	{ NULL, "", "lab.example:8080", "lab.example", "lab", true, 4, 0 },
	/* what defaults say is below a preset */
	{ NULL, ", capacity: 9, concurrency: 2", "api.hub.example",
	    "api.hub.example", "hub", true, 50, 2 },
	{ NULL, ", capacity: 9, concurrency: 2", "other.example", "defaults",
	    NULL, false, 9, 2 },
	/* what a rule says is above it */
	{ "lab.example: {}", "", "lab.example", "lab.example", "lab", false,
	    4, 0 },
	{ "lab.example: {capacity: 1}", ", capacity: 9", "lab.example",
	    "lab.example", "lab", false, 1, 0 },
	{ "lab.example: {preset: off}", "", "lab.example", "lab.example",
	    NULL, false, 0, 0 },
	{ "lab.example: {preset: hub}", "", "lab.example", "lab.example",
	    "hub", false, 50, 0 },
	{ "lab.example: {preset: auto}", "", "lab.example", "lab.example",
	    "lab", false, 4, 0 },
	{ "\"lab.example:81\": {concurrency: 1}", "", "lab.example:81",
	    "lab.example:81", "lab", false, 4, 1 },
	{ "\"lab.example:81\": {concurrency: 1}", "", "lab.example",
	    "lab.example", "lab", true, 4, 0 },
	{ "other.example: {concurrency: 1}", "", "other.example",
	    "other.example", NULL, false, 0, 1 },
	/* a wildcard's rule is above it, too */
	{ "\"*.example\": {concurrency: 5}", "", "lab.example", "lab.example",
	    "lab", false, 4, 5 },
	{ "\"*.example\": {capacity: 5}", "", "x.up.hub.example",
	    "*.up.hub.example", "hub", false, 5, 0 },
	{ "\"*.example\": {capacity: 5}", "", "y.example", "*.example", NULL,
	    false, 5, 0 },
	{ "\"*\": {capacity: 5, preset: off}", "", "lab.example", "*", NULL,
	    false, 5, 0 },
	{ "\"*.example\": {capacity: 5, shared: true}", "", "lab.example",
	    "*.example", NULL, false, 5, 0 },
	{ "\"*.up.hub.example\": {concurrency: 3}", "", "a.up.hub.example",
	    "*.up.hub.example", "hub", false, 50, 3 },
	{ "a.up.hub.example: {concurrency: 3}", "", "a.up.hub.example",
	    "a.up.hub.example", "hub", false, 50, 3 },
	{ "a.example: {same: lab.example, capacity: 2}", "", "lab.example",
	    "a.example", NULL, false, 2, 0 },
};

START_TEST(auto_finds)
{
	char text[256];
	struct conf *conf;
	const struct rule *rule;

	snprintf(text, sizeof text, "%s%s%sdefaults: {preset: auto%s}\n",
	    autos[_i].rules != NULL ? "hosts:\n  " : "",
	    autos[_i].rules != NULL ? autos[_i].rules : "",
	    autos[_i].rules != NULL ? "\n" : "", autos[_i].defaults);
	conf = parse_ok(text);
	rule = rule_of(conf, autos[_i].host);
	ck_assert_str_eq(rule->name, autos[_i].name);
	if (autos[_i].preset == NULL)
		ck_assert_ptr_null(rule->preset);
	else
		ck_assert_str_eq(rule->preset, autos[_i].preset);
	ck_assert_int_eq(rule->preset_only, autos[_i].only);
	ck_assert_int_eq(rule->limits.nrates > 0, autos[_i].capacity > 0);
	if (rule->limits.nrates > 0)
		ck_assert_uint_eq(rule->limits.rates[0].capacity,
		    autos[_i].capacity * UNIT);
	ck_assert_uint_eq(rule->limits.concurrency, autos[_i].concurrency);
	conf_unref(conf);
}
END_TEST

/* Hosts that have one limit have one throttle; a, b and c of duo.example. */
static const struct {
	const char	*rules;
	const char	*same;		/* who share with a: "b" */
	unsigned	 concurrency;	/* of a's */
} together[] = {
	{ "", "bc", 0 },
	{ "hosts: {\"*.duo.example\": {concurrency: 5}}\n", "bc", 5 },
	{ "hosts: {\"*\": {concurrency: 5}}\n", "bc", 5 },
	/* under which wildcard a host is, its rule says */
	{ "hosts: {\"*.n.duo.example\": {concurrency: 5}}\n", "bc", 0 },
	{ "hosts: {b.duo.example: {}}\n", "c", 0 },
	{ "hosts: {b.duo.example: {preset: off}}\n", "c", 0 },
	{ "hosts: {a.duo.example: {concurrency: 3}}\n", "", 3 },
	{ "hosts: {a.duo.example: {same: b.duo.example}}\n", "b", 0 },
};

START_TEST(together_is_one)
{
	const struct rule *rule, *other;
	struct conf *conf;
	char text[256], name[] = "b.duo.example";

	put("bad", "hosts: [a.duo.example, b.duo.example, c.duo.example, "
	    "d.n.duo.example]\nsame: true\nlimits: few\nrule: {capacity: 6}\n" SOURCE);
	snprintf(text, sizeof text, "%sdefaults: {preset: auto}\n",
	    together[_i].rules);
	conf = parse_ok(text);
	rule = rule_of(conf, "a.duo.example");
	ck_assert_uint_eq(rule->limits.concurrency, together[_i].concurrency);
	for (; name[0] <= 'c'; name[0]++) {
		other = rule_of(conf, name);
		ck_assert_msg((other == rule) == (strchr(together[_i].same,
		    name[0]) != NULL), "%s: %s", name, other->name);
	}
	ck_assert_int_eq(rule->shared, rule->nsame > 0);
	other = rule_of(conf, "d.n.duo.example");
	ck_assert_uint_eq(rule->nsame, strlen(together[_i].same) +
	    (other == rule));
	conf_unref(conf);
}
END_TEST

/* Of rules of the file's own it is told who has their limits, too. */
static const struct {
	const char	*text;
	const char	*apart;		/* of a's; or NULL */
} aparts[] = {
	{ "hosts: {a.duo.example: {preset: bad}}\n", "b.duo.example" },
	{ "hosts: {a.duo.example: {preset: bad, same: b.duo.example}}\n", NULL },
	{ "hosts: {a.duo.example: {preset: bad}, b.duo.example: {preset: bad}}"
	    "\n", "b.duo.example" },
	{ "hosts: {a.duo.example: {preset: bad}, b.duo.example: {}}\n", NULL },
	{ "hosts: {a.duo.example: {}}\n", NULL },
	{ "hosts: {a.duo.example: {}}\ndefaults: {preset: auto}\n",
	    "b.duo.example" },
	{ "defaults: {preset: auto}\n", NULL },
};

START_TEST(apart_is_told)
{
	const char *apart = aparts[_i].apart;
	const struct rule *rule;
	struct conf *conf;

	put("bad", "hosts: [a.duo.example, b.duo.example]\nsame: true\n"
	    "limits: few\nrule: {capacity: 6}\n" SOURCE);
	conf = parse_ok(aparts[_i].text);
	rule = rule_of(conf, "a.duo.example");
	if (apart == NULL)
		ck_assert_ptr_null(rule->preset_apart);
	else
		ck_assert_str_eq(rule->preset_apart, apart);
	conf_unref(conf);
	conf = parse_ok("hosts: {other.example: {preset: bad}}\n");
	rule = rule_of(conf, "other.example");
	ck_assert_ptr_null(rule->preset_apart);
	conf_unref(conf);
}
END_TEST

/* How a host is reached is as defaults say, whatever its preset. */
START_TEST(auto_keeps_https)
{
	struct conf *conf = parse_ok("defaults: {preset: auto, https: "
	    "upstream, tls: {verify: false}}\n");
	const struct rule *rule = rule_of(conf, "lab.example");

	ck_assert_int_eq(rule->https, RULE_HTTPS_UPSTREAM);
	ck_assert(!rule->tls_verify);
	conf_unref(conf);
	conf = parse_ok("defaults: {preset: auto}\n");
	rule = rule_of(conf, "lab.example");
	ck_assert_int_eq(rule->https, RULE_HTTPS_TUNNEL);
	ck_assert(rule->tls_verify);
	conf_unref(conf);
}
END_TEST

START_TEST(without_auto_nothing)
{
	struct conf *conf = parse_ok("defaults: {preset: off}\n"
	    "hosts: {lab.example: {}, api.hub.example: {preset: auto}}\n");

	ck_assert_uint_eq(conf->nrules, 2);
	ck_assert_ptr_null(rule_of(conf, "lab.example")->preset);
	ck_assert_str_eq(rule_of(conf, "api.hub.example")->preset, "hub");
	conf_unref(conf);
}
END_TEST

/* Those that are shipped */

START_TEST(shipped_are_good)
{
	struct conf_report report = { .name = "presets" };
	const struct conf_entry *host;
	struct conf_preset *all, *preset;
	struct conf *conf;
	char text[256];

	setenv("SLUICE_PRESETS", shipped, 1);
	ck_assert_msg(conf_preset_load_all(&report, &all), "%s", report.cause);
	ck_assert_ptr_nonnull(all);
	for (preset = all; preset != NULL; preset = preset->next) {
		snprintf(text, sizeof text, "hosts: {a.example: {preset: "
		    "%s}}\n", preset->name);
		conf = parse_ok(text);
		ck_assert_uint_le(strlen(preset->parts.limits), 80);
		conf_unref(conf);
	}
	conf = parse_ok("defaults: {preset: auto}\n");
	for (preset = all; preset != NULL; preset = preset->next)
		for (host = preset->parts.hosts->first; host != NULL;
		    host = host->next) {
			const char *name = host->value->text;

			snprintf(text, sizeof text, "%s%s", *name == '*' ?
			    "x" : "", name + (*name == '*'));
			ck_assert_str_eq(rule_of(conf, text)->preset,
			    preset->name);
		}
	conf_unref(conf);
	conf_preset_free(all);
	setenv("SLUICE_PRESETS", dir, 1);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("conf_preset");
	TCase *tc = tcase_create("presets");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	ROWS(tc, name_is_wrong, names);
	tcase_add_test(tc, directory_is_missing);
	ROWS(tc, file_is_wrong, files);
	tcase_add_test(tc, host_is_of_two);
	tcase_add_test(tc, rule_wins);
	tcase_add_test(tc, budget_is_merged);
	tcase_add_test(tc, budget_is_form);
	tcase_add_loop_test(tc, rates_are_one, 0, 3);
	tcase_add_test(tc, lists_are_whole);
	tcase_add_test(tc, path_knows_whose);
	ROWS(tc, auto_finds, autos);
	ROWS(tc, together_is_one, together);
	ROWS(tc, apart_is_told, aparts);
	tcase_add_test(tc, auto_keeps_https);
	tcase_add_test(tc, without_auto_nothing);
	tcase_add_test(tc, shipped_are_good);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}
