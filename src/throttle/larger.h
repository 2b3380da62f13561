/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LARGER_H
#define SLUICE_LARGER_H

#include <stdint.h>

static inline uint64_t
later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

#endif
