/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STORE_DESK_H
#define SLUICE_STORE_DESK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What goes between the hosts whose rule says "store: true" and the store: it
 * collects who wants a lease, asks for many of them at a time, and has those go
 * who waited.  All of it belongs to the thread of its loop, which no worker
 * waits for.
 */

struct dialer;
struct hosts;
struct store;
struct store_desk;

/* Has hosts ring when they want something: those that are made from now on. */
void		 store_desk_begin(struct hosts *, void (*ring)(void *),
		    void *arg);

/*
 * Begins to connect, on the dialer's loop, which has a number of its own among
 * those of the hosts.  name: what this proxy is known by there, as the process
 * before it was; 0: none was.  What is given stays its owner's.  NULL without
 * memory.
 */
struct store_desk *store_desk_new(struct hosts *, const struct dialer *,
		    const struct store *, uint64_t name);
/* Returns its name; on any thread. */
uint64_t	 store_desk_name(const struct store_desk *);
/*
 * Goes on with another store, which stays its owner's.  Returns false without
 * memory: there is no store then.
 */
bool		 store_desk_change(struct store_desk *, const struct store *)
		    __attribute__((warn_unused_result));
/* Another process has its name and its hosts from now on: it gives back all. */
void		 store_desk_hand_over(struct store_desk *);
/*
 * It asks nothing any more, and gives back all that it has, its name too unless
 * that was handed over.  Calls done(arg) when the store has heard that, or there
 * is none; maybe before this returns.
 */
void		 store_desk_leave(struct store_desk *, void (*done)(void *),
		    void *arg);
/* Somebody has rung. */
void		 store_desk_look(struct store_desk *);
/* On its loop's thread, at its end.  NULL is allowed. */
void		 store_desk_free(struct store_desk *);

#endif
