/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HTTP1_CHUNKED_H
#define SLUICE_HTTP1_CHUNKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/http1.h"

#define HTTP1_CHUNK_EXT		4096	/* bytes of extensions, a message */
#define HTTP1_CHUNK_BLANKS	64	/* bytes behind a size, a chunk */
#define HTTP1_TRAILERS		8192	/* bytes of trailers, a message */
#define HTTP1_CHUNK_NAMES	8192	/* ... of names of hop-by-hop ones */

/* A chunked body (RFC 9112 7.1) that is being read. */
struct http1_chunked {
	unsigned		 state;
	bool			 response;
	unsigned		 digits;	/* of the size so far */
	unsigned		 blanks;	/* behind it */
	uint64_t		 left;		/* bytes of the chunk to come */
	size_t			 ext;		/* bytes of extensions so far */
	char			*trailers;	/* raw, owned; NULL: none */
	size_t			 trailers_len;
	/* Hop-by-hop because the head's Connection says so; a list, owned. */
	char			*names;
	size_t			 names_len;
	bool			 no_trailers;	/* none is passed on */
	enum http1_error	 error;		/* why HTTP1_FAILED */
};

/*
 * Begins a body.  In a response white space may stand before the colons of
 * trailers, in a request it may not.
 */
void		 http1_chunked_init(struct http1_chunked *, bool response);

/*
 * Keeps in mind which fields of the trailers are for one connection only, by
 * the message's head (RFC 9110 7.6.1); once, after init.  Where these are too
 * many, or there is no memory for them, no trailers are passed on.
 */
void		 http1_chunked_heed(struct http1_chunked *,
		    const struct http1_head *);

/* Frees what it owns; init again before another body. */
void		 http1_chunked_free(struct http1_chunked *);

/*
 * Reads on; call it with the bytes at hand until they are used up.  Each call
 * consumes *used bytes, at least one of them until the body is done or broken,
 * and may yield a piece of data, which points into buf; its length is 0 when
 * there is none.  Returns HTTP1_DONE behind the empty line after the trailers:
 * what follows is the next message's; HTTP1_FAILED when the body is broken;
 * else HTTP1_MORE.
 */
enum http1_result http1_chunked(struct http1_chunked *, const char *buf,
		    size_t len, size_t *used, struct http1_str *data)
		    __attribute__((warn_unused_result));

/*
 * The same for many chunks at a time: yields the data of small ones together,
 * which it puts side by side in buf, so that whoever sends a byte in each chunk
 * costs others little.  Data comes with HTTP1_DONE and HTTP1_FAILED, too: it is
 * what stood before the end, or the fault.
 */
enum http1_result http1_chunked_join(struct http1_chunked *, char *buf,
		    size_t len, size_t *used, struct http1_str *data)
		    __attribute__((warn_unused_result));

/*
 * Parses the trailers of a chunked body that is done into the head's fields
 * (nothing else of the head is set).  Their strings point into the trailers of
 * the struct http1_chunked.  Framing, routing, authentication and control
 * fields are left out (RFC 9110 6.5.1), hop-by-hop ones too.  Returns what is wrong with them;
 * HTTP1_OK when nothing is, or there are none.
 */
enum http1_error http1_trailers(struct http1_head *,
		    const struct http1_chunked *)
		    __attribute__((warn_unused_result));

#endif
