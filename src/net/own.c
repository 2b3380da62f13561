/* SPDX-License-Identifier: ISC */
#include "net/own.h"

#include <netinet/in.h>
#include <string.h>

#include "net/address.h"
#include "net/listen.h"

/*
 * An address as it will be dialled: a mapped one is its IPv4 address, and the
 * kernel takes "any" for the loopback.
 */
static void
canonical(const struct sockaddr *sa, struct sockaddr_storage *out)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;
	struct sockaddr_in *out4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *out6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof *out);
	memcpy(out, sa, address_length(sa));
	if (sa->sa_family == AF_INET6 &&
	    IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		memset(out, 0, sizeof *out);
		out4->sin_family = AF_INET;
		out4->sin_port = in6->sin6_port;
		memcpy(&out4->sin_addr, &in6->sin6_addr.s6_addr[12], 4);
	}
	if (out->ss_family == AF_INET && out4->sin_addr.s_addr == 0)
		out4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else if (out->ss_family == AF_INET6 &&
	    IN6_IS_ADDR_UNSPECIFIED(&out6->sin6_addr))
		out6->sin6_addr = in6addr_loopback;
}

static bool
same_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET)
		return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
		    ((const struct sockaddr_in *)b)->sin_addr.s_addr;
	return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
	    &((const struct sockaddr_in6 *)b)->sin6_addr,
	    sizeof(struct in6_addr)) == 0;
}

static bool
is_any(const struct sockaddr_storage *ss)
{
	if (ss->ss_family == AF_INET)
		return ((const struct sockaddr_in *)ss)->sin_addr.s_addr == 0;
	return IN6_IS_ADDR_UNSPECIFIED(
	    &((const struct sockaddr_in6 *)ss)->sin6_addr);
}

static bool
is_own(const struct listeners *ls, const struct sockaddr_storage *ss)
{
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)ss;
	size_t i;

	if (ss->ss_family == AF_INET &&
	    (ntohl(in4->sin_addr.s_addr) >> 24) == IN_LOOPBACKNET)
		return true;
	for (i = 0; i < ls->nown; i++) {
		if (same_address(&ls->own[i], ss))
			return true;
	}
	return false;
}

static bool
is_one_of(const struct listeners *ls, const struct sockaddr_storage *to)
{
	const struct listener *l;
	size_t i;

	for (i = 0; i < ls->n; i++) {
		l = &ls->list[i];
		if (l->addr.ss_family != to->ss_family)
			continue;
		/* the port is at the same place in both families */
		if (((const struct sockaddr_in *)&l->addr)->sin_port !=
		    ((const struct sockaddr_in *)to)->sin_port)
			continue;
		if (same_address(&l->addr, to) ||
		    (is_any(&l->addr) && is_own(ls, to)))
			return true;
	}
	return false;
}

bool
own_endpoint(const struct listeners *ls, const struct sockaddr *sa)
{
	struct sockaddr_storage to;

	if (sa->sa_family != AF_INET && sa->sa_family != AF_INET6)
		return false;
	canonical(sa, &to);
	for (; ls != NULL; ls = ls->also) {
		if (is_one_of(ls, &to))
			return true;
	}
	return false;
}
