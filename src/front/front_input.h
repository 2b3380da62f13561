/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FRONT_INPUT_H
#define SLUICE_FRONT_INPUT_H

#include <stddef.h>

struct downstream;

/* Returns how many bytes were received and are not used yet. */
size_t		 front_input(const struct downstream *);
/*
 * Returns how many bytes more may wait, of a head or of what was pipelined
 * behind one; 0 when nothing is to be read.
 */
size_t		 front_room(const struct downstream *);
/* Keeps n bytes that were received, for later; they are copied. */
void		 front_keep_input(struct downstream *, const char *, size_t);
/*
 * Reads from the socket, if there is room for what comes; where there is none,
 * the client's end is still noticed.
 */
void		 front_watch(struct downstream *);
/* Reads nothing from now on, and does not notice an end either. */
void		 front_stop_watching(struct downstream *);

#endif
