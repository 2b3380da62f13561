/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LARGER_H
#define SLUICE_LARGER_H

#include <stdint.h>

/* Returns the larger of two amounts, the later of two instants. */
static inline uint64_t
larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

#endif
