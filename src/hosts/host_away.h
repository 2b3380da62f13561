/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOST_AWAY_H
#define SLUICE_HOST_AWAY_H

#include <stdbool.h>
#include <stdint.h>

#include "hosts/host_types.h"
#include "policy/lesson.h"

/*
 * A process that another one has taken over from ends what it has begun, and
 * decides nothing more: each of its tickets is one of the other process's, too
 * (hosts_guest.h), which is told in lines of text what becomes of it here, and
 * says when it goes.  Here a ticket that waits is in its host's queue without
 * anybody looking whether it may go.
 *
 * Lines, whose words are those of state_line.h without a checksum:
 *
 *   ask, hold	a ticket waits, or was admitted before: its number, what it
 *		claims, since when it waits, and whose it is, for people.
 *   again, sent, slot, connected, told, lesson, settle, left, back
 *		what hosts.h has functions for (back: hosts_refund(), told:
 *		hosts_meter_left(), lesson: hosts_learn()), of a ticket's
 *		number.
 *
 * With the host's lock held; all but the first two do nothing where we decide.
 */

/* What a ticket is known by. */
struct away_ticket {
	UT_hash_handle	 hh;
	uint64_t	 number;
	struct ticket	*ticket;
};

/* Returns whether who has the word is gone. */
bool		 host_away_is_lost(const struct host *);

/* A ticket that is in the queue waits.  Returns false without memory. */
bool		 host_away_ask(struct host *, struct ticket *);
/* One was admitted before. */
bool		 host_away_hold(struct host *, struct ticket *);

/* Of one that is known: that word. */
void		 host_away_tell(struct host *, struct ticket *,
		    const char *word);
void		 host_away_settle(struct host *, struct ticket *,
		    const uint64_t *actual);
/* With its route, where it names a part. */
void		 host_away_lesson(struct host *, struct ticket *,
		    const struct lesson *);
void		 host_away_connected(struct host *, struct ticket *,
		    uint64_t took);
void		 host_away_told(struct host *, struct ticket *,
		    const char *budget, uint64_t left, uint64_t at);
/* It leaves, with a refund or without, and is not known any more. */
void		 host_away_leave(struct host *, struct ticket *, bool refund);
/* It is not known any more, as the other process has it already. */
void		 host_away_forget(struct host *, struct ticket *);

#endif
