/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FRONT_INTERNAL_H
#define SLUICE_FRONT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bsd/sys/queue.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event_struct.h>
#include <event2/http.h>

#include "core/http1.h"
#include "proxy/front.h"
#include "proxy/net.h"
#include "proxy/worker.h"

/* What front.c, front_accept.c and front_body.c share. */

enum downstream_state {
	ATTACHING,
	HEAD,
	BUSY,
	ENDING,
	LENT,
	LINGER,
	DEAD,
};

struct downstream {
	TAILQ_ENTRY(downstream)	 entry;
	struct front		*front;
	enum downstream_state	 state;
	struct bufferevent	*bev;
	struct evhttp_connection *evcon;
	struct evhttp_request	*req;
	struct exchange		*exchange;
	int			 fd;
	bool			 is_unix;
	bool			 excess;	/* beyond limits.connections */
	bool			 eof;		/* the client sends no more */
	bool			 broken;	/* sending to it has failed */
	bool			 watching;	/* read_ev is on */
	struct event		 read_ev;
	struct event		*close_ev;	/* while not watching */
	int			 close_fd;	/* its descriptor */
	bool			 keep;		/* after ENDING */
	struct http1_scan	 scan;
	struct deadline		 read_timer;
	struct deadline		 write_timer;
	uint64_t		 queued;	/* bytes, also buffered */
	uint64_t		 sent;		/* of them, a while ago */

	/* the request's body */
	enum http1_body		 body;
	bool			 reading;	/* the exchange wants it */
	bool			 body_done;
	uint64_t		 left;		/* bytes, HTTP1_LENGTH */
	uint64_t		 total;		/* bytes so far */
	uint64_t		 max;		/* bytes; limits.body */
	uint64_t		 window;	/* total, at read_timer's set */
	struct http1_chunked	 chunked;

	struct grave		 grave;
};
TAILQ_HEAD(downstreams, downstream);

struct front {
	struct worker		*worker;
	struct evhttp		*http;
	bufferevent_data_cb	 http_read_cb;	/* evhttp's own */
	struct event		 attach_ev;
	struct downstreams	 attaching;
	struct downstreams	 all;
	struct downstream	**by_fd;
	size_t			 nby_fd;
	struct downstream	*claim;		/* whose request evhttp makes */
	char			*head;		/* the head being parsed */
	size_t			 head_size;
	struct evhttp_bound_socket **bound;
	size_t			 nbound;
	bool			 paused;	/* not accepting */
	uint64_t		 quiet_until;	/* ns; no warning before */
	struct deadline		 accept_timer;
	char			 peer[NET_ADDRSTR];
};

/* front.c */

/* The thread's front, for callbacks whose argument is evhttp's. */
struct front	*front_here(void);
void		 front_is_here(struct front *);

/* Takes a connection that evhttp has made; false when it had to be dropped. */
bool		 front_open(struct front *, struct downstream *);
/* Closes a connection that no exchange is at. */
void		 front_close(struct downstream *);
/* Closes it, and tells its exchange that the client is gone. */
void		 front_client_gone(struct downstream *, const char *why);
/* evhttp has made a request, of whatever it was shown. */
void		 front_request_cb(struct evhttp_request *, void *);
/* Input that was received but is not used yet. */
size_t		 front_input(const struct downstream *);
/* Keeps received bytes for later. */
void		 front_keep_input(struct downstream *, const char *, size_t);
/* Reads from the socket again if there is room for what comes. */
void		 front_watch(struct downstream *);

/* front_accept.c */

bool		 front_too_many(const struct front *, size_t margin);

/* front_body.c */

/* What a request's head says of its body. */
void		 front_body_begin(struct downstream *,
		    const struct http1_head *);
/* The exchange wants body bytes now. */
bool		 front_body_wanted(const struct downstream *);
/* Takes what of these bytes is the body's; returns how many. */
size_t		 front_body_take(struct downstream *, const char *, size_t);
/* Goes on with what is there already. */
void		 front_body_pump(struct downstream *);

#endif
