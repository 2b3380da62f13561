/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOST_COUNTED_H
#define SLUICE_HOST_COUNTED_H

#include <stdint.h>

/*
 * How long a host takes at most to count a request that was sent whole, which
 * strict rates have to know: four times the slowest of its last handshakes, and
 * twice that after each refusal.
 */

#define HOST_HANDSHAKES	4

/* Begins as zero. */
struct host_counted {
	uint32_t	 handshakes[HOST_HANDSHAKES];	/* us; the last ones */
	uint8_t		 next;
	uint8_t		 doublings;
};

/* Returns that (ns). */
uint64_t	 host_counted_within(const struct host_counted *);

/* A handshake with the host took so long (ns). */
void		 host_counted_connected(struct host_counted *, uint64_t took);

/* The host has refused, though its limits were kept. */
void		 host_counted_refused(struct host_counted *);

#endif
