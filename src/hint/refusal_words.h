/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_REFUSAL_WORDS_H
#define SLUICE_REFUSAL_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Finds for how long (ns) a text, which is known to be a refusal's, asks to
 * wait: "try again in 20s", "wait at least 1 minute and 5 seconds", "available
 * in 43 seconds", "banned until 1660090423228", "resets at 2025-01-01 00:00:43
 * UTC".  date is what instants are measured against (seconds since 1970).  The
 * first that is found in the first 8 KiB counts; what states a period ("once
 * every 30 seconds") does where nothing else is found.  Returns false when
 * there is none.
 */
bool		 refusal_words(const char *, size_t, int64_t date,
		    uint64_t *ns);

#endif
