/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_REFUSAL_TEXT_H
#define SLUICE_REFUSAL_TEXT_H

#include "hint/refusal.h"

/*
 * Returns how a response's body is coded; REFUSAL_OTHER when it has several
 * codings, or one that is not known.
 */
enum refusal_coding refusal_coding(const struct http1_head *);

/* A body without its coding. */
struct refusal_text {
	char	*p;		/* owned; NULL: none */
	size_t	 len;
};

/*
 * Returns the first REFUSAL_BYTES of a body without its coding; the caller
 * frees its p, which is NULL when there is nothing to be read, or no memory.
 */
struct refusal_text refusal_text_decode(const struct refusal_body *);

/* Returns whether the text is in it, without regard to case. */
bool		 refusal_text_contains(const char *, size_t len,
		    const char *text);

#endif
