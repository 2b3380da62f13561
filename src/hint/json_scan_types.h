/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_JSON_SCAN_TYPES_H
#define SLUICE_JSON_SCAN_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include "hint/json_amount.h"
#include "hint/json_scan_paths.h"

/* What json_scan.h reads with, and says. */

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
	 * Which paths (a bit each) lead on in a container, which of their steps
	 * is next in it, and of which lengths (a bit each) these are.
	 */
	uint64_t		 in[JSON_SCAN_LOOK];
	uint64_t		 lengths[JSON_SCAN_LOOK];
	uint16_t		 at[JSON_SCAN_LOOK][JSON_SCAN_PATHS];
	/* The same of the value that comes; to others it is what they want. */
	uint64_t		 leads;
	uint16_t		 here[JSON_SCAN_PATHS];
	uint64_t		 hits;
	bool			 arrays[JSON_SCAN_DEPTH + 1];	/* by depth */
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

#endif
