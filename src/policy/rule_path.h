/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RULE_PATH_H
#define SLUICE_RULE_PATH_H

#include <stdbool.h>

#include "http/http1.h"
#include "policy/path.h"
#include "policy/rule.h"

/*
 * Which of the rule's paths a request belongs to; -1 for none.  There is one at
 * most.
 */
int		 rule_path_of(const struct rule *,
		    const struct http1_head *);

/*
 * The path of a request; false where it has none: OPTIONS of an empty path is
 * for the host as a whole.
 */
bool		 rule_path_requested(const struct http1_head *,
		    struct path *);

#endif
