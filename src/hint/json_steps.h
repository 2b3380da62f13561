/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_JSON_STEPS_H
#define SLUICE_JSON_STEPS_H

#include <stddef.h>
#include <stdint.h>

#include "hint/json_scan_types.h"

/*
 * For json_scan.c.  Each path has come some steps far with the container that the
 * text is in.  A key, or an element, takes it a step further, or not; where a
 * value is reached with all of its steps, that is what was looked for.
 */

/*
 * How far the paths come with the value of a key, of which none has come to any
 * yet, and which has a length of the container's lengths.
 */
void		 json_steps_key(struct json_scan *, const char *, size_t len);

/* The same of an element, which stands for its array where a key is looked for. */
void		 json_steps_element(struct json_scan *);

/* The value is what these paths lead to. */
void		 json_steps_found(struct json_scan *, enum json_scan_kind,
		    uint64_t amount);

/* The value is a container, in which those go on that lead on. */
void		 json_steps_in(struct json_scan *);

#endif
