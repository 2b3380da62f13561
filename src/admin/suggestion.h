/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_SUGGESTION_H
#define SLUICE_SUGGESTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/events.h"
#include "hosts/hosts_view.h"

/*
 * Limits that fit what was seen of a host.  Only what was seen supports them: a
 * host that said nothing, and refused nothing, has limits that nobody knows.
 */

#define SUGGESTION_YAML	(EVENTS_HOST + 240)	/* bytes, with their end */

struct suggestion {
	bool		 confident;	/* what follows may be written down */
	uint64_t	 capacity;	/* micro cost units; 0: no rate */
	uint64_t	 period;	/* ns */
	uint32_t	 concurrency;	/* 0: none */
	char		 why[EVENTS_TEXT];
	char		 yaml[SUGGESTION_YAML];	/* a rule; "": none */
};

/* Fills it in for a host as it stands at now (ns). */
void		 suggestion_make(struct suggestion *,
		    const struct host_view *, uint64_t now);

#endif
