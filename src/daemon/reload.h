/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RELOAD_H
#define SLUICE_RELOAD_H

#include <pthread.h>

#include <bsd/sys/queue.h>

#include "admin/admin_reload.h"

/* What SIGHUP and SIGUSR1 ask for, and the API, on the main thread. */

struct admin;
struct conf;
struct hosts;
struct store_thread;
struct workers;

/* Who has to know of a new configuration; and who asked for one. */
struct reloader {
	struct conf		*conf;		/* as it is; own reference */
	struct hosts		*hosts;
	struct workers		*workers;
	struct admin		*admin;		/* or NULL */
	struct store_thread	*store;
	int			 fd;		/* eventfd: somebody asked */
	bool			 later;		/* SIGHUP came at a wrong time */
	pthread_mutex_t		 lock;		/* guards asked */
	STAILQ_HEAD(, admin_reload) asked;
};

/* Of a configuration, whose reference it takes.  Returns -1 with errno. */
int		 reload_init(struct reloader *, struct conf *);
void		 reload_destroy(struct reloader *);

/*
 * Reads the file of the current configuration again, and puts what it has in
 * that one's place, for all threads.  Where anything is wrong with it, that is
 * logged, and all stays as it is.
 */
void		 reload_conf(struct reloader *);

/*
 * Has it done for somebody, who is told of the outcome; from any thread; or
 * later on.  The main thread then finds something at fd, and takes it; or drops
 * it, where another process has taken over, and read the file.
 */
void		 reload_ask(struct admin_reload *, void *reloader);
void		 reload_later(struct reloader *);
void		 reload_take(struct reloader *);
void		 reload_drop(struct reloader *);

/* Opens the log files anew; one that cannot be opened stays as it was. */
void		 reload_logs(const struct conf *);

#endif
