/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FUZZ_H
#define SLUICE_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What fuzz targets share. */

#define REQUIRE(x) require((x), #x, __FILE__, __LINE__)

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static inline void
require(bool ok, const char *what, const char *file, int line)
{
	if (ok)
		return;
	fprintf(stderr, "%s:%d: violated: %s\n", file, line, what);
	abort();
}

/* A copy without a byte to spare, so that reading on is found out. */
static inline char *
exact_copy(const void *p, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);

	if (copy == NULL)
		abort();
	if (len > 0)
		memcpy(copy, p, len);
	return copy;
}

#endif
