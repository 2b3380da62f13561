/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_PATH_H
#define SLUICE_CONF_PATH_H

#include <stdbool.h>

#include "conf/conf_walk.h"

/* Parts of a host that have limits of their own. */

bool		 conf_path_load(struct conf_walk *,
		    const struct conf_option *, const struct conf_node *,
		    struct rule *) __attribute__((warn_unused_result));

#endif
