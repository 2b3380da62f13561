/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STORE_PART_HEAR_H
#define SLUICE_STORE_PART_HEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What others tell of the parts that a host names (store_part.h). */

#define STORE_PART_SAID	8192	/* bytes; more than one may have */

struct client_hasher;
struct host;

/*
 * Returns the words behind the budget's name, or NULL where nothing but that is
 * said; *len becomes the name's.
 */
const char	*store_part_words(const char *said, size_t *len);
/*
 * Has a host heed such words, with its lock held: its part pauses, no longer
 * than its own rule allows.  Words of its own id, or that are none, say nothing.
 * Returns whether it pauses.
 */
bool		 store_part_hear(struct host *, struct client_hasher *,
		    const char *words, size_t len, uint64_t id, uint64_t now);

#endif
