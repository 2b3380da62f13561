/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ESTIMATE_WINDOW_H
#define SLUICE_ESTIMATE_WINDOW_H

#include <stddef.h>

#include "throttle/estimate_types.h"

/*
 * A window of which the number and the length are found: kept exactly
 * (window.h), by the longest length that it may have.  One that goes before the
 * others, when it is used up, halves what is not known of its length.
 */

/* Returns whether one is in force: the shorter (0), or the longer (1). */
static inline bool
estimate_has_window(const struct estimate *e, unsigned i)
{
	return e->windows != NULL && e->windows[i].n != 0;
}

/*
 * Takes n in hi (ns) for it, longer than lo.  What was counted so far stays
 * counted; flying (requests) are on their way.
 */
void		 estimate_window_set(struct estimate_window *, uint64_t n,
		    uint64_t lo, uint64_t hi, uint32_t flying, uint64_t now);

/* Returns when one may go (ns): 0 now, ESTIMATE_NEVER by a count alone. */
uint64_t	 estimate_window_due(const struct estimate_window *);

/* Returns when the first of what it holds is over (ns); or ESTIMATE_NEVER. */
uint64_t	 estimate_window_frees_at(const struct estimate_window *);

/* It may be as short as a round length that is shorter by a slack at most (ns). */
void		 estimate_window_try_round(struct estimate_window *,
		    uint64_t slack);

/*
 * Returns when one may go alone to ask whether it is shorter (ns);
 * ESTIMATE_NEVER where that is known well enough.  slack (ns): what is not
 * worth it.
 */
uint64_t	 estimate_window_edge(const struct estimate_window *,
		    uint64_t slack);

/*
 * Returns whether the next one asks, in its turn: the others wait for its
 * answer, which takes a round trip (ns).
 */
bool		 estimate_window_asks(const struct estimate_window *,
		    uint64_t rtt, uint64_t at);

/*
 * One that asks goes at an instant (ns), and what it said; where it is open, it
 * may be so because its way, or that of the one before, was longer than others'
 * by as much as is not sure (ns).
 */
void		 estimate_window_ask(struct estimate_window *, uint64_t at);
void		 estimate_window_asked(struct estimate_window *, bool open,
		    uint64_t unsure, uint32_t flying, uint64_t now);

/* One goes at an instant (ns), whether there is room or not. */
void		 estimate_window_take(struct estimate_window *, uint64_t at);

/*
 * Returns when one more is to be tried (ns), where it is full; ESTIMATE_NEVER
 * where none is.  Not at once: others that use it, too, come first.
 */
uint64_t	 estimate_window_more_at(const struct estimate_window *,
		    uint64_t now);

/* One more was tried: whether it went. */
void		 estimate_window_more(struct estimate_window *, bool went,
		    uint32_t flying, uint64_t now);

/*
 * One was refused when so many (requests) were used: where more was tried of
 * late that was too many.  Returns whether it was.
 */
bool		 estimate_window_revert(struct estimate_window *,
		    uint64_t used, uint32_t flying, uint64_t now);

/* Others take some of it: there is less in it from now on. */
void		 estimate_window_lowered(struct estimate_window *);

/*
 * Returns whether all of it, or nearly, was used when it was refused, and so many
 * (requests) were on their way besides.
 */
bool		 estimate_window_is_used(const struct estimate_window *,
		    uint64_t more);

/* Returns whether it has been kept for some time without a refusal. */
bool		 estimate_window_is_sure(const struct estimate_window *);

#endif
