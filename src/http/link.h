/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LINK_H
#define SLUICE_LINK_H

#include <stdbool.h>

#include "http/http1_str.h"

/*
 * Takes the next link off a value of Link (RFC 8288 3), and gives the text of
 * its target, as it stands between < and >.  Commas there and in quotes end no
 * link.  Returns false behind the last one, and where what is left begins as no
 * link does.
 */
bool	 link_next(struct http1_str *rest, struct http1_str *target);

#endif
