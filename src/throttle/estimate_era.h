/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ESTIMATE_ERA_H
#define SLUICE_ESTIMATE_ERA_H

#include <stdbool.h>
#include <stdint.h>

/*
 * An era: from when a host was open to when it was open again after it refused.
 */

#define ESTIMATE_LITTLE	16	/* a part that others have taken */
#define ESTIMATE_SOON	8	/* a part: at once, where clients wait */
#define ESTIMATE_KEPT	4	/* times that all of a window was used */
#define ESTIMATE_PROVEN	16	/* times that all of a limit was used */

struct estimate_era {
	uint64_t	 went;		/* requests */
	uint64_t	 first;		/* ns: the first was answered */
	uint64_t	 refused;	/* ns: one was refused */
	uint64_t	 shut;		/* ns: the last time it was shut */
	uint64_t	 open;		/* ns: it was open again */
	uint64_t	 closed;	/* ns: from refused to that */
	uint64_t	 slack;		/* ns: what says nothing */
	bool		 at_first;	/* before it nothing was refused */
	bool		 named;		/* ... as the host had said */
};

/* Returns what has passed from one instant to another (ns); 0: nothing has. */
static inline uint64_t
since(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

/* Returns for how long it was shut at least (ns): what is named is rounded up. */
uint64_t	 estimate_era_closed(const struct estimate_era *);

#endif
