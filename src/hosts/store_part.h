/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STORE_PART_H
#define SLUICE_STORE_PART_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "hosts/host_types.h"
#include "policy/lesson.h"
#include "policy/routes.h"

/*
 * Pauses of the parts that a host names by itself (throttle_named.h), told to
 * those who share its budgets by the store's channel.  The store keeps none of
 * it: so nothing grows there with what hosts name, and who does not hear one, or
 * comes later, is refused once himself.
 *
 * A name is told as the host spells it, and the route that was refused, as
 * text: each proxy makes its own hashes of these, as it does of what the host
 * says to it.  A name that is too long for a lesson is not told.  A pause that
 * was heard is not told again.
 *
 *	BUDGET (line feed) by=ID left=US of=NAME end=N end=N ... route=TEXT
 *
 * with the words of state_line.h.
 */

/* One that was learned here, until it is told. */
struct store_part {
	TAILQ_ENTRY(store_part)	 entry;
	char			 name[LESSON_PART];
	uint64_t		 until;		/* ns */
	unsigned		 n;		/* beginnings of the route */
	size_t			 ends[ROUTE_SEGMENTS + 1];
	char			 route[ROUTE_TEXT];
};

/*
 * Notes that a lesson has paused the part that it names, with the host's lock
 * held: one for each part is kept, for as many as there can be.
 */
void		 store_part_note(struct host *, const struct lesson *);
/* Takes all of them, which are the caller's then, in a list of his. */
void		 store_part_take(struct host *, struct store_parts *);
/* Frees those of a list. */
void		 store_part_free(struct store_parts *);

/* Puts what is to be said of one, of a budget of that name, by one of that id. */
void		 store_part_say(struct text *, const struct store_part *,
		    const char *budget, size_t len, uint64_t id, uint64_t now);

#endif
