/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_GUARD_H
#define SLUICE_ADMIN_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/http1_str.h"

/*
 * Who may ask the control plane for what, by what a request's head says.  Pages
 * of strangers have browsers send requests here, under names of their own that
 * resolve to this machine, too: so hosts and origins are compared with a list,
 * and nothing is allowed that a page could have sent unasked.
 */

/* Origins by which a door may be named: "http://127.0.0.1:3130". */
struct guard_origins {
	char			**list;
	size_t			 n;
};

/*
 * Adds one: a host, in lower case, IPv6 in brackets, with a port of its own or
 * that one.  Returns false without memory.
 */
bool		 guard_origins_add(struct guard_origins *, bool tls,
		    const char *host, uint16_t port)
		    __attribute__((warn_unused_result));
void		 guard_origins_free(struct guard_origins *);

/* Where a request came in. */
struct guard_door {
	bool			 socket;	/* a Unix socket */
	const struct guard_origins *origins;	/* of the web */
	const char		*token;		/* or NULL */
	bool			 readonly;
};

/* What its head says; p of what is not there is NULL. */
struct guard_request {
	bool			 change;	/* POST, PUT, DELETE */
	struct http1_str	 host;
	struct http1_str	 origin;
	struct http1_str	 fetch_site;	/* Sec-Fetch-Site */
	struct http1_str	 authorization;
	struct http1_str	 upgrade;
};

struct guard_verdict {
	int			 status;	/* 0: go on */
	const char		*why;
	const char		*expected;	/* or NULL */
	bool			 full;		/* may see all */
	bool			 may_change;
};

struct guard_verdict guard_judge(const struct guard_door *,
		    const struct guard_request *);

/* Returns whether a Content-Type is JSON's, with parameters or without. */
bool		 guard_is_json(struct http1_str);

#endif
