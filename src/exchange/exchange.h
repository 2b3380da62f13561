/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_H
#define SLUICE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "upstream/upstream.h"

/*
 * The life of one request: admit, forward, relay, finish.  Called by its
 * neighbours only: by front for what the client does, by hosts (through the
 * loop's mailbox) for the throttle's answer, by upstream and tunnel for what
 * the other side does.
 */

struct downstream;
struct exchange;
struct http1_head;
struct http1_host;
struct ticket;
struct conf;
struct dialer;
struct exchanges;		/* those of one thread */
struct hosts;
struct loop;
struct upstreams;

/* What exchanges are made with; all of it stays its owner's. */
struct exchanges_setup {
	struct loop		*loop;
	struct conf		*conf;		/* until exchanges_reload() */
	struct hosts		*hosts;		/* shared by all threads */
	struct upstreams	*upstreams;
	const struct dialer	*dialer;
};

/* Returns NULL without memory. */
struct exchanges *exchanges_new(const struct exchanges_setup *);
/* Those that begin from now on are under this configuration. */
void	 exchanges_reload(struct exchanges *, struct conf *);
/* From now on none begins. */
void	 exchanges_drain(struct exchanges *);
/* When all have ended. */
void	 exchanges_free(struct exchanges *);

/* From front */

/*
 * A request's head has arrived; it is valid for the length of this call.  The
 * exchange belongs to itself and ends with front_end() or front_abort(),
 * perhaps before this returns; the downstream stays until then.
 */
void	 exchange_start(struct exchanges *, struct downstream *,
	    const struct http1_head *);

/*
 * A request that never became one: answers it with that status, logs it and
 * ends the connection.  The head holds what was understood of it.
 */
void	 exchange_refuse(struct exchanges *, struct downstream *,
	    const struct http1_head *, int status, const char *why);

/*
 * A connection on which no request can come because its TLS handshake failed;
 * the host is whom the client meant, or NULL for us.  Logs it.
 */
void	 exchange_no_handshake(struct exchanges *, struct downstream *,
	    const struct http1_host *, const char *why);

/* A piece of the body; false: take no more until front_read_body(). */
bool	 exchange_body(struct exchange *, const char *, size_t);
/* The body's end; the trailers are the head's fields, if any. */
void	 exchange_body_end(struct exchange *,
	    const struct http1_head *trailers);
/* The body is malformed, too long (413) or too slow (408). */
void	 exchange_body_failed(struct exchange *, int status, const char *why);
/* There is room for more of the response. */
void	 exchange_writable(struct exchange *);
/* The client has sent more, after front_hear(). */
void		 exchange_heard(struct exchange *);
/* The client closed its sending side, and may still read. */
void	 exchange_half_closed(struct exchange *);
/* The client is gone; the downstream is, when this returns. */
void	 exchange_gone(struct exchange *, const char *why);

/* From upstream */

/* The connection is there; the request's head was not sent yet. */
void	 exchange_connected(struct exchange *);
/* There is room for more of the request's body. */
void	 exchange_sendable(struct exchange *);
/* A response's head, interim ones (1xx) too. */
void	 exchange_response(struct exchange *, struct http1_head *);
/*
 * A piece of the response's body.  The bytes must stay until exchange_flush(),
 * which sends what was gathered; false: read no more until upstream_resume().
 */
void	 exchange_data(struct exchange *, const char *, size_t);
bool	 exchange_flush(struct exchange *);
/* The response is complete; the trailers are the head's fields, if any. */
void	 exchange_done(struct exchange *, const struct http1_head *trailers);
/* It failed; the upstream is closed by the exchange. */
void	 exchange_failed(struct exchange *, enum failure,
	    const char *why);

/* From tunnel */

/* Both directions have ended, or one was cut off. */
void	 exchange_tunnel_ended(struct exchange *, const char *why);
/* Whether bytes of the client may pass: not if they make a request. */
bool		 exchange_may_pass(struct exchange *, const char *, size_t);
/* Bytes have passed. */
void	 exchange_tunnel_passed(struct exchange *, size_t in, size_t out);

#endif
