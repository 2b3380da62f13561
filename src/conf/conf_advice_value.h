/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_ADVICE_VALUE_H
#define SLUICE_CONF_ADVICE_VALUE_H

#include "conf/conf_option.h"
#include "conf/conf_yaml.h"

/* A value that its option does not take. */
const char	*conf_advice_value(char buf[CONF_ADVICE],
		    const struct conf_option *, const char *text);

/* What a word of people means to an option of that kind, or NULL. */
const char	*conf_advice_word(int kind, const char *text);

#endif
