/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_AWAY_H
#define SLUICE_HOSTS_AWAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/*
 * Another process decides from now on who goes: host_away.h.  From the main
 * thread.
 */

struct hosts;

/*
 * From now on nobody is admitted by us.  All that wait, or were admitted, are
 * among the first lines that the other one is to be told.  ring(arg) says, on
 * any thread, that there are some, and were none before.  Returns false without
 * memory: then nothing has changed.
 */
bool		 hosts_away_begin(struct hosts *, void (*ring)(void *),
		    void *arg) __attribute__((warn_unused_result));
/* We do again; hosts_admit_all() is to follow. */
void		 hosts_away_end(struct hosts *);

/* Moves the lines that the other one is to be told behind a text. */
void		 hosts_away_take(struct hosts *, struct text *);

/*
 * Does what a line of the other one says, which is cut: "go" (a number), or
 * "no" (a number, and which answer it is).  Returns false where it is neither.
 */
bool		 hosts_away_line(struct hosts *, char *line, uint64_t now);

/* The other one is gone: who waits is refused, and who asks. */
void		 hosts_away_lost(struct hosts *, uint64_t now);

#endif
