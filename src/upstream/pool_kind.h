/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_POOL_KIND_H
#define SLUICE_POOL_KIND_H

#include <stdbool.h>
#include <stdint.h>

/* Which connections to a host and port may take each other's place. */
struct pool_kind {
	uint32_t		 tls_settings_id;	/* 0: without TLS */
	/*
	 * Whom it was made for, and by which rules of destinations: others may
	 * not be allowed to go to its address.
	 */
	uint32_t		 destinations_id;
	bool			 stranger;
	uint64_t		 parent_id;	/* 0: through no parent */
	bool			 by_tunnel;	/* to a host behind it */
	/* Whose it is, by how the host knows who asks; 0: anybody's. */
	uint64_t		 owner;
};

#endif
