/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_ADVICE_PATH_H
#define SLUICE_CONF_ADVICE_PATH_H

#include "conf/conf_yaml.h"

/* A path pattern. */
const char	*conf_advice_path(char buf[CONF_ADVICE], const char *text);

#endif
