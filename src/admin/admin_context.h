/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_CONTEXT_H
#define SLUICE_ADMIN_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bsd/sys/queue.h>

#include "base/client_hash.h"
#include "net/loop.h"

/*
 * What all of the control plane uses, on its own thread only.
 */

struct admin_context;
struct admin_events;
struct admin_expiry;
struct admin_history;
struct admin_hour;
struct admin_log;
struct admin_reload;
struct admin_request;
struct admin_upgrade;
struct clients;
struct conf;
struct exchanges;
struct hosts;
struct listeners;
struct memory;
struct own;
struct resolver;

#define ADMIN_STATUSES	600	/* each has its count */

struct admin_context {
	struct loop		*loop;
	struct conf		*conf;		/* as it is now; own reference */
	struct hosts		*hosts;
	struct exchanges	**exchanges;
	unsigned		 nworkers;
	struct memory		*memory;
	const struct listeners	*listeners;	/* of the proxy */
	struct own		*own;		/* of those, and of ours */
	struct resolver		*resolver;	/* NULL: not used yet */
	struct clients		*clients;	/* of the proxy */
	struct client_hasher	*hasher;

	uint64_t		 started;	/* ns, monotonic */
	uint64_t		 started_wall;	/* ns since 1970; the same */
	uint64_t		 reloads;	/* that took effect */
	char			*last_error;	/* of the last one; or NULL */
	bool			 draining;
	bool			 reloading;	/* by a request */
	bool			 upgrading;	/* the same */

	/* Has the main thread reload; its done() follows on that one. */
	void			(*reload)(struct admin_reload *, void *);
	void			*reload_arg;
	void			(*upgrade)(struct admin_upgrade *, void *);
	void			*upgrade_arg;
	struct admin_log	*log;		/* a level that was set */
	struct admin_expiry	*expiry;	/* of what was set of hosts */
	struct admin_history	*history;	/* of hosts */
	struct admin_hour	*hour;		/* refusals in it */
	struct admin_events	*events;	/* streams of them */

	LIST_HEAD(, admin_request) requests;	/* all that are not over */
	uint64_t		 answered[ADMIN_STATUSES]; /* by status */
};

#endif
