/* SPDX-License-Identifier: ISC */
#include "net/own.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/address.h"
#include "net/listen.h"

struct own {
	const struct listeners	*listeners;
	int			 fd;		/* rtnetlink's; -1: none */
	uint32_t		 asked;		/* how often, modulo 2^32 */
};

/* What the kernel says of an address. */
enum answer {
	ELSEWHERE,
	HERE,
	NOT_KNOWN,
};

struct question {
	struct nlmsghdr		 head;
	struct rtmsg		 route;
	struct rtattr		 to;
	unsigned char		 address[16];
};

struct own *
own_new(const struct listeners *listeners)
{
	struct own *own;

	if ((own = calloc(1, sizeof *own)) == NULL)
		return NULL;
	own->listeners = listeners;
	own->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    NETLINK_ROUTE);
	return own;
}

void
own_free(struct own *own)
{
	if (own == NULL)
		return;
	if (own->fd != -1)
		close(own->fd);
	free(own);
}

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

/* The route to an address, as a question; the head tells how long it is. */
static void
make_question(struct question *q, uint32_t number,
    const struct sockaddr_storage *ss)
{
	bool is_v4 = ss->ss_family == AF_INET;
	size_t size = is_v4 ? sizeof(struct in_addr) : sizeof(struct in6_addr);
	const void *address = is_v4 ?
	    (const void *)&((const struct sockaddr_in *)ss)->sin_addr :
	    (const void *)&((const struct sockaddr_in6 *)ss)->sin6_addr;

	memset(q, 0, sizeof *q);
	q->head.nlmsg_len = (uint32_t)(offsetof(struct question, address) +
	    size);
	q->head.nlmsg_type = RTM_GETROUTE;
	q->head.nlmsg_flags = NLM_F_REQUEST;
	q->head.nlmsg_seq = number;
	q->route.rtm_family = (unsigned char)ss->ss_family;
	q->route.rtm_dst_len = (unsigned char)(8 * size);
	q->to.rta_type = RTA_DST;
	q->to.rta_len = (unsigned short)RTA_LENGTH(size);
	memcpy(q->address, address, size);
}

union message {
	struct nlmsghdr	 head;
	char		 bytes[4096];
};

/* An error is an answer, too: no way leads there. */
static enum answer
understand(const union message *m, size_t n)
{
	const struct rtmsg *route = NLMSG_DATA(&m->head);

	if (m->head.nlmsg_type == NLMSG_ERROR)
		return ELSEWHERE;
	if (m->head.nlmsg_type != RTM_NEWROUTE ||
	    n < NLMSG_LENGTH(sizeof *route))
		return NOT_KNOWN;
	return route->rtm_type == RTN_LOCAL ? HERE : ELSEWHERE;
}

/* The answer of that number; those before it nobody waits for. */
static enum answer
read_answer(int fd, uint32_t number)
{
	union message m;
	ssize_t n;

	do {
		if ((n = recv(fd, &m, sizeof m, MSG_DONTWAIT)) <
		    (ssize_t)sizeof m.head)
			return NOT_KNOWN;
	} while (m.head.nlmsg_seq != number);
	return understand(&m, (size_t)n);
}

/* The kernel answers before send() returns. */
static enum answer
ask(struct own *own, const struct sockaddr_storage *ss)
{
	struct question q;

	if (own->fd == -1)
		return NOT_KNOWN;
	make_question(&q, ++own->asked, ss);
	if (send(own->fd, &q, q.head.nlmsg_len, 0) == -1)
		return NOT_KNOWN;
	return read_answer(own->fd, own->asked);
}

static enum answer
place_of(struct own *own, const struct sockaddr_storage *ss)
{
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)ss;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)ss;

	if (ss->ss_family == AF_INET &&
	    ntohl(in4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET)
		return HERE;
	if (ss->ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr))
		return HERE;
	return ask(own, ss);
}

/* One for both families takes connections to both. */
static bool
is_any_for(const struct listener *l, const struct sockaddr_storage *to)
{
	return is_any(&l->addr) && (l->addr.ss_family == to->ss_family ||
	    (l->addr.ss_family == AF_INET6 && l->both));
}

/* Whether a listener may be meant; *asks: if the address is this machine's. */
static bool
may_reach(const struct listener *l, const struct sockaddr_storage *to,
    bool *asks)
{
	struct sockaddr_storage at;

	if (l->addr.ss_family == AF_UNIX)
		return false;
	/* the port is at the same place in both families */
	if (((const struct sockaddr_in *)&l->addr)->sin_port !=
	    ((const struct sockaddr_in *)to)->sin_port)
		return false;
	*asks = is_any_for(l, to);
	canonical((const struct sockaddr *)&l->addr, &at);
	return *asks || same_address(&at, to);
}

static bool
is_one_of(struct own *own, const struct listeners *ls,
    const struct sockaddr_storage *to)
{
	bool asks;
	size_t i;

	for (i = 0; i < ls->n; i++) {
		if (may_reach(&ls->list[i], to, &asks) &&
		    (!asks || place_of(own, to) != ELSEWHERE))
			return true;
	}
	return false;
}

bool
own_endpoint(struct own *own, const struct sockaddr *sa)
{
	const struct listeners *ls;
	struct sockaddr_storage to;

	if (sa->sa_family != AF_INET && sa->sa_family != AF_INET6)
		return false;
	canonical(sa, &to);
	for (ls = own->listeners; ls != NULL; ls = ls->also) {
		if (is_one_of(own, ls, &to))
			return true;
	}
	return false;
}

bool
own_address(struct own *own, const struct sockaddr *sa)
{
	struct sockaddr_storage at;

	if (sa->sa_family != AF_INET && sa->sa_family != AF_INET6)
		return false;
	canonical(sa, &at);
	return place_of(own, &at) == HERE;
}
