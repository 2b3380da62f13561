/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_UPSTREAM_INTERNAL_H
#define SLUICE_UPSTREAM_INTERNAL_H

#include <bsd/sys/queue.h>
#include <event2/event_struct.h>

#include "http/http1.h"
#include "http/http1_chunked.h"
#include "http/http1_scan.h"
#include "base/memory.h"
#include "conf/conf.h"
#include "upstream/upstream.h"
#include "net/loop.h"

/* What upstream.c, upstream_io.c and the pool share. */

struct dial;
struct evbuffer;
struct origin;

struct upstream {
	struct upstreams	*upstreams;	/* its thread's */
	struct http1_host	 host;
	uint64_t		 tls_settings_id;	/* 0: plain */
	const struct upstream_events *events;	/* NULL: idle */
	void			*user;		/* who is told */
	struct dial		*dial;		/* while it connects */
	int			 fd;		/* -1: not connected */
	struct event		 read_ev;
	struct event		 write_ev;
	struct deadline		 timer;		/* of the handshake, or idle */
	struct tls		*tls;		/* or NULL */
	const struct conf	*tls_conf;	/* until TLS begins */
	const struct rule	*tls_rule;
	bool			 ready;		/* for a request */
	bool			 dead;		/* waits for burial */
	bool			 reused;
	bool			 broken;	/* sending has failed */
	bool			 paused;	/* not reading */

	/* the request */
	struct http1_str	 method;
	size_t			 max_head;	/* bytes; of its response */
	unsigned		 max_fields;
	uint64_t		 began;		/* ns; when it was sent */
	uint64_t		 sent;		/* bytes the socket took */
	struct evbuffer		*out;		/* the rest; or NULL */

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
	struct origin		*origin;
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
	bool			 draining;	/* none is kept idle */
};

/* upstream_io.c */

/* Once it has its socket. */
void		 upstream_io_init(struct upstream *);
/* Sends what TLS has made to be sent. */
void		 upstream_flush_wire(struct upstream *);
/* Closes the socket, and says so inside TLS; what waits is forgotten. */
void		 upstream_hang_up(struct upstream *);

enum upstream_io {
	UPSTREAM_IO_ALL,	/* what was asked for: there may be more */
	UPSTREAM_IO_NOTHING,	/* no more for now */
	UPSTREAM_IO_END,	/* the host ended its side in good order */
	UPSTREAM_IO_CUT,	/* or otherwise; errno, without TLS */
	UPSTREAM_IO_TLS,	/* TLS has failed */
};

/*
 * Receives about size bytes into the loop's scratch; *n is how many came,
 * also where it then ended.
 */
enum upstream_io upstream_receive(struct upstream *, size_t size, size_t *n);
/* An idle connection has nothing to say: not even that it ended. */
bool		 upstream_quiet(struct upstream *);

#endif
