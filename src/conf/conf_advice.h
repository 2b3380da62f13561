/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_ADVICE_H
#define SLUICE_CONF_ADVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf_value.h"
#include "conf/conf_yaml.h"

/*
 * What somebody probably meant who wrote what is wrong: conf_advice_key.h,
 * conf_advice_value.h and so on.  Each of their functions fills a buffer with
 * what is said behind an error ("; did you mean \"capacity: 10, period:
 * 1s\"?"), or with nothing, and returns it.  Here is what they share.
 */

/*
 * A rate as people write them: "10/s", "600rpm", "10 requests per minute".
 * What the keys would be goes to buf: "capacity: 10, period: 1s".  False where
 * it is none.
 */
#define CONF_ADVICE_RATE	96
bool		 conf_advice_rate(char buf[CONF_ADVICE_RATE], const char *text);

/* A time as people write them: "1 minute", "1h30m", "hour"; ns. */
bool		 conf_advice_duration(const char *text, uint64_t *ns);

/* A number as people write them: "1,000", "10k", "1e3"; as it is read here. */
bool		 conf_advice_number(char buf[CONF_TEXT], const char *text);

/* Whether the word is one of a list, each between spaces; in any case. */
bool		 conf_advice_is(const char *list, const char *word);

/* What others call something, each between spaces, and what it is here. */
struct conf_synonym {
	const char	*words;
	const char	*meant;
};

/* Returns what a text of theirs means, of n; NULL where that is not known. */
const char	*conf_advice_synonym(const struct conf_synonym *, size_t n,
		    const char *text);

/* Words for no limit, each between spaces. */
extern const char conf_advice_unlimited[];

/* Fills in "; did you mean ...?". */
void		 conf_advice_meant(char buf[CONF_ADVICE], const char *text);

/*
 * What is no part of a value, a key or a pattern, whichever: quotes that a word
 * processor made, spaces that are none, variables that nobody has replaced.
 */
bool		 conf_advice_foreign(char buf[CONF_ADVICE], const char *text);

#endif
