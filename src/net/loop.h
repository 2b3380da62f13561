/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LOOP_H
#define SLUICE_LOOP_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

#include "http/http1.h"
#include "net/grave.h"
#include "tls/tls.h"

/*
 * A thread's event loop and what belongs to it: its clock, deadlines, deferred
 * frees, times at which something shared is to be looked at, and a mailbox,
 * the only part that other threads may touch.
 */

#define LOOP_SCRATCH	65536	/* bytes */
/* What decrypting that may yield, with TLS in TLS, fits in the scratch. */
#define LOOP_CIPHER	(LOOP_SCRATCH - 2 * TLS_RECORD)

/* ns: where the clock begins */
#define LOOP_EPOCH	(400 * UINT64_C(86400000000000))

struct loop;
struct memory;
struct stats;

/* A message to a loop; lives in the memory of what it is about. */
struct mail {
	TAILQ_ENTRY(mail)	 entry;
	void			(*deliver)(struct mail *);
	bool			 posted;	/* and not delivered yet */
};
TAILQ_HEAD(mails, mail);

/* When a loop is to look at something; one for each loop that may. */
struct wake {
	RB_ENTRY(wake)	 entry;
	uint64_t	 at;		/* ns, monotonic */
	bool		 armed;		/* in its loop's tree */
	/* The time has come; or the loop has ended before: it is NULL. */
	void		(*fire)(struct wake *, struct loop *, uint64_t now);
};
RB_HEAD(wakes, wake);

/*
 * A deadline that is cheap to move: moving it later costs nothing, because the
 * event underneath stays as it is and asks again when it fires.  One that is
 * 20 ms late waits for another tenth of a second: the process may have stood
 * still, and what would have moved the deadline is still to be read.
 */
struct deadline {
	struct loop	*loop;
	struct event	 ev;
	LIST_ENTRY(deadline) entry;	/* while it is unset */
	bool		 unset;		/* ev could not be set, for now */
	uint64_t	 at;		/* ns; 0: none */
	uint64_t	 set;		/* ns; when ev fires; 0: not pending */
	uint64_t	 late;		/* ns; what it was too late for */
	void		(*cb)(void *);
	void		*arg;
};

LIST_HEAD(deadlines, deadline);

struct loop {
	unsigned		 id;		/* from 0, among all */
	struct event_base	*base;
	struct memory		*memory;	/* shared by all */
	struct stats		*stats;		/* what this thread counts */

	/*
	 * For the length of one callback: bytes just received (before TLS, and
	 * as they are read), what TLS has to send, a head just parsed.
	 */
	char			 cipher[LOOP_CIPHER];
	char			 scratch[LOOP_SCRATCH];
	struct tls_wire		 wire;
	struct http1_head	 head;

	struct graveyard	 graveyard;
	struct event		 grave_ev;

	struct wakes		 wakes;
	int			 timer_fd;
	struct event		 timer_ev;
	uint64_t		 timer_at;	/* ns; timer_fd is set to it */

	struct deadlines	 unset;		/* to be tried again */
	struct wake		 try_again;

	int			 mail_fd;	/* eventfd */
	struct event		 mail_ev;
	pthread_mutex_t		 mail_lock;	/* guards mails */
	struct mails		 mails;
	void			(*rung)(void *);
	void			*arg;
};

/*
 * A loop for a thread that is still to run it; rung(arg) is called there after
 * each loop_ring().  Returns NULL, with errno, when it cannot be made.
 */
struct loop	*loop_new(unsigned id, struct memory *, void (*rung)(void *),
		    void *arg);

/* Runs it, on the calling thread, until loop_stop(). */
void		 loop_run(struct loop *);
/* Has loop_run() return; at once, or when the events at hand are done. */
void		 loop_stop(struct loop *, bool at_once);
/* Frees what was buried, and nothing else: after loop_run(), in its thread. */
void		 loop_bury_all(struct loop *);
/* Frees it when its thread has ended; wakes that are armed are told. */
void		 loop_free(struct loop *);

/*
 * Returns what CLOCK_MONOTONIC says, in ns, and LOOP_EPOCH more: whatever a
 * limit still remembers from before a boot was at an instant above 0, for no
 * period is as long.
 */
uint64_t	 loop_now(void);
/*
 * Returns ns since 1970, by the wall's clock, which may be set: of what happens
 * now and is told of later, when that clock may say something else.
 */
uint64_t	 loop_wall(void);

/* Frees by and by: fn(arg) once the events at hand are done. */
void		 loop_bury(struct loop *, struct grave *, void (*fn)(void *),
		    void *arg);

/* Has the loop call rung(); from any thread. */
void		 loop_ring(struct loop *);

/* Has the loop deliver a mail; from any thread. */
void		 loop_post(struct loop *, struct mail *);
/*
 * Takes a mail back that may have been posted and was not delivered yet.
 * Returns whether that was so.
 */
bool		 loop_unpost(struct loop *, struct mail *);

/*
 * Has the wake fire at that time (ns); an earlier time replaces a later one.
 * On the loop's own thread only.
 */
void		 loop_wake_at(struct loop *, struct wake *, uint64_t at);

void		 deadline_init(struct deadline *, struct loop *,
		    void (*cb)(void *), void *arg);
/* To fire at that time (ns, monotonic); 0: never. */
void		 deadline_set(struct deadline *, uint64_t at);
/* To be called before its memory goes. */
void		 deadline_free(struct deadline *);

#endif
