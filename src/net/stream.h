/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STREAM_H
#define SLUICE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <event2/event_struct.h>

/*
 * A connected socket, with the TLS on it if there is any, and what waits to go
 * out.  Its owner sends and receives plain bytes; what waits is what the socket
 * has not taken yet, encrypted already, and is counted for whom it is sent.  One
 * for which nothing waits has no buffer.
 *
 * Part of its owner's memory, which is zeroed to start with.
 */

struct evbuffer;
struct loop;
struct memory_holder;
struct tls;

/* What happens to it, told to its owner from the loop. */
struct stream_events {
	/* There may be something to receive, or its end. */
	void	(*readable)(void *);
	/*
	 * Some of what waited was taken, or all of it; where it is broken,
	 * sending has failed instead.
	 */
	void	(*written)(void *);
};

struct stream {
	struct loop			*loop;
	const struct stream_events	*events;
	void				*owner;
	int				 fd;	/* -1: none */
	struct event			 read_ev;
	struct event			 write_ev;
	bool				 reading;
	bool				 broken;	/* sending has failed */
	bool				 deaf;		/* cannot be watched */
	bool				 notified;	/* inside TLS */
	struct tls			*tls;		/* or NULL */
	struct tls			*tls_below;	/* that is inside */
	size_t				 answered;	/* bytes; see below */
	size_t				 max_answered;
	size_t				 piece;	/* bytes read at a time */
	struct evbuffer			*early;		/* received before it */
	struct evbuffer			*out;	/* waits; NULL: nothing */
	struct memory_holder		*memory; /* for what will wait, */
	struct memory_holder		*counted; /* and for what does */
	uint64_t			 sent;	/* bytes it took, ever */
};

/*
 * For a socket that is connected and does not block.  Reading is off.  The
 * socket is the stream's from now on.
 */
void		 stream_open(struct stream *, struct loop *, int fd,
		    const struct stream_events *, void *owner);

/*
 * What it has wait from now on is counted for that one; for nobody in the
 * beginning.
 */
static inline void
stream_charge(struct stream *s, struct memory_holder *holder)
{
	s->memory = holder;
}

/*
 * From now on it speaks TLS, inside that which it may speak already; the TLS is
 * the stream's until stream_free(), as is early (or NULL): bytes of it that
 * were received before.  A peer that has TLS answer it (KeyUpdate) and does not
 * read the answers is given up after more than max bytes of them, since there
 * was a time when nothing waited; what the owner sends does not count.
 */
void		 stream_start_tls(struct stream *, struct tls *, size_t max,
		    struct evbuffer *early);

/* Turns reading on or off: whether readable() is called. */
void		 stream_read(struct stream *, bool on);
/* Has readable() called from the loop, whatever the socket has. */
void		 stream_read_again(struct stream *);

/* Whether the loop knows that readable() is to be called, and has not yet. */
bool		 stream_is_due(const struct stream *);

/*
 * Sends bytes: at once as far as the socket takes them, the rest by and by.
 * Returns false when sending has failed, now or before: it is broken then,
 * nothing waits any more, and what the peer had sent before may be received.
 */
bool		 stream_send(struct stream *, const struct iovec *, int n);
/* Sends what TLS has put into the loop's wire by itself; as stream_send(). */
bool		 stream_flush_wire(struct stream *);
/* Returns how many bytes wait for the socket. */
size_t		 stream_pending(const struct stream *);
/*
 * Returns whether the peer has acknowledged all that it had room for, and has not
 * reset the connection.
 */
bool		 stream_arrived(const struct stream *);
/*
 * Returns how many bytes that the socket took the peer has not acknowledged yet;
 * 0 also where it never will, since it has reset the connection.
 */
size_t		 stream_unacked(const struct stream *);

enum stream_io {
	STREAM_ALL,		/* as many as asked for: there may be more */
	STREAM_NOTHING,		/* no more for now */
	STREAM_END,		/* the peer has ended its side in good order */
	STREAM_CUT,		/* it ended inside TLS, without close_notify */
	STREAM_RESET,		/* or otherwise: errno */
	STREAM_TLS_FAILED,	/* tls_failure() tells how */
};

/*
 * Receives about size bytes into the loop's scratch.  Sets *n to how many came,
 * which were before what is returned.
 */
enum stream_io	 stream_receive(struct stream *, size_t size, size_t *n);

/*
 * Tells the peer that no more will be sent, inside TLS and then on the socket;
 * to be called when nothing waits, and again where it then does.  Returns false
 * when that has failed.
 */
bool		 stream_shut(struct stream *);

/*
 * Stops it all: what waits is forgotten, and the socket is its owner's again.
 * Returns that; -1 where it had none.
 */
int		 stream_release(struct stream *);
/* The same, having told the peer inside TLS where that can be; closes it. */
void		 stream_close(struct stream *);
/* Frees what is left, its TLS; when none of its calls is under way. */
void		 stream_free(struct stream *);

#endif
