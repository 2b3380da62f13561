/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_ADVICE_KEY_H
#define SLUICE_CONF_ADVICE_KEY_H

#include <stdbool.h>

#include "conf/conf_option.h"
#include "conf/conf_yaml.h"

/* A key that the level does not know: the first such one of its mapping. */
const char	*conf_advice_key(char buf[CONF_ADVICE],
		    const struct conf_option *table, enum conf_level,
		    const struct conf_entry *);

/* A key and its value without a space between them: one word to YAML. */
bool		 conf_advice_space(char buf[CONF_ADVICE],
		    const struct conf_option *table, const char *text);

#endif
