/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FRONT_END_H
#define SLUICE_FRONT_END_H

struct downstream;

/*
 * All of the response is out: goes on with the next request, or ends the
 * connection.
 */
void		 front_finish(struct downstream *);

#endif
