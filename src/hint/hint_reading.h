/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_READING_H
#define SLUICE_HINT_READING_H

#include "hint/hint_field.h"
#include "hint/hint_list.h"

/*
 * A response as it is being read: the hint that is being made, and what is
 * known beside it until the verdict.
 */

/* What is known of a budget beside what the hint says of it. */
struct hint_entry {
	struct hint_name name;		/* of the first field of it */
	bool		 has_used;
	bool		 refuses;	/* in a word */
	bool		 exact;		/* reset is a HINT_RESET_AFTER's */
	uint64_t	 used;		/* micro units */
	struct hint_series limits;	/* micro units */
	struct hint_series rests;	/* ... that remain */
	struct hint_series resets;	/* ns */
};

struct hint_reading {
	const struct http1_head	*head;
	struct http1_str	 method;	/* p NULL: not known */
	struct hint		*hint;
	int64_t			 now;
	int64_t			 date;		/* what dates are measured by */
	bool			 dated;		/* ... and that it is known */
	bool			 unsure;	/* fields with little context */
	bool			 has_ms;
	bool			 github;
	bool			 discord;
	bool			 global;	/* for the host all the same */
	bool			 partial;	/* by the reason told */
	bool			 delayed;	/* the answer, for a limit */
	bool			 error;		/* that names a limit */
	uint64_t		 ms;		/* retry-after-ms, as ns */
	struct http1_str	 name;		/* of a part; p NULL: none */
	/* One a budget; cleared when there is one. */
	struct hint_entry	 entries[HINT_BUDGETS];
};

/*
 * Returns the response's Date (seconds since 1970), by which the dates in its
 * fields are measured; now when it has none that is one.
 */
int64_t		 hint_reading_date(struct hint_reading *);

#endif
