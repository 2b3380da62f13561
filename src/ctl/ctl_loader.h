/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_LOADER_H
#define SLUICE_CTL_LOADER_H

#include <stdbool.h>

struct conf;

/* How the daemon reads a configuration: a check must say what a start says. */
struct ctl_loader {
	/*
	 * Reads one with all that it names; again: not through a pipe.
	 * Returns NULL with *cause, to be freed, or NULL for want of memory.
	 */
	struct conf	*(*load)(const char *path, bool again, char **cause);
	/* Calls line() for what is no error in it, but may not be meant. */
	void		 (*warnings)(const struct conf *,
			    void (*line)(const char *, void *), void *);
};

#endif
