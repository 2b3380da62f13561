/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HANDING_H
#define SLUICE_HANDING_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/handover.h"

/*
 * What a process hands over to the one that is about to take over from it
 * (handover.h), so that nobody goes meanwhile; and how it takes that back.  From
 * the main thread.
 */

struct reloader;
struct state;

/*
 * Puts what hashes are made with, so that the other one makes them so, and what
 * this one is known by in a store (0: by nothing).  Returns false without memory.
 */
bool		 handing_say_head(struct handover *, uint64_t store)
		    __attribute__((warn_unused_result));

/*
 * Admits nobody any more, writes nothing any more (state: NULL: there is none),
 * and puts all of it into what is to go.  ring(arg) says, on any thread, that
 * there is more (hosts_away_take()).  Returns NULL, or why that cannot be:
 * then nothing has changed.
 */
const char	*handing_begin(struct reloader *, struct state *,
		    struct handover *, void (*ring)(void *), void *arg);

/* Goes on by ourselves, as if nothing had been. */
void		 handing_take_back(struct reloader *, struct state *);

#endif
