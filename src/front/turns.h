/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TURNS_H
#define SLUICE_TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bsd/sys/tree.h>

/*
 * Who waits to have some of a thread's time, one of each client in turn: so
 * many of one client delay another's by one.
 */

struct turn {
	RB_ENTRY(turn)		 in_order;
	RB_ENTRY(turn)		 of_client;
	uint64_t		 client;
	uint64_t		 round;		/* in which it comes */
	uint64_t		 number;	/* no other has */
	bool			 waits;
};

RB_HEAD(turns_order, turn);
RB_HEAD(turns_clients, turn);

/* Zeroed to start with; the fields are its own. */
struct turns {
	struct turns_order	 order;
	struct turns_clients	 clients;
	uint64_t		 round;		/* of who went last */
	uint64_t		 numbers;
};

/* Has one wait that does not, in its own memory, for that client. */
void		 turns_wait(struct turns *, struct turn *, uint64_t client);
/* It does not wait any more; one that does not is allowed. */
void		 turns_leave(struct turns *, struct turn *);
/* Takes out whose turn it is; NULL where nobody waits. */
struct turn	*turns_next(struct turns *);

static inline bool
turns_empty(const struct turns *t)
{
	return RB_EMPTY(&t->order);
}

#endif
