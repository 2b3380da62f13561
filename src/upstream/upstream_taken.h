/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_UPSTREAM_TAKEN_H
#define SLUICE_UPSTREAM_TAKEN_H

#include <stddef.h>

struct tls;

/* A socket that was taken out of its connection: its taker's, with its TLS. */
struct upstream_taken {
	int		 fd;
	struct tls	*tls;		/* or NULL */
	struct tls	*tls_below;	/* that it runs inside; or NULL */
	/* Bytes that were received already, valid for the callback at hand. */
	const char	*rest;
	size_t		 len;
};

/* Closes it, and frees its TLS. */
void		 upstream_taken_drop(struct upstream_taken *);

#endif
