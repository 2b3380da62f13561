/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_HOST_ROW_H
#define SLUICE_CTL_HOST_ROW_H

#include <jansson.h>

#include "ctl/ctl_print.h"

/* A throttle in words (Host of doc/openapi.yaml): in a list, by itself. */

/* A table of them; ctl_host_row() puts a row. */
struct ctl_table *ctl_host_table(void);
void		 ctl_host_row(struct ctl_table *, const json_t *host);

/* How a state is shown. */
enum ctl_style	 ctl_host_style(const char *state);

/*
 * Puts the budget of which the least is left, as a bar with its figures:
 * "[|||||     ] 10 of 20"; "-" where there is none.
 */
void		 ctl_host_bar(struct text *, const json_t *budgets);

#endif
