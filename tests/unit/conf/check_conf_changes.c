/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_conf.h"
#include "check_run.h"
#include "conf/conf_changes.h"
#include "conf/conf_table.h"

/* Values as text for people: what they are told, they can write. */

static const char *
written(char buf[512], const char *path, const char *value)
{
	const char *dot = strchr(path, '.');

	if (dot == NULL)
		snprintf(buf, 512, "{%s: %s}", path, value);
	else
		snprintf(buf, 512, "{%.*s: {%s: %s}}", (int)(dot - path), path,
		    dot + 1, value);
	return buf;
}

/* A value that is read is told so that it is read as the same. */
static void
round_trip(const struct conf_option *option, const char *value)
{
	char yaml[512], *text, *again;
	struct conf *conf = parse_ok(written(yaml, option->path, value));
	struct conf *other;

	text = conf_option_text(option, conf);
	ck_assert_ptr_nonnull(text);
	ck_assert_msg(text[0] != '\0', "%s", option->path);
	other = parse_ok(written(yaml, option->path, text));
	again = conf_option_text(option, other);
	ck_assert_msg(strcmp(text, again) == 0, "%s: %s is told as %s",
	    option->path, text, again);
	free(text);
	free(again);
	conf_unref(conf);
	conf_unref(other);
}

/* What stands deeper than in a section lies in a struct of its own. */
static bool
is_deep(const char *path)
{
	const char *dot = strchr(path, '.');

	return dot != NULL && strchr(dot + 1, '.') != NULL;
}

/* There is no store without its URL. */
static bool
is_of_store(const char *path)
{
	return strncmp(path, "store.", 6) == 0;
}

/* Kinds of which any text is one, or none but what is there. */
static bool
is_of_itself(const struct conf_option *option)
{
	return !is_deep(option->path) && !is_of_store(option->path) &&
	    option->as->print != NULL &&
	    option->as->scalar && option->fallback != NULL &&
	    strchr(option->path, '*') == NULL && (option->as->none == NULL ||
	    strcmp(option->as->none, option->fallback) != 0);
}

START_TEST(defaults)
{
	const struct conf_option *option;
	unsigned n = 0;

	for (option = conf_options(); option != NULL;
	    option = conf_option_next(option)) {
		if (!is_of_itself(option) ||
		    strncmp(option->path, "defaults", 8) == 0)
			continue;
		round_trip(option, option->fallback);
		n++;
	}
	ck_assert_uint_gt(n, 20);
}
END_TEST

static const struct {
	const char	*path;
	const char	*value;
	const char	*text;
} values[] = {
	{ "timeouts.idle", "90s", "90s" },
	{ "timeouts.idle", "2h", "2h" },
	{ "timeouts.exchange", "off", "off" },
	{ "timeouts.exchange", "5m", "5m" },
	{ "limits.memory", "64MiB", "64MiB" },
	{ "limits.connections", "77", "77" },
	{ "limits.body", "5MiB", "5MiB" },
	{ "workers", "3", "3" },
	{ "log.level", "debug", "debug" },
	{ "log.format", "json", "json" },
	{ "access.rate", "off", "off" },
	{ "access.rate", "5", "5" },
	{ "parent", "direct", "direct" },
	/* as whom it is used is nobody's business */
	{ "parent", "\"http://user@p.test:3128\"", "http://p.test:3128" },
};

START_TEST(told)
{
	const struct conf_option *option = conf_options();
	char yaml[512], *text;
	struct conf *conf;

	while (option != NULL && strcmp(option->path, values[_i].path) != 0)
		option = conf_option_next(option);
	ck_assert_ptr_nonnull(option);
	conf = parse_ok(written(yaml, values[_i].path, values[_i].value));
	text = conf_option_text(option, conf);
	ck_assert_str_eq(text, values[_i].text);
	free(text);
	conf_unref(conf);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conf_changes");
	TCase *tcase = tcase_create("text");

	tcase_add_test(tcase, defaults);
	tcase_add_loop_test(tcase, told, 0, COUNT(values));
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
