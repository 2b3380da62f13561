/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_LIMITS_H
#define SLUICE_CONF_LIMITS_H

#include <stdbool.h>

#include "conf/conf_walk.h"

/* The limits of a host, or of a part of it. */

/* Completes limits out of their mapping, and checks them together. */
bool		 conf_limits_finish(struct conf_walk *,
		    const struct conf_node *, struct budget_limits *)
		    __attribute__((warn_unused_result));
/*
 * Completes a rate, whose burst is 0 where none is set, and checks it as
 * conf_limits_finish() does.  Returns NULL, or what is wrong with *key, to be
 * said behind that.
 */
const char	*conf_limits_complete(struct gcra_rate *, const char **key)
		    __attribute__((warn_unused_result));
/* Several rates, into struct budget_limits. */
conf_reader	 conf_limits_rates;

#endif
