/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_USAGE_CUT_H
#define SLUICE_USAGE_CUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/*
 * Takes out of a stream of server-sent events (WHATWG HTML 9.2.6) what is there
 * only because it was asked for its usage (usage_ask.h): the event that tells
 * it, whose "choices" are empty, and "usage":null in all others.  All else
 * passes as it came, byte for byte.
 *
 * An event is held until it is whole, if it is no longer than USAGE_CUT_MOST;
 * what is longer, or has its data in several lines, passes.
 */

#define USAGE_CUT_MOST	65536	/* bytes */

/*
 * Who is told of what passes.  moves: the bytes are not there any more when it
 * returns; else they are those that were pushed.
 */
struct usage_cut_out {
	void			(*pass)(const char *, size_t, bool moves,
				    void *);
	void			*arg;
};

/* Zeroed to start with, in its owner's memory; usage_cut_free() at the end. */
struct usage_cut {
	struct text		 held;		/* of an event's beginning */
	bool			 line;		/* has begun */
	bool			 cr;		/* the last byte was one */
	bool			 ended;		/* ... and an event's end */
	bool			 passes;	/* its beginning has passed */
	bool			 dropped;	/* the last one was */
};

void		 usage_cut_push(struct usage_cut *, const char *, size_t,
		    const struct usage_cut_out *);

/* The stream has ended: what is held is an event, too, or passes. */
void		 usage_cut_end(struct usage_cut *,
		    const struct usage_cut_out *);

void		 usage_cut_free(struct usage_cut *);

#endif
