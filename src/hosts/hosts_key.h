/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_KEY_H
#define SLUICE_HOSTS_KEY_H

#include <stddef.h>

#include "base/client_hash.h"
#include "http/http1.h"

struct rule;

/*
 * The key of an entry is what shares a throttle: the host's name; host and port
 * where the rule names a port; the pattern where the rule is shared; and whose
 * it is, where the rule tells clients apart.
 */

#define HOSTS_KEY	(HTTP1_HOST + 80)
#define HOSTS_SHARED	"="	/* begins the key of a shared rule */

/* Writes the key, and returns its length. */
size_t		 hosts_key(char key[HOSTS_KEY], const struct rule *,
		    const struct http1_host *, const struct client_hash *);

#endif
