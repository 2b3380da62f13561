/* SPDX-License-Identifier: ISC */
#include "net/peer_user.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

struct question {
	struct nlmsghdr			 head;
	struct inet_diag_req_v2		 request;
};

union message {
	struct nlmsghdr	 head;
	char		 bytes[4096];
};

/*
 * One end, as the kernel names it: what came over IPv4 to a socket of IPv6 is
 * of IPv4 at its other end.  Returns its family, or 0.
 */
static int
name_end(const struct sockaddr *sa, uint32_t address[4], uint16_t *port)
{
	const struct sockaddr_in *four = (const void *)sa;
	const struct sockaddr_in6 *six = (const void *)sa;

	memset(address, 0, 16);
	if (sa->sa_family == AF_INET) {
		memcpy(address, &four->sin_addr, sizeof four->sin_addr);
		*port = four->sin_port;
		return AF_INET;
	}
	if (sa->sa_family != AF_INET6)
		return 0;
	*port = six->sin6_port;
	if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
		memcpy(address, &six->sin6_addr.s6_addr[12], 4);
		return AF_INET;
	}
	memcpy(address, &six->sin6_addr, sizeof six->sin6_addr);
	return AF_INET6;
}

/* Of the socket at the other end: our peer's address is its own. */
static bool
make_question(struct question *q, const struct sockaddr *peer,
    const struct sockaddr *own)
{
	struct inet_diag_sockid *id = &q->request.id;
	int family, ours;

	memset(q, 0, sizeof *q);
	q->head.nlmsg_len = sizeof *q;
	q->head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	q->head.nlmsg_flags = NLM_F_REQUEST;
	q->request.sdiag_protocol = IPPROTO_TCP;
	q->request.idiag_states = UINT32_MAX;
	family = name_end(peer, id->idiag_src, &id->idiag_sport);
	ours = name_end(own, id->idiag_dst, &id->idiag_dport);
	id->idiag_cookie[0] = id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	q->request.sdiag_family = (uint8_t)family;
	return family != 0 && family == ours;
}

/* A socket that nobody has open any more has no inode, and is told as root's. */
static bool
understand(const union message *m, size_t n, uid_t *user)
{
	const struct inet_diag_msg *found = NLMSG_DATA(&m->head);

	if (m->head.nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    n < NLMSG_LENGTH(sizeof *found) || found->idiag_inode == 0 ||
	    found->idiag_state == TCP_LISTEN)
		return false;
	*user = found->idiag_uid;
	return true;
}

bool
peer_user(const struct sockaddr *peer, const struct sockaddr *own,
    uid_t *user)
{
	struct question q;
	union message m;
	ssize_t n = -1;
	int fd;

	if (!make_question(&q, peer, own))
		return false;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (fd == -1)
		return false;
	/* the kernel answers before send() returns */
	if (send(fd, &q, sizeof q, 0) == (ssize_t)sizeof q)
		n = recv(fd, &m, sizeof m, MSG_DONTWAIT);
	close(fd);
	return n >= (ssize_t)sizeof m.head && understand(&m, (size_t)n, user);
}
