/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HTTP1_H
#define SLUICE_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * HTTP/1.1 syntax (RFC 9112, RFC 9110), strict, for both sides of the proxy.
 *
 * A head is parsed in two steps: http1_scan() finds its end while bytes
 * arrive, looks at each byte once and refuses early what can never become a
 * head; http1_request() or http1_response() then parse the whole head in
 * one go into a struct http1_head whose strings point into the caller's
 * bytes.  Chunked bodies are parsed as they come by http1_chunked().
 *
 * Nothing here trusts a peer: no recursion, no assertion on input, every loop
 * is bounded by the bytes given.
 */

#define HTTP1_FIELDS		10000	/* fields of one head, at most */
#define HTTP1_CONNECTION_OPTIONS 100	/* options in Connection, at most */
#define HTTP1_CHUNK_EXT		4096	/* bytes of extensions, a message */
#define HTTP1_TRAILERS		8192	/* bytes of trailers, a message */
#define HTTP1_HOST		255	/* bytes of a host name, at most */

/* Why a message is refused.  Text and status: http1_strerror(). */
enum http1_error {
	HTTP1_OK = 0,
	HTTP1_BAD_BYTE,		/* control byte that is none of these: */
	HTTP1_NUL,
	HTTP1_BARE_CR,
	HTTP1_BARE_LF,
	HTTP1_BAD_LINE,		/* start line is not one */
	HTTP1_BAD_METHOD,
	HTTP1_BAD_TARGET,
	HTTP1_BAD_SCHEME,	/* of the target: not http or https */
	HTTP1_USERINFO,		/* in the target */
	HTTP1_FRAGMENT,		/* in the target */
	HTTP1_BAD_HOST,		/* host or port of target or Host */
	HTTP1_NO_PORT,		/* of a CONNECT */
	HTTP1_BAD_VERSION,
	HTTP1_BAD_STATUS,
	HTTP1_BAD_FIELD,	/* the name is no token */
	HTTP1_NO_COLON,		/* in a field line */
	HTTP1_SPACED_COLON,	/* white space before it */
	HTTP1_FOLDED,		/* obs-fold */
	HTTP1_BAD_LENGTH,	/* Content-Length malformed */
	HTTP1_MANY_LENGTHS,	/* ... or repeated */
	HTTP1_BAD_CODING,	/* Transfer-Encoding malformed */
	HTTP1_MANY_CODINGS,	/* ... or repeated */
	HTTP1_OLD_CODING,	/* ... or in HTTP/1.0 */
	HTTP1_BAD_FRAMING,	/* ... or beside Content-Length */
	HTTP1_CONNECT_BODY,
	HTTP1_BAD_CHUNK,	/* size malformed or too large */
	HTTP1_BAD_CHUNK_EXT,	/* extensions malformed or too long */
	HTTP1_BAD_CHUNK_END,	/* no CRLF behind its data */
	HTTP1_BAD_CONNECTION,	/* too many connection options */
	HTTP1_NO_HOST,		/* Host missing */
	HTTP1_MANY_HOSTS,	/* ... or repeated */
	HTTP1_NOT_PROXY,	/* origin-form at a proxy's port */
	HTTP1_UNKNOWN_CODING,	/* 501 */
	HTTP1_UNKNOWN_VERSION,	/* 505 */
	HTTP1_UNKNOWN_EXPECT,	/* 417 */
	HTTP1_LONG_TARGET,	/* 414 */
	HTTP1_LONG_HEAD,	/* 431 */
	HTTP1_MANY_FIELDS,	/* 431 */
	HTTP1_LONG_TRAILERS,	/* 431 */
};

/* A short English text without line end, such as "bare LF". */
const char	*http1_strerror(enum http1_error);
/*
 * The same with what is known of this message: the status that is none, how
 * many fields there may be.  Returns buf, or a fixed text.
 */
#define HTTP1_WHY	64	/* bytes */
struct http1_head;
const char	*http1_explain(enum http1_error, const struct http1_head *,
		    unsigned max_fields, char buf[HTTP1_WHY]);
/* Whether the method is that of HTTP/2's preface (RFC 9113 3.4). */
bool		 http1_is_preface(const struct http1_head *);
/* The status a proxy answers a request with: 400, 414, 417, 431, 501, 505. */
int		 http1_error_status(enum http1_error);

/* Bytes in somebody else's buffer; not terminated. */
struct http1_str {
	const char	*p;
	size_t		 len;
};

/* Equal without case (ASCII only). */
bool		 http1_str_is(struct http1_str, const char *);

