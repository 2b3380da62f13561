/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_NAME_H
#define SLUICE_HOSTS_NAME_H

#include <stdbool.h>

#include "base/client_hash.h"
#include "base/events.h"
#include "hosts/hosts_key.h"

struct conf;
struct rule;

/*
 * Throttles' names for people and programs: what hosts_label() makes of a
 * ticket, with ~ and 32 hexadecimal digits of the credential's hash behind it
 * where the rule tells credentials apart.
 */

/* A throttle that a name stands for. */
struct hosts_name {
	struct http1_host	 host;		/* "": a shared rule's */
	struct client_hash	 whose;
	const struct rule	*rule;		/* of the conf */
	char			 key[HOSTS_KEY];	/* in the table */
};

/* Writes the name of a throttle, and returns buf. */
const char	*hosts_name_print(char buf[EVENTS_HOST], const struct rule *,
		    const struct http1_host *, const struct client_hash *);

/*
 * Reads one back: a host, with a port or without, or a shared rule's pattern,
 * as that configuration has them.  Returns false where it is none.
 */
bool		 hosts_name_read(struct hosts_name *, const struct conf *,
		    const char *text);

#endif
