/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_DASHBOARD_ROWS_H
#define SLUICE_DASHBOARD_ROWS_H

#include <jansson.h>

#include "base/text.h"

/*
 * What the dashboard shows without scripts: the API's answers as HTML.  Names
 * of hosts, rules and reasons come from others, and are escaped.
 */

/* Puts the rows of a table, of an answer Hosts; NULL: a row that says so. */
void		 dashboard_rows(struct text *, const json_t *hosts);
/* Puts the line that sums up a Status. */
void		 dashboard_summary(struct text *, const json_t *status);
/* Puts for how long it is up, and from when its configuration is. */
void		 dashboard_process(struct text *, const json_t *status);

#endif
