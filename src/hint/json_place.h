/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_JSON_PLACE_H
#define SLUICE_JSON_PLACE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Where the members of an object stand in its text, for who changes that and
 * leaves the rest as it is, byte for byte.
 */

/* Offsets into the text. */
struct json_place {
	size_t			 key;		/* of its quote */
	size_t			 at;		/* of its value */
	size_t			 end;		/* behind that */
};

enum json_placed {
	JSON_PLACE_NONE,
	JSON_PLACE_ONE,
	JSON_PLACE_UNSURE,
};

/*
 * Looks for a member of the object that a whole text is, and sets *place to it.
 * It is unsure where the text is no object, the member is there twice, or a
 * key is spelled with escapes, so that it may be that one.  What is in a
 * member's value is not checked beyond where it ends.
 */
enum json_placed json_place(const char *, size_t, const char *key,
		    struct json_place *);

/* Returns whether a value in a text is that word. */
bool		 json_place_is(const char *text, const struct json_place *,
		    const char *word);

#endif
