/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_JSON_SCAN_H
#define SLUICE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hint/json_amount.h"
#include "hint/json_scan_paths.h"

/*
 * Finds what stands at some paths (json_path.h) of a JSON text that comes piece
 * by piece, however long it is: nothing of it is kept but the key or number at
 * hand.  The text is checked as it goes, but for its UTF-8, and for control
 * bytes in strings that no path leads to.
 *
 * What is deeper than JSON_SCAN_LOOK is not looked at; what is deeper than
 * JSON_SCAN_DEPTH is not read any further.
 */

#define JSON_SCAN_LOOK		24	/* containers in each other */
#define JSON_SCAN_DEPTH		512
#define JSON_SCAN_NUMBER	40	/* bytes; longer ones are no numbers */
#define JSON_SCAN_UNIT		JSON_AMOUNT_UNIT
#define JSON_SCAN_MOST		JSON_AMOUNT_MOST

enum json_scan_kind {
	JSON_SCAN_NOTHING,	/* it is not there */
	JSON_SCAN_AMOUNT,	/* a number that is not negative */
	JSON_SCAN_NO_AMOUNT,	/* one that is, or is more than may be */
	JSON_SCAN_TEXT,
	JSON_SCAN_TRUE,
	JSON_SCAN_OTHER,	/* false, null, a container */
};

/* What was found last at a path. */
struct json_scan_value {
	enum json_scan_kind	 kind;
	uint64_t		 amount;	/* millionths, rounded up */
	uint64_t		 most;		/* ... of all that were there */
	uint64_t		 hash;		/* of a text; not a keyed one */
};

/* Lives in its owner's memory; the fields are its own but for the values. */
struct json_scan {
	const struct json_scan_paths *paths;
	struct json_scan_value	 values[JSON_SCAN_PATHS]; /* of each path */
	/*
	 * Where in each path's text its next step begins, plus one, for what is
	 * in a container; 0: it leads elsewhere.
	 */
	uint16_t		 at[JSON_SCAN_LOOK][JSON_SCAN_PATHS];
	uint16_t		 here[JSON_SCAN_PATHS];	/* for the value */
	bool			 hit;		/* a path has led to that */
	bool			 leads;		/* ... or goes on in it */
	uint64_t		 arrays[JSON_SCAN_DEPTH / 64];	/* a bit each */
	bool			 array;		/* of the innermost one */
	unsigned		 depth;
	unsigned		 blind;		/* depth from which none leads
						   further; or 0 */
	uint8_t			 state;
	bool			 is_key;	/* the string at hand */
	bool			 looked_at;	/* ... by some path */
	uint16_t		 unicode;
	uint8_t			 digits;	/* of that */
	uint8_t			 len;		/* of key, number or word */
	char			 key[JSON_SCAN_KEY];
	uint64_t		 hash;
};

/* Begins a text; the paths stay their owner's. */
void		 json_scan_init(struct json_scan *,
		    const struct json_scan_paths *);

/* Reads on.  Returns false where it is no JSON, or too deep; then it stays so. */
bool		 json_scan_push(struct json_scan *, const char *, size_t);

/* The text has ended.  Returns whether it was whole, one value of JSON. */
bool		 json_scan_end(struct json_scan *);

#endif
