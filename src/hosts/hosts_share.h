/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_SHARE_H
#define SLUICE_HOSTS_SHARE_H

#include <stdbool.h>
#include <stddef.h>

#include <bsd/sys/tree.h>

#include "conf/conf.h"
#include "hosts/ticket.h"

/*
 * Who has how many of the table's entries; all of it with the table locked for
 * writing.
 *
 * A host that the configuration names has its place whatever else is in the
 * table: there are no more of them than rules.  All others count, and are
 * charged to the client who named them first.  It may have three times as
 * many as are left after them: one client alone most of the table, many of them
 * less each, and there is room for another one always.
 */

struct hosts_client;
RB_HEAD(hosts_clients, hosts_client);

/* Of a table; begins as zero. */
struct hosts_share {
	struct hosts_clients	 clients;	/* who made entries */
	size_t			 counted;	/* entries, for limits.hosts */
};

/* Of an entry; begins as zero. */
struct hosts_charge {
	bool			 counted;	/* for limits.hosts */
	struct hosts_client	*client;	/* charged with it; or NULL */
};

/* Returns whether an entry of that rule and credential does not count. */
bool		 hosts_has_place(const struct conf *, const struct rule *,
		    const struct client_hash *);
/*
 * Returns whether there is room for another entry of that rule and credential,
 * for that client: HOSTS_GO, HOSTS_NO_ROOM or HOSTS_NO_SHARE.
 */
enum hosts_answer hosts_room(const struct hosts_share *, const struct conf *,
		    const struct rule *, const struct client_hash *,
		    const struct hosts_client *);
/*
 * Returns who asks for another entry, from that address (NULL: none), until
 * hosts_client_done(); NULL without memory.
 */
struct hosts_client *hosts_client(struct hosts_share *,
		    const struct sockaddr *);
/*
 * Notes whether it was refused.  Returns true where it is, and was not
 * before.
 */
bool		 hosts_client_crosses(struct hosts_client *, bool refused);
void		 hosts_client_done(struct hosts_share *,
		    struct hosts_client *);
/* Counts a new entry, for a client (NULL: nobody). */
void		 hosts_charge(struct hosts_share *, struct hosts_charge *,
		    struct hosts_client *);
/* It counts no more; to be called before an entry goes, too. */
void		 hosts_discharge(struct hosts_share *, struct hosts_charge *);

#endif
