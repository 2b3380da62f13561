/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_CONF_ADVICE_H
#define SLUICE_CHECK_CONF_ADVICE_H

#include "check_conf.h"

/*
 * What people write who know other programs, and what they are told they
 * probably meant: text, LINE:COLUMN:, and what the error ends with.
 */
struct advised {
	const char	*text;
	const char	*place;
	const char	*advice;
};

static inline void
is_advised(const struct advised *row)
{
	char *cause = parse_bad(row->text, strlen(row->text));
	const char *got = cause + strlen("test.yaml:");
	size_t len = strlen(row->advice);

	ck_assert_msg(strncmp(got, row->place, strlen(row->place)) == 0,
	    "%s", got);
	ck_assert_msg(strlen(got) > len &&
	    strcmp(got + strlen(got) - len, row->advice) == 0,
	    "%s, expected %s", got, row->advice);
	free(cause);
}

#endif
