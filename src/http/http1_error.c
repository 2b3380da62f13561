/* SPDX-License-Identifier: ISC */
#include "http/http1_error.h"

#include <stdio.h>
#include <string.h>

/* What is told of a message that is refused, and the status that says so. */

#define STATUS_TOLD	16	/* bytes of one that is none */

static const struct {
	const char	*text;
	int		 status;
} errors[] = {
	[HTTP1_OK] = { "no error", 400 },
	[HTTP1_BAD_BYTE] = { "control byte", 400 },
	[HTTP1_NUL] = { "NUL byte", 400 },
	[HTTP1_BARE_CR] = { "bare CR", 400 },
	[HTTP1_BARE_LF] = { "bare LF", 400 },
	[HTTP1_BAD_LINE] = { "malformed start line", 400 },
	[HTTP1_BAD_METHOD] = { "malformed method", 400 },
	[HTTP1_BAD_TARGET] = { "malformed request target", 400 },
	[HTTP1_BAD_SCHEME] = {
		"unsupported scheme, not http, https, ws or wss", 400
	},
	[HTTP1_USERINFO] = { "user information in the request target", 400 },
	[HTTP1_FRAGMENT] = { "fragment in the request target", 400 },
	[HTTP1_BAD_HOST] = { "malformed host or port", 400 },
	[HTTP1_NO_PORT] = { "CONNECT without a port", 400 },
	[HTTP1_BAD_VERSION] = { "malformed HTTP version", 400 },
	[HTTP1_BAD_STATUS] = { "malformed status code", 400 },
	[HTTP1_BAD_FIELD] = { "malformed field name", 400 },
	[HTTP1_NO_COLON] = { "field line without a colon", 400 },
	[HTTP1_SPACED_COLON] = { "white space before a field's colon", 400 },
	[HTTP1_FOLDED] = { "folded field line", 400 },
	[HTTP1_BAD_LENGTH] = { "malformed Content-Length", 400 },
	[HTTP1_MANY_LENGTHS] = { "repeated Content-Length", 400 },
	[HTTP1_BAD_CODING] = { "malformed Transfer-Encoding", 400 },
	[HTTP1_MANY_CODINGS] = { "repeated Transfer-Encoding", 400 },
	[HTTP1_OLD_CODING] = { "Transfer-Encoding in HTTP/1.0", 400 },
	[HTTP1_BAD_FRAMING] = { "Content-Length and Transfer-Encoding", 400 },
	[HTTP1_CONNECT_BODY] = { "CONNECT with a body", 400 },
	[HTTP1_BAD_CHUNK] = { "malformed chunk size", 400 },
	[HTTP1_BAD_CHUNK_EXT] = {
		"malformed or too long chunk extensions", 400
	},
	[HTTP1_BAD_CHUNK_END] = { "chunk that does not end in CRLF", 400 },
	[HTTP1_BAD_CONNECTION] = {
		"more than 100 connection options", 400
	},
	[HTTP1_NO_HOST] = { "Host missing", 400 },
	[HTTP1_MANY_HOSTS] = { "repeated Host", 400 },
	[HTTP1_NOT_PROXY] = { "request is not in the form for a proxy", 400 },
	[HTTP1_UNKNOWN_CODING] = { "unknown transfer coding", 501 },
	[HTTP1_UNKNOWN_VERSION] = { "unknown HTTP version", 505 },
	[HTTP1_UNKNOWN_EXPECT] = { "unknown expectation", 417 },
	[HTTP1_LONG_TARGET] = {
		"start line longer than half of limits.head", 414
	},
	[HTTP1_LONG_HEAD] = { "head longer than limits.head", 431 },
	[HTTP1_MANY_FIELDS] = { "more fields than limits.fields", 431 },
	[HTTP1_LONG_TRAILERS] = { "trailers longer than 8 KiB", 431 },
};

const char *
http1_strerror(enum http1_error error)
{
	return errors[error].text;
}

bool
http1_is_preface(const struct http1_head *head)
{
	return head->method.len == 3 && memcmp(head->method.p, "PRI", 3) == 0;
}

const char *
http1_explain(enum http1_error error, const struct http1_head *head,
    unsigned max_fields, char buf[HTTP1_WHY])
{
	struct http1_str status = head->reason;

	if (error == HTTP1_MANY_FIELDS) {
		snprintf(buf, HTTP1_WHY, "more than %u fields (limits.fields)",
		    max_fields);
		return buf;
	}
	if (error == HTTP1_UNKNOWN_VERSION && http1_is_preface(head))
		return "HTTP/2 from the start, which is not spoken here: "
		    "expected HTTP/1.1";
	if (error != HTTP1_BAD_STATUS || status.len > STATUS_TOLD ||
	    !http1_is_token(status.p, status.len))
		return http1_strerror(error);
	snprintf(buf, HTTP1_WHY, "status %.*s", (int)status.len, status.p);
	return buf;
}

int
http1_error_status(enum http1_error error)
{
	return errors[error].status;
}
