/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_NETWORK_H
#define SLUICE_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * Networks of addresses in CIDR form (RFC 4632, RFC 4291 2.3), and what lies in
 * them.  An address of IPv4 in the form of IPv6 (::ffff:192.0.2.1), which is
 * what a socket for both tells of its peers, is that of IPv4; so ::/0 is all of
 * IPv6 and nothing of IPv4.
 */

#define NETWORK_TEXT	64		/* bytes of one as text, at most */

struct network {
	int		 family;	/* AF_INET, AF_INET6 */
	unsigned	 bits;		/* of the prefix: 0 to 32, to 128 */
	uint8_t		 address[16];	/* in network order; 0 behind bits */
};

/*
 * Parses an address, or a network such as 192.0.2.0/24.  NULL when it is one,
 * else what was expected instead: a constant such as "a length of 0 to 32
 * behind the /".  Where only bits behind the prefix are set that must not be,
 * *network is what may be meant; after any other error its family is 0.
 */
const char	*network_parse(struct network *, const char *, size_t len)
		    __attribute__((warn_unused_result));

/* One address as a network.  False where the socket's is not one of IP. */
bool		 network_of(struct network *, const struct sockaddr *)
		    __attribute__((warn_unused_result));

/* Whether the one lies in the other, or is the same. */
bool		 network_has(const struct network *,
		    const struct network *within);

/* Whether an address lies in one of n networks; false where there are none. */
bool		 networks_have(const struct network *, size_t n,
		    const struct network *address);

/*
 * The address of IPv4 that packets to one of IPv6 end at, since a translator or
 * a relay on the way unwraps them: NAT64 (RFC 6052, 64:ff9b::/96; RFC 8215,
 * 64:ff9b:1::/48), IPv4-translated (RFC 2765), IPv4-compatible (RFC 4291
 * 2.5.5.1), 6to4 (RFC 3056), Teredo (RFC 4380).  Returns false where it holds
 * none.  What is asked of an address must be asked of the inner one, too.
 */
bool		 network_inner(const struct network *address,
		    struct network *inner) __attribute__((warn_unused_result));

/* A total order: IPv4 before IPv6, then longer prefixes before shorter ones. */
int		 network_compare(const struct network *,
		    const struct network *);

/* Makes it the network of that many bits that it lies in, if it is longer. */
void		 network_cut(struct network *, unsigned bits);

/* As text; that of a single address has no length.  Returns buf. */
const char	*network_text(char buf[NETWORK_TEXT], const struct network *);

#endif
