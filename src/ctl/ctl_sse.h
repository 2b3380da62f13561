/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_SSE_H
#define SLUICE_CTL_SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/*
 * A stream of server-sent events, read as it comes (HTML, 9.2.6): of each
 * event its data; comments, and fields of other names, are skipped.
 */

#define CTL_SSE_LINE	65536	/* bytes of a line, at most */
#define CTL_SSE_DATA	(4U << 20)	/* bytes of an event's data, at most */

struct ctl_sse {			/* zeroed to start with */
	struct text	 line;
	struct text	 data;		/* of the event that is being read */
	char		 name[32];	/* of it; or "" */
	bool		 cr;		/* the last byte was one */
	bool		 failed;	/* too long, or out of memory */
};

void		 ctl_sse_free(struct ctl_sse *);

/*
 * Reads n bytes, and calls fn with the name and the data of each event that is
 * whole.  Returns whether all is well; false: nothing more can be read.
 */
bool		 ctl_sse_read(struct ctl_sse *, const char *, size_t n,
		    void (*fn)(const char *name, const char *data, size_t n,
		    void *), void *arg);

#endif
