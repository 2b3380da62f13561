/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_WORKER_H
#define SLUICE_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

#include "conf/conf.h"
#include "http/http1.h"
#include "net/grave.h"
#include "base/memory.h"
#include "base/text.h"
#include "tls/tls.h"

/*
 * A worker: one thread with an event loop, the connections it accepted, its
 * upstream connections and its clock.  Nothing of it is touched by another
 * thread but the inbox, which has a lock.
 */

#define WORKER_SCRATCH	65536	/* bytes */
/* What decrypting that may yield, with TLS in TLS, fits in the scratch. */
#define WORKER_CIPHER	(WORKER_SCRATCH - 2 * TLS_RECORD)

struct access_log;
struct front;
struct host;
struct hosts;
struct client_hasher;
struct net_listeners;
struct pool;
struct resolver;
struct ticket;

TAILQ_HEAD(ticket_list, ticket);

/* When a worker is to look at a host's queue again. */
struct wake {
	RB_ENTRY(wake)	 entry;
	uint64_t	 at;		/* ns, monotonic */
	struct host	*host;
	bool		 armed;		/* in its worker's tree */
};
RB_HEAD(wakes, wake);

/*
 * A deadline that is cheap to move: moving it later costs nothing, because the
 * event underneath stays as it is and asks again when it fires.
 */
struct deadline {
	struct event	 ev;
	uint64_t	 at;		/* ns; 0: none */
	uint64_t	 set;		/* ns; when ev fires; 0: not pending */
	void		(*cb)(void *);
	void		*arg;
	struct worker	*worker;
};

/* What one exchange sends to its client, collected for one system call. */
#define GATHER		48	/* pieces */
struct gather {
	struct iovec		 v[GATHER];
	int			 n;
	char			 sizes[GATHER][20];	/* of chunks */
	struct text		 head;
	struct text		 tail;
};

/* All of them, for what they end together. */
struct workers {
	struct worker		**list;
	unsigned		 n;
	int			 done_fd;	/* eventfd; told of each end */
	atomic_size_t		 exchanges;	/* not yet ended, of all */
	struct memory		 memory;	/* what all may hold */
	atomic_bool		 draining;
};

struct worker {
	unsigned		 id;
	struct workers		*all;
	pthread_t		 thread;
	struct event_base	*base;
	struct conf		*conf;		/* own reference */
	struct hosts		*hosts;		/* shared by all */
	struct access_log	*access;
	struct front		*front;
	struct pool		*pool;
	struct resolver		*resolver;
	struct client_hasher		*hasher;
	struct net_listeners	*listeners;	/* shared by all */

	/*
	 * For the length of one callback: bytes just received (before TLS, and
	 * as they are read), what TLS has to send, a head just parsed, a head
	 * being written.
	 */
	char			 cipher[WORKER_CIPHER];
	char			 scratch[WORKER_SCRATCH];
	struct tls_wire		 wire;
	struct http1_head	 head;
	struct gather		 gather;

	struct graveyard	 graveyard;
	struct event		 grave_ev;

	struct wakes		 wakes;
	int			 timer_fd;
	struct event		 timer_ev;
	uint64_t		 timer_at;	/* ns; timer_fd is set to it */

	int			 inbox_fd;	/* eventfd */
	struct event		 inbox_ev;
	pthread_mutex_t		 inbox_lock;	/* guards the four below */
	struct ticket_list	 inbox;
	struct conf		*inbox_conf;	/* to change to; or NULL */
	bool			 inbox_drain;
	bool			 inbox_stop;

	bool			 draining;
	struct deadline		 drain;
	unsigned		 exchanges;	/* not yet ended */

};

/*
 * A worker over shared hosts, to listen at the listeners.  Exits the process
 * when it cannot be made: start-up only.
 */
struct worker	*worker_new(struct workers *, unsigned id, struct conf *,
		    struct hosts *, struct net_listeners *);

/*
 * Starts its thread.  To be called when all workers were made: from then on
 * clients use up what others would need.
 */
void		 worker_start(struct worker *);

/* Waits for the thread's end and frees the worker. */
void		 worker_join(struct worker *);

/* Orders from the main thread. */
void		 worker_reload(struct worker *, struct conf *);
void		 worker_drain(struct worker *);
void		 worker_stop(struct worker *);

/* Nanoseconds of the monotonic clock. */
uint64_t	 worker_now(void);

/* Frees by and by: fn(arg) once the events at hand are done. */
void		 worker_bury(struct worker *, struct grave *,
		    void (*fn)(void *), void *arg);

/*
 * Hands a ticket that was answered to the worker where it lives, from any
 * thread; exchange_answered() follows there.
 */
void		 worker_post(struct worker *, struct ticket *);

/* Takes a ticket back that was posted and not seen yet. */
void		 worker_unpost(struct worker *, struct ticket *);

/*
 * Has hosts_wake() called for the host at that time (ns); an earlier time
 * replaces a later one.  On the worker's own thread only.
 */
void		 worker_wake_at(struct worker *, struct wake *, uint64_t at);

/*
 * An exchange began or ended.  Draining workers stop after the last of all:
 * one may hold the wakes that another's waiters need.
 */
void		 worker_exchange_began(struct worker *);
void		 worker_exchange_ended(struct worker *);

void		 deadline_init(struct deadline *, struct worker *,
		    void (*cb)(void *), void *arg);
/* To fire at that time (ns, monotonic); 0: never. */
void		 deadline_set(struct deadline *, uint64_t at);
/* To be called before its memory goes. */
void		 deadline_free(struct deadline *);

#endif
