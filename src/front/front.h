/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FRONT_H
#define SLUICE_FRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "policy/claim.h"

/*
 * The listening side: connections of clients, up to parsed requests, and back
 * from bytes to their sockets.  The only room that knows evhttp; nothing of
 * that shows here.  Whoever opens it is told of each request by its events, and
 * answers through the functions below.
 */

struct client;
struct client_hash;
struct clients;
struct conf;
struct downstream;		/* one client's connection */
struct front;
struct http1_host;
struct http1_head;
struct listeners;
struct loop;
struct memory_holder;
struct own;
struct tls;

/*
 * What is told of clients.  The first three are of no request yet, or of none
 * that can be: their first argument is the setup's owner.  That of the others
 * is what front_attach() was given; none of them follows after front_end() or
 * front_abort().
 */
struct front_events {
	/*
	 * A request's head has arrived, which is valid for the length of the
	 * call.  What is attached then belongs to itself and ends with
	 * front_end() or front_abort(), perhaps before this returns; the
	 * downstream stays until then.
	 */
	void	(*start)(void *owner, struct downstream *,
		    const struct http1_head *);
	/*
	 * A request that never became one is to be answered with that status,
	 * and the connection to be ended.  The head has what was understood.
	 */
	void	(*refuse)(void *owner, struct downstream *,
		    const struct http1_head *, int status, const char *why);
	/*
	 * No request can come: the TLS handshake failed.  The host is whom the
	 * client meant, or NULL for us.
	 */
	void	(*no_handshake)(void *owner, struct downstream *,
		    const struct http1_host *, const char *why);
	/*
	 * A piece of the body.  Returns whether more may be taken before the
	 * next front_read_body().
	 */
	bool	(*body)(void *, const char *, size_t);
	/* The body's end; the trailers are the head's fields, if any. */
	void	(*body_end)(void *, const struct http1_head *trailers);
	/* The body is malformed, too long (413) or too slow (408). */
	void	(*body_failed)(void *, int status, const char *why);
	/* There is room for more of the response. */
	void	(*writable)(void *);
	/* The client has sent more, after front_hear(). */
	void	(*heard)(void *);
	/* The client closed its sending side, and may still read. */
	void	(*half_closed)(void *);
	/* The client is gone; the downstream is, when this returns. */
	void	(*gone)(void *, const char *why);
};

/* Who connects, and what is asked for. */
enum front_service {
	FRONT_PROXY,		/* at listen: what a proxy is asked for */
	FRONT_WEB,		/* at admin.web: what a server is */
	FRONT_SOCKET,		/* at admin.socket: the same */
};

/* What a front is made of; all of it stays its owner's. */
struct front_setup {
	enum front_service	 service;
	struct loop		*loop;
	const struct conf	*conf;		/* until front_reload() */
	struct listeners	*listeners;	/* shared by all threads */
	struct own		*own;		/* of this thread */
	unsigned		 nth;		/* of each one's sockets */
	struct clients		*clients;	/* the same; NULL: all alike */
	const struct front_events *events;
	void			*owner;
	/*
	 * A request began; or it has ended, with all of its response sent or
	 * its connection closed.
	 */
	void			(*began)(void *);
	void			(*ended)(void *);
	/* A connection is gone that has this number (front_bind()). */
	void			(*parted)(void *, uint64_t bound);
	void			*arg;		/* of these three */
};

/* Returns a front that does not listen yet; NULL without memory. */
struct front	*front_new(const struct front_setup *);
/* Takes this loop's sockets of each listener; on the loop's own thread. */
void		 front_listen(struct front *);
/*
 * Closes the listeners and the connections that are between requests; others
 * end with the request that they are at.
 */
void		 front_drain(struct front *);
/*
 * Closes the listeners, at which another process listens.  The connections that
 * are there are served once more each: with the next request they end.
 */
void		 front_leave(struct front *);
/* Closes all connections, whose exchanges are told, and frees it. */
void		 front_free(struct front *);

/* Takes what a new configuration says of the listeners. */
void		 front_reload(struct front *, const struct conf *);

/*
 * Returns the client's address, "127.0.0.1:4711" or "unix:"; valid until the
 * next call on the same thread.
 */
const char	*front_peer(const struct downstream *);

/* Returns whether it is one more than its service allows. */
bool		 front_excess(const struct downstream *);
/* Returns whether it is one more than its client's share. */
bool		 front_is_greedy(const struct downstream *);
/* Returns for whom what it has wait is counted; as long as the downstream. */
struct memory_holder *front_memory(const struct downstream *);
/* Returns whose it is (clients.h), as long as the downstream; NULL: nobody's. */
struct client	*front_client(const struct downstream *);
/*
 * Returns the client that a user is, wherever he comes from; until the next
 * call or the downstream's end.  NULL without memory.
 */
struct client	*front_user_client(struct downstream *,
		    const struct client_hash *name);

