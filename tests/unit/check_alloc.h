/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_ALLOC_H
#define SLUICE_CHECK_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Allocations that fail.  To be linked with --wrap=malloc and --wrap=calloc,
 * so that the sources that are tested call these.
 */

static unsigned	 check_alloc;	/* the nth from now fails; 0: none */

void	*__real_malloc(size_t);
void	*__real_calloc(size_t, size_t);
void	*__wrap_malloc(size_t);
void	*__wrap_calloc(size_t, size_t);

static bool
fails(void)
{
	return check_alloc > 0 && --check_alloc == 0;
}

void *
__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

#endif
