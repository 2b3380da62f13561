/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_H
#define SLUICE_ADMIN_H

#include <stdbool.h>
#include <stddef.h>

#include "admin/admin_reload.h"
#include "admin/admin_upgrade.h"

/*
 * The control plane: one HTTP API for people, programs and Prometheus, on a
 * thread and a loop of its own, so that nobody who looks delays a request.  Its
 * connections are a front's (front.h), with all that this checks.
 */

struct admin;
struct clients;
struct conf;
struct exchanges;
struct hosts;
struct gate;
struct listeners;
struct memory;

/* What it is made of; all of it stays its owner's. */
struct admin_setup {
	struct conf		*conf;		/* until admin_conf() */
	struct hosts		*hosts;
	struct exchanges	**exchanges;	/* of each worker */
	unsigned		 nworkers;
	struct memory		*memory;
	const struct listeners	*listeners;	/* of the proxy */
	struct clients		*clients;	/* the same */
	/* Has the main thread reload; done follows. */
	void			(*reload)(struct admin_reload *, void *);
	void			*arg;
	/* ... upgrade; the same. */
	void			(*upgrade)(struct admin_upgrade *, void *);
	void			*upgrade_arg;
	/* Its thread waits there for all others. */
	struct gate		*gate;
};

/*
 * Makes it, with its sockets bound.  Returns NULL with *cause, to be freed;
 * NULL without one where the configuration wants no control plane.
 */
struct admin	*admin_new(const struct admin_setup *, char **cause);
/* Returns all that it listens at, linked; NULL: nothing. */
struct listeners *admin_listeners(struct admin *);

/* Starts its thread, which waits at the gate. */
void		 admin_start(struct admin *);
/* Returns when it listens, for the gate is open. */
void		 admin_begun(struct admin *);
/*
 * Orders from the main thread, where NULL is allowed: takes a new
 * configuration; notes why there is none after a reload; says from now on that
 * the process drains; leaves its sockets to another process, with which streams
 * are to go on, so that they end here.
 */
void		 admin_conf(struct admin *, struct conf *);
void		 admin_conf_failed(struct admin *, const char *error);
void		 admin_drain(struct admin *);
void		 admin_leave(struct admin *);
/* Ends its thread and frees it.  NULL is allowed. */
void		 admin_free(struct admin *);

#endif
