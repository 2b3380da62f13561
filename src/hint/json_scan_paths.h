/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_JSON_SCAN_PATHS_H
#define SLUICE_JSON_SCAN_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Paths (json_path.h) that are looked for in a JSON text. */

#define JSON_SCAN_PATHS		48	/* at most */
#define JSON_SCAN_KEY		64	/* bytes; longer ones match nothing */
#define JSON_SCAN_STEPS		(17 * JSON_SCAN_PATHS)	/* of all of them */

/* What every text that has one of them has in it, unless it is escaped. */
struct json_scan_mark {
	char			 text[JSON_SCAN_KEY + 1];
	uint8_t			 len;		/* 0: there is none */
	uint8_t			 rare;		/* which byte is seldom seen */
};

/* A key of a path, or "*". */
struct json_scan_step {
	uint64_t		 lengths;	/* of keys that it may be, by 64 */
	uint16_t		 at;		/* where it is in the text */
	uint8_t			 len;		/* at most JSON_SCAN_KEY */
	bool			 any;
	bool			 last;
};

/* The texts are their owner's. */
struct json_scan_paths {
	const char		*all[JSON_SCAN_PATHS];
	unsigned		 n;
	uint16_t		 first[JSON_SCAN_PATHS]; /* step of each */
	uint16_t		 nsteps;
	struct json_scan_step	 steps[JSON_SCAN_STEPS];
	struct json_scan_mark	 mark;		/* of json_scan_ready() */
};

/*
 * Returns the number of a path among those, which it is added to; -1 where there
 * is no room for it.
 */
int		 json_scan_add(struct json_scan_paths *, const char *path);

/* The same where one that is the same does not do. */
int		 json_scan_append(struct json_scan_paths *, const char *path);

/* They are complete: finds their mark. */
void		 json_scan_ready(struct json_scan_paths *);

/*
 * Returns whether anything in a whole text may be what these paths lead to, by
 * a search for their mark; false is certain.
 */
bool		 json_scan_may_find(const struct json_scan_paths *,
		    const char *, size_t);

/*
 * Returns whether a text ends as an object does, has neither ends of lines nor
 * escapes, and these paths lead to nothing in it, by a quick look; false says
 * nothing.
 */
bool		 json_scan_is_plain(const struct json_scan_paths *,
		    const char *, size_t);

#endif
