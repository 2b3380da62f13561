/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_PEER_USER_H
#define SLUICE_PEER_USER_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

/*
 * Finds out whose process of this machine is at the other end of a TCP
 * connection, between these two addresses: the kernel knows (sock_diag(7)).
 * Takes a few system calls, and nobody waits for the answer.  Returns false
 * where it is no process of this machine, or has closed its end by now.
 */
bool		 peer_user(const struct sockaddr *peer,
		    const struct sockaddr *own, uid_t *);

#endif
