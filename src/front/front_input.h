/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FRONT_INPUT_H
#define SLUICE_FRONT_INPUT_H

#include <stddef.h>

struct downstream;

/* Input that was received but is not used yet. */
size_t		 front_input(const struct downstream *);
/* How much more may wait: a head, or what was pipelined behind one. */
size_t		 front_room(const struct downstream *);
/* Keeps received bytes for later. */
void		 front_keep_input(struct downstream *, const char *, size_t);
/* Reads from the socket again if there is room for what comes. */
void		 front_watch(struct downstream *);
/* Reads no more, and does not notice an end either. */
void		 front_stop_watching(struct downstream *);

#endif
