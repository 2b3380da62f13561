/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_WORKER_H
#define SLUICE_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/gate.h"
#include "base/memory.h"

/*
 * A worker: one thread with an event loop, the connections it accepted, the
 * exchanges of their requests and its upstream connections.  The main thread
 * gives it orders; nothing else of it is touched by another thread.
 */

struct clients;
struct conf;
struct exchanges;
struct hosts;
struct listeners;
struct loop;
struct user_checks;
struct worker;

/* All of them, for what they end together. */
struct workers {
	struct worker		**list;
	unsigned		 n;
	int			 done_fd;	/* eventfd; told of each end */
	atomic_size_t		 requests;	/* not yet ended, of all */
	struct memory		 memory;	/* what all may hold */
	struct user_checks	*checks;	/* of passwords, for all */
	struct clients		*clients;	/* who connects */
	atomic_bool		 draining;
	atomic_bool		 over;		/* ... and so is its time */
	struct gate		 gate;		/* which all threads begin at */
	atomic_uint		 left;		/* have done worker_leave() */
	/* the loop ends; on its thread, before all that is on it goes */
	void			(*ending)(struct loop *);
	int			 left_fd;	/* eventfd; told of each, and of
						   the last connection's end */
};

/*
 * A worker over shared hosts, to listen at the listeners.  Exits the process
 * when it cannot be made: start-up only.
 */
struct worker	*worker_new(struct workers *, unsigned id, struct conf *,
		    struct hosts *, struct listeners *);

/* Returns its loop, which is there until worker_join(). */
struct loop	*worker_loop(const struct worker *);

/* Returns its exchanges, which are there until worker_join(). */
struct exchanges *worker_exchanges(const struct worker *);

/*
 * Starts its thread, which waits at the gate.  When that is open, and it listens,
 * worker_begun() returns.  It is to be opened when all workers were made: from
 * then on clients use up what others would need.
 */
void		 worker_start(struct worker *);
void		 worker_begun(struct worker *);

/* Waits for the thread's end and frees the worker. */
void		 worker_join(struct worker *);

/*
 * Returns whether its loop turns: it has answered since the last call, or has
 * ended as it should; and asks it anew.  True at first.
 */
bool		 worker_turns(struct worker *);

/*
 * Something that is not a request of ours keeps them from ending while they
 * drain; until it does not any more.
 */
void		 workers_hold(struct workers *);
void		 workers_release(struct workers *);

/* Orders from the main thread. */
void		 worker_reload(struct worker *, struct conf *);
/* Admits who may go at every host. */
void		 worker_admit(struct worker *);
/* Accepts nobody more: front_leave().  When it has, it counts and rings. */
void		 worker_leave(struct worker *);
void		 worker_drain(struct worker *);
void		 worker_stop(struct worker *);

#endif
