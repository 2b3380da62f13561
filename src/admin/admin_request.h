/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_REQUEST_H
#define SLUICE_ADMIN_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bsd/sys/queue.h>
#include <jansson.h>

#include "admin/admin_context.h"
#include "base/text.h"

/*
 * A request to the control plane, checked and taken apart: what the files
 * answer that have one part of the API each.
 */

struct admin_route;
struct downstream;
struct http1_head;

enum admin_method {		/* bits, of what a route allows */
	ADMIN_GET	= 1,	/* and HEAD */
	ADMIN_POST	= 2,
	ADMIN_PUT	= 4,
	ADMIN_DELETE	= 8,
};

#define ADMIN_PATH	2048	/* bytes of a path, decoded, with its end */
#define ADMIN_BODY	65536	/* bytes of a body, at most */
#define ADMIN_PARTS	8	/* of a path */
#define ADMIN_FIELD	256	/* bytes of a field's value that are kept */

struct admin_request {
	struct admin_context	*context;
	struct downstream	*downstream;	/* NULL: the client is gone */
	enum admin_method	 method;
	bool			 is_head;
	bool			 by_socket;	/* not by the web */
	bool			 full;		/* may see all */
	bool			 by_token;	/* ... for it has the token */
	bool			 may_change;	/* ... and change it */
	const char		*by;		/* who, for the log */
	const char		*accept;	/* or "" */
	const char		*last_event_id;	/* or NULL */
	const char		*if_none_match;	/* or NULL */
	char			 path[ADMIN_PATH];	/* parts end in it */
	const char		*parts[ADMIN_PARTS];	/* decoded */
	unsigned		 nparts;
	json_t			*query;		/* names to strings; an object */
	int			 query_status;	/* to refuse it with; or 0 */
	json_t			*body;		/* an object; NULL: none */

	/*
	 * For a handler that answers later, or bit by bit.  The client of a
	 * stream takes more (writable) or is gone (ended), or the control plane
	 * ends before there is an answer (ended): what state holds is freed
	 * then, and nothing is answered any more.
	 */
	void			*state;
	void			(*writable)(struct admin_request *);
	void			(*ended)(struct admin_request *);

	/* What follows is for those who serve it. */
	LIST_ENTRY(admin_request) entry;	/* of all */
	const struct admin_route *route;
	struct text		 received;	/* of the body */
	bool			 handled;	/* its handler has it */
	bool			 streaming;
	bool			 keep;		/* the connection goes on */
	bool			 old;		/* HTTP/1.0 */
	char			 by_text[128];
	char			 accept_text[ADMIN_FIELD];
	char			 event_text[ADMIN_FIELD];
	char			 match_text[ADMIN_FIELD];
};

/*
 * Makes one of a head.  Returns NULL without memory.  *status is 0, or what
 * such a head is refused with, and *why says why; the request has then what an
 * answer needs.
 */
struct admin_request *admin_request_new(struct admin_context *,
		    struct downstream *, const struct http1_head *,
		    int *status, const char **why);

/* Frees it; who has it attached must know. */
void		 admin_request_free(struct admin_request *);

#endif
