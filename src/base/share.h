/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_SHARE_H
#define SLUICE_SHARE_H

#include <stdint.h>

/*
 * What one may have of something that is limited: a part of what the others
 * leave (access.share).  So one alone has that part of all; the more take as
 * much as they can, the less each gets, and something is left for another
 * always.  With a half one has 1/2, two have 1/3 each, n of them 1/(n + 1)
 * each, and as much is free.  One is never too much.
 */

enum share {
	SHARE_OFF,		/* all of it */
	SHARE_QUARTER,
	SHARE_THIRD,
	SHARE_HALF,
};

/*
 * Returns how much one may have of max, where all together have that much and
 * own of it is this one's.
 */
static inline uint64_t
share_most(enum share share, uint64_t max, uint64_t all, uint64_t own)
{
	static const unsigned parts[] = { 1, 4, 3, 2 };
	uint64_t others = all > own ? all - own : 0;

	if (others >= max)
		return 0;
	return max - others < parts[share] ? 1 : (max - others) / parts[share];
}

#endif
