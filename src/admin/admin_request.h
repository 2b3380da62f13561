/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_REQUEST_H
#define SLUICE_ADMIN_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/client_hash.h"
#include "net/loop.h"

/*
 * A request to the control plane, checked and taken apart: what the files
 * answer that have one part of the API each.
 */

struct conf;
struct downstream;
struct exchanges;
struct hosts;
struct memory;

/* What all of them use; on the control plane's own thread only. */
struct admin_context {
	struct loop		*loop;
	struct conf		*conf;		/* as it is now; own reference */
	struct hosts		*hosts;
	struct exchanges	**exchanges;
	unsigned		 nworkers;
	struct memory		*memory;
	struct client_hasher	*hasher;
	uint64_t		 started;	/* ns, monotonic */
};

enum admin_method {		/* bits, of what a route allows */
	ADMIN_GET	= 1,	/* and HEAD */
	ADMIN_POST	= 2,
	ADMIN_PUT	= 4,
	ADMIN_DELETE	= 8,
};

#define ADMIN_PATH	2048	/* bytes of a path, decoded, with its end */
#define ADMIN_BODY	65536	/* bytes of a body, at most */
#define ADMIN_PARTS	8	/* of a path */

struct admin_request {
	struct admin_context	*context;
	struct downstream	*downstream;
	enum admin_method	 method;
	bool			 is_head;
	bool			 full;		/* may see and change all */
	const char		*by;		/* who, for the log */
	const char		*accept;	/* or "" */
	const char		*last_event_id;	/* or NULL */
	const char		*if_none_match;	/* or NULL */
	char			 path[ADMIN_PATH];	/* parts end in it */
	const char		*parts[ADMIN_PARTS];	/* decoded */
	unsigned		 nparts;
	json_t			*query;		/* names to strings; an object */
	json_t			*body;		/* an object; NULL: none */
};

/* Returns a query's parameter, or NULL. */
const char	*admin_query(const struct admin_request *, const char *name);
/*
 * Sets *value to a query's number, or to fallback where there is none.  Returns
 * false, having answered 400, where it is none from min to max.
 */
bool		 admin_query_number(struct admin_request *, const char *name,
		    uint64_t fallback, uint64_t min, uint64_t max,
		    uint64_t *value);

#endif
