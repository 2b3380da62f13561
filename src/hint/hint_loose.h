/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_LOOSE_H
#define SLUICE_HINT_LOOSE_H

#include <stdbool.h>
#include <stdint.h>

#include "http/http1_str.h"

/*
 * Reads a duration such as 5 minutes, 30 s, PT5M or 00:05:00.  Returns
 * false when it is none.
 */
bool		 hint_loose_duration(struct http1_str, uint64_t *ns);
/*
 * Reads a date with a time, its parts in any order; without a zone it is UTC.
 * Returns false when it is none.
 */
bool		 hint_loose_date(struct http1_str, int64_t *seconds);

#endif
