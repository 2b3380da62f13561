/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STATE_H
#define SLUICE_STATE_H

#include <stdbool.h>

/*
 * What outlives the process (state in sluice.yaml(5)): read at its start,
 * written by a thread of its own while it runs, and once more at its end.
 *
 * The file is a snapshot of all, and lines behind it for what was leased since
 * (hosts/hosts_state.h); a later line of a throttle adds to an earlier one.
 */

struct conf;
struct hosts;
struct loop;
struct state;

/*
 * Takes the file, and what of it others need before anything is made of them:
 * the key of hashes, and the name in Via.  Returns NULL with *cause, to be
 * freed, or NULL without memory.
 */
struct state	*state_open(const struct conf *, char **cause);

/* Gives the table, which is empty, what it remembers; leases begin. */
void		 state_load(struct state *, struct hosts *);

/*
 * Writes from now on; those who waited for that are admitted on the loop.
 * Returns false, with errno, where there is no thread for it.  NULL is allowed.
 */
bool		 state_start(struct state *, struct loop *)
		    __attribute__((warn_unused_result));

/*
 * When nobody spends any more, and before the loop goes: writes the last time,
 * and frees it.  NULL is allowed.
 */
void		 state_end(struct state *);

#endif
