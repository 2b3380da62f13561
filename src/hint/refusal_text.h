/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_REFUSAL_TEXT_H
#define SLUICE_REFUSAL_TEXT_H

#include "hint/refusal.h"

/* How a response's body is coded; several codings are REFUSAL_OTHER. */
enum refusal_coding refusal_coding(const struct http1_head *);

/* A body without its coding. */
struct refusal_text {
	char	*p;		/* owned; NULL: none */
	size_t	 len;
};

/* Its p is NULL where there is nothing to be read, or no memory. */
struct refusal_text refusal_text_decode(const struct refusal_body *);

/* Whether text is in it, without regard to case. */
bool		 refusal_text_contains(const char *, size_t len,
		    const char *text);

#endif
