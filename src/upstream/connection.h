/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONNECTION_H
#define SLUICE_CONNECTION_H

#include <bsd/sys/queue.h>

#include "http/http1.h"
#include "http/http1_chunked.h"
#include "http/http1_scan.h"
#include "conf/conf.h"
#include "net/loop.h"
#include "net/stream.h"
#include "upstream/pool_kind.h"
#include "upstream/upstream_events.h"

/*
 * A connection to a host, as the files of this room share it: upstream.c its
 * life, upstream_response.c what is read of it, pool.c those that are idle.
 */

struct dial;
struct origin;
struct parent;
struct parent_tunnel;
struct pool;
struct rule;

struct upstream {
	struct upstreams	*upstreams;	/* its thread's */
	struct http1_host	 host;
	struct pool_kind	 kind;
	const struct upstream_events *events;	/* NULL: idle */
	void			*user;		/* who is told */
	struct dial		*dial;		/* while it connects, or */
	struct parent_tunnel	*tunnel;	/* ... through a parent */
	bool			 at_parent;	/* nobody else was reached */
	struct stream		 stream;	/* once it is connected */
	struct deadline		 timer;		/* of the handshake, or idle */
	const struct conf	*conf;		/* until TLS begins */
	const struct rule	*tls_rule;	/* of TLS to the host; or */
	const struct parent	*tls_parent;	/* ... to the parent */
	bool			 ready;		/* for a request */
	bool			 dead;		/* waits for burial */
	bool			 reused;
	bool			 paused;	/* not reading */
	bool			 little;	/* is read at a time */

	/* the request */
	struct http1_str	 method;
	size_t			 max_head;	/* bytes; of its response */
	unsigned		 max_fields;
	uint64_t		 began;		/* ns; when it was sent */
	uint64_t		 sent;		/* stream's, when it began */

	/* the response */
	bool			 silent;	/* no byte of it yet */
	bool			 in_body;
	bool			 complete;
	bool			 surplus;	/* bytes behind it */
	bool			 keep_alive;
	uint64_t		 patience;	/* ns it is kept idle */
	uint64_t		 more;		/* requests it will take */
	uint64_t		 interim;	/* bytes of 1xx seen */
	struct http1_scan	 scan;
	char			*stash;		/* a head not yet whole */
	size_t			 stash_len;
	size_t			 stash_size;
	const char		*rest;		/* behind a 101; see take */
	size_t			 rest_len;
	enum http1_body		 body;
	uint64_t		 left;		/* bytes, HTTP1_LENGTH */
	struct http1_chunked	 chunked;

	/* the pool's */
	uint64_t		 idle_since;	/* ns */
	uint64_t		 idle_until;
	struct origin		*origin;	/* NULL: it was never idle */
	bool			 in_pool;
	TAILQ_ENTRY(upstream)	 idle;
	TAILQ_ENTRY(upstream)	 all;

	struct grave		 grave;
};
TAILQ_HEAD(upstream_list, upstream);

/* A thread's connections, and what they use. */
struct upstreams {
	struct loop		*loop;
	const struct dialer	*dialer;
	const struct conf	*conf;		/* as it is now */
	struct pool		*pool;
	uint32_t		 destinations_id; /* another with others */
	const struct stream_events *stream_events; /* of its streams */
	bool			 draining;	/* none is kept idle */
};

#endif
