/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_PASSING_H
#define SLUICE_PASSING_H

#include <stddef.h>
#include <sys/types.h>

/* Descriptors that go along with bytes over a Unix socket (unix(7)). */

#define PASSING_MOST	128	/* with one message */

/*
 * Sends some of the bytes, at least one, and copies of n descriptors with the
 * first of them.  Returns as send(2): how many bytes; -1 with errno, and then
 * nothing has gone.
 */
ssize_t		 passing_send(int to, const void *, size_t, const int *fds,
		    size_t n);

/*
 * Takes bytes, and what comes along: at most *n descriptors, which are the
 * caller's and close on exec; the rest is closed.  Sets *n to how many there
 * are.  Does not wait.  Returns as recv(2).
 */
ssize_t		 passing_take(int from, void *, size_t, int *fds, size_t *n);

#endif
