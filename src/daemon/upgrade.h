/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_UPGRADE_H
#define SLUICE_UPGRADE_H

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <bsd/sys/queue.h>

#include "admin/admin_upgrade.h"
#include "daemon/handover.h"

/*
 * An upgrade, as the process before sees it; successor.h is the other one.  From
 * the main thread.
 *
 *   NONE	nothing is asked for.
 *   ASKED	whoever starts processes (starter.h) is to start one.
 *   STARTING	it was started, and is to say that it is ready.
 *   HANDING	it is, and is to take what it was handed; nobody goes meanwhile.
 *   FAILED	it has not come up, and is being killed.
 *   DONE	it has taken over: we end what we have begun, by what it lets go.
 *
 * Until DONE whatever goes wrong leads back to NONE, and nothing has changed:
 * it does nothing before it hears that it is its turn.
 */

struct admin;
struct listeners;
struct reloader;
struct state;

enum upgrade_phase {
	UPGRADE_NONE,
	UPGRADE_ASKED,
	UPGRADE_STARTING,
	UPGRADE_HANDING,
	UPGRADE_FAILED,
	UPGRADE_DONE,
};

#define UPGRADE_FDS	3

struct upgrade {
	enum upgrade_phase	 phase;
	struct reloader		*reloader;
	struct state		**state;	/* the daemon's; NULL: left */
	struct listeners	*listeners;
	struct handover		 handover;
	pid_t			 pid;		/* of the new process */
	uint64_t		 until;		/* ns; of this phase; 0: ever */
	char			*why;		/* it does not come up; or NULL */
	bool			 wrong;		/* its configuration is */
	int			 bell;		/* eventfd */
	pthread_mutex_t		 lock;		/* guards asked */
	STAILQ_HEAD(admin_upgrades, admin_upgrade) asked;
	struct admin_upgrades	 waiting;	/* for how it ends */
	bool			 again;		/* asked for while FAILED */
	bool			 ends;		/* the new one was told to */
	bool			 logs;		/* it is to open its own anew */
	uint64_t		 reloads;	/* there were, when it began */
	bool			 starter_gone;	/* who starts it is */
};

/* With its members up to listeners set.  Returns false with errno. */
bool		 upgrade_init(struct upgrade *);
void		 upgrade_destroy(struct upgrade *);

/* Begins one, if there is none. */
void		 upgrade_begin(struct upgrade *);
/* The same for somebody, who is told of the outcome; from any thread. */
void		 upgrade_ask(struct admin_upgrade *, void *upgrade);

/*
 * Log files are opened anew, and are to be in the new process, too, which may
 * have opened them before: now, or once it has taken over.
 */
void		 upgrade_logs(struct upgrade *);

/*
 * The configuration is to be read anew, and by the new process, too, which may
 * have read it before.  Where that has taken over, only log files are opened.
 */
void		 upgrade_reload(struct upgrade *);

/* Returns whether another process has taken over. */
bool		 upgrade_is_done(const struct upgrade *);
/* Returns whether it is just doing so: nothing else is to change. */
bool		 upgrade_hands_over(const struct upgrade *);
/* This process is to end, and so is one that is about to take over. */
void		 upgrade_stop(struct upgrade *);

/* Fills in what to wait for; returns for how long (ms) at most, -1: for ever. */
int		 upgrade_wait(struct upgrade *, struct pollfd[UPGRADE_FDS]);
/*
 * Does what has come up.  Returns NULL, or why this process is to end: what
 * waited for an answer or a connection is over, or has to be.
 */
const char	*upgrade_look(struct upgrade *, struct pollfd[UPGRADE_FDS]);

#endif
