/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_SUM_H
#define SLUICE_SUM_H

#include <stdint.h>

/*
 * Returns the sum of two amounts, or what is so long after an instant;
 * saturates.
 */
static inline uint64_t
sum(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

#endif
