/* SPDX-License-Identifier: ISC */
#include "net/failure.h"

#include <stdio.h>
#include <string.h>

static const struct failure_answer failures[FAILURES] = {
	[FAILURE_NO_NAME] = {
		.status = 502,
		.error = "dns_error",
		.kind = "no such name",
		.name = "no_name",
		.detail = "the host's name is not known, or has no address",
	},
	[FAILURE_DNS_ERROR] = {
		.status = 502,
		.error = "dns_error",
		.kind = "dns",
		.name = "dns_error",
		.detail = "the host's name could not be resolved",
	},
	[FAILURE_DNS_TIMEOUT] = {
		.status = 504,
		.error = "dns_timeout",
		.kind = "dns timeout",
		.name = "dns_timeout",
		.detail = "the resolver did not answer in time",
	},
	[FAILURE_LOOKUPS] = {
		.status = 503,
		.error = "proxy_internal_error",
		.kind = "lookups",
		.name = "lookups",
		.detail = "too many other names were being looked up "
		    "(limits.lookups)",
	},
	[FAILURE_DESTINATION] = {
		.status = 403,
		.error = "destination_ip_prohibited",
		.kind = "destination",
		.name = "destination",
		.detail = "the destination is not allowed",
		.told = true,
	},
	[FAILURE_REFUSED] = {
		.status = 502,
		.error = "connection_refused",
		.kind = "refused",
		.name = "refused",
		.detail = "the host refused the connection",
	},
	[FAILURE_UNREACHABLE] = {
		.status = 502,
		.error = "destination_ip_unroutable",
		.kind = "unreachable",
		.name = "unreachable",
		.detail = "the host cannot be reached",
	},
	[FAILURE_CONNECT_TIMEOUT] = {
		.status = 504,
		.error = "connection_timeout",
		.kind = "connect timeout",
		.name = "connect_timeout",
		.detail = "the host did not take the connection in time",
	},
	[FAILURE_NO_SOCKET] = {
		.status = 502,
		.error = "proxy_internal_error",
		.kind = "no socket",
		.name = "no_socket",
		.detail = "the proxy is out of sockets or ports",
	},
	[FAILURE_CLOSED] = {
		.status = 502,
		.error = "connection_terminated",
		.kind = "closed",
		.name = "closed",
		.detail = "the host closed the connection before its "
		    "response was whole",
		.told = true,
	},
	[FAILURE_MALFORMED] = {
		.status = 502,
		.error = "http_protocol_error",
		.kind = "malformed",
		.name = "malformed",
		.detail = "the host's response is not valid HTTP",
		.told = true,
	},
	[FAILURE_CODING] = {
		.status = 502,
		.error = "http_response_transfer_coding",
		.kind = "malformed",
		.name = "coding",
		.detail = "the host's response is not valid HTTP",
		.told = true,
	},
	[FAILURE_TOO_LARGE] = {
		.status = 502,
		.error = "http_response_header_section_size",
		.kind = "head too large",
		.name = "too_large",
		.detail = "the head of the host's response is too large",
		.told = true,
	},
	[FAILURE_LONG_TRAILERS] = {
		.status = 502,
		.error = "http_response_trailer_section_size",
		.kind = "malformed",
		.name = "long_trailers",
		.detail = "the host's response is not valid HTTP",
		.told = true,
	},
	[FAILURE_TIMEOUT] = {
		.status = 504,
		.error = "http_response_timeout",
		.kind = "response timeout",
		.name = "timeout",
		.detail = "the host did not respond in time",
	},
	[FAILURE_IDLE] = {
		.status = 504,
		.error = "connection_read_timeout",
		.kind = "idle timeout",
		.name = "idle",
		.detail = "the host sent no more of its response in time",
	},
	[FAILURE_STALLED] = {
		.status = 504,
		.error = "connection_write_timeout",
		.kind = "idle timeout in the request",
		.name = "stalled",
		.detail = "the host took no more of the request in time",
	},
	[FAILURE_TLS_CERTIFICATE] = {
		.status = 502,
		.error = "tls_certificate_error",
		.kind = "tls certificate",
		.name = "tls_certificate",
	},
	[FAILURE_TLS_ALERT] = {
		.status = 502,
		.error = "tls_alert_received",
		.kind = "tls alert",
		.name = "tls_alert",
	},
	[FAILURE_TLS_PROTOCOL] = {
		.status = 502,
		.error = "tls_protocol_error",
		.kind = "tls",
		.name = "tls_protocol",
	},
	[FAILURE_TLS_TIMEOUT] = {
		.status = 504,
		.error = "connection_timeout",
		.kind = "tls timeout",
		.name = "tls_timeout",
		.detail = "the host did not finish the TLS handshake in time",
	},
	[FAILURE_NO_MEMORY] = {
		.status = 503,
		.error = "proxy_internal_error",
		.kind = "no memory",
		.name = "no_memory",
		.detail = "out of memory",
	},
	[FAILURE_PARENT_LOOP] = {
		.status = 500,		/* RFC 9209 2.3.28 */
		.error = "proxy_configuration_error",
		.kind = "loop",
		.name = "parent_loop",
		.detail = "the parent proxy is this proxy",
	},
	[FAILURE_PARENT_AUTH] = {
		.status = 502,
		.error = "proxy_configuration_error; received-status=407",
		.kind = "credentials",
		.name = "parent_auth",
		.detail = "the parent proxy does not accept this proxy's "
		    "credentials",
	},
	[FAILURE_PARENT_REFUSED] = {
		.status = 502,
		.error = "connection_refused",
		.kind = "refused",
		.name = "parent_refused",
		.detail = "the parent proxy refused a tunnel to the host",
		.told = true,
	},
};

const struct failure_answer *
failure_answer(enum failure e)
{
	return &failures[e];
}

const char *
failure_of_parent(enum failure e, char buf[FAILURE_DETAIL])
{
	static const char host[] = "the host";
	const char *detail = failures[e].detail, *p;

	if (detail == NULL || strstr(detail, "parent proxy") != NULL ||
	    (p = strstr(detail, host)) == NULL)
		return detail;
	snprintf(buf, FAILURE_DETAIL, "%.*sthe parent proxy%s",
	    (int)(p - detail), detail, p + sizeof host - 1);
	return buf;
}

bool
failure_without_host(enum failure e)
{
	switch (e) {
	case FAILURE_NO_NAME:
	case FAILURE_DNS_ERROR:
	case FAILURE_DNS_TIMEOUT:
	case FAILURE_LOOKUPS:
	case FAILURE_DESTINATION:
		return true;
	default:
		return false;
	}
}
