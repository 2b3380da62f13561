/* SPDX-License-Identifier: ISC */
#include "hosts/host_counted.h"

#define LEAST		100000000ULL	/* ns */
#define MOST		1000000000ULL	/* ns */
#define DOUBLINGS	3

uint64_t
host_counted_within(const struct host_counted *c)
{
	uint64_t ns, slowest = 0;
	unsigned i;

	for (i = 0; i < HOST_HANDSHAKES; i++)
		if (c->handshakes[i] > slowest)
			slowest = c->handshakes[i];
	ns = slowest * 1000 * 4;
	ns = ns < LEAST ? LEAST : ns > MOST ? MOST : ns;
	return ns << c->doublings;
}

void
host_counted_connected(struct host_counted *c, uint64_t took)
{
	uint64_t us = took / 1000 + 1;

	c->handshakes[c->next] = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
	c->next = (uint8_t)((c->next + 1) % HOST_HANDSHAKES);
}

void
host_counted_refused(struct host_counted *c)
{
	if (c->doublings < DOUBLINGS)
		c->doublings++;
}
