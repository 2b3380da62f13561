/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RESOLVE_SYSTEM_H
#define SLUICE_RESOLVE_SYSTEM_H

#include <stdbool.h>
#include <sys/stat.h>

/*
 * The file with the system's name servers and search domains.  Another network,
 * a VPN, a lease that ends make another one of it, and tell nobody.
 */

struct resolve_system {
	struct stat	 seen;		/* all zero: it was not there */
};

/* Looks at it.  Returns whether it is another one than the last time. */
bool	 resolve_system_changed(struct resolve_system *);

#endif
