/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RULE_PATH_H
#define SLUICE_RULE_PATH_H

#include <stdbool.h>

#include "http/http1.h"
#include "policy/path_reading.h"
#include "policy/rule.h"

#define RULE_PATH_PARTS	4	/* that one request may belong to */

/*
 * Which of the rule's paths a request belongs to: the one that wins for each
 * reading of its path (path_reading.h), that of the plain one first.  Returns
 * how many there are; -1 where they are more than RULE_PATH_PARTS, or the path
 * is too long to tell: neither they nor its cost are to be relied on.
 */
int		 rule_path_of(const struct rule *, const struct http1_head *,
		    unsigned parts[RULE_PATH_PARTS]);

/*
 * The path of a request; false where it has none: OPTIONS of an empty path is
 * for the host as a whole.
 */
bool		 rule_path_requested(const struct http1_head *,
		    struct path_readings *);

#endif
