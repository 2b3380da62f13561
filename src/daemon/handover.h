/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HANDOVER_H
#define SLUICE_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/*
 * What a process and the one that takes over from it say to each other: lines of
 * text over a pair of sockets, each with at most one descriptor.
 *
 *   before		after
 *   head LINE			what hashes are made with (state_head.h)
 *			wrong		its configuration is: what follows
 *			failed WHY	it does not come up
 *			ready		it would, with what follows
 *   state LINE			a line of hosts_state.h, many of them
 *   lock			the lock of the file of the state, as a
 *				descriptor
 *   (host_away.h)		who waits, and who was admitted
 *   yours			that was all
 *			taken		it has taken all of that, and waits
 *   go				from now on the other one decides
 *   no				it never does: this one goes on by itself
 *   (host_away.h)	(host_away.h)	until one of them ends
 *			stop		this one was told to end; the other one
 *					is to do so, too
 *   logs		logs		this one was told to open its log files
 *					anew; the other one is to do so, too
 *   reload				the same of its configuration
 *
 * A word that is not known is passed over by who has taken over, and from then
 * on by the one before; but not one with the number of somebody who waits.
 */

struct handover {
	int		 fd;		/* -1: there is none */
	int		 pass;		/* a descriptor to go with what is next
					 * to go, not owned; or -1 */
	int		 passed;	/* one that came; or -1 */
	struct text	 in;		/* what came, from done on */
	size_t		 done;
	struct text	 out;		/* what is to go, from sent on */
	size_t		 sent;
	bool		 ended;		/* the other end is gone */
};

#define HANDOVER_LINE	(1 << 20)	/* bytes of one, at most */

/* Takes a socket, which does not block from then on. */
void		 handover_init(struct handover *, int fd);
void		 handover_close(struct handover *);

/* Puts a line into what is to go. */
void		 handover_say(struct handover *, const char *word,
		    const char *rest);

/* Sends what the socket takes. */
void		 handover_send(struct handover *);
/* Returns whether there is more to go. */
bool		 handover_waits(const struct handover *);

/*
 * Reads what has come.  handover_line() returns the next line, without its end,
 * as long as nothing is read; NULL where none is whole.
 */
void		 handover_read(struct handover *);
char		*handover_line(struct handover *);

/* The same with waiting: NULL by then (ns), or where the other end is gone. */
char		*handover_wait_line(struct handover *, uint64_t until);

#endif
