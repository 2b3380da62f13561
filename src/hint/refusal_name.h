/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_REFUSAL_NAME_H
#define SLUICE_REFUSAL_NAME_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Returns whether an error's name or message (not terminated) says that a rate
 * limit was exceeded, and nothing else: RATE_LIMITED, tooManyRequestsException,
 * "Throttling.User", "Rate limit exceeded. See our documentation".
 */
bool		 refusal_name_is_limit(const char *, size_t);

/*
 * Writes the letters of a text, in lower case, to out, which has room for max.
 * Returns how many there are; 0: none, or more than that.
 */
size_t		 refusal_name_letters(const char *text, size_t len, char *out,
		    size_t max);

#endif
