/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TICKET_SAY_H
#define SLUICE_TICKET_SAY_H

#include "hosts/host_types.h"

/* Whose request a ticket is, and which, for people. */

#define TICKET_CLIENT	128	/* bytes of a client's name, with its end */

/*
 * Its client is an address, or what the rule's fair_by tells clients apart by: a
 * user, a field's value.  A field that may hold a credential is not shown, but
 * the digits of a hash.
 */
struct ticket_said {
	char		 client[TICKET_CLIENT];
	char		 method[32];		/* or "": not known */
	char		 path[128];		/* without its query */
};

/*
 * With the host's lock held.  The client is never nothing; of a request of the
 * process before, it is what that one says.
 */
void		 ticket_say(struct ticket_said *, const struct host *,
		    const struct ticket *);
/* The client alone, to a place of TICKET_CLIENT bytes. */
void		 ticket_say_client(char *, const struct host *,
		    const struct ticket *);

#endif
