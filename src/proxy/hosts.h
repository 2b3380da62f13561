/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_H
#define SLUICE_HOSTS_H

#include <stdbool.h>
#include <stdint.h>

#include <bsd/sys/queue.h>

#include "conf/conf.h"
#include "core/http1.h"
#include "core/throttle.h"

/*
 * The throttles of all hosts, shared by the workers.  A table maps a host to
 * its throttle, as the configuration's rules say; each throttle has its own
 * mutex; whoever admits a waiter posts it to the worker where it lives.
 *
 * Locks, in this order: the table's (shared for all but reload, insertion and
 * eviction), a host's, a worker's inbox.
 */

struct hosts;
struct wake;
struct worker;

enum ticket_state {
	TICKET_IDLE,		/* neither waits nor holds a slot */
	TICKET_WAITING,
	TICKET_HELD,		/* admitted, holds a slot */
};

/*
 * One request's claim on its host's throttle.  Lives in the exchange; all
 * fields but worker, name and tunnel are this room's.
 */
struct ticket {
	struct throttle_waiter	 waiter;
	struct worker		*worker;	/* where it lives */
	struct http1_host	*name;		/* host and port; its owner's */
	bool			 tunnel;	/* a CONNECT, with its own cost */
	_Atomic(struct host *)	 host;		/* NULL: at none */
	enum ticket_state	 state;
	TAILQ_ENTRY(ticket)	 entry;		/* among its host's tickets */
	TAILQ_ENTRY(ticket)	 posted;	/* in its worker's inbox */
	bool			 in_inbox;
	struct conf		*conf;		/* own reference */
	const struct conf_rule	*rule;		/* of conf */
	uint64_t		 start;		/* ns; see hosts_ask() */
};

enum hosts_answer {
	HOSTS_GO,		/* admitted: send it */
	HOSTS_WAIT,		/* queued; an answer will be posted */
	HOSTS_FULL,		/* refused: too many wait */
	HOSTS_LATE,		/* refused: it would wait too long */
	HOSTS_NO_ROOM,		/* refused: limits.hosts is reached */
};

/* A table for that many workers; NULL without memory. */
struct hosts	*hosts_new(struct conf *, unsigned workers);
void		 hosts_free(struct hosts *);

/*
 * Asks for admission, at the cost that the rule says.  The ticket's worker,
 * name and tunnel are set by the caller.  Sets the ticket's conf and rule (not for
 * HOSTS_NO_ROOM), and its start: the time (ns) of the computed start, or for a
 * refusal the time at which a retry would succeed.
 */
enum hosts_answer hosts_ask(struct hosts *, struct ticket *, uint64_t now)
		    __attribute__((warn_unused_result));

/* Gives the slot back before the rest: what was admitted holds none. */
void		 hosts_release(struct hosts *, struct ticket *, uint64_t now);

/*
 * Gives back whatever the ticket has: its place in the queue, its slot, a
 * posted answer, its reference to the configuration.  Whatever ends an
 * exchange calls this; calling it again does nothing.
 */
void		 hosts_leave(struct hosts *, struct ticket *, uint64_t now);

/*
 * Pauses the ticket's host until that time (ns).  Waiters whose start now
 * lies past their deadline are refused.  True when the pause became longer.
 */
bool		 hosts_pause(struct hosts *, struct ticket *, uint64_t until,
		    uint64_t now);

/*
 * Stops waiting: true when the ticket was still in the queue; its start then is
 * when a retry could be admitted (ns).  False when it was answered meanwhile.
 */
bool		 hosts_give_up(struct hosts *, struct ticket *, uint64_t now);

/*
 * Takes a new configuration: limits change, consumption, pauses and waiters
 * stay; tickets whose rule went away move to the one that matches now.  From
 * the main thread; a worker then calls hosts_look().
 */
void		 hosts_reload(struct hosts *, struct conf *, uint64_t now);

/* Admits who may go at every host; on a worker's thread. */
void		 hosts_look(struct hosts *, struct worker *, uint64_t now);

/* A wake's time has come; on its worker's thread. */
void		 hosts_fire(struct hosts *, struct worker *, struct wake *,
		    uint64_t now);

#endif
