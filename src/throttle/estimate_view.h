/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ESTIMATE_VIEW_H
#define SLUICE_ESTIMATE_VIEW_H

#include <stddef.h>

#include "throttle/estimate.h"

/* What is learned of a host, to be looked at and told. */

#define ESTIMATE_LIMITS		3	/* that are known at most */
#define ESTIMATE_EVIDENCE	128	/* bytes, with their end */

enum estimate_kind {
	ESTIMATE_WINDOW,	/* exact: a strict rate */
	ESTIMATE_BUCKET,	/* a rate with a burst */
	ESTIMATE_SLOTS,		/* concurrency */
};

/* One limit. */
struct estimate_limit {
	enum estimate_kind kind;
	uint64_t	 n;		/* requests */
	uint64_t	 period;	/* ns; 0: slots */
	uint64_t	 burst;		/* requests; a bucket's */
	bool		 told;		/* by the host */
	uint64_t	 seen;		/* times that it was used up */
	uint64_t	 clean;		/* ... since one was refused */
	unsigned	 confidence;	/* 0 to 100 */
};

struct estimate_view {
	bool		 on;		/* it is learned */
	enum estimate_phase phase;
	struct estimate_limit limits[ESTIMATE_LIMITS];
	unsigned	 nlimits;	/* 0: none is known */
	uint64_t	 refusals;
	uint32_t	 peak;		/* requests in a second */
};

/*
 * Fills it in; NULL, or one that keeps only what is named: nothing is learned.
 */
void		 estimate_view(const struct estimate *,
		    struct estimate_view *);

/*
 * Says in a buffer what a limit rests on: "80 per 60 s: 14 windows, 0 refusals
 * in the last 12".  Returns the buffer.
 */
const char	*estimate_evidence(char buf[ESTIMATE_EVIDENCE],
		    const struct estimate_limit *);

#endif
