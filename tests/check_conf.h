/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_CONF_H
#define SLUICE_CHECK_CONF_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "check_run.h"

/* What the tests of configurations share: texts that are good or wrong. */

#define COUNT(a) ((int)(sizeof (a) / sizeof (a)[0]))

static inline struct conf *
parse_ok(const char *text)
{
	struct conf	*conf;
	char		*cause;

	conf = conf_parse("test.yaml", text, strlen(text), &cause);
	ck_assert_msg(conf != NULL, "%s\n%s", cause, text);
	return conf;
}

/* Parses what is wrong; the cause is one line about that file. */
static inline char *
parse_bad(const char *text, size_t len)
{
	struct conf	*conf;
	char		*cause = NULL;

	conf = conf_parse("test.yaml", text, len, &cause);
	ck_assert_msg(conf == NULL, "taken: %s", text);
	ck_assert_ptr_nonnull(cause);
	ck_assert_ptr_null(strchr(cause, '\n'));
	ck_assert_msg(strncmp(cause, "test.yaml:", 10) == 0, "%s", cause);
	return cause;
}

/* A text, and its error behind the file's name: whole, or up to "...". */
struct wrong {
	const char	*text;
	const char	*cause;
};

static inline void
fails_with(const struct wrong *wrong)
{
	char		*cause;
	const char	*got, *want = wrong->cause;
	size_t		 len = strlen(want);

	cause = parse_bad(wrong->text, strlen(wrong->text));
	got = cause + strlen("test.yaml:");
	if (len > 3 && strcmp(want + len - 3, "...") == 0)
		ck_assert_msg(strncmp(got, want, len - 3) == 0,
		    "%s, expected %s", got, want);
	else
		ck_assert_str_eq(got, want);
	free(cause);
}

#endif
