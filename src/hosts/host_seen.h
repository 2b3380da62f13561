/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOST_SEEN_H
#define SLUICE_HOST_SEEN_H

#include <stdint.h>

#include "policy/lesson.h"

/* What was seen of a host that tells of its limits; begins as zero. */
struct host_seen {
	uint64_t		 since;		/* ns: the first answer; 0 */
	uint32_t		 most;		/* in flight when one went well */
	struct lesson_allowed	 allowed;	/* as it said last */
};

/* An answer came at now (ns), with so many in flight, its own included. */
void		 host_seen_answer(struct host_seen *, const struct lesson *,
		    uint32_t inflight, uint64_t now);

#endif
