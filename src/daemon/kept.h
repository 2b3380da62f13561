/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_KEPT_H
#define SLUICE_KEPT_H

#include <stdbool.h>
#include <sys/types.h>

#include "daemon/passing.h"

/*
 * The end of a keeper's (keeper.h) in the process that it has started: a socket
 * by which that process hands over what it listens at, and speaks to a service
 * manager.  From the main thread.
 */

/*
 * Of the environment: names the socket.  A text that begins with KEPT_FIRST or
 * KEPT_MORE carries listening sockets: all of them, or more of them, KEPT_MOST
 * a message, and behind that byte for each of them KEPT_OURS, where we have
 * bound it, or KEPT_THEIRS.  Others begin with a byte of starter_words.h's; any
 * other is for the service manager.
 */
#define KEPT_SOCKET	"SLUICE_KEEPER"
#define KEPT_FIRST	'\1'
#define KEPT_MORE	'\2'
#define KEPT_MOST	PASSING_MOST
#define KEPT_OURS	'o'
#define KEPT_THEIRS	't'

struct listeners;

/*
 * Takes the socket from the environment, where nothing is left of it.  Returns
 * whether there is a keeper.
 */
bool		 kept_take(void);

/* Returns the socket, which has an end when the keeper has; -1: no keeper. */
int		 kept_fd(void);

/* Returns whether that process is the one whose word counts: the keeper. */
bool		 kept_by(pid_t);

/* Hands over copies of all that is listened at, with what is linked to it. */
void		 kept_hand_over(const struct listeners *);
/* The same to whoever has the other end of such a socket. */
void		 kept_send(int to, const struct listeners *);

#endif
