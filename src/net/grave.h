/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_GRAVE_H
#define SLUICE_GRAVE_H

#include <bsd/sys/queue.h>

/*
 * Deferred free.  What ends while it may still be on the call stack (a
 * connection whose callback found the error) is shut down at once and buried;
 * the loop frees it when the events at hand are done.
 */
struct grave {
	SLIST_ENTRY(grave)	 entry;
	void			(*free)(void *);
	void			*arg;
};
SLIST_HEAD(graveyard, grave);

#endif
