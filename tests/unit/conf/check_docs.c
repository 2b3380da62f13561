/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/conf_option.h"
#include "conf/conf_yaml.h"
#include "conf/conf_parse.h"
#include "conf/conf_table.h"
#include "check_conf.h"

/*
 * The option table, the sample and the manual page name the same keys, with
 * the same types, ranges and defaults.
 */

#define SAMPLE	"conf/sluice.yaml"
#define MANUAL	"man/sluice.yaml.5"
#define OPTIONS	250

/* What the sample says of each option of the table. */
static struct {
	bool	 there;
	bool	 is_default;	/* at one of its places */
} seen[OPTIONS];

/* Which one in the table an option is; NULL: how many there are. */
static size_t
option_index(const struct conf_option *option)
{
	const struct conf_option *o;
	size_t i = 0;

	for (o = conf_options(); o != option; o = conf_option_next(o))
		i++;
	return i;
}

static const struct conf_option *
option_at(int i)
{
	const struct conf_option *o = conf_options();

	while (i-- > 0)
		o = conf_option_next(o);
	return o;
}

static char *
slurp(const char *name)
{
	const char *dir = getenv("srcdir");
	char *text = NULL, path[1024];
	size_t size;
	FILE *in, *out;
	int c;

	snprintf(path, sizeof path, "%s/%s", dir == NULL ? "." : dir, name);
	in = fopen(path, "r");
	ck_assert_msg(in != NULL, "%s cannot be read", path);
	out = open_memstream(&text, &size);
	ck_assert_ptr_nonnull(out);
	while ((c = getc(in)) != EOF)
		putc(c, out);
	fclose(in);
	fclose(out);
	return text;
}

/* A setting that is switched off: "#" but not the "# " of a comment. */
static bool
is_off(const char *line)
{
	return line[0] == '#' && line[1] != '\n' && line[1] != '\0' &&
	    (line[1] != ' ' || line[2] == ' ');
}

/* The sample with all settings switched on. */
static char *
switched_on(void)
{
	char *text = slurp(SAMPLE);
	char *from = text, *to = text, *end;

	while (*from != '\0') {
		if (is_off(from))
			from++;
		end = strchr(from, '\n');
		ck_assert_msg(end != NULL, "no line end at the end");
		memmove(to, from, (size_t)(end + 1 - from));
		to += end + 1 - from;
		from = end + 1;
	}
	*to = '\0';
	return text;
}

static bool
equal(const struct conf_node *a, const struct conf_node *b)
{
	const struct conf_entry *i = a->first, *j = b->first;

	if (a->type != b->type || a->n != b->n)
		return false;
	if (a->type == CONF_SCALAR)
		return strcmp(a->text, b->text) == 0;
	for (; i != NULL; i = i->next, j = j->next)
		if (!equal(i->value, j->value))
			return false;
	return true;
}

static bool
is_fallback(const struct conf_option *option, const struct conf_node *node)
{
	struct conf_report report = { .name = option->path };
	struct conf_yaml *yaml;
	bool same;

	if (option->fallback == NULL)
		return true;
	yaml = conf_yaml_parse(&report, option->fallback,
	    strlen(option->fallback));
	ck_assert_msg(yaml != NULL, "%s: %s", option->path, report.cause);
	same = equal(conf_yaml_root(yaml), node);
	conf_yaml_free(yaml);
	return same;
}

/* The level behind an option that has one. */
static enum conf_level
level_behind(const struct conf_option *option)
{
	switch (option->kind) {
	case CONF_SECTION:
	case CONF_CONTROL:
	case CONF_PROXY:
	case CONF_SHARED:
		return option->behind;
	case CONF_RATES:
		return CONF_RATE;
	case CONF_COSTS:
		return CONF_COST;
	case CONF_PAUSE_STATUSES:
		return CONF_STATUS;
	case CONF_BODIES:
		return CONF_BODY;
	case CONF_DELAY:
		return CONF_BODY_DELAY;
	case CONF_PATHS:
		return CONF_PATH;
	case CONF_BUDGETS:
		return CONF_BUDGET;
	default:
		return CONF_RULE;
	}
}

/*
 * Mappings yet to be looked at.  The sample is small, so a list does: no
 * order is needed.
 */
static struct {
	const struct conf_node	*node;
	enum conf_level		 level;
} todo[256];
static unsigned	 ntodo;

