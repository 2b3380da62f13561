/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_JSON_SCAN_H
#define SLUICE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "hint/json_scan_types.h"

/*
 * Finds what stands at some paths (json_path.h) of a JSON text that comes piece
 * by piece, however long it is: nothing of it is kept but the key or number at
 * hand.  The text is checked as it goes, but for its UTF-8, and for control
 * bytes in strings that no path leads to.
 *
 * What is deeper than JSON_SCAN_LOOK is not looked at; what is deeper than
 * JSON_SCAN_DEPTH is not read any further.
 */

/* Begins a text; the paths stay their owner's. */
void		 json_scan_init(struct json_scan *,
		    const struct json_scan_paths *);

/* Reads on.  Returns false where it is no JSON, or too deep; then it stays so. */
bool		 json_scan_push(struct json_scan *, const char *, size_t);

/* The text has ended.  Returns whether it was whole, one value of JSON. */
bool		 json_scan_end(struct json_scan *);

#endif
