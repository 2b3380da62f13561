/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_SAME_H
#define SLUICE_SAME_H

#include <stdbool.h>
#include <string.h>

/* Returns whether two texts are the same, either of which may be none: NULL. */
static inline bool
same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

#endif