static void
push(const struct conf_node *node, enum conf_level level)
{
	ck_assert_uint_lt(ntodo, 256);
	todo[ntodo].node = node;
	todo[ntodo++].level = level;
}

/* Addresses: one of them may be the default, those with more are mappings. */
static void
look_at_addresses(const struct conf_option *option,
    const struct conf_node *list)
{
	const struct conf_entry *entry;
	size_t i = option_index(option);

	for (entry = list->first; entry != NULL; entry = entry->next) {
		if (entry->value->type == CONF_MAPPING)
			push(entry->value, CONF_LISTENER);
		else
			seen[i].is_default |= is_fallback(option, entry->value);
	}
}

/* Clients are no keys of ours, but what stands behind them is an option. */
static void
look_at_weights(const struct conf_node *mapping)
{
	const struct conf_option *option;
	const struct conf_entry *entry;
	size_t i;

	option = conf_option_find(conf_options(), CONF_WEIGHT, "*");
	i = option_index(option);
	for (entry = mapping->first; entry != NULL; entry = entry->next) {
		seen[i].there = true;
		seen[i].is_default |= is_fallback(option, entry->value);
	}
}

static void
look_at(const struct conf_option *option, const struct conf_node *node)
{
	const struct conf_entry *entry;
	size_t i = option_index(option);

	seen[i].there = true;
	seen[i].is_default |= is_fallback(option, node);
	switch (option->kind) {
	case CONF_SECTION:
	case CONF_CONTROL:
	case CONF_SHARED:
	case CONF_DEFAULTS:
	case CONF_DELAY:
		push(node, level_behind(option));
		break;
	case CONF_HOSTS:
	case CONF_RATES:
	case CONF_COSTS:
	case CONF_PATHS:
	case CONF_BUDGETS:
	case CONF_PAUSE_STATUSES:
	case CONF_BODIES:
		for (entry = node->first; entry != NULL; entry = entry->next)
			push(entry->value, level_behind(option));
		break;
	case CONF_WEIGHTS:
		look_at_weights(node);
		break;
	case CONF_LISTEN:
		if (node->type == CONF_LIST)
			look_at_addresses(option, node);
		break;
	case CONF_PROXY:
		if (node->type == CONF_MAPPING)
			push(node, level_behind(option));
		break;
	default:
		break;
	}
}

static void
look_at_sample(void)
{
	const struct conf_option *option;
	const struct conf_entry *entry;
	enum conf_level level;
	struct conf_report report = { .name = SAMPLE };
	struct conf_yaml *yaml;
	char *text = switched_on();

	memset(seen, 0, sizeof seen);
	yaml = conf_yaml_parse(&report, text, strlen(text));
	ck_assert_msg(yaml != NULL, "%s", report.cause);
	push(conf_yaml_root(yaml), CONF_TOP);
	while (ntodo > 0) {
		level = todo[--ntodo].level;
		entry = todo[ntodo].node->first;
		for (; entry != NULL; entry = entry->next) {
			option = conf_option_find(conf_options(), level,
			    entry->key->text);
			ck_assert_msg(option != NULL, "%s:%u: %s is no key",
			    SAMPLE, entry->key->line, entry->key->text);
			look_at(option, entry->value);
		}
	}
	conf_yaml_free(yaml);
	free(text);
}

/* As it is shipped: for this machine only, and no host is limited. */
START_TEST(sample_is_safe)
{
	struct conf *conf;
	char *text = slurp(SAMPLE), *cause;

	conf = conf_parse(SAMPLE, text, strlen(text), &cause);
	ck_assert_msg(conf != NULL, "%s", cause);
	ck_assert_uint_eq(conf->listen.n, 1);
	ck_assert_str_eq(conf->listen.list[0].text, "127.0.0.1:3128");
	ck_assert_uint_eq(conf->nrules, 0);
	ck_assert_str_eq(conf->fallback.name, "unlimited");
	conf_unref(conf);
	free(text);
}
END_TEST

START_TEST(sample_switched_on)
{
	struct conf *conf;
	char *text = switched_on(), *cause;

	find_presets();
	conf = conf_parse(SAMPLE, text, strlen(text), &cause);
	ck_assert_msg(conf != NULL, "%s", cause);
	ck_assert_uint_ge(conf->nrules, 3);
	ck_assert_str_eq(conf->fallback.name, "defaults");
	conf_unref(conf);
	free(text);
}
END_TEST

