/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_H
#define SLUICE_HOSTS_H

#include <stdbool.h>
#include <stdint.h>

#include <bsd/sys/queue.h>

#include "conf/conf.h"
#include "http/http1.h"
#include "net/loop.h"
#include "policy/claim.h"
#include "policy/lesson.h"
#include "policy/routes.h"
#include "throttle/throttle.h"

/*
 * The throttles of all hosts, shared by all threads.  A table maps a host to
 * its throttle, as the configuration's rules say; each throttle has its own
 * mutex; whoever admits a waiter posts it to the loop where it lives.
 *
 * Locks, in this order: the table's (shared for all but reload, insertion and
 * eviction), a host's, a loop's mailbox.
 */

struct hosts;
struct client_hasher;

enum ticket_state {
	TICKET_IDLE,		/* neither waits nor holds a slot */
	TICKET_WAITING,
	TICKET_HELD,		/* admitted, holds a slot */
	TICKET_STATES,		/* how many there are */
};

#define HOSTS_BUDGET	96	/* bytes of a budget's name, with its end */

/*
 * One request's place at its host's throttle; begins as zero.  Lives in the
 * exchange, which sets loop, hasher, mail.deliver, name, conf, rule, deposit,
 * turn and, for the length of hosts_ask(), source; the rest is this room's.
 */
struct ticket {
	struct throttle_waiter	 waiter;
	struct loop		*loop;		/* where it lives */
	struct client_hasher	*hasher;	/* that thread's */
	struct mail		 mail;		/* that it was answered */
	struct http1_host	*name;		/* host and port; its owner's */
	struct claim_source	 source;
	struct throttle_deposit	*deposit;	/* for a refund; or NULL */
	struct claim_turn	 turn;
	_Atomic(struct host *)	 host;		/* NULL: at none */
	enum ticket_state	 state;
	TAILQ_ENTRY(ticket)	 entry;		/* among its host's tickets */
	/* Set before hosts_leave(): the host's name led nowhere. */
	bool			 nowhere;
	struct conf		*conf;		/* own reference; one for all
						   of the request's life */
	const struct rule	*rule;		/* of conf, for name */
	struct client_hash	 credential;	/* whose throttle */
	struct route		 route;		/* where that is needed */
	/* ns, to be admitted by; may become later: hosts_deadline() */
	uint64_t		 deadline;
	uint64_t		 latest;	/* ns: never later than this */
	struct throttle_report	 report;	/* see hosts_ask() */
	char			 budget[HOSTS_BUDGET]; /* which one refuses */
	const char		*wrong;		/* with HOSTS_BAD */
};

enum hosts_answer {
	HOSTS_GO,		/* admitted: send it */
	HOSTS_WAIT,		/* queued; an answer will be posted */
	HOSTS_FULL,		/* refused: too many wait */
	HOSTS_LATE,		/* refused: it would wait too long */
	HOSTS_NO_ROOM,		/* refused: limits.hosts is reached */
	HOSTS_NO_SHARE,		/* refused: the client's share of them is */
	HOSTS_NO_MEMORY,
	HOSTS_BAD,		/* what it claims is malformed */
	HOSTS_RELOADED,		/* ask again: the ticket has a newer conf */
};

/* A table for that many loops.  Returns NULL without memory. */
struct hosts	*hosts_new(struct conf *, unsigned loops);
void		 hosts_free(struct hosts *);

/*
 * What the ticket's throttle is for, for people: its host, with the port where
 * that has a rule of its own, or the pattern whose hosts share it.  Returns buf.
 */
#define HOSTS_LABEL	(HTTP1_HOST + 16)
const char	*hosts_label(char buf[HOSTS_LABEL], const struct ticket *);

/*
 * Asks for admission, as the ticket's rule says and the source claims.  Sets
 * the ticket's deadline and report: the computed start, or for a refusal when a
 * retry would succeed; and for a refusal the budget that is short, for people:
 * "10 per 1s".  Where the table's limits are of another configuration than the
 * ticket's, nothing was asked yet: the ticket's conf and rule are then the
 * table's, and whatever else was decided by the old ones is to be decided anew.
 */
enum hosts_answer hosts_ask(struct hosts *, struct ticket *, uint64_t now)
		    __attribute__((warn_unused_result));

/*
 * Takes what an answer to an admitted ticket tells, for everybody; once for
 * each admission, else its verdict does not count.  For how long (ns) the host
 * is paused by it, and waiters whose start now lies past their deadline were
 * refused; 0 where that is nothing new.
 */
uint64_t	 hosts_learn(struct hosts *, struct ticket *,
		    const struct lesson *, uint64_t now);

/* Whether the ticket's host has named another part of itself than that. */
bool		 hosts_names_other(struct hosts *, struct ticket *,
		    const struct throttle_key *part);

/* What one line for each host is enough for. */
enum hosts_news {
	HOSTS_NEWS_UNUSABLE,	/* it has sent a field of no use */
	HOSTS_NEWS_UPGRADE,	/* an Upgrade was not passed on to it */
};

/* Whether that is so for the first time at the ticket's host, if it is at one. */
bool		 hosts_is_news(struct hosts *, struct ticket *,
		    enum hosts_news);

/*
 * Puts an admitted ticket back, before all others, to be admitted again within
 * queue.max_wait from the end of the pause, and not after the latest; sets its
 * deadline: HOSTS_WAIT.  Otherwise it stays admitted.
 */
enum hosts_answer hosts_return(struct hosts *, struct ticket *, uint64_t now)
		    __attribute__((warn_unused_result));

/*
 * By when (ns) a ticket that waits has to be admitted, as things stand; sets
 * its deadline, too.
 */
uint64_t	 hosts_deadline(struct hosts *, struct ticket *);

/* Gives back the slot of an admitted ticket, which stays at its host. */
void		 hosts_release_slot(struct hosts *, struct ticket *,
		    uint64_t now);

/* Leaves the host before the rest: what was admitted holds no slot there. */
void		 hosts_release(struct hosts *, struct ticket *, uint64_t now);

/*
 * The same for what came to nothing, with what it has paid (throttle_refund()).
 * *turn, unless it is NULL, is its turn, or none where it had given that up.
 */
void		 hosts_refund(struct hosts *, struct ticket *,
		    struct claim_turn *turn, uint64_t now);

/*
 * Gives back whatever the ticket has: its place in the queue, its slot, a
 * posted answer, its reference to the configuration.  Whatever ends an
 * exchange calls this; calling it again does nothing.
 */
void		 hosts_leave(struct hosts *, struct ticket *, uint64_t now);

/*
 * Stops waiting: true when the ticket was still in the queue; its report then
 * says when a retry could be admitted.  False when it was answered meanwhile.
 */
bool		 hosts_give_up(struct hosts *, struct ticket *, uint64_t now);

/*
 * Takes a new configuration: limits change, consumption, pauses and waiters
 * stay; tickets whose rule went away move to the one that matches now.  From
 * the main thread; a loop's thread then calls hosts_admit_all().
 */
void		 hosts_reload(struct hosts *, struct conf *, uint64_t now);

/* Admits who may go at every host; on a loop's thread. */
void		 hosts_admit_all(struct hosts *, struct loop *,
		    uint64_t now);

#endif
