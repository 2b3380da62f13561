/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_WORDS_H
#define SLUICE_HINT_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "http/http1.h"

/* The words of a field's name. */

#define WORDS_MAX	16	/* of a name; longer ones say nothing */

enum word_class {
	WORD_OTHER,		/* not known, or known to mean nothing here */
	WORD_X,
	WORD_RATE,
	WORD_LIMIT,
	WORD_LIMITED,
	WORD_RATE_LIMIT,	/* both in a row */
	WORD_THROTTLE,
	WORD_QUOTA,
	WORD_API,
	WORD_MAX,
	WORD_REMAINING,
	WORD_USED,
	WORD_RESET,
	WORD_RETRY,
	WORD_RETRYABLE,
	WORD_SHOULD,
	WORD_NOT,
	WORD_AFTER,
	WORD_AT,
	WORD_NEXT,
	WORD_BACKOFF,
	WORD_WAIT,
	WORD_RENEW,
	WORD_WINDOW,
	WORD_DELAY,
	WORD_POLICY,
	WORD_PART,
	WORD_SCOPE,
	WORD_GLOBAL,
	WORD_REASON,
	WORD_ERROR,
	WORD_TYPE,
	WORD_STATUS,
	WORD_UNIT,		/* value: ns */
	WORD_LEAST,		/* min that is no unit */
	WORD_PERIOD,		/* value: ns */
	WORD_SPAN,		/* so many of either, value: ns */
	WORD_NUMBER,		/* value */
	WORD_TOKENS,
	WORD_REQUESTS,
	WORD_AT_ONCE,
	WORD_TIME,
	WORD_LAST,
	WORD_NOISE,
};

struct word {
	enum word_class	 class;
	uint64_t	 value;		/* of WORD_OTHER 1: what has limits;
				   above that a method */
	uint64_t	 hash;		/* of its text, where it is not known */
};

struct words {
	unsigned	 n;
	bool		 bad;		/* too many */
	struct word	 w[WORDS_MAX];
};

/* Returns the method that a word names (POST), as it is sent; NULL: none. */
const char	*hint_words_method(const struct word *);
/* Cuts a name into words. */
void		 hint_words(struct http1_str name, struct words *);
/* Returns another hash, by one more number. */
uint64_t	 hint_words_mix(uint64_t hash, uint64_t value);

#endif
