/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STATE_H
#define SLUICE_STATE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What outlives the process (state in sluice.yaml(5)): read at its start,
 * written by a thread of its own while it runs, and once more at its end.
 *
 * The file is a snapshot of all, and lines behind it for what was leased since
 * (hosts/hosts_state.h); a later line of a throttle adds to an earlier one.
 */

struct conf;
struct gate;
struct hosts;
struct loop;
struct state;

/*
 * Takes the file, and what of it others need before anything is made of them:
 * the key of hashes, and the name in Via.  heir: it may be another process's
 * until state_adopt().  Returns NULL with *cause, to be freed, or NULL without
 * memory.
 */
struct state	*state_open(const struct conf *, bool heir, char **cause);

/*
 * Takes the lock that the process before has passed (-1: none was), which is
 * owned from then on; and reads the file now where that process is gone, which
 * was not done before.  Returns false, with *cause as above, where it is
 * another one's.
 */
bool		 state_adopt(struct state *, int lock, char **cause);

/*
 * Gives the table, which is empty, what it remembers, and the lines that the
 * process before has handed over, which are changed; leases begin.  Without a
 * file (NULL) these are all there is.  Nothing is written yet.
 */
void		 state_load(struct state *, struct hosts *, char *handed,
		    size_t len);

/*
 * Writes from when the gate is open on; those who waited for that are admitted
 * on the loop.  Returns false, with errno, where there is no thread for it.
 * NULL is allowed.
 */
bool		 state_start(struct state *, struct loop *, struct gate *)
		    __attribute__((warn_unused_result));

/* Writes all of it for the first time, before the gate is open. */
void		 state_begin(struct state *);

/*
 * Writes no more until state_start(), if ever: then another process does, and
 * state_leave() is the end of it here.  state_lock() returns what to pass to
 * that; -1: there is no file.  NULL is allowed.
 */
void		 state_pause(struct state *);
int		 state_lock(const struct state *);
void		 state_leave(struct state *);

/*
 * When nobody spends any more, and before the loop goes: writes the last time,
 * and frees it.  NULL is allowed.
 */
void		 state_end(struct state *);

#endif
