/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_SSE_SCAN_H
#define SLUICE_SSE_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "hint/json_scan.h"

/*
 * Reads server-sent events that come piece by piece (WHATWG HTML 9.2.6), the
 * data of each as JSON, however long it is; nothing of it is kept.
 */

/*
 * Is told of each event that is JSON, or begins as an object.  The JSON is NULL
 * where it is none, or nothing in it can be what is looked for.
 */
typedef void	 sse_scan_event(const struct json_scan *, void *);

/* Lives in its owner's memory; the fields are its own. */
struct sse_scan {
	struct json_scan	*json;		/* its owner's */
	sse_scan_event		*event;
	void			*arg;
	struct sse_scan_place {
		uint8_t		 state;
		bool		 cr;		/* the last byte was one */
		bool		 data;		/* the event has some */
		uint8_t		 len;		/* of the field's name */
	} at;					/* zero: between events */
	bool			 fresh;		/* no data of it was read */
	bool			 object;	/* it begins as one */
	char			 name[8];
};

/* Begins; the JSON's paths are those that were given to it. */
void		 sse_scan_init(struct sse_scan *, struct json_scan *,
		    sse_scan_event *, void *arg);

/* Reads on, and tells of events that have ended. */
void		 sse_scan_push(struct sse_scan *, const char *, size_t);

/* Returns how many bytes of a piece are before the end of a line (9.2.6). */
size_t		 sse_line_of(const char *, size_t);

#endif
