/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_BODY_H
#define SLUICE_CTL_BODY_H

#include <jansson.h>

#include "ctl/ctl_command.h"

/*
 * Puts a text of the command line, or nothing where it is NULL, into the body
 * of a question; what is how people know it.  Returns CTL_DONE; or the exit
 * status, having said why: it is no UTF-8, or memory is short (body is NULL).
 */
int		 ctl_body_put(const struct ctl *, json_t *body,
		    const char *name, const char *text, const char *what);
/* The same of what was given for an option of that name. */
int		 ctl_body_option(const struct ctl *, json_t *body,
		    const char *name);

#endif