START_TEST(sample_has)
{
	const struct conf_option *option = option_at(_i);

	look_at_sample();
	ck_assert_msg(seen[_i].there, "%s is not in %s", option->path, SAMPLE);
	ck_assert_msg(seen[_i].is_default, "%s: its default %s is not in %s",
	    option->path, option->fallback, SAMPLE);
}
END_TEST

/* The line that the manual has below an option's name. */
static char *
manual_line(const struct conf_option *option)
{
	char *line = NULL;
	int len;

	len = asprintf(&line, "Type: %s%s%s%s%s; reload: %s.", option->type,
	    option->range == NULL ? "" : ", ",
	    option->range == NULL ? "" : option->range,
	    option->fallback == NULL ? "" : "; default: ",
	    option->fallback == NULL ? "" : option->fallback,
	    option->needs_restart ? "no" : "yes");
	ck_assert_int_gt(len, 0);
	return line;
}

START_TEST(manual_has)
{
	const struct conf_option *option = option_at(_i);
	char *text = slurp(MANUAL), *want, *got;
	char *line = manual_line(option);

	ck_assert_int_gt(asprintf(&want, "\n.It Ic %s\n", option->path), 0);
	got = strstr(text, want);
	ck_assert_msg(got != NULL, "%s is not in %s", option->path, MANUAL);
	ck_assert_msg(strstr(got + 1, want) == NULL, "%s is in %s twice",
	    option->path, MANUAL);
	got += strlen(want);
	ck_assert_msg(strncmp(got, line, strlen(line)) == 0 &&
	    got[strlen(line)] == '\n', "%s: %s\nexpected: %s\nthere is: %.*s",
	    MANUAL, option->path, line, (int)strcspn(got, "\n"), got);
	/* And words of its own behind it. */
	got += strlen(line) + 1;
	ck_assert_msg(strncmp(got, ".It", 3) != 0 &&
	    strncmp(got, ".El", 3) != 0, "%s: %s: no text", MANUAL,
	    option->path);
	free(want);
	free(line);
	free(text);
}
END_TEST

/* Whether an option has that path of n bytes. */
static bool
is_path(const char *path, size_t n)
{
	const struct conf_option *o;

	for (o = conf_options(); o != NULL; o = conf_option_next(o))
		if (strlen(o->path) == n && strncmp(o->path, path, n) == 0)
			return true;
	return false;
}

START_TEST(manual_has_no_more)
{
	char *text = slurp(MANUAL);
	char *p = text;
	size_t n;

	while ((p = strstr(p, "\n.It Ic ")) != NULL) {
		p += strlen("\n.It Ic ");
		n = strcspn(p, "\n");
		ck_assert_msg(is_path(p, n), "%s: %.*s is no key", MANUAL,
		    (int)n, p);
	}
	free(text);
}
END_TEST

/* All examples of the manual are configurations. */
START_TEST(manual_examples)
{
	struct conf *conf;
	char *text = slurp(MANUAL), *cause;
	char *p, *end, *stop = strstr(text, ".Sh DIAGNOSTICS");
	int examples = 0;

	ck_assert_ptr_nonnull(stop);
	*stop = '\0';
	p = strstr(text, ".Sh EXAMPLES");
	while (p != NULL && (p = strstr(p, "\n.Bd ")) != NULL) {
		p = strchr(p + 1, '\n') + 1;
		end = strstr(p, ".Ed");
		ck_assert_ptr_nonnull(end);
		conf = conf_parse(MANUAL, p, (size_t)(end - p), &cause);
		ck_assert_msg(conf != NULL, "%s\n%.*s", cause, (int)(end - p),
		    p);
		conf_unref(conf);
		p = end;
		examples++;
	}
	ck_assert_int_ge(examples, 3);
	free(text);
}
END_TEST

static Suite *
docs_suite(void)
{
	Suite *suite = suite_create("docs");
	TCase *sample = tcase_create("sample");
	TCase *manual = tcase_create("manual");
	int n = (int)option_index(NULL);

	if (n > OPTIONS)
		abort();
	tcase_add_test(sample, sample_is_safe);
	tcase_add_test(sample, sample_switched_on);
	tcase_add_loop_test(sample, sample_has, 0, n);
	suite_add_tcase(suite, sample);

	tcase_add_loop_test(manual, manual_has, 0, n);
	tcase_add_test(manual, manual_has_no_more);
	tcase_add_test(manual, manual_examples);
	suite_add_tcase(suite, manual);
	return suite;
}

int
main(void)
{
	return run_suite(docs_suite());
}
