/* SPDX-License-Identifier: ISC */
#include "net/failure.h"

#include <stddef.h>

static const struct failure_answer failures[] = {
	[FAILURE_NO_NAME] = { 502, "dns_error", "no such name",
	    "the host's name is not known, or has no address" },
	[FAILURE_DNS_ERROR] = { 502, "dns_error", "dns",
	    "the host's name could not be resolved" },
	[FAILURE_DNS_TIMEOUT] = { 504, "dns_timeout", "dns timeout",
	    "the resolver did not answer in time" },
	[FAILURE_LOOKUPS] = { 503, "proxy_internal_error", "lookups",
	    "too many other names were being looked up (limits.lookups)" },
	[FAILURE_LOOP] = { 403, "destination_ip_prohibited", "loop",
	    "the host is this proxy" },
	[FAILURE_REFUSED] = { 502, "connection_refused", "refused",
	    "the host refused the connection" },
	[FAILURE_UNREACHABLE] = { 502, "destination_ip_unroutable",
	    "unreachable", "the host cannot be reached" },
	[FAILURE_CONNECT_TIMEOUT] = { 504, "connection_timeout",
	    "connect timeout", "the host did not take the connection in time" },
	[FAILURE_NO_SOCKET] = { 502, "proxy_internal_error", "no socket",
	    "the proxy is out of sockets or ports" },
	[FAILURE_CLOSED] = { 502, "connection_terminated", "closed",
	    "the host closed the connection before its response was whole",
	    true },
	[FAILURE_MALFORMED] = { 502, "http_protocol_error", "malformed",
	    "the host's response is not valid HTTP", true },
	[FAILURE_CODING] = { 502, "http_response_transfer_coding",
	    "malformed", "the host's response is not valid HTTP", true },
	[FAILURE_TOO_LARGE] = { 502, "http_response_header_section_size",
	    "head too large", "the head of the host's response is too large",
	    true },
	[FAILURE_LONG_TRAILERS] = { 502,
	    "http_response_trailer_section_size", "malformed",
	    "the host's response is not valid HTTP", true },
	[FAILURE_TIMEOUT] = { 504, "http_response_timeout",
	    "response timeout", "the host did not respond in time" },
	[FAILURE_IDLE] = { 504, "connection_read_timeout", "idle timeout",
	    "the host sent no more of its response in time" },
	[FAILURE_STALLED] = { 504, "connection_write_timeout",
	    "idle timeout in the request",
	    "the host took no more of the request in time" },
	[FAILURE_TLS_CERTIFICATE] = { 502, "tls_certificate_error",
	    "tls certificate", NULL },
	[FAILURE_TLS_ALERT] = { 502, "tls_alert_received", "tls alert",
	    NULL },
	[FAILURE_TLS_PROTOCOL] = { 502, "tls_protocol_error", "tls", NULL },
	[FAILURE_TLS_TIMEOUT] = { 504, "connection_timeout", "tls timeout",
	    "the host did not finish the TLS handshake in time" },
	[FAILURE_NO_MEMORY] = { 503, "proxy_internal_error", "no memory",
	    "out of memory" },
};

const struct failure_answer *
failure_answer(enum failure e)
{
	return &failures[e];
}

bool
failure_without_host(enum failure e)
{
	switch (e) {
	case FAILURE_NO_NAME:
	case FAILURE_DNS_ERROR:
	case FAILURE_DNS_TIMEOUT:
	case FAILURE_LOOKUPS:
	case FAILURE_LOOP:
		return true;
	default:
		return false;
	}
}
