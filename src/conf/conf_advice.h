/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_ADVICE_H
#define SLUICE_CONF_ADVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"
#include "conf/conf_option.h"
#include "conf/conf_value.h"
#include "conf/conf_yaml.h"

/*
 * What somebody probably meant who wrote what is wrong.  Each function fills a
 * buffer with what is said behind an error ("; did you mean \"capacity: 10,
 * period: 1s\"?"), or with nothing, and returns it.
 */

/* A key that the level does not know, and its value. */
const char	*conf_advice_key(char buf[CONF_ADVICE],
		    const struct conf_option *table, enum conf_level,
		    const char *key, const struct conf_node *value);

/* A value that its option does not take. */
const char	*conf_advice_value(char buf[CONF_ADVICE],
		    const struct conf_option *, const char *text);

/*
 * Plain text where a mapping has to be: the value of that key (or list's entry:
 * NULL); is_rule: of a host or a path.
 */
const char	*conf_advice_section(char buf[CONF_ADVICE],
		    const struct conf_option *table, const char *key,
		    bool is_rule, const char *text);

/* A path pattern. */
const char	*conf_advice_path(char buf[CONF_ADVICE], const char *text);

/* A host pattern. */
const char	*conf_advice_host(char buf[CONF_ADVICE], const char *text);

/* Text that is no YAML. */
conf_advise	 conf_advice_syntax;

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

/* What a word of people means to an option of that kind, or NULL. */
const char	*conf_advice_word(int kind, const char *text);

/* Whether the word is one of a list, each between spaces; in any case. */
bool		 conf_advice_is(const char *list, const char *word);

/* Words for no limit, each between spaces. */
extern const char conf_advice_unlimited[];

/* Fills in "; did you mean ...?". */
void		 conf_advice_meant(char buf[CONF_ADVICE], const char *text);

/* A key and its value without a space between them: one word to YAML. */
bool		 conf_advice_space(char buf[CONF_ADVICE],
		    const struct conf_option *table, const char *text);

/* Quotes that a word processor made, and spaces that are none. */
bool		 conf_advice_typography(char buf[CONF_ADVICE],
		    const char *text);

#endif
