/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_DOWNSTREAM_H
#define SLUICE_DOWNSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bsd/sys/queue.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event_struct.h>
#include <event2/http.h>

#include "base/memory.h"
#include "conf/conf.h"
#include "front/front.h"
#include "front/turns.h"
#include "http/http1.h"
#include "http/http1_chunked.h"
#include "http/http1_scan.h"
#include "net/address.h"
#include "net/listen.h"
#include "net/loop.h"
#include "net/stream.h"
#include "tls/tls.h"

/* What is known of one client's connection, and of all of a thread. */

struct client;
struct front_listener;

/*
 * The life of a connection:
 *
 *   ATTACHING	evhttp is still making it.
 *   HEAD	between requests, or reading a head.
 *   BUSY	an exchange has the request.
 *   ENDING	the response is complete, its last bytes wait for the socket;
 *		who does not read them gets no further response made.
 *   LENT	a tunnel has the socket.
 *   LINGER	our side is closed, or is about to be when close_notify has
 *		left; what the client still sends is thrown away for a while,
 *		lest a reset destroys the response.
 *   DEAD	closed; its memory waits for burial.
 */
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
	struct front_listener	*listener;
	enum downstream_state	 state;
	struct bufferevent	*bev;
	struct evhttp_connection *evcon;
	struct evhttp_request	*req;		/* from the first head on */
	void			*attached;	/* who is told; or NULL */
	struct stream		 stream;	/* on evhttp's socket */

	struct tls		*tls_next;	/* after this response */
	struct http1_host	*inside;	/* whom it is with; NULL: us */
	bool			 inside_tls;	/* by https:// */
	bool			 hearing;	/* what comes is looked at */
	struct claim_turn	 turn;		/* of the next request */
	struct client_hash	 address_hash;	/* zero: not made yet */
	char			*user;		/* front_user() */
	uint64_t		 bound;		/* front_bind(); or 0 */
	char			*held;		/* front_hold()'s; or NULL */
	size_t			 held_len;
	bool			 handshake;	/* not done yet */
	bool			 its_turn;	/* to go on with that */
	struct turn		 turn_waits;	/* ... which may wait */
	bool			 tls_unused;	/* no request since then */
	enum tls_result		 tls_end;	/* TLS_OK: it goes on */

	bool			 is_unix;
	bool			 is_local;	/* from this machine */
	bool			 stranger;	/* may not connect */
	bool			 quiet;		/* ... and is not told of */
	bool			 barred;	/* might not, if it came now */
	bool			 excess;	/* beyond limits.connections */
	bool			 starved;	/* there was no memory for it */
	bool			 greedy;	/* beyond its client's share */
	struct client		*client;	/* whose; a reference, or NULL */
	struct client		*user_client;	/* who asks; the same */
	bool			 eof;		/* the client sends no more */
	struct event		 gone_ev;	/* nothing can be done for it */
	struct event		 next_ev;	/* to go on with the input */
	struct event		*close_ev;	/* while not reading */
	int			 close_fd;	/* its descriptor */
	bool			 keep;		/* after ENDING */
	struct http1_scan	 scan;
	struct deadline		 read_timer;
	struct deadline		 write_timer;
	uint64_t		 sent;		/* bytes, a while ago */

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

/*
 * A socket, with an evhttp of its own: that tells where a connection came in.
 */
struct front_listener {
	struct front		*front;
	struct listener		*address;	/* of which it is the */
	unsigned		 socket;	/* ... so manieth one */
	struct evhttp		*http;
	struct evhttp_bound_socket *bound;	/* NULL: closed */
	char			*text;		/* as configured */
	size_t			 nth;		/* of addresses so written */
	SSL_CTX			*tls;		/* own reference, or NULL */
};

struct front {
	struct front		*next;		/* of the thread; or NULL */
	struct loop		*loop;
	const struct conf	*conf;
	struct front_setup	 setup;
	bufferevent_data_cb	 http_read_cb;	/* evhttp's own */
	event_callback_fn	 close_cb;	/* of close_ev */
	struct event		 attach_ev;
	struct downstreams	 attaching;
	unsigned		 nattaching;
	struct downstreams	 all;
	struct downstream	*wanting;	/* whose request evhttp makes */
	char			*head;		/* the head being parsed */
	size_t			 head_size;
	size_t			 head_len;
	struct front_listener	*listeners;
	size_t			 nlisteners;
	unsigned		 nstrangers;	/* connected */
	unsigned		 ngreedy;	/* the same */
	uint64_t		 nbound;	/* front_bind()s so far */
	bool			 draining;
	bool			 leaving;	/* each has one request more */
	bool			 paused;	/* not accepting */
	uint64_t		 quiet_until;	/* ns; no warning before */
	struct deadline		 accept_timer;
	struct turns		 turns;		/* of handshakes */
	uint64_t		 turn_took;	/* ns: those of this round */
	struct event		 turn_ev;	/* the next one */
	char			 peer[ADDRESS_TEXT];
};

static inline const struct front_events *
front_events(const struct downstream *d)
{
	return d->front->setup.events;
}

static inline const struct conf *
front_conf(const struct downstream *d)
{
	return d->front->conf;
}

/*
 * Puts a connection into another state: the only place that does, so that the
 * list of connections and the counts of connections and requests agree with it.
 */
void		 downstream_enter(struct downstream *, enum downstream_state);

#endif
