/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RESOLVE_H
#define SLUICE_RESOLVE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * Names to addresses, by c-ares on the worker's loop: hosts file, then DNS over
 * UDP with TCP where an answer is too long, as the system is configured or
 * as `resolver` says.
 */

#define RESOLVE_ADDRESSES	16	/* of one name, at most */

struct resolver;
struct resolve;
struct worker;

enum resolve_result {
	RESOLVE_OK,
	RESOLVE_NOT_FOUND,	/* no such name, no address, server failure */
	RESOLVE_TIMEOUT,
};

typedef void	 resolve_cb(void *arg, enum resolve_result,
		    const struct sockaddr_storage *, size_t n);

struct resolver	*resolver_new(struct worker *);
void		 resolver_free(struct resolver *);

/*
 * Asks for the addresses of a name, each with that port, in the order in which
 * to try them (RFC 6724, families taking turns as RFC 8305 asks).  cb is called
 * once, perhaps before this returns (then the result is NULL), unless the
 * query is cancelled.  The name must stay until then.
 */
struct resolve	*resolve_name(struct resolver *, const char *name,
		    uint16_t port, resolve_cb *cb, void *arg);
void		 resolve_cancel(struct resolve *);

#endif
