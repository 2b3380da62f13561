/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_HEED_H
#define SLUICE_HOSTS_HEED_H

#include <stdbool.h>
#include <stdint.h>

#include "hosts/host_types.h"
#include "hosts/hosts_override.h"

/* How an entry heeds what operators have set for its key. */

/* Does, being new. */
void		 hosts_heed(struct host *, struct hosts_overrides *,
		    uint64_t now);

/*
 * Has those limits hold from now on; NULL: its rule's.  Returns false without
 * memory: then it stays as it was.
 */
bool		 hosts_heed_limits(struct host *, const struct budget_limits *,
		    uint64_t now) __attribute__((warn_unused_result));

/* Pauses until then (ns), for a reason in words. */
void		 hosts_heed_pause(struct host *, uint64_t until,
		    const char *why, uint64_t now);

#endif
