/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_DESTINATION_H
#define SLUICE_ADMIN_DESTINATION_H

#include <stdbool.h>

#include <jansson.h>

#include "http/http1.h"
#include "net/loop.h"
#include "net/resolve_answer.h"
#include "policy/destination.h"

/*
 * Whether a request might go where it wants to: its host is resolved, and each
 * address judged, as when it is dialled.  What is reached through a parent is
 * resolved there.
 */

struct admin_context;
struct resolve;

struct admin_destination {
	struct admin_context	*context;
	struct http1_host	 host;		/* its port set */
	bool			 stranger;	/* not on this machine */
	bool			 beyond;	/* a parent that resolves it */
	void			(*found)(void *arg);
	void			*arg;

	struct resolve		*query;		/* while it goes on */
	struct deadline		 limit;		/* of that: timeouts.connect */
	bool			 asking;	/* it just begins */
	bool			 known;		/* ... and is over already */
	/* What was found: for the host, or the address that would be taken. */
	struct destination_verdict verdict;
	enum resolve_result	 result;
	struct destination_verdict each[RESOLVE_ADDRESSES];
	size_t			 n;		/* of these */
};

/* Looks; found() is called once, perhaps before this returns. */
void		 admin_destination_find(struct admin_destination *);
/* Before it was called. */
void		 admin_destination_cancel(struct admin_destination *);

/* The schema Destination; NULL without memory. */
json_t		*admin_destination_value(const struct admin_destination *);

#endif
