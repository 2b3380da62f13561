/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_GUEST_H
#define SLUICE_HOSTS_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/*
 * The other end of host_away.h: requests of the process before, whose tickets
 * are tickets here, too.  They wait, spend and hold slots among our own, by the
 * same turns, until they leave or that process is gone.  All of it on one
 * loop's thread, or before that runs.
 */

struct hosts;
struct hosts_guests;
struct loop;

/*
 * Guests of a table, on a loop.  ring(arg) says that there is something to be
 * told, and was nothing before.  Returns NULL without memory.
 */
struct hosts_guests *hosts_guests_new(struct hosts *, struct loop *,
		    void (*ring)(void *), void *arg);
/* They leave, all of them. */
void		 hosts_guests_free(struct hosts_guests *);

/*
 * Does what a line says, which is cut.  Returns false where it is none of
 * those, or there is no memory for it: then that process is to be left alone.
 */
bool		 hosts_guests_line(struct hosts_guests *, char *line,
		    uint64_t now) __attribute__((warn_unused_result));

/* Moves what that process is to be told behind a text. */
void		 hosts_guests_take(struct hosts_guests *, struct text *);

#endif
