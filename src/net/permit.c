/* SPDX-License-Identifier: ISC */
#include "net/permit.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "net/address.h"
#include "net/dialer.h"
#include "net/own.h"
#include "policy/parent.h"

/* What a translator would make of it may be ours as well. */
static bool
is_own(const struct dialer *dialer, const struct sockaddr *sa,
    const struct network *address)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6;
	struct network inner;

	if (own_endpoint(dialer->own, sa))
		return true;
	if (!network_inner(address, &inner))
		return false;
	memcpy(&in6, sa, sizeof in6);
	in.sin_port = in6.sin6_port;
	memcpy(&in.sin_addr, inner.address, sizeof in.sin_addr);
	return own_endpoint(dialer->own, (struct sockaddr *)&in);
}

struct destination_verdict
permit_address(const struct dialer *dialer, const struct http1_host *host,
    bool stranger, const struct sockaddr *sa)
{
	struct destination d = { .host = host, .stranger = stranger };
	struct network address;

	if (network_of(&address, sa)) {
		d.address = &address;
		d.own = is_own(dialer, sa, &address);
	}
	return destination_judge(&dialer->conf->destinations, &d);
}

struct destination_verdict
permit_host(const struct dialer *dialer, const struct http1_host *host,
    bool stranger)
{
	const struct destination d = { .host = host, .stranger = stranger };
	struct sockaddr_storage ss;

	if (address_literal(host, host->port, &ss))
		return permit_address(dialer, host, stranger,
		    (struct sockaddr *)&ss);
	return destination_judge(&dialer->conf->destinations, &d);
}

struct destination_verdict
permit_beyond(const struct dialer *dialer, const struct http1_host *to,
    bool stranger)
{
	struct http1_host host = *to;

	if (host.kind == HTTP1_NAME && parent_is_local(&host)) {
		snprintf(host.name, sizeof host.name, "127.0.0.1");
		host.kind = HTTP1_IPV4;
	}
	return permit_host(dialer, &host, stranger);
}

struct destination_verdict
permit_parent(const struct dialer *dialer, const struct http1_host *host,
    const struct sockaddr *sa)
{
	struct network address;

	if (network_of(&address, sa) && is_own(dialer, sa, &address))
		return permit_address(dialer, host, false, sa);
	return (struct destination_verdict){ .reason = DESTINATION_GOES };
}
