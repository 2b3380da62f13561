/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_EXACT_H
#define SLUICE_CHECK_EXACT_H

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/http1.h"

/* In a block of its own size, so that a byte too far is seen. */
static inline struct http1_str
exact(const char *text)
{
	struct http1_str s = { NULL, strlen(text) };
	char *copy;

	if (s.len == 0)
		return s;
	copy = malloc(s.len);
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, s.len);
	s.p = copy;
	return s;
}

static inline void
drop(struct http1_str s)
{
	free((char *)(uintptr_t)s.p);
}

#endif
