/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_WIDE_H
#define SLUICE_WIDE_H

/*
 * Numbers of 128 bits: the product of two of 64 bits fits.  Sums of such
 * products saturate.
 */

__extension__ typedef unsigned __int128 wide;

#define WIDE_MAX	(~(wide)0)

static inline wide
wide_larger(wide a, wide b)
{
	return a > b ? a : b;
}

static inline wide
wide_sum(wide a, wide b)
{
	return a > WIDE_MAX - b ? WIDE_MAX : a + b;
}

#endif
