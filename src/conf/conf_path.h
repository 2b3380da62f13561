/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_PATH_H
#define SLUICE_CONF_PATH_H

#include "conf/conf_walk.h"

/* Parts of a host that have limits of their own, into struct rule. */
conf_reader	 conf_path_load;

#endif
