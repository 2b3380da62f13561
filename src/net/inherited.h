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

/* What one is called that an earlier process of this program has bound. */
#define INHERITED_OWN	"sluice"

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
 * Returns one that is bound to an address, which is the caller's from then on;
 * -1 where there is none.  Where the port is 0, it is one that an earlier
 * process of this program has got for that, and its address is written there.
 * *own, where there is one: whether such a process has bound it.
 */
int		 inherited_socket(struct sockaddr_storage *, bool *own);

/*
 * Closes those that nobody has wanted, and says so.  What an earlier process of
 * this program has bound leaves no file behind.
 */
void		 inherited_close(void);

#endif
