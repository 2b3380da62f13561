/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_FAIL_H
#define SLUICE_CTL_FAIL_H

#include <jansson.h>

#include "ctl/ctl_command.h"

/*
 * Says on standard error why a command fails: a line for people, or with --json
 * {"version": 1, "error": {"exit", "detail", …}}.  Returns the exit status that
 * it was given.
 */
int		 ctl_fail(const struct ctl *, enum ctl_exit, const char *, ...)
		    __attribute__((format(printf, 3, 4)));
/*
 * The same, of what the daemon says is wrong (a problem of RFC 9457, or NULL),
 * whose members the JSON has, too.
 */
int		 ctl_fail_with(const struct ctl *, enum ctl_exit,
		    const json_t *problem, const char *, ...)
		    __attribute__((format(printf, 4, 5)));

/* Says what is no failure, on standard error; nothing with --json. */
void		 ctl_note(const struct ctl *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));

#endif
