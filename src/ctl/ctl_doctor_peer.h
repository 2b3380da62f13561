/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DOCTOR_PEER_H
#define SLUICE_CTL_DOCTOR_PEER_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Returns whether a process of that session has the other end of a TCP
 * connection within this machine.  One that may not be looked at is taken for
 * none of its.
 */
bool		 ctl_doctor_peer_is(int fd, pid_t session);

#endif
