/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FNV_H
#define SLUICE_FNV_H

#include <stddef.h>
#include <stdint.h>

/*
 * FNV-1a, of 64 bits: the same everywhere and always.  It has no key, so whoever
 * may choose what is hashed can have two that are the same; where that matters
 * there is client_hash.h.
 */

#define FNV_BASIS	UINT64_C(14695981039346656037)	/* of nothing */

/* Goes on with a value: a byte, or more at a time. */
static inline uint64_t
fnv_add(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * UINT64_C(1099511628211);
}

static inline uint64_t
fnv_bytes(uint64_t hash, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	size_t i;

	for (i = 0; i < n; i++)
		hash = fnv_add(hash, p[i]);
	return hash;
}

#endif
