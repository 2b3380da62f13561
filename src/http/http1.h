/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HTTP1_H
#define SLUICE_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/http1_str.h"

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
	HTTP1_BAD_SCHEME,	/* of the target: not http, https, ws, wss */
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

/* Fields that the proxy itself looks at. */
enum http1_name {
	HTTP1_OTHER = 0,
	HTTP1_AUTHORIZATION,
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
	 * Connection, HTTP2-Settings, Keep-Alive, Proxy-Connection, TE,
	 * Transfer-Encoding, Upgrade, Proxy-Authenticate, Proxy-Authorization,
	 * what is meant for the proxy itself (Sluice-Cost, Sluice-Max-Wait)
	 * and whatever Connection names, except Host and the framing fields.
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
	/*
	 * A name that had the dot: it is whole (RFC 1034 3.1), whatever domains
	 * the system searches.  The same host for all but who asks for its
	 * address.
	 */
	bool			 absolute;
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
	bool			 https;		/* the scheme: https, wss */
	bool			 to_proxy;	/* goes on in absolute-form;
						   the parser sets it not */
	struct http1_host	 host;		/* from the target, else Host */
	bool			 expect_continue;
	bool			 safe;		/* RFC 9110 9.2.1 */
	bool			 idempotent;	/* RFC 9110 9.2.2 */

	/* responses */
	int			 status;	/* 100 to 999 */
	/* After HTTP1_BAD_STATUS: what stood for a status. */
	struct http1_str	 reason;

	/* both */
	unsigned		 minor;		/* HTTP/1.minor: 0 or 1 */
	/*
	 * By version and Connection; never with HTTP1_UNTIL_CLOSE, nor where
	 * a response that has no body (204, 1xx) announces one.
	 */
	bool			 keep_alive;
	bool			 upgrade;	/* an option, and the field */
	/*
	 * A request's credentials are of a scheme by which a connection is
	 * somebody's from then on, with all that is asked over it (RFC 4559 6).
	 */
	bool			 binds;
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

enum http1_result {
	HTTP1_MORE,		/* needs more bytes */
	HTTP1_DONE,
	HTTP1_FAILED,
};

#endif
