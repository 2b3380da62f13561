/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RESOLVE_SHARE_H
#define SLUICE_RESOLVE_SHARE_H

#include <stdbool.h>
#include <stddef.h>

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

/*
 * Which client may have the next name looked up.  There are limits.lookups
 * places, and a client may have a fourth of them; what it asks beyond that
 * waits.  Clients for whom something waits, and who may have another place,
 * take turns; otherwise one that asks for many names would hold up all others.
 *
 * It knows neither names nor lookups: who asks has a waiter, and a lookup has a
 * place, which the client whose turn began it is charged with until it is over.
 * A place is idle while nobody asks for what is looked up there; it stays taken
 * until another lookup needs it.
 */

struct resolve_client;
struct sockaddr;

/* Both begin as zero. */
struct resolve_waiter {
	TAILQ_ENTRY(resolve_waiter)	 entry;
	struct resolve_client		*client;	/* NULL: it does not
							   wait */
};

struct resolve_place {
	TAILQ_ENTRY(resolve_place)	 entry;		/* of the idle ones */
	struct resolve_client		*client;	/* who is charged */
	bool				 idle;
};

TAILQ_HEAD(resolve_waiters, resolve_waiter);
TAILQ_HEAD(resolve_places, resolve_place);
TAILQ_HEAD(resolve_turns, resolve_client);
RB_HEAD(resolve_clients, resolve_client);

struct resolve_share {
	size_t			 places;	/* limits.lookups */
	size_t			 taken;
	struct resolve_places	 idle;		/* the first one first */
	struct resolve_clients	 clients;	/* by address */
	struct resolve_turns	 turns;		/* the next one first */
};

void		 resolve_share_init(struct resolve_share *, size_t places);

/* What is taken beyond the new number stays so until it is given back. */
void		 resolve_share_resize(struct resolve_share *, size_t places);

/*
 * Has a waiter wait for a turn of the client with that address (NULL: one
 * without).  Returns false without memory.
 */
bool		 resolve_share_wait(struct resolve_share *,
		    struct resolve_waiter *, const struct sockaddr *client)
		    __attribute__((warn_unused_result));

/* Returns whether it waits for a turn. */
bool		 resolve_share_waits(const struct resolve_waiter *);

/* A waiter that waits for a turn does not want one any more. */
void		 resolve_share_leave(struct resolve_share *,
		    struct resolve_waiter *);

/*
 * Returns the first waiter of the client whose turn it is; NULL when no client
 * may have one.
 */
struct resolve_waiter *resolve_share_next(const struct resolve_share *);

/* Returns whether there is a place for the next one. */
bool		 resolve_share_has_room(const struct resolve_share *,
		    const struct resolve_waiter *);

/*
 * Returns the idle place that is to be given back for the next one, for which
 * there is no room; NULL when there is none: then there is none for anybody.
 */
struct resolve_place *resolve_share_victim(const struct resolve_share *,
		    const struct resolve_waiter *);

/*
 * The next one, for whom there is room, has its name looked up there: its
 * client is charged with the place.
 */
void		 resolve_share_take(struct resolve_share *,
		    struct resolve_place *, const struct resolve_waiter *);

/* The next one had its turn; its client's next comes after the others'. */
void		 resolve_share_end_turn(struct resolve_share *,
		    struct resolve_waiter *);

/* Nobody asks any more for what is looked up there, or somebody does again. */
void		 resolve_share_set_idle(struct resolve_share *,
		    struct resolve_place *, bool idle);

/* The lookup is over. */
void		 resolve_share_give_back(struct resolve_share *,
		    struct resolve_place *);

#endif
