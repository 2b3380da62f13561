/* SPDX-License-Identifier: ISC */
#include "http/http1_host.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "http/http1_class.h"

#define LABEL_MAX	63
#define PORT_DIGITS	5

static bool
port_parse(uint16_t *port, const char *p, size_t len)
{
	unsigned value = 0;

	if (len == 0)
		return true;
	if (len > PORT_DIGITS)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!http1_is_digit(p[i]))
			return false;
		value = value * 10 + (unsigned)(p[i] - '0');
	}
	if (value == 0 || value > UINT16_MAX)
		return false;
	*port = (uint16_t)value;
	return true;
}

/*
 * The system's resolver takes a last label like these for a part of an
 * IPv4 address, so a name that has one is an address or nothing.
 */
static bool
is_number(const char *p, size_t len)
{
	size_t i = 0;

	if (len >= 2 && p[0] == '0' && p[1] == 'x') {
		for (i = 2; i < len && http1_hex(p[i]) >= 0; i++)
			;
		return i == len;
	}
	while (i < len && http1_is_digit(p[i]))
		i++;
	return i == len;
}

static bool
is_octet(const char *p, size_t len)
{
	unsigned value = 0;

	if (len == 0 || len > 3 || (len > 1 && p[0] == '0'))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!http1_is_digit(p[i]))
			return false;
		value = value * 10 + (unsigned)(p[i] - '0');
	}
	return value <= 255;
}

/* Four octets without leading zeros: this text is canonical already. */
static bool
is_quad(const char *p, size_t len)
{
	const char *dot;
	size_t part;
	unsigned n;

	for (n = 0; n < 4; n++) {
		dot = memchr(p, '.', len);
		part = dot == NULL ? len : (size_t)(dot - p);
		if (!is_octet(p, part))
			return false;
		if (dot == NULL)
			return n == 3;
		p += part + 1;
		len -= part + 1;
	}
	return false;
}

/* Lower-cases the name, checks its labels, leaves out one trailing dot. */
static bool
name_parse(struct http1_host *host, const char *p, size_t len)
{
	bool dot = len > 0 && p[len - 1] == '.';
	size_t label = 0;	/* where the current one starts */
	size_t i;

	if (dot)
		len--;
	if (len == 0 || len > HTTP1_HOST)
		return false;
	for (i = 0; i < len; i++) {
		host->name[i] = http1_lower(p[i]);
		if (p[i] == '.') {
			if (i == label)
				return false;
			label = i + 1;
		} else if (!http1_is(p[i], HTTP1_LABEL) ||
		    i - label >= LABEL_MAX) {
			return false;
		}
	}
	if (i == label)
		return false;
	host->name[len] = '\0';
	host->kind = HTTP1_NAME;
	if (is_number(host->name + label, len - label)) {
		if (!is_quad(host->name, len))
			return false;
		host->kind = HTTP1_IPV4;
	}
	host->absolute = dot && host->kind == HTTP1_NAME;
	return true;
}

/*
 * The address that a connection to this one reaches: of IPv4 where it is one in
 * the form of IPv6 (RFC 4291 2.5.5.2), the loopback's where it is none at all.
 * Those that a translator makes of IPv4 (RFC 6052), and the old ::192.0.2.1,
 * are other destinations.
 */
static bool
v6_canonical(struct http1_host *host, struct in6_addr *addr)
{
	if (IN6_IS_ADDR_V4MAPPED(addr)) {
		host->kind = HTTP1_IPV4;
		return inet_ntop(AF_INET, &addr->s6_addr[12], host->name,
		    sizeof host->name) != NULL;
	}
	if (IN6_IS_ADDR_UNSPECIFIED(addr))
		*addr = in6addr_loopback;
	host->kind = HTTP1_IPV6;
	return inet_ntop(AF_INET6, addr, host->name, sizeof host->name) !=
	    NULL;
}

/*
 * The text between the brackets.  inet_pton() decides, but sees only
 * the bytes that an address is made of: no zone, nothing of IPvFuture.
 */
static bool
v6_parse(struct http1_host *host, const char *p, size_t len)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr addr;

	if (len >= sizeof text)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (http1_hex(p[i]) < 0 && p[i] != ':' && p[i] != '.')
			return false;
		text[i] = p[i];
	}
	text[len] = '\0';
	return inet_pton(AF_INET6, text, &addr) == 1 &&
	    v6_canonical(host, &addr);
}

/* A connection to no address at all is one to the loopback. */
static void
v4_canonical(struct http1_host *host)
{
	if (host->kind == HTTP1_IPV4 && strcmp(host->name, "0.0.0.0") == 0)
		memcpy(host->name, "127.0.0.1", sizeof("127.0.0.1"));
}

static bool
host_parse(struct http1_host *host, const char *p, size_t len)
{
	const char *end = p + len;
	const char *stop;		/* behind the host */

	if (len > 0 && *p == '[') {
		stop = memchr(p, ']', len);
		if (stop == NULL ||
		    !v6_parse(host, p + 1, (size_t)(stop - p - 1)))
			return false;
		stop++;
	} else {
		stop = memchr(p, ':', len);
		if (stop == NULL)
			stop = end;
		if (!name_parse(host, p, (size_t)(stop - p)))
			return false;
	}
	v4_canonical(host);
	if (stop == end)
		return true;
	if (*stop != ':')
		return false;
	stop++;
	return port_parse(&host->port, stop, (size_t)(end - stop));
}

enum http1_error
http1_host_parse(struct http1_host *host, const char *p, size_t len)
{
	host->name[0] = '\0';
	host->kind = HTTP1_NAME;
	host->port = 0;
	host->absolute = false;
	if (len > 0 && host_parse(host, p, len))
		return HTTP1_OK;
	memset(host, 0, sizeof *host);
	return HTTP1_BAD_HOST;
}
