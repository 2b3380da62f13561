/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_WALK_H
#define SLUICE_ADMIN_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hosts/hosts_view.h"

/*
 * What a walk over all hosts has found: a row for each that matches, or for
 * each rule, and which of them stand on a page.
 */

enum walk_sort {
	WALK_WORST,
	WALK_KEY,
	WALK_WAITING,
	WALK_IN_FLIGHT,
	WALK_OLDEST,
};

/* What is looked for; the texts stay the caller's. */
struct walk_query {
	const char		*match;		/* or NULL: any */
	int			 state;		/* enum hosts_state; -1: any */
	enum walk_sort		 sort;
	bool			 by_rule;
	const char		*after;		/* or NULL: from the first */
};

struct walk_row {
	char			*key;		/* owned */
	enum hosts_state	 state;
	uint64_t		 waiting;
	uint64_t		 oldest;	/* ns: since then; 0: nobody */
	uint64_t		 in_flight;
	struct walk_rule	*rule;		/* by rule: all of it; owned */
};

/* All of a rule as one. */
struct walk_rule {
	struct host_view	 view;		/* its reference is own */
	size_t			 hosts;
};

struct walk;

/* Returns whether a text is what an answer had as next, for after. */
bool		 walk_is_after(const char *);

/* Returns NULL without memory.  after is one, or NULL. */
struct walk	*walk_new(const struct walk_query *);
void		 walk_free(struct walk *);

/* Takes a host; to be given to hosts_view_piece(). */
void		 walk_add(const struct host_view *, void *walk);

/*
 * Puts them in order.  Returns false without memory: some are missing.  *total
 * is how many there are, *first the place of the first on the page.
 */
bool		 walk_sort(struct walk *, size_t *total, size_t *first);
/* Returns the nth, or NULL. */
const struct walk_row *walk_row(const struct walk *, size_t n);

/* What says where the page behind a row begins: an "after". */
#define WALK_AFTER	(EVENTS_HOST + 96)
const char	*walk_after(char buf[WALK_AFTER], const struct walk_row *);

#endif
