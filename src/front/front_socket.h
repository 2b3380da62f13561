/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FRONT_SOCKET_H
#define SLUICE_FRONT_SOCKET_H

#include <stdbool.h>

#include <event2/util.h>

struct downstream;
struct front;

/*
 * Takes a connection that evhttp has made.  Returns false when it had to be
 * dropped: the struct is the caller's to free then.
 */
bool		 front_open(struct front *, struct downstream *);
/*
 * The callback of close_ev: a client has gone, or will send no more, behind
 * input that is not read.
 */
void		 front_close_cb(evutil_socket_t, short, void *);

#endif
