/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_TYPES_H
#define SLUICE_CONF_TYPES_H

#include "conf/conf_option.h"

/* How the values of each kind are read, by enum conf_kind. */
extern const struct conf_type conf_types[];

#endif
