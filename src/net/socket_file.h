/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_SOCKET_FILE_H
#define SLUICE_SOCKET_FILE_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

struct sockaddr;

/*
 * The file of a Unix socket, told apart from another one that has its name by
 * now: whoever finds a socket there that nobody listens at any more takes it
 * away, and binds one in its place.  All zero: none.
 */
struct socket_file {
	bool		 is;
	dev_t		 dev;
	ino_t		 ino;
	/* When it was made: a number may be another file's as soon as it is
	   free; permissions and owners do not change this. */
	struct timespec	 made;
};

/*
 * Notes which file has the address of a socket as its name, while that is
 * listened at, so that nobody replaces it; none where it has no file.
 */
void		 socket_file_note(struct socket_file *,
		    const struct sockaddr *);

/*
 * Removes it, if it still has that name.  Between the look and the removal
 * another one may take its place, which then goes: there is no call that does
 * both, and that moment is short.
 */
void		 socket_file_remove(const struct socket_file *,
		    const struct sockaddr *);

#endif
