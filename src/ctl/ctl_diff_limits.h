/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DIFF_LIMITS_H
#define SLUICE_CTL_DIFF_LIMITS_H

#include <jansson.h>

#include "conf/conf_diff.h"

struct conf;

/*
 * Calls fn for each limit that a configuration changes of those that hold: a
 * list of rules (Host of doc/openapi.yaml, by rule).  A rule without a host in
 * the list has nothing that holds.
 */
void		 ctl_diff_limits(const json_t *rules, const struct conf *,
		    conf_diff_told *, void *arg);

#endif
