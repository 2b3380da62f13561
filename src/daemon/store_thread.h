/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STORE_THREAD_H
#define SLUICE_STORE_THREAD_H

#include <stdbool.h>
#include <stdint.h>

/* The thread that speaks with the store (hosts/store_desk.h). */

struct conf;
struct gate;
struct hosts;
struct listeners;
struct memory;
struct store_thread;

/*
 * Makes what it may need, whose owner the caller stays: its loop will have that
 * number, and its thread waits at the gate.  name: what the process before is
 * known by in the store; or 0.  Ends the process without memory.
 */
struct store_thread *store_thread_new(struct hosts *,
		    const struct listeners *, struct memory *, unsigned id,
		    struct gate *, uint64_t name);
/* Returns what this one is known by there; 0: by nothing. */
uint64_t	 store_thread_name(const struct store_thread *);
/*
 * Another process is known by that from now on, and has all who waited: what
 * this one has of the store it gives back.
 */
void		 store_thread_hand_over(struct store_thread *);

/*
 * Makes its loop and connects, where a configuration has a store and none had
 * one before.  Returns false, with a cause that is the caller's to free (NULL
 * without memory), where it cannot.
 */
bool		 store_thread_open(struct store_thread *, struct conf *,
		    char **cause) __attribute__((warn_unused_result));

/*
 * Starts it, where it is open and does not run.  Returns false, with a cause as
 * above, where it cannot: it is not open then.
 */
bool		 store_thread_start(struct store_thread *, char **cause)
		    __attribute__((warn_unused_result));

/*
 * From now on hosts whose rule says so get their leases from it, where it is
 * open: before there are any, or before that configuration is in force.
 */
void		 store_thread_serve(struct store_thread *);

/*
 * Goes on with another configuration: connects anew where its store is another
 * one.  The last store is kept until the end.
 */
void		 store_thread_reload(struct store_thread *, struct conf *);

/*
 * When nobody waits any more.  What it has of the store it gives back, for a
 * second at most.
 */
void		 store_thread_end(struct store_thread *);

#endif
