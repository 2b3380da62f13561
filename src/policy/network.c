/* SPDX-License-Identifier: ISC */
#include "policy/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static const char	 expected_network[] =
    "an address or a network such as 192.0.2.0/24 or 2001:db8::/32";

static unsigned
width(const struct network *network)
{
	return network->family == AF_INET ? 32 : 128;
}

static void
set(struct network *network, int family, const void *address)
{
	memset(network, 0, sizeof *network);
	network->family = family;
	network->bits = width(network);
	memcpy(network->address, address, network->bits / 8);
}

/* The bits of an octet that belong to a prefix, octet by octet. */
static uint8_t
mask(unsigned bits, unsigned octet)
{
	if (bits >= 8 * (octet + 1))
		return 0xff;
	if (bits <= 8 * octet)
		return 0;
	return (uint8_t)(0xff << (8 * (octet + 1) - bits));
}

/* Clears what is behind the prefix; whether anything was there. */
static bool
cut(struct network *network)
{
	uint8_t keep;
	unsigned i;
	bool some = false;

	for (i = 0; i < sizeof network->address; i++) {
		keep = mask(network->bits, i);
		some |= (network->address[i] & (uint8_t)~keep) != 0;
		network->address[i] &= keep;
	}
	return some;
}

void
network_cut(struct network *network, unsigned bits)
{
	if (network->bits <= bits)
		return;
	network->bits = bits;
	(void)cut(network);
}

static void
unmap(struct network *network)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (network->family != AF_INET6 || network->bits < 96 ||
	    memcmp(network->address, mapped, sizeof mapped) != 0)
		return;
	network->family = AF_INET;
	network->bits -= 96;
	memmove(network->address, network->address + 12, 4);
	memset(network->address + 4, 0, 12);
}

static bool
parse_address(struct network *network, const char *text, size_t len)
{
	uint8_t address[16];
	char buf[INET6_ADDRSTRLEN];

	if (len == 0 || len >= sizeof buf || memchr(text, '\0', len) != NULL)
		return false;
	memcpy(buf, text, len);
	buf[len] = '\0';
	if (inet_pton(AF_INET, buf, address) == 1)
		set(network, AF_INET, address);
	else if (inet_pton(AF_INET6, buf, address) == 1)
		set(network, AF_INET6, address);
	else
		return false;
	return true;
}

/* One to three digits that do not begin with a 0 of no use. */
static bool
parse_bits(struct network *network, const char *text, size_t len)
{
	unsigned bits = 0;
	size_t i;

	if (len == 0 || len > 3 || (text[0] == '0' && len > 1))
		return false;
	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		bits = bits * 10 + (unsigned)(text[i] - '0');
	}
	network->bits = bits;
	return bits <= width(network);
}

const char *
network_parse(struct network *network, const char *text, size_t len)
{
	const char *slash = len == 0 ? NULL : memchr(text, '/', len);
	size_t n = slash == NULL ? len : (size_t)(slash - text);
	bool is_v4;

	memset(network, 0, sizeof *network);
	if (!parse_address(network, text, n))
		return expected_network;
	is_v4 = network->family == AF_INET;
	if (slash != NULL && !parse_bits(network, slash + 1, len - n - 1)) {
		network->family = 0;
		return is_v4 ? "a length of 0 to 32 behind the /" :
		    "a length of 0 to 128 behind the /";
	}
	if (cut(network))
		return "no bits that are set behind the network's length";
	unmap(network);
	return NULL;
}

bool
network_of(struct network *network, const struct sockaddr *sa)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	switch (sa->sa_family) {
	case AF_INET:
		memcpy(&in, sa, sizeof in);
		set(network, AF_INET, &in.sin_addr);
		return true;
	case AF_INET6:
		memcpy(&in6, sa, sizeof in6);
		set(network, AF_INET6, &in6.sin6_addr);
		unmap(network);
		return true;
	default:
		return false;
	}
}

bool
network_has(const struct network *network, const struct network *within)
{
	unsigned whole = network->bits / 8;

	if (network->family != within->family || network->bits > within->bits)
		return false;
	return memcmp(network->address, within->address, whole) == 0 &&
	    (network->bits % 8 == 0 || (within->address[whole] &
	    mask(network->bits, whole)) == network->address[whole]);
}

bool
networks_have(const struct network *networks, size_t n,
    const struct network *address)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (network_has(&networks[i], address))
			return true;
	}
	return false;
}

/* Where in an address of IPv6 one of IPv4 stands. */
static const struct {
	uint8_t		 prefix[12];
	unsigned	 bits;
	unsigned	 at;		/* octet */
	uint8_t		 flip;		/* what its octets are xored with */
} wraps[] = {
	{ { 0x00, 0x64, 0xff, 0x9b }, 96, 12, 0 },		/* NAT64 */
	{ { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }, 48, 12, 0 },	/* local one */
	{ { [8] = 0xff, [9] = 0xff }, 96, 12, 0 },		/* translated */
	{ { 0 }, 96, 12, 0 },					/* compatible */
	{ { 0x20, 0x02 }, 16, 2, 0 },				/* 6to4 */
	{ { 0x20, 0x01 }, 32, 12, 0xff },			/* Teredo */
};

/* :: and ::1 have the form of compatible ones, and are none. */
static bool
is_special(const struct network *address)
{
	static const uint8_t zeros[15];

	return memcmp(address->address, zeros, sizeof zeros) == 0 &&
	    address->address[15] <= 1;
}

bool
network_inner(const struct network *address, struct network *inner)
{
	uint8_t v4[4];
	unsigned i, k;

	if (address->family != AF_INET6 || address->bits != 128 ||
	    is_special(address))
		return false;
	for (i = 0; i < sizeof wraps / sizeof wraps[0]; i++) {
		if (memcmp(address->address, wraps[i].prefix,
		    wraps[i].bits / 8) != 0)
			continue;
		for (k = 0; k < sizeof v4; k++)
			v4[k] = address->address[wraps[i].at + k] ^
			    wraps[i].flip;
		set(inner, AF_INET, v4);
		return true;
	}
	return false;
}

int
network_compare(const struct network *a, const struct network *b)
{
	if (a->family != b->family)
		return a->family == AF_INET ? -1 : 1;
	if (a->bits != b->bits)
		return a->bits > b->bits ? -1 : 1;
	return memcmp(a->address, b->address, sizeof a->address);
}

const char *
network_text(char buf[NETWORK_TEXT], const struct network *network)
{
	size_t len;

	if (inet_ntop(network->family, network->address, buf,
	    INET6_ADDRSTRLEN) == NULL)
		buf[0] = '\0';
	len = strlen(buf);
	if (network->bits < width(network))
		snprintf(buf + len, NETWORK_TEXT - len, "/%u", network->bits);
	return buf;
}
