/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DOCTOR_HERE_H
#define SLUICE_CTL_DOCTOR_HERE_H

/*
 * Listens at a port of the loopback's of its own, with room for that many who
 * wait.  Returns the socket, which does not block, or -1 with errno.
 */
int		 ctl_doctor_here(int backlog, unsigned *port);

#endif
