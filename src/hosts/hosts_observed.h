/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_OBSERVED_H
#define SLUICE_HOSTS_OBSERVED_H

#include <stdint.h>

#include "hosts/hosts.h"

/* What would have happened, for those who are not of this room (observe.h). */

/*
 * Returns what would have become of a ticket, for people: "would have waited
 * 1.2 s"; NULL where it would have gone at once, or is not observed, or without
 * memory.  It stays until hosts_leave().
 */
const char	*hosts_observed(struct hosts *, struct ticket *, uint64_t now);

#endif
