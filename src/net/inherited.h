/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_INHERITED_H
#define SLUICE_INHERITED_H

#include <stdbool.h>
#include <sys/socket.h>

/*
 * Listening sockets that whoever started us has bound and handed over, by the
 * protocol of sd_listen_fds(3): so a service manager may have ports that we may
 * not bind, and keeps them while we are started anew.  From the main thread,
 * while the process starts.
 */

/* How many are looked at: one for each address and worker there may be. */
#define INHERITED_MOST	4608

/*
 * Takes them from the environment (LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES),
 * where nothing is left of them for children, and keeps those that listen.
 * To be called before the process opens what stays open, which would be taken
 * for one of them where the number says more than there are.
 */
void		 inherited_take(void);

/*
 * Returns the one that is bound to an address, which is the caller's from then
 * on; -1 where there is none.
 */
int		 inherited_socket(const struct sockaddr *);

/* Closes those that nobody has wanted, and says so. */
void		 inherited_close(void);

#endif
