/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_DESTINATION_LIST_H
#define SLUICE_DESTINATION_LIST_H

#include "policy/destination.h"

/* How lists of destinations are made, and freed. */

/*
 * Parses an entry: a class's word, an address or a network, each of these with
 * or without a port, or a pattern of hosts.  Returns NULL when it is one, and
 * the entry has a copy of the text; else what was expected instead, a constant;
 * then network.family is that of what may be meant, or 0.
 */
const char	*destination_entry_parse(struct destination_entry *,
		    const char *, size_t len)
		    __attribute__((warn_unused_result));
/* Instead of that, where there was none for the text. */
extern const char	 destination_no_memory[];

/* Adds nothing any more: what is looked up by hosts is made.  False: memory. */
bool		 destination_list_close(struct destination_list *)
		    __attribute__((warn_unused_result));

/* Returns whether the same holds by both of them. */
bool		 destinations_same(const struct destinations *,
		    const struct destinations *);

/* Each frees what it owns, and zeroes it. */
void		 destination_list_free(struct destination_list *);
void		 destinations_free(struct destinations *);

#endif
