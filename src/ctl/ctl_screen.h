/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_SCREEN_H
#define SLUICE_CTL_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The terminal as a screen of one's own, by the sequences that all of them have
 * (ECMA-48, and xterm's alternate screen).  However the process ends, the
 * terminal is as it was: by a signal that ends it, by one that stops it.
 */

enum ctl_key {			/* others are the bytes themselves */
	CTL_KEY_NONE = 256,	/* none came in time, or the screen changed */
	CTL_KEY_END,		/* of the input */
	CTL_KEY_UP,
	CTL_KEY_DOWN,
	CTL_KEY_ESCAPE,
	CTL_KEY_OTHER,
};

/* Takes the terminal.  Returns false, with errno, where that cannot be done. */
bool		 ctl_screen_open(void);
/* Gives it back. */
void		 ctl_screen_close(void);

/* How large it is now; 24 lines of 80 columns where nothing tells. */
void		 ctl_screen_size(unsigned *lines, unsigned *columns);

/* Shows a picture of that many bytes, with a line end behind each line. */
void		 ctl_screen_draw(const char *, size_t n);

/*
 * Waits for a key until an instant (ns, CLOCK_MONOTONIC).  NONE: there was none
 * until then, or the screen has to be drawn anew.
 */
int		 ctl_screen_key(uint64_t until);

#endif
