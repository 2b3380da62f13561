/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STATE_PARTS_H
#define SLUICE_STATE_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "hosts/host_types.h"
#include "hosts/state_line.h"
#include "throttle/budget_save.h"

/*
 * The parts of a host that its answers have named, and the routes that belong
 * to them, in a line of text for a process that makes hashes with the same key.
 *
 *	named=HASH of=TEXT cause=N [a budget's words] ...
 *	route=HASH at=HASH at=HASH ... (of its beginnings) ...
 */

/*
 * Puts them, with the host's lock held; a budget to work with.  Returns whether
 * there were any.
 */
bool		 state_parts_put(struct text *, struct host *,
		    struct budget_saved *, uint64_t now);

/*
 * Takes the words of such a line, written so long (ns) ago.  Returns false
 * where one is impossible.
 */
bool		 state_parts_read(struct host *, char *words,
		    struct budget_saved *, uint64_t passed, uint64_t now)
		    __attribute__((warn_unused_result));

/* A route, as words of any line; and such a word, if it is one. */
void		 state_put_route(struct text *, const struct route *);
bool		 state_route_word(struct route *, const struct state_word *);

#endif
