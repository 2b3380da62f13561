/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DOCTOR_FILTER_H
#define SLUICE_CTL_DOCTOR_FILTER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * A proxy before the daemon's, for a program that asks others of its own
 * accord: it passes on what is to be tried, one request a connection, and
 * refuses all else, so that nothing leaves this machine.
 */

#define CTL_DOCTOR_FILTER_CONNS	12
#define CTL_DOCTOR_FILTER_HEAD	4096	/* bytes of a head, at most */
#define CTL_DOCTOR_FILTER_POLLED (1 + 2 * CTL_DOCTOR_FILTER_CONNS)

struct ctl_doctor_filter_conn {
	int	 client;		/* -1: there is none */
	int	 daemon;		/* -1: its head is not whole */
	bool	 tunnel;
	char	 head[CTL_DOCTOR_FILTER_HEAD];
	size_t	 nhead;
};

struct ctl_doctor_filter {
	/* To be set before it is opened. */
	const char	*host, *port;	/* where the daemon listens */
	const char	*nonce;		/* in the target of what may pass, or */
	const char	*tunnel;	/* that of a CONNECT; NULL: none may */

	int		 listener;
	unsigned	 at;		/* its port of the loopback's */
	struct ctl_doctor_filter_conn conns[CTL_DOCTOR_FILTER_CONNS];
};

/* Returns whether it listens; ctl_doctor_filter_close() in either case. */
bool		 ctl_doctor_filter_open(struct ctl_doctor_filter *);
void		 ctl_doctor_filter_close(struct ctl_doctor_filter *);

/* Puts what it waits for, and does what it can, into CTL_DOCTOR_FILTER_POLLED. */
void		 ctl_doctor_filter_poll(const struct ctl_doctor_filter *,
		    struct pollfd *);
void		 ctl_doctor_filter_hear(struct ctl_doctor_filter *,
		    const struct pollfd *);

#endif
