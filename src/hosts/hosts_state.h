/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_STATE_H
#define SLUICE_HOSTS_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "throttle/lease.h"

/*
 * What the table remembers, as lines of text (state_line.h) for the next
 * process; and in again.  Limits are not in it: those are the configuration's.
 *
 * Once hosts_state_lease() was called nothing is spent that is not covered by a
 * line that was written: whoever writes calls hosts_state_wanted() when he is
 * rung, or hosts_state_piece() for all, makes the lines safe and then calls
 * hosts_state_written().
 */

struct budget_saved;
struct hosts;
struct loop;

/* An instant by three clocks (ns). */
struct hosts_instant {
	uint64_t	 now;		/* monotonic */
	uint64_t	 boot;		/* since the boot, with sleep */
	uint64_t	 wall;
};

/* Who writes. */
struct hosts_writer {
	struct hosts	*hosts;
	struct text	*text;		/* what is to be written */
	struct budget_saved *saved;	/* to work with */
	struct hosts_instant at;
	struct lease_ahead ahead;	/* leases last about so long */
	size_t		 records;	/* that were put, in all */
	bool		 safe;		/* they have to be safe */
};

/*
 * Leases begin; before there is any host.  ring(arg) says, on any thread, that
 * one wants some.
 */
void		 hosts_state_lease(struct hosts *, void (*ring)(void *),
		    void *arg);

/*
 * Puts at most max of those that want a lease, with what they get; and says
 * whether that has to be safe before it is granted, or only written.
 */
void		 hosts_state_wanted(struct hosts_writer *, unsigned max);
/*
 * Puts some of all hosts, from a cursor on that begins as 0.  Returns the next
 * one; 0 when that was all.  last: nothing is spent any more, and no lease
 * given.
 */
uint64_t	 hosts_state_piece(struct hosts_writer *, uint64_t cursor,
		    bool last);
/* Returns whether there is nothing to put. */
bool		 hosts_state_is_empty(struct hosts *);
/* Puts what operators have set. */
void		 hosts_state_overrides(struct hosts_writer *);
/*
 * What was put is safe.  Returns whether somebody waits for it, who goes with
 * hosts_state_admit(), on a loop.
 */
bool		 hosts_state_written(struct hosts *, uint64_t now);
void		 hosts_state_admit(struct hosts *, struct loop *,
		    uint64_t now);

/* Who reads. */
struct hosts_reader {
	struct hosts	*hosts;
	struct budget_saved *saved;	/* to work with */
	struct hosts_instant at;
	bool		 same_boot;	/* as when it was written */
};

/*
 * Takes a line, which is changed; its checksum was looked at.  Returns NULL,
 * or why it says nothing here.
 */
const char	*hosts_state_read(struct hosts_reader *, char *line);

#endif
