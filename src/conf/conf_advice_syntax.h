/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_ADVICE_SYNTAX_H
#define SLUICE_CONF_ADVICE_SYNTAX_H

#include "conf/conf_yaml.h"

/* Text that is no YAML. */
conf_advise	 conf_advice_syntax;

#endif
