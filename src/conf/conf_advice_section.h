/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_ADVICE_SECTION_H
#define SLUICE_CONF_ADVICE_SECTION_H

#include <stdbool.h>

#include "conf/conf_option.h"
#include "conf/conf_yaml.h"

/*
 * Plain text where a mapping has to be: the value of that key (or list's entry:
 * NULL); is_rule: of a host or a path.
 */
const char	*conf_advice_section(char buf[CONF_ADVICE],
		    const struct conf_option *table, const char *key,
		    bool is_rule, const char *text);

#endif
