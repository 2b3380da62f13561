/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_TABLE_H
#define SLUICE_CONF_TABLE_H

#include "conf/conf_option.h"

/* The table, ended by a path of NULL. */
const struct conf_option *conf_options(void);

#endif