/*
 * Returns whether the client is on this machine: it came over a Unix socket, or
 * from an address of the loopback or of this machine's.
 */
bool		 front_is_local(const struct downstream *);
/*
 * Returns whether the log need not tell of it: it may not connect, and its
 * neighbours were told of.
 */
bool		 front_is_quiet(const struct downstream *);
/*
 * Returns by which number, not 0, its host's connections are a client's alone:
 * none other of the thread's gets it.  It is made by front_bind(), and 0 before.
 */
uint64_t	 front_bind(struct downstream *);
uint64_t	 front_bound(const struct downstream *);
/* Returns whether the connection is to end with the request that it is at. */
bool		 front_must_end(const struct downstream *);

/* Who opened a Unix socket; where it was forwarded, who forwards it. */
struct front_credentials {
	uid_t	 uid;
	pid_t	 pid;
};
/* Returns false where that is not known. */
bool		 front_credentials(const struct downstream *,
		    struct front_credentials *);

/* Returns its address; NULL on a Unix socket.  As long as the downstream. */
const struct sockaddr *front_address(const struct downstream *);
/*
 * Returns room for a hash of that, which is zero until who is attached has made
 * one, and stays for the requests that follow.
 */
struct client_hash *front_address_hash(struct downstream *);

/*
 * Keeps start()'s head, which front_restart() tells of again; meanwhile the
 * request waits.  Returns false without memory.
 */
bool		 front_hold(struct downstream *);
/* start() follows, before this returns. */
void		 front_restart(struct downstream *);

/*
 * Notes the name of whoever asks, after his password was checked; NULL: it is
 * nobody's.  Returns false without memory.
 */
bool		 front_set_user(struct downstream *, const char *name);
/*
 * Returns that name; with access.users off that which whoever asked for the
 * tunnel gave himself.  NULL where there is none.  Until the next request.
 */
const char	*front_user(const struct downstream *);

/*
 * Returns the host and port that its tunnel goes to, which requests inside are
 * sent to; NULL where there is no tunnel.  Valid as long as the downstream.
 */
const struct http1_host *front_tunnel(const struct downstream *);

/* Who is told what the client does; to be called before start() returns. */
void		 front_attach(struct downstream *, void *user);
/* Returns him; NULL between requests. */
void		*front_attached(const struct downstream *);

/*
 * Starts, or goes on with, reading the request's body: body() and
 * body_end() follow, perhaps before this returns.  A patient one sets
 * the client no deadline before front_demand_body() or its first byte.
 */
void		 front_read_body(struct downstream *, bool patient);
void		 front_demand_body(struct downstream *);

/*
 * Returns the request's body, *n bytes, where all of it has come with its head,
 * and nothing of it was read; else NULL.  It is still to be read, and stays where
 * it is until then.
 */
const char	*front_body_ahead(struct downstream *, size_t *n);

/* Stops reading the body, until front_read_body() if ever. */
void		 front_stop_body(struct downstream *);

/* Returns whether the client is to send more of the body, by a deadline. */
bool		 front_awaits_body(const struct downstream *);
/* Returns whether all of the request's body has been read. */
bool		 front_body_done(const struct downstream *);

/*
 * Sends bytes to the client: at once where the socket takes them, the rest
 * from a buffer.  writable() follows when the buffer falls below half
 * of limits.buffer again.  Sending to a client that is gone does nothing.
 */
void		 front_send(struct downstream *, struct iovec *, int n);

/* Returns how many bytes wait in the buffer. */
size_t		 front_pending(const struct downstream *);
/* Returns how many bytes its socket has ever taken. */
uint64_t	 front_sent(const struct downstream *);

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

/* Returns the TLS that the client speaks to us, or NULL; the connection's. */
struct tls	*front_tls(const struct downstream *);

/*
 * When the response at hand is complete and front_end() keeps the connection,
 * what follows are requests to the host, of that user (or NULL): of http:// in
 * clear, or where there is TLS inside that, inside whatever the connection has,
 * of https://.  Takes the TLS.  Returns false without memory.
 */
bool		 front_inside(struct downstream *, const struct http1_host *,
		    const char *user, struct tls *);

/*
 * From now on heard() tells when the client has sent more beyond its request,
 * until front_end() or front_lend().
 */
void		 front_hear(struct downstream *);
/* Returns what it has sent, *n bytes; valid until more comes. */
const char	*front_heard(struct downstream *, size_t *n);

/* Keeps the turn that the next request goes on with. */
void		 front_keep_turn(struct downstream *,
		    const struct claim_turn *);
/* Returns that turn, once; a zeroed one otherwise. */
struct claim_turn front_take_turn(struct downstream *);

/*
 * Lends the socket, for a tunnel, with what was received beyond the request: n
 * bytes in *early, to be freed, or NULL.  front_abort(), or front_end() with
 * keep false, ends it.  Returns the socket; -1 when it cannot be lent.
 */
int		 front_lend(struct downstream *, char **early, size_t *n);

#endif
