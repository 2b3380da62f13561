/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_INTERNAL_H
#define SLUICE_HINT_INTERNAL_H

#include "core/hint.h"

/* What the files of hint share; nobody else but their tests includes this. */

#define HINT_SECOND	1000000000ULL	/* ns */

/*
 * A reset above the first is seconds since 1970 (31 years are no delay), one
 * above the second milliseconds.
 */
#define HINT_EPOCH	1000000000ULL
#define HINT_EPOCH_MS	1000000000000ULL

/* hint_time.c: numbers, dates and durations.  Each reads all of the string. */

/* Not negative.  The whole saturates; what is finer is rounded up. */
struct hint_number {
	uint64_t	 whole;
	uint32_t	 nano;		/* less than a billion */
};

bool		 hint_number(struct http1_str, struct hint_number *);
/* In micro units, rounded down; all of these saturate. */
uint64_t	 hint_number_micro(struct hint_number);
/* Of seconds, and of milliseconds. */
uint64_t	 hint_number_ns(struct hint_number);
uint64_t	 hint_number_ms(struct hint_number);
/* An ISO 8601 (RFC 3339) timestamp; without a zone it is UTC. */
bool		 hint_timestamp(struct http1_str, int64_t *seconds,
		    uint32_t *nano);
/* Terms as Go has them, such as 1h2m3.5s or 12ms. */
bool		 hint_duration(struct http1_str, uint64_t *ns);
/*
 * When something resets, in whatever form: a number of seconds, seconds or
 * milliseconds since 1970, a timestamp, an HTTP-date, a duration.
 */
bool		 hint_until(struct http1_str, int64_t date, uint64_t *ns);

/*
 * hint_sf.c: structured fields (RFC 9651), strictly, without inner lists.
 *
 * One of the checks goes first, over the whole field.  Then a reader starts
 * with hint_sf_start() and is asked for members, and after each of them for
 * its parameters, as many as are wanted.
 */

enum hint_sf_type {
	HINT_SF_NUMBER,		/* an Integer or a Decimal */
	HINT_SF_STRING,
	HINT_SF_TOKEN,
	HINT_SF_BYTES,
	HINT_SF_BOOLEAN,
	HINT_SF_DATE,
	HINT_SF_DISPLAY,
};

struct hint_sf_item {
	enum hint_sf_type	 type;
	int64_t			 milli;		/* thousandths, of a number */
	bool			 yes;
	/* Of a string or a token, without quotes; escapes as they stand. */
	struct http1_str	 text;
};

struct hint_sf {
	const char	*p;
	const char	*end;
	bool		 begun;
	bool		 bad;
};

bool		 hint_sf_is_list(struct http1_str);
bool		 hint_sf_is_dictionary(struct http1_str);
void		 hint_sf_start(struct hint_sf *, struct http1_str);
/* The next member of a list, of a dictionary; false behind the last. */
bool		 hint_sf_member(struct hint_sf *, struct hint_sf_item *);
bool		 hint_sf_entry(struct hint_sf *, struct http1_str *key,
		    struct hint_sf_item *);
bool		 hint_sf_parameter(struct hint_sf *, struct http1_str *key,
		    struct hint_sf_item *);

#endif
