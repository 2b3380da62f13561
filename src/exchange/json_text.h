/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_JSON_TEXT_H
#define SLUICE_JSON_TEXT_H

#include <jansson.h>

struct text;

/*
 * Puts a value as JSON behind what is there; flags are json_dumps()'s.  The
 * text has failed where there was no memory for all of it, or for the value,
 * which is NULL then.
 *
 * In place of json_dumps(), which goes on behind a name that it had no memory
 * for: what comes of that looks whole, and is no JSON.
 */
void	 json_text_put(struct text *, const json_t *, size_t flags);

#endif
