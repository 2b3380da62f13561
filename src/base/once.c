/* SPDX-License-Identifier: ISC */
#include "base/once.h"

#include <stdatomic.h>
#include <stdint.h>

/*
 * A hash of each that was told, at its place in a table; another at the same
 * place is not told.  Somebody who knows that can hide a line, not more.
 */

#define TOLD	4096

static _Atomic uint64_t told[TOLD];

/* FNV-1a; never 0. */
static uint64_t
hash(enum once_kind kind, const char *name)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)kind;

	h *= UINT64_C(0x100000001b3);
	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
	return h | 1;
}

bool
once_first(enum once_kind kind, const char *name)
{
	uint64_t h = hash(kind, name), none = 0;

	return atomic_compare_exchange_strong(&told[(h >> 20) % TOLD], &none,
	    h);
}
