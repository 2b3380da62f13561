/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_EXPLANATION_H
#define SLUICE_CTL_EXPLANATION_H

#include <jansson.h>

#include "ctl/ctl_command.h"
#include "ctl/ctl_print.h"

/*
 * Prints an explanation (Explanation of doc/openapi.yaml), whoever made it: a
 * daemon, or a check of a file.
 */
void		 ctl_explanation_print(const struct ctl *, const json_t *);
/*
 * Prints why the one that goes next waits (Why), after an empty line; nothing
 * where that is NULL.
 */
void		 ctl_why_print(const struct ctl_paper *, const json_t *);

#endif
