/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_MEMORY_H
#define SLUICE_MEMORY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <bsd/sys/tree.h>

#include "base/share.h"

/*
 * What all connections together may hold in buffers: limits.memory.  Counted
 * are bytes that wait (for a client, an upstream, their turn) and bodies that
 * are kept in case their request has to be sent again.
 *
 * Where more is held than that, kept bodies go first: of who holds the most of
 * them, the largest before all others.  Their requests are still answered, but
 * not sent again.  What still is too much makes memory_is_short() true:
 * connections then hold nothing beyond what they already have, so each moves at
 * the pace of its slower side.
 *
 * What is held is held for a client, who may have its share of it (share.h).
 * For who has more, memory is short, and its own bodies go; others do not notice.
 *
 * One for the process; every call is safe from any thread.
 */

#define MEMORY_PIECE	4096	/* bytes at a time, when memory is short */

struct evbuffer;

/*
 * A request's body as it was sent, to be sent again; zeroed when new.  Lives
 * in its owner's memory from the first memory_keep() to memory_forget().
 */
struct memory_body {
	RB_ENTRY(memory_body)	 entry;
	struct memory_holder	*holder;	/* while listed */
	struct evbuffer		*bytes;		/* NULL: none */
	size_t			 size;
	bool			 listed;	/* among those that may go */
	bool			 lost;		/* not all of it is there */
};
RB_HEAD(memory_bodies, memory_body);
RB_HEAD(memory_holders, memory_holder);

/* A client's; in its owner's memory until it holds nothing more. */
struct memory_holder {
	struct memory		*memory;
	atomic_uint_least64_t	 used;		/* bytes */
	/* guarded by the memory's lock: */
	RB_ENTRY(memory_holder)	 entry;		/* while something may go */
	struct memory_bodies	 bodies;	/* that may go, by size */
	uint64_t		 kept;		/* bytes of these */
};

struct memory {
	atomic_uint_least64_t	 used;		/* bytes */
	atomic_uint_least64_t	 max;		/* bytes */
	/* bytes; while no more is used, nobody can have more than its share */
	atomic_uint_least64_t	 calm;
	_Atomic(enum share)	 share;		/* of one holder */
	struct memory_holder	 nobody;	/* has no share */
	pthread_mutex_t		 lock;		/* guards all bodies */
	struct memory_holders	 holders;	/* by what may go */
};

void		 memory_init(struct memory *, uint64_t max, enum share);
void		 memory_destroy(struct memory *);
/* New limits, as a reload brings them. */
void		 memory_limit(struct memory *, uint64_t max, enum share);

/* Begins to hold nothing. */
void		 memory_holder_init(struct memory_holder *, struct memory *);

/* So many bytes more are held, or fewer. */
void		 memory_add(struct memory_holder *, size_t);
void		 memory_sub(struct memory_holder *, size_t);
/*
 * Counts whatever is in the buffer, from now until memory_unwatch().  Returns
 * false without memory: it is not counted.
 */
bool		 memory_watch(struct memory_holder *, struct evbuffer *)
		    __attribute__((warn_unused_result));
/* To be called before the buffer is freed. */
void		 memory_unwatch(struct memory_holder *, struct evbuffer *);

/* Returns whether more is held than may be, in all or for this one. */
bool		 memory_is_short(const struct memory_holder *);
/* Returns how many of size bytes to read at once: few when memory is short. */
size_t		 memory_piece(const struct memory_holder *, size_t size);
/* Returns whether more may be held where len bytes wait, and max at most. */
bool		 memory_room(const struct memory_holder *, size_t len,
		    size_t max);

/*
 * Keeps some more of a body, of which at most max bytes are kept.  Returns
 * false when it cannot be sent again any more: it is too long, was shed, or
 * there is no memory; nothing of it is held then.
 */
bool		 memory_keep(struct memory_holder *, struct memory_body *,
		    const struct iovec *, int n, size_t max);
/*
 * Keeps some more of a body that has not gone out yet, whatever is held
 * already: it is not shed before memory_release().  Returns false without
 * memory; nothing of it is held then.
 */
bool		 memory_put(struct memory_holder *, struct memory_body *,
		    const struct iovec *, int n)
		    __attribute__((warn_unused_result));
/*
 * Has a body that was put be other bytes instead, which may be some of its own.
 * Returns false without memory; nothing of it is held then.
 */
bool		 memory_replace(struct memory_holder *, struct memory_body *,
		    const struct iovec *, int n)
		    __attribute__((warn_unused_result));
/*
 * Keeps a body from being shed, because its request is to be sent again.
 * Returns true, and its bytes are the caller's to read until memory_release();
 * false when it is lost.
 */
bool		 memory_hold(struct memory_holder *, struct memory_body *)
		    __attribute__((warn_unused_result));
/* Its bytes went out again; it may be shed as before. */
void		 memory_release(struct memory_holder *, struct memory_body *);
/* Drops what is kept; nothing more will be. */
void		 memory_forget(struct memory_holder *, struct memory_body *);

#endif
