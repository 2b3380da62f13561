/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_USAGE_H
#define SLUICE_EXCHANGE_USAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "hint/usage_cut.h"

struct exchange;
struct http1_head;
struct text;
struct tokens;
struct usage_ask;

/*
 * The one change of what passes, where a rule says ask_usage: a request for a
 * stream is made to ask for its usage, and what comes only because of that is
 * kept from the client (hint/usage_ask.h, hint/usage_cut.h).
 */
struct exchange_usage {
	bool			 asked;		/* it was made to */
	bool			 cuts;		/* its answer */
	struct usage_cut	 cut;
};

/*
 * Returns whether a request is to be changed, and how.  json: its body was read
 * whole, and is some.
 */
bool		 exchange_usage_ask(struct exchange *, const struct tokens *,
		    const struct http1_head *, bool json, struct usage_ask *);

/*
 * Makes what was kept of a request's body, as it came, what goes out: with that
 * change (its text is NULL: none), in a chunk if it is chunked, and with the
 * tail behind it.  Returns false without memory.
 */
bool		 exchange_usage_frame(struct exchange *,
		    const struct usage_ask *, const struct text *tail);

/* Its answer begins; read: as a stream of events. */
void		 exchange_usage_answer(struct exchange *,
		    struct exchange_usage *, const struct http1_head *,
		    bool read);

/* A piece of that, where it cuts; NULL: its end.  What it holds is counted. */
void		 exchange_usage_cut(struct exchange *, struct exchange_usage *,
		    const char *, size_t, const struct usage_cut_out *);

/* Frees what it holds. */
void		 exchange_usage_free(struct exchange *,
		    struct exchange_usage *);

#endif
