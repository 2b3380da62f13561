/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_KEEPER_SOCKETS_H
#define SLUICE_KEEPER_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "net/inherited.h"
#include "net/socket_file.h"

/*
 * Listening sockets that a keeper holds, from one process that it has started
 * to the next.  They are never accepted from here.  All zero: none.
 */

/* As many as the next process looks at. */
#define KEPT_SOCKETS	INHERITED_MOST

struct kept_socket {
	int			 fd;
	bool			 ours;	/* this program has bound it */
	struct socket_file	 file;	/* ... and it has one */
};

/* Needs no memory when one comes: one that is lost is a port that is closed. */
struct kept_sockets {
	struct kept_socket	 list[KEPT_SOCKETS];
	size_t			 n;
};

/* Takes those that a service manager has handed over (sd_listen_fds(3)). */
void		 keeper_sockets_inherit(struct kept_sockets *);

/*
 * Takes the next message of the channel, and the sockets that are in it: with
 * KEPT_FIRST in place of all that are held, with KEPT_MORE beside them.  The
 * text has an end.  Returns its length; 0 at the channel's end, -1 where there
 * is no message.
 */
ssize_t		 keeper_sockets_take(struct kept_sockets *, int channel,
		    char *text, size_t);

/*
 * In a process that is to become another program: gives it all of them, by the
 * same protocol as a service manager (inherited.h), its end of the channel, and
 * of what it is to say to the process before it (handover.h).  -1: it has none.
 * *handover is another descriptor of that afterwards, which ends with this
 * program.  Returns false with errno.
 */
bool		 keeper_sockets_pass(struct kept_sockets *, int channel,
		    int *handover);

/*
 * Removes the files of Unix sockets that are held, but for the manager's, and
 * what others have put in their place.
 */
void		 keeper_sockets_remove(const struct kept_sockets *);

/* Those that one holds are the other one's, in place of all that this has. */
void		 keeper_sockets_move(struct kept_sockets *to,
		    struct kept_sockets *from);

/* Closes all of them. */
void		 keeper_sockets_close(struct kept_sockets *);

#endif
