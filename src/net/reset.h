/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RESET_H
#define SLUICE_RESET_H

/*
 * Dissolves a TCP connection, which sends the peer a reset now, whatever is
 * done to the socket before it is closed.
 */
void		 reset_connection(int fd);

#endif
