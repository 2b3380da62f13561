/* SPDX-License-Identifier: ISC */
#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "http/http1.h"

#define SUBNET	8	/* bytes of an IPv6 address: what a client has */

socklen_t
address_length(const struct sockaddr *sa)
{
	switch (sa->sa_family) {
	case AF_INET:
		return sizeof(struct sockaddr_in);
	case AF_INET6:
		return sizeof(struct sockaddr_in6);
	default:
		return sizeof(struct sockaddr_un);
	}
}

void
address_set_port(struct sockaddr *sa, uint16_t port)
{
	if (sa->sa_family == AF_INET)
		((struct sockaddr_in *)sa)->sin_port = htons(port);
	else if (sa->sa_family == AF_INET6)
		((struct sockaddr_in6 *)sa)->sin6_port = htons(port);
}

const char *
address_print(const struct sockaddr *sa, char *buf, size_t size)
{
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)sa;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;
	char ip[INET6_ADDRSTRLEN] = "?";

	switch (sa->sa_family) {
	case AF_INET:
		inet_ntop(AF_INET, &in4->sin_addr, ip, sizeof ip);
		snprintf(buf, size, "%s:%u", ip, ntohs(in4->sin_port));
		break;
	case AF_INET6:
		inet_ntop(AF_INET6, &in6->sin6_addr, ip, sizeof ip);
		snprintf(buf, size, "[%s]:%u", ip, ntohs(in6->sin6_port));
		break;
	default:
		snprintf(buf, size, "unix:%s",
		    ((const struct sockaddr_un *)sa)->sun_path);
		break;
	}
	return buf;
}

bool
address_literal(const struct http1_host *h, uint16_t port,
    struct sockaddr_storage *ss)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof *ss);
	if (h->kind == HTTP1_IPV4 &&
	    inet_pton(AF_INET, h->name, &in4->sin_addr) == 1)
		in4->sin_family = AF_INET;
	else if (h->kind == HTTP1_IPV6 &&
	    inet_pton(AF_INET6, h->name, &in6->sin6_addr) == 1)
		in6->sin6_family = AF_INET6;
	else
		return false;
	address_set_port((struct sockaddr *)ss, port);
	return true;
}

void
address_pack(const struct sockaddr *sa, struct address *a)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	memset(a, 0, sizeof *a);
	if (sa != NULL && sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof in);
		a->family = AF_INET;
		memcpy(a->address, &in.sin_addr, sizeof in.sin_addr);
	} else if (sa != NULL && sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof in6);
		a->family = AF_INET6;
		memcpy(a->address, &in6.sin6_addr, sizeof in6.sin6_addr);
		if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
			a->family = AF_INET;
			memmove(a->address, a->address + 12, 4);
			memset(a->address + 4, 0, 12);
		}
	}
}

void
address_client(const struct sockaddr *sa, struct address *a)
{
	address_pack(sa, a);
	if (a->family == AF_INET6)
		memset(a->address + SUBNET, 0, sizeof a->address - SUBNET);
}

void
address_unpack(const struct address *a, uint16_t port,
    struct sockaddr_storage *ss)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof *ss);
	ss->ss_family = (sa_family_t)a->family;
	if (a->family == AF_INET)
		memcpy(&in4->sin_addr, a->address, sizeof in4->sin_addr);
	else if (a->family == AF_INET6)
		memcpy(&in6->sin6_addr, a->address, sizeof in6->sin6_addr);
	address_set_port((struct sockaddr *)ss, port);
}
