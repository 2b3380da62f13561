/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_UPSTREAM_INTERNAL_H
#define SLUICE_UPSTREAM_INTERNAL_H

#include <bsd/sys/queue.h>
#include <event2/event_struct.h>

#include "core/http1.h"
#include "proxy/upstream.h"
#include "proxy/worker.h"

/* What upstream and its pool share. */

struct dial;
struct evbuffer;
struct origin;

struct upstream {
	struct worker		*worker;
	struct http1_host	 host;
	struct exchange		*exchange;	/* NULL: idle */
	struct dial		*dial;		/* while it connects */
	int			 fd;		/* -1: not connected */
	struct event		 read_ev;
	struct event		 write_ev;
	struct deadline		 idle_timer;
	bool			 dead;		/* waits for burial */
	bool			 reused;
	bool			 broken;	/* sending has failed */
	bool			 paused;	/* not reading */

	/* the request */
	struct http1_str	 method;
	size_t			 max_head;	/* bytes; of its response */
	uint64_t		 sent;		/* bytes the socket took */
	struct evbuffer		*out;		/* the rest; or NULL */

	/* the response */
	bool			 silent;	/* no byte of it yet */
	bool			 in_body;
	bool			 complete;
	bool			 surplus;	/* bytes behind it */
	bool			 keep_alive;
	unsigned		 interim;	/* 1xx seen */
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
	struct origin		*origin;
	TAILQ_ENTRY(upstream)	 idle;
	TAILQ_ENTRY(upstream)	 all;

	struct grave		 grave;
};
TAILQ_HEAD(upstreams, upstream);

#endif
