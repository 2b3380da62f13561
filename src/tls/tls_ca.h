/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TLS_CA_H
#define SLUICE_TLS_CA_H

#include <stdbool.h>
#include <stdio.h>

/*
 * A CA that may speak only for the hosts that the configuration marks with
 * https: intercept (name constraints, RFC 5280 4.2.1.10).
 *
 * One that can be extended has a root above it, which is what clients trust:
 * that may speak for more, and its key need not be where the daemon is.
 */

struct conf;

#define TLS_CA_CERTIFICATE	"ca.pem"
#define TLS_CA_KEY		"ca.key"	/* mode 0600 */
#define TLS_CA_ROOT		"root.pem"	/* of one that can be extended */
#define TLS_CA_ROOT_KEY		"root.key"	/* mode 0600 */
#define TLS_CA_BUNDLE		"bundle.pem"	/* whom the system trusts, and
						   whom clients have to */

struct tls_ca_order {
	const char		*dir;		/* made where it is missing */
	/*
	 * Patterns of hosts: what is below them it can be extended to, beside
	 * what it may speak for; "*": all.
	 */
	const char *const	*within;
	unsigned		 nwithin;	/* 0: it cannot be extended */
};

/*
 * Makes one, all of its files or none, and never over one that is there.  Tells
 * on out what it may do, and what the configuration has to say of it.  Returns
 * false with *cause, to be freed; then no file is left behind.
 */
bool	 tls_ca_make(const struct conf *, const struct tls_ca_order *,
	    FILE *out, char **cause) __attribute__((warn_unused_result));

#endif
