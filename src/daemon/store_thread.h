/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STORE_THREAD_H
#define SLUICE_STORE_THREAD_H

#include <stdbool.h>

/* The thread that speaks with the store (hosts/store_desk.h). */

struct conf;
struct hosts;
struct listeners;
struct memory;
struct store_thread;

/*
 * Makes it, with a loop of that number, before there is any host; the rest
 * stays its owner's.  Returns NULL where there is no store, and ends the
 * process without memory.
 */
struct store_thread *store_thread_new(struct conf *, struct hosts *,
		    const struct listeners *, struct memory *, unsigned id);

/* Starts it.  Returns false, with errno, where it cannot.  NULL is allowed. */
bool		 store_thread_start(struct store_thread *)
		    __attribute__((warn_unused_result));

/*
 * Goes on with another configuration: connects anew where its store is another
 * one.  The first store, and the last, are from the next start on.  NULL is
 * allowed.
 */
void		 store_thread_reload(struct store_thread *, struct conf *);

/* When nobody waits any more.  NULL is allowed. */
void		 store_thread_end(struct store_thread *);

#endif
