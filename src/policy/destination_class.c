/* SPDX-License-Identifier: ISC */
#include "policy/destination_class.h"

#include <string.h>

#define V4(bits, ...)	{ AF_INET, bits, { __VA_ARGS__ } }
#define V6(bits, ...)	{ AF_INET6, bits, { __VA_ARGS__ } }

/*
 * Where clouds answer their own machines with keys and passwords.  Most do at
 * 169.254.169.254; those beside it:
 * "Use IMDS", "Amazon ECS task metadata endpoint", "EKS Pod Identities",
 * docs.aws.amazon.com: fd00:ec2::254, 169.254.170.2, 169.254.170.23,
 * fd00:ec2::23; that whole network is services of its machine.
 * "About VM metadata", cloud.google.com/compute/docs/metadata: fd20:ce::254,
 * and metadata.google.internal is 169.254.169.254.
 * "What is IP address 168.63.129.16?", learn.microsoft.com/azure/virtual-network
 * "View instance metadata", alibabacloud.com/help/en/ecs: 100.100.100.200,
 * fd00:100::100:200.
 * "Getting Instance Metadata", docs.oracle.com/iaas: fd00:c1::a9fe:a9fe, and at
 * customers' 192.0.0.192.
 * "Scaleway", "Akamai", docs.cloud-init.io, datasources: 169.254.42.42,
 * fd00:42::42; fd00:a9fe:a9fe::1.
 * "Querying Instance Metadata", cloud.tencent.com/document/product/213:
 * 169.254.0.23.
 */
static const struct network metadata[] = {
	V4(32, 169, 254, 169, 254),
	V4(32, 169, 254, 170, 2),
	V4(32, 169, 254, 170, 23),
	V4(32, 169, 254, 42, 42),
	V4(32, 169, 254, 0, 23),
	V4(32, 168, 63, 129, 16),
	V4(32, 100, 100, 100, 200),
	V4(32, 192, 0, 0, 192),
	V6(32, 0xfd, 0x00, 0x0e, 0xc2),
	V6(128, 0xfd, 0x20, 0x00, 0xce, [14] = 0x02, 0x54),
	V6(128, 0xfd, 0x00, 0x01, 0x00, [12] = 0x01, 0x00, 0x02, 0x00),
	V6(128, 0xfd, 0x00, 0x00, 0xc1, [12] = 0xa9, 0xfe, 0xa9, 0xfe),
	V6(128, 0xfd, 0x00, 0x00, 0x42, [15] = 0x42),
	V6(128, 0xfd, 0x00, 0xa9, 0xfe, 0xa9, 0xfe, [15] = 0x01),
	V6(128, 0xfe, 0x80, [12] = 0xa9, 0xfe, 0xa9, 0xfe),
};

static const struct network link_local[] = {
	V4(16, 169, 254),
	V6(10, 0xfe, 0x80),
};

/* A connection to no address at all is one to the loopback. */
static const struct network loopback[] = {
	V4(8, 127),
	V4(32, 0, 0, 0, 0),
	V6(127, 0),
};

/* What a translator makes of it is an address of IPv4, to be asked of itself */
static const struct network translated[] = {
	V6(96, 0x00, 0x64, 0xff, 0x9b),
};

/*
 * IANA IPv4 and IPv6 Special-Purpose Address Registries: what is not globally
 * reachable; multicast.  Of IPv6 all but 2000::/3, since nothing else is given
 * to networks of the Internet (IANA Internet Protocol Version 6 Address Space).
 */
static const struct network private[] = {
	V4(8, 0),
	V4(8, 10),
	V4(10, 100, 64),
	V4(12, 172, 16),
	V4(24, 192, 0, 0),
	V4(24, 192, 0, 2),
	V4(24, 192, 88, 99),
	V4(16, 192, 168),
	V4(15, 198, 18),
	V4(24, 198, 51, 100),
	V4(24, 203, 0, 113),
	V4(4, 224),
	V4(4, 240),
	V6(3, 0),
	V6(23, 0x20, 0x01),
	V6(32, 0x20, 0x01, 0x0d, 0xb8),
	V6(20, 0x3f, 0xff),
	V6(2, 0x40),
	V6(1, 0x80),
};

#define TABLE(a)	(a), sizeof(a) / sizeof((a)[0])

/* In the order in which they are looked at. */
static const struct {
	const struct network	*list;
	size_t			 n;
	enum destination_class	 class;
} tables[] = {
	{ TABLE(metadata), DESTINATION_METADATA },
	{ TABLE(link_local), DESTINATION_LINK_LOCAL },
	{ TABLE(loopback), DESTINATION_LOOPBACK },
	{ TABLE(translated), DESTINATION_PUBLIC },
	{ TABLE(private), DESTINATION_PRIVATE },
};

enum destination_class
destination_class(const struct network *address, const struct network **within)
{
	size_t i, k;

	*within = NULL;
	for (i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		for (k = 0; k < tables[i].n; k++) {
			if (!network_has(&tables[i].list[k], address))
				continue;
			if (tables[i].class != DESTINATION_PUBLIC)
				*within = &tables[i].list[k];
			return tables[i].class;
		}
	}
	return DESTINATION_PUBLIC;
}

static const char *const words[DESTINATION_CLASSES] = {
	[DESTINATION_OWN] = "own",
	[DESTINATION_METADATA] = "metadata",
	[DESTINATION_LINK_LOCAL] = "link-local",
	[DESTINATION_LOOPBACK] = "loopback",
	[DESTINATION_PRIVATE] = "private",
};

enum destination_class
destination_class_named(const char *text, size_t len)
{
	int class;

	for (class = DESTINATION_OWN; class < DESTINATION_CLASSES; class++) {
		if (strlen(words[class]) == len &&
		    memcmp(words[class], text, len) == 0)
			return (enum destination_class)class;
	}
	return DESTINATION_PUBLIC;
}
