/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_ADVICE_HOST_H
#define SLUICE_CONF_ADVICE_HOST_H

#include "conf/conf_yaml.h"

/* A host pattern. */
const char	*conf_advice_host(char buf[CONF_ADVICE], const char *text);

#endif
