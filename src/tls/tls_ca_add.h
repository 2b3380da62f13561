/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TLS_CA_ADD_H
#define SLUICE_TLS_CA_ADD_H

#include <stdbool.h>
#include <time.h>

/*
 * Extending a CA to further hosts, so that nobody has to trust anything new: by
 * a certificate for the same key, signed by the same root, in place of the old
 * one.
 */

enum tls_ca_added {
	TLS_CA_REFUSED,		/* see the cause; nothing was changed */
	TLS_CA_ALREADY,		/* it may speak for all of them */
	TLS_CA_ADDED,
};

struct tls_ca_extension {
	/* Its file, that is replaced; beside it are its root's two. */
	const char		*certificate;
	const char		*key;
	const char *const	*hosts;		/* patterns */
	unsigned		 nhosts;
	time_t			 now;		/* seconds since 1970 */
};

/* Does it, all or nothing.  *cause, to be freed, where it is refused. */
enum tls_ca_added tls_ca_add(const struct tls_ca_extension *, char **cause)
		    __attribute__((warn_unused_result));

#endif