/* Fields that the proxy itself looks at. */
enum http1_name {
	HTTP1_OTHER = 0,
	HTTP1_CONNECTION,
	HTTP1_CONTENT_LENGTH,
	HTTP1_CONTENT_TYPE,
	HTTP1_DATE,
	HTTP1_EXPECT,
	HTTP1_HOST_FIELD,
	HTTP1_HTTP2_SETTINGS,
	HTTP1_IDEMPOTENCY_KEY,
	HTTP1_KEEP_ALIVE,
	HTTP1_MAX_FORWARDS,
	HTTP1_PRIORITY,
	HTTP1_PROXY_AUTHENTICATE,
	HTTP1_PROXY_AUTHORIZATION,
	HTTP1_PROXY_CONNECTION,
	HTTP1_PROXY_STATUS,
	HTTP1_RETRY_AFTER,
	HTTP1_SERVER_TIMING,
	HTTP1_SLUICE_COST,
	HTTP1_SLUICE_MAX_WAIT,
	HTTP1_TE,
	HTTP1_TRAILER,
	HTTP1_TRANSFER_ENCODING,
	HTTP1_UPGRADE,
	HTTP1_VIA,
};

struct http1_field {
	struct http1_str	 name;
	struct http1_str	 value;		/* without white space around */
	enum http1_name		 id;
	/*
	 * Meant for this connection only: never forwarded (RFC 9110 7.6.1).
	 * Connection, HTTP2-Settings, Keep-Alive, Proxy-Connection, TE, Transfer-Encoding,
	 * Upgrade, Proxy-Authenticate, Proxy-Authorization, what is meant for
	 * the proxy itself (Sluice-Cost, Sluice-Max-Wait) and
	 * whatever Connection names, except Host and the framing fields.
	 * (Trailer is not one of them: trailers are forwarded.)
	 */
	bool			 hop;
};

/* How a message's body is delimited (RFC 9112 6.3). */
enum http1_body {
	HTTP1_NO_BODY,
	HTTP1_LENGTH,
	HTTP1_CHUNKED,
	HTTP1_UNTIL_CLOSE,	/* responses only */
};

enum http1_form {		/* RFC 9112 3.2 */
	HTTP1_ORIGIN_FORM,
	HTTP1_ABSOLUTE_FORM,
	HTTP1_AUTHORITY_FORM,
	HTTP1_ASTERISK_FORM,
};

enum http1_host_kind {
	HTTP1_NAME,
	HTTP1_IPV4,
	HTTP1_IPV6,
};

/*
 * A host in canonical form: what rules are found by and throttles are keyed by,
 * and what is dialled.
 */
struct http1_host {
	/*
	 * Lower case, one trailing dot removed, IPv6 as RFC 5952 without
	 * brackets; of addresses that reach the same one: IPv4 for a mapped
	 * one, the loopback's for 0.0.0.0 and ::; terminated.
	 */
	char			 name[HTTP1_HOST + 1];
	enum http1_host_kind	 kind;
	uint16_t		 port;		/* 0: none was given */
};

struct http1_head {
	/* requests */
	struct http1_str	 method;
	struct http1_str	 target;	/* as received */
	enum http1_form		 form;
	/*
	 * absolute-form: path and query as received, possibly empty (then "/"
	 * is to be sent, or "*" for OPTIONS) or a query alone (then "/" is to
	 * be put before it).  origin-form: the whole.
	 */
	struct http1_str	 path;
	bool			 https;		/* the scheme was https */
	bool			 to_proxy;	/* goes on in absolute-form;
						   the parser sets it not */
	struct http1_host	 host;		/* from the target, else Host */
	bool			 expect_continue;
	bool			 safe;		/* RFC 9110 9.2.1 */
	bool			 idempotent;	/* RFC 9110 9.2.2 */

	/* responses */
	int			 status;	/* 100 to 999 */
	struct http1_str	 reason;	/* and after HTTP1_BAD_STATUS, */
						/* what stood for a status */

	/* both */
	unsigned		 minor;		/* HTTP/1.minor: 0 or 1 */
	/*
	 * By version and Connection; never with HTTP1_UNTIL_CLOSE, nor where
	 * a response that has no body (204, 1xx) announces one.
	 */
	bool			 keep_alive;
	bool			 upgrade;	/* an option, and the field */
	enum http1_body		 body;
	uint64_t		 length;	/* bytes, for HTTP1_LENGTH */
	/*
	 * Whether length is a Content-Length that stood there: with 0 and a
	 * body of HTTP1_LENGTH, or to be relayed although no body follows
	 * (HEAD, 304).
	 */
	bool			 has_length;
	unsigned		 nfields;
	struct http1_field	 fields[HTTP1_FIELDS];
};

/* Makes it a head of which nothing is known. */
void		 http1_head_clear(struct http1_head *);

enum http1_result {
	HTTP1_MORE,		/* needs more bytes */
	HTTP1_DONE,
	HTTP1_FAILED,
};

