/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_OWN_H
#define SLUICE_OWN_H

#include <stdbool.h>
#include <sys/socket.h>

/*
 * What is this machine's, and what of it this process's.  Addresses come and
 * go, and some that a machine answers at are on no interface's list: so the
 * kernel is asked each time which way packets to one would take (rtnetlink(7)).
 * An answer takes two system calls, and nobody waits for it.
 */

struct listeners;
struct own;			/* a thread's */

/*
 * For a thread that wants to know of these listeners (NULL: there are none),
 * which stay until own_free().  Returns NULL without memory.
 */
struct own	*own_new(const struct listeners *);
void		 own_free(struct own *);

/*
 * Returns whether an address is this machine's: of its loopback, or any at
 * which it answers.  False where the kernel could not be asked.
 */
bool		 own_address(struct own *, const struct sockaddr *);

/*
 * Returns whether connecting to that address would reach one of the listeners,
 * or of those beside them: by its own address, a mapped one, or any of the
 * machine's where a listener is bound to all.  True where the kernel would have
 * to be asked, and could not be.
 */
bool		 own_endpoint(struct own *, const struct sockaddr *);

#endif
