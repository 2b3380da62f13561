/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TLS_CA_BOUNDS_H
#define SLUICE_TLS_CA_BOUNDS_H

#include <stdbool.h>

#include <openssl/x509v3.h>

#include "http/http1.h"

/*
 * What a CA may speak for: name constraints (RFC 5280 4.2.1.10).  Zeroed to
 * start with; tls_ca_bounds_free() at the end.  False is want of memory, unless
 * there is a cause, which is to be freed.
 */

struct conf;

struct tls_ca_bounds {
	NAME_CONSTRAINTS	*nc;
	unsigned		 n[HTTP1_IPV6 + 1];	/* by http1_host_kind */
};

/*
 * Makes those of a configuration: the hosts that it marks with https:
 * intercept.  Returns false, too, where there are none, or one that stands for
 * every host.
 */
bool		 tls_ca_bounds_of_conf(struct tls_ca_bounds *,
		    const struct conf *, char **cause);
/*
 * Makes those that a certificate permits, of which nothing is excluded yet.
 * Returns false where it has none.
 */
bool		 tls_ca_bounds_of_certificate(struct tls_ca_bounds *, X509 *);

/* Adds a host, with all below it. */
bool		 tls_ca_bounds_add(struct tls_ca_bounds *,
		    const struct http1_host *);
/*
 * Adds what a pattern of hosts stands for; *every: that is all of them, and
 * nothing is added.  Returns false, too, where it is no pattern.
 */
bool		 tls_ca_bounds_of_pattern(struct tls_ca_bounds *,
		    const char *, bool *every, char **cause);
/* Excludes what nothing was added of: names, addresses of either family. */
bool		 tls_ca_bounds_close(struct tls_ca_bounds *);

void		 tls_ca_bounds_free(struct tls_ca_bounds *);

#endif