/* Zeroed to start with a new head. */
struct http1_scan {
	size_t			 seen;	/* bytes looked at */
	size_t			 line;	/* offset of the current line */
	unsigned		 lines;
	enum http1_error	 error;	/* why HTTP1_FAILED */
};

/*
 * Looks for the end of a head in buf, which holds all bytes since the head's
 * first, len of them, and may have moved between calls.  HTTP1_DONE: *end is
 * the head's length with its empty line.  Fails early on a byte that no head
 * may hold, on a line end that is not CRLF, on more than max bytes without
 * an end (HTTP1_LONG_HEAD), on a first line longer than line_max
 * (HTTP1_LONG_TARGET).  Empty lines before a start line are the caller's to
 * skip with http1_skip_empty().
 */
enum http1_result http1_scan(struct http1_scan *, const char *buf, size_t len,
		    size_t max, size_t line_max, size_t *end)
		    __attribute__((warn_unused_result));

/*
 * How many bytes of CRLF stand before a start line (RFC 9112 2.2); a lone CR
 * at the end of the bytes is not counted.
 */
size_t		 http1_skip_empty(const char *buf, size_t len);

/*
 * Parses a whole request head of len bytes, as http1_scan() found it.  On
 * HTTP1_OK the head's strings point into buf.  Checks all that can be wrong
 * with a request to a forward proxy: syntax, target and its form, Host,
 * framing, Expect, connection options.  On HTTP1_NOT_PROXY, which comes last,
 * everything is set.  On any other error as much of the head as was understood
 * is set (method, target, minor), the rest is zero.
 */
enum http1_error http1_request(struct http1_head *, const char *buf,
		    size_t len) __attribute__((warn_unused_result));

/*
 * Parses a whole response head.  The request's method decides whether a body
 * follows (HEAD, CONNECT with 2xx: none).  obs-fold is an error here too;
 * white space before a colon is not part of the field's name (RFC 9112 5.1).
 */
enum http1_error http1_response(struct http1_head *, const char *buf,
		    size_t len, struct http1_str method)
		    __attribute__((warn_unused_result));

/* The first field of that name, or NULL. */
const struct http1_field *http1_find(const struct http1_head *,
		    enum http1_name);

/*
 * What Keep-Alive says of the connection (RFC 2068 19.7.1.1; RFC 9112 C.2.2):
 * for how many seconds without a request it will be kept, and how many more
 * requests it will take; of what is said twice, the smaller.  UINT64_MAX where
 * nothing is said that makes sense.
 */
struct http1_keep_alive {
	uint64_t		 timeout;	/* seconds */
	uint64_t		 max;		/* requests */
};

void		 http1_keep_alive(const struct http1_head *,
		    struct http1_keep_alive *);

/*
 * Parses "host", "host:port", "[v6]", "[v6]:port" (RFC 3986 3.2, strictly):
 * names of letters, digits, '-', '_' and '.', with labels of 1 to 63 bytes;
 * IPv4 in dotted quads only (other all-numeric forms are refused); no userinfo,
 * no zone, no percent-encoding.  An empty port is none.
 */
enum http1_error http1_host_parse(struct http1_host *, const char *,
		    size_t len) __attribute__((warn_unused_result));

/* True for tchar (RFC 9110 5.6.2) strings of at least one byte. */
bool		 http1_is_token(const char *, size_t len);

/*
 * A chunked body (RFC 9112 7.1), of a request or a response: that decides about
 * white space before the colons of its trailers.  Starts with
 * http1_chunked_init(); call with the bytes at hand until they are used up.
 * Each call consumes *used bytes, at least one of them until the body is done
 * or broken, and may yield a piece of data (which points into buf).
 * HTTP1_DONE after the empty line behind the trailers: what follows is the
 * next message's.
 */
struct http1_chunked {
	unsigned		 state;
	bool			 response;
	unsigned		 digits;	/* of the size so far */
	uint64_t		 left;		/* bytes of the chunk to come */
	size_t			 ext;		/* bytes of extensions so far */
	char			*trailers;	/* raw, owned; NULL: none */
	size_t			 trailers_len;
	enum http1_error	 error;		/* why HTTP1_FAILED */
};

void		 http1_chunked_init(struct http1_chunked *, bool response);
/* Frees the trailers; init again before another body. */
void		 http1_chunked_free(struct http1_chunked *);
enum http1_result http1_chunked(struct http1_chunked *, const char *buf,
		    size_t len, size_t *used, struct http1_str *data)
		    __attribute__((warn_unused_result));

/*
 * Parses the trailers of a chunked body that is done into the head's fields
 * (nothing else of the head is set).  Their strings point into the trailers of
 * the struct http1_chunked.  Framing, routing, authentication and control
 * fields are left out (RFC 9110 6.5.1).
 */
enum http1_error http1_trailers(struct http1_head *,
		    const struct http1_chunked *)
		    __attribute__((warn_unused_result));

#endif
