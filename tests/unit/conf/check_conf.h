/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_CONF_H
#define SLUICE_CHECK_CONF_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/conf_parse.h"
#include "check_run.h"

/* What the tests of configurations share: texts that are good or wrong. */

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static inline struct conf *
parse_ok(const char *text)
{
	struct conf *conf;
	char *cause;

	conf = conf_parse("test.yaml", text, strlen(text), &cause);
	ck_assert_msg(conf != NULL, "%s\n%s", cause, text);
	return conf;
}

/* Parses what is wrong; the cause is one line about that file. */
static inline char *
parse_bad(const char *text, size_t len)
{
	struct conf *conf;
	char *cause = NULL;

	conf = conf_parse("test.yaml", text, len, &cause);
	ck_assert_msg(conf == NULL, "taken: %s", text);
	ck_assert_ptr_nonnull(cause);
	ck_assert_ptr_null(strchr(cause, '\n'));
	ck_assert_msg(strncmp(cause, "test.yaml:", 10) == 0, "%s", cause);
	return cause;
}

/* Where presets are looked for, also when a test is started by hand. */
static inline void
find_presets(void)
{
	const char *dir = getenv("srcdir");
	char path[1024];

	snprintf(path, sizeof path, "%s/conf/presets", dir == NULL ? "." :
	    dir);
	setenv("SLUICE_PRESETS", path, 0);
}

/* A text, and its error behind the file's name: whole, or up to "...". */
struct wrong {
	const char	*text;
	const char	*cause;
};

static inline void
fails_with(const struct wrong *wrong)
{
	char *cause;
	const char *got, *want = wrong->cause;
	size_t len = strlen(want);

	cause = parse_bad(wrong->text, strlen(wrong->text));
	got = cause + strlen("test.yaml:");
	if (len > 3 && strcmp(want + len - 3, "...") == 0)
		ck_assert_msg(strncmp(got, want, len - 3) == 0,
		    "%s, expected %s", got, want);
	else
		ck_assert_str_eq(got, want);
	free(cause);
}

/* What is cut off or broken anywhere is an error or a configuration. */
static inline void
either(const char *text, size_t len)
{
	struct conf *conf;
	char *cause;

	conf = conf_parse("test.yaml", text, len, &cause);
	ck_assert((conf == NULL) == (cause != NULL));
	if (cause != NULL)
		ck_assert_ptr_null(strchr(cause, '\n'));
	free(cause);
	conf_unref(conf);
}

static inline void
cut_anywhere(const char *text, size_t len)
{
	size_t n, step = wanted_share();

	for (n = 0; n <= len; n += step)
		either(text, n);
}

static inline void
break_anywhere(const char *text, size_t len)
{
	static const char bytes[] = "\0\t\n :-*&[{\"'\\#\xff\xc2";
	char *copy = strndup(text, len);
	size_t i, j, step = wanted_share();

	ck_assert_ptr_nonnull(copy);
	for (i = 0; i < len; i += step) {
		for (j = 0; j < sizeof bytes - 1; j++) {
			copy[i] = bytes[j];
			either(copy, len);
		}
		copy[i] = text[i];
	}
	free(copy);
}

#endif
