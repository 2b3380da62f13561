/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TLS_H
#define SLUICE_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <openssl/ssl.h>

/*
 * TLS as bytes in, bytes out: one end of a connection, without a socket.  What
 * the peer sent goes through tls_read(), what it is to get through
 * tls_write(); what either makes to be sent is in the wire's out, which
 * the caller sends and empties before it calls for another connection.  So a
 * socket with TLS on it is read, written and buffered just as one without.
 *
 * One connection's TLS may run inside another's: then the outer one is below
 * the inner.
 */

struct tls;

/*
 * The bytes between TLS and the sockets of one thread.  Zeroed to start with.
 */
struct tls_wire {
	const char	*in;		/* received, not read yet */
	size_t		 in_len;
	char		*out;		/* to be sent; owned */
	size_t		 out_len;
	size_t		 out_size;
	bool		 failed;	/* out of memory: bytes are missing */
};

void		 tls_wire_free(struct tls_wire *);

/*
 * A peer that has TLS answer it (KeyUpdate, HelloRequest) and does not read the
 * answers: it is given up when they are so many times limits.buffer.
 */
#define TLS_WIRE_MAX	4

/*
 * Our end of a connection, as a server, or as a client of the host of that
 * name (SNI, and what the certificate must be for; an IP address as text where
 * is_address is set; NULL: neither).  below is what it runs inside, or NULL,
 * and must outlive it.  Returns NULL without memory.
 */
struct tls	*tls_server(SSL_CTX *, struct tls_wire *, struct tls *below);
struct tls	*tls_client(SSL_CTX *, struct tls_wire *, struct tls *below,
		    const char *name, bool is_address);
/* NULL is allowed.  Does not free what is below. */
void		 tls_free(struct tls *);
/* Returns OpenSSL's object of it; its own. */
SSL		*tls_ssl(struct tls *);

enum tls_result {
	TLS_OK,			/* all that was received is read */
	TLS_CLOSED,		/* the peer ended its side in good order */
	TLS_FAILED,		/* tls_failure() says why */
};

/*
 * Reads n bytes that the peer sent: goes on with the handshake, decrypts.
 * *plain is how many bytes were put into buf, whose size must be n and a
 * TLS_RECORD at least (which may have been held back until now), and one more
 * inside another's TLS.  A client is to be called once with n = 0 to begin.
 */
#define TLS_RECORD	(16384 + 512)
enum tls_result	 tls_read(struct tls *, const char *, size_t n, char *buf,
		    size_t size, size_t *plain)
		    __attribute__((warn_unused_result));

/*
 * The same with bytes that what it runs inside has read already: those that
 * were there before it began.
 */
enum tls_result	 tls_read_early(struct tls *, const char *, size_t n, char *buf,
		    size_t size, size_t *plain)
		    __attribute__((warn_unused_result));

/*
 * Returns how much the last tls_read() had to do, in records: whatever their
 * length, each costs about as much, and a message that brings no data (such as
 * KeyUpdate) as much as several.  A peer that sends more than a few dozen of
 * those and no data between them is given up.
 */
size_t		 tls_work(const struct tls *);

/* Encrypts; only after the handshake.  Returns false when TLS has failed. */
bool		 tls_write(struct tls *, const struct iovec *, int n)
		    __attribute__((warn_unused_result));

/* Tells the peer that nothing more will come (close_notify). */
void		 tls_close(struct tls *);

/* Returns whether the handshake is done. */
bool		 tls_ready(const struct tls *);
/* Returns whether the peer has ended its side in good order. */
bool		 tls_ended(const struct tls *);

/* It goes no further, for a reason of ours. */
void		 tls_give_up(struct tls *, const char *why);

/* What went wrong. */
enum tls_failure_kind {
	TLS_CERTIFICATE,	/* the peer's was not accepted */
	TLS_ALERT,		/* the peer said so */
	TLS_PROTOCOL,		/* anything else */
};
struct tls_failure {
	enum tls_failure_kind	 kind;
	int			 alert;		/* number, for TLS_ALERT */
	char			 text[160];	/* for people; no quotes */
};
/* Returns what tls_read() or tls_write() failed for; of no use before. */
const struct tls_failure *tls_failure(const struct tls *);

/* Returns the version of the library that speaks TLS: "3.0.17"; static. */
const char	*tls_library(void);

#endif
