/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FRONT_CLOSE_H
#define SLUICE_FRONT_CLOSE_H

struct downstream;

/* Closes a connection that no exchange is at. */
void		 front_close(struct downstream *);
/* Frees what front_hold() has kept, if it did. */
void		 front_drop_held(struct downstream *);
/* Closes it, and tells its exchange that the client is gone. */
void		 front_client_gone(struct downstream *, const char *why);

#endif
