/* SPDX-License-Identifier: ISC */
#include "base/once.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "base/fnv.h"

/*
 * A hash of each that was told, at its place in a table; another at the same
 * place is not told.  Somebody who knows that can hide a line, not more.
 */

#define TOLD	4096

static _Atomic uint64_t told[TOLD];

/* When (seconds) something at that place was told last; 0: never. */
#define LATELY	256

static _Atomic uint64_t lately[LATELY];

static uint64_t
hash(uint64_t kind, const void *bytes, size_t n)
{
	uint64_t h = fnv_bytes(fnv_add(FNV_BASIS, kind), bytes, n);

	/* what the last byte has changed does not reach the middle */
	return h ^ h >> 20 ^ h >> 40;
}

bool
once_first(enum once_kind kind, const char *name)
{
	uint64_t h = hash(kind, name, strlen(name)) | 1, none = 0;

	return atomic_compare_exchange_strong(&told[(h >> 20) % TOLD], &none,
	    h);
}

bool
once_a_minute(const void *p, size_t n, uint64_t now)
{
	_Atomic uint64_t *at = &lately[(hash(0, p, n) >> 40) % LATELY];
	uint64_t second = now / 1000000000 + 1;
	uint64_t old = atomic_load(at);

	/* another thread's clock may have been read a moment later */
	if (old != 0 && second < old + 60)
		return false;
	return atomic_compare_exchange_strong(at, &old, second);
}
