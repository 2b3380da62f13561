/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FRONT_H
#define SLUICE_FRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "hosts/hosts.h"

/*
 * The listening side: connections of clients, up to parsed requests, and back
 * from bytes to their sockets.  The only file that knows evhttp; nothing of
 * that shows here.  For each request it calls exchange_start(); the exchange
 * answers through the functions below.
 */

struct conf;
struct downstream;		/* one client's connection */
struct exchange;
struct front;
struct http1_host;
struct exchanges;
struct listeners;
struct loop;
struct tls;

/* What a front is made of; all of it stays its owner's. */
struct front_setup {
	struct loop		*loop;
	const struct conf	*conf;		/* until front_reload() */
	struct listeners	*listeners;	/* shared by all threads */
	struct exchanges	*exchanges;
	/*
	 * A request began; or it has ended, with all of its response sent or
	 * its connection closed.
	 */
	void			(*began)(void *);
	void			(*ended)(void *);
	void			*arg;
};

/* Returns NULL without memory. */
struct front	*front_new(const struct front_setup *);
void		 front_listen(struct front *);
/* Closes the listeners and the connections that are between requests. */
void		 front_drain(struct front *);
void		 front_free(struct front *);

/* Takes what a new configuration says of the listeners. */
void		 front_reload(struct front *, const struct conf *);

/* The client's address, "127.0.0.1:4711" or "unix:". */
const char	*front_peer(const struct downstream *);

/*
 * Its address, or NULL on a Unix socket; and the name of the user who asked for
 * the tunnel that it is inside of, or NULL.  Valid as long as the downstream.
 */
const struct sockaddr *front_address(const struct downstream *);
const char	*front_user(const struct downstream *);

/*
 * The host and port that its tunnel goes to, which requests inside are sent to,
 * or NULL.  Valid as long as the downstream.
 */
const struct http1_host *front_tunnel(const struct downstream *);

/* Where what the client does is to be told; before exchange_start() returns. */
void		 front_attach(struct downstream *, struct exchange *);

/*
 * Starts, or goes on with, reading the request's body: exchange_body() and
 * exchange_body_end() follow, perhaps before this returns.  A patient one sets
 * the client no deadline before front_demand_body() or its first byte.
 */
void		 front_read_body(struct downstream *, bool patient);
void		 front_demand_body(struct downstream *);

/* Stops reading the body, until front_read_body() if ever. */
void		 front_stop_body(struct downstream *);

/* Whether the client is to send more of the body, within a deadline. */
bool		 front_awaits_body(const struct downstream *);
/* Whether all of the request's body has been read. */
bool		 front_body_done(const struct downstream *);

/*
 * Sends bytes to the client: at once where the socket takes them, the rest
 * from a buffer.  exchange_writable() follows when the buffer falls below half
 * of limits.buffer again.  Sending to a client that is gone does nothing.
 */
void		 front_send(struct downstream *, struct iovec *, int n);

/* Bytes that wait in the buffer. */
size_t		 front_pending(const struct downstream *);

/*
 * The response is complete.  The connection goes on with the next request, or
 * where keep is false is closed once all is sent; it does not know the
 * exchange any more.
 */
void		 front_end(struct downstream *, bool keep);

/*
 * Cuts the connection off in the middle of a response.  Where its end is the
 * connection's, only a reset keeps the client from taking it for whole.
 */
void		 front_abort(struct downstream *, bool reset);

/* The TLS that the client speaks to us, or NULL; the connection's. */
struct tls	*front_tls(const struct downstream *);

/*
 * When the response at hand is complete and front_end() keeps the connection,
 * what follows are requests to the host, of that user (or NULL): of http:// in
 * clear, or where there is TLS inside that, inside whatever the connection has,
 * of https://.  Takes the TLS.  False without memory.
 */
bool		 front_inside(struct downstream *, const struct http1_host *,
		    const char *user, struct tls *);

/*
 * From now on exchange_heard() tells when the client has sent more beyond its
 * request, until front_end() or front_lend(); and what it has sent, n bytes,
 * until the next time that something comes.
 */
void		 front_hear(struct downstream *);
const char	*front_heard(struct downstream *, size_t *n);

/* For the next request, to be asked for once: the turn it goes on with. */
void		 front_keep_turn(struct downstream *,
		    const struct hosts_turn *);
struct hosts_turn front_take_turn(struct downstream *);

/*
 * Lends the socket, for a tunnel, with what was received beyond the request: n
 * bytes in *early, to be freed, or NULL.  front_abort(), or front_end() with
 * keep false, ends it.  -1 when it cannot be lent.
 */
int		 front_lend(struct downstream *, char **early, size_t *n);

#endif
