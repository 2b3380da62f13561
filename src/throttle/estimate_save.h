/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ESTIMATE_SAVE_H
#define SLUICE_ESTIMATE_SAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "throttle/estimate_types.h"

/*
 * An estimate outlives its process as text, or its throttle as a copy.
 *
 * The text is one line of printable ASCII: words of a name, '=' and numbers.
 * Times in it are distances from when it was written.  What a later version adds
 * is passed over, what an earlier one has not written is as in a new one.
 */

#define ESTIMATE_SAVED	20480	/* bytes, with their end */

/*
 * Writes what is known at now (ns) to a buffer, and returns that.
 * estimate_tick() was told of now before.
 */
const char	*estimate_save(char buf[ESTIMATE_SAVED],
		    const struct estimate *, uint64_t now);

/*
 * Gives an estimate what was written gone (ns) ago, as of now; those that were
 * on their way then were counted at that time.  What was before the clock's 0
 * is as if it was then, and a pace too fast: so now has to be more than what
 * matters is old.  Returns false where the text is damaged, or without memory:
 * nothing has changed then.
 */
bool		 estimate_load(struct estimate *, const char *, uint64_t gone,
		    uint64_t now) __attribute__((warn_unused_result));

/*
 * Gives one what another knows; those that are on their way stay its own, and
 * the caller's to move.  Without memory it stays as it is.
 */
void		 estimate_inherit(struct estimate *, const struct estimate *);

/* Returns whether nothing was learned yet. */
bool		 estimate_is_new(const struct estimate *);

#endif
