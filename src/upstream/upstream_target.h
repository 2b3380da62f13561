/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_UPSTREAM_TARGET_H
#define SLUICE_UPSTREAM_TARGET_H

#include <stdbool.h>

#include "http/http1.h"
#include "net/dial.h"

struct conf;
struct parent;
struct rule;

/*
 * Where to, and how.  The configuration, of which the rule and the parent are,
 * must stay until it is connected.
 */
struct upstream_target {
	struct http1_host	 host;		/* its port set */
	const struct conf	*conf;
	const struct rule	*rule;		/* TLS to the host; or NULL */
	/*
	 * Through which: with a tunnel to the host, or else to the parent
	 * itself, which gets requests in absolute form.  Or NULL.
	 */
	const struct parent	*parent;
	bool			 by_tunnel;
	struct dial_client	 client;	/* for whom */
	uint64_t		 owner;		/* see upstream_bind(); or 0 */
	bool			 signs_in;	/* over the connection */
};

#endif
