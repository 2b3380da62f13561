/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_DESTINATION_H
#define SLUICE_DESTINATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/place.h"
#include "http/http1.h"
#include "policy/destination_class.h"
#include "policy/host_pattern.h"
#include "policy/network.h"

/*
 * Where clients may go.
 *
 * Denied to all are metadata, link-local addresses and what this process
 * listens at; to clients that are not on this machine, strangers, also what is
 * not of the Internet: that whatever a file says, and what it denies besides.
 * A file's exceptions (allow) undo
 *
 *	what it denies by hosts: by hosts that are not wider: "*.example.com"
 *	undoes a denied "*", not a denied "api.example.com".
 *	what it denies by addresses: by addresses that are not wider, and by a
 *	host's whole name.
 *	what is private: by a host, too, but not by "*".
 *	the other classes: by their word, or a network within them; of what is
 *	our own by its word only.
 *
 * So no name, and no 0.0.0.0/0, opens what only an address or a word may.
 */

enum destination_entry_kind {
	DESTINATION_WORD,		/* all of a class */
	DESTINATION_NETWORK,		/* with a port, or any */
	DESTINATION_HOST,		/* a pattern of hosts */
};

struct destination_entry {
	enum destination_entry_kind kind;
	enum destination_class	 class;		/* of a word */
	struct network		 network;
	uint16_t		 port;		/* of a network; 0: any */
	struct host_pattern	 pattern;
	char			*text;		/* as configured; owned */
	struct place		 at;
};

struct destination_list {
	struct destination_entry *list;		/* owned */
	size_t			 n;
	struct host_pattern_set	*hosts;		/* to such of list; or NULL */
	bool			 has_addresses;	/* words, or networks */
};

/* What is inside a tunnel, or asked for in clear. */
enum destination_inside {
	DESTINATION_TLS,
	DESTINATION_HTTP,
	DESTINATION_OTHER,
	DESTINATION_INSIDES,
};

struct destination_range {
	uint16_t		 from;
	uint16_t		 to;		/* included */
};

struct destination_ports {
	struct destination_range *list;		/* owned */
	size_t			 n;
	struct place		 at;
};

/* What a configuration says of it; zeroed: nothing, and no port. */
struct destinations {
	struct destination_list	 deny;
	struct destination_list	 allow;
	bool			 only;		/* nothing else than allow */
	struct place		 only_at;
	struct destination_ports ports[DESTINATION_INSIDES]; /* of strangers */
};

/* Who wants to go where. */
struct destination {
	const struct http1_host	*host;		/* its port set */
	const struct network	*address;	/* that it has; NULL: not yet */
	bool			 own;		/* this process listens there */
	bool			 stranger;	/* not on this machine */
};

enum destination_reason {
	DESTINATION_GOES,		/* it may */
	DESTINATION_DENIED,		/* by an entry of the file's */
	DESTINATION_CLASS,		/* by what the address is */
	DESTINATION_ONLY,		/* it is no exception, and only is on */
	DESTINATION_PORT,		/* by ports */
};

struct destination_verdict {
	enum destination_reason	 reason;
	enum destination_class	 class;		/* of the address */
	enum destination_inside	 inside;	/* of DESTINATION_PORT */
	bool			 stranger;
	uint16_t		 port;
	struct network		 address;	/* that decides; family 0: none */
	/* what decides, or NULL; and where that stands, or line 0 */
	const struct destination_entry *entry;
	struct place		 at;
};

/*
 * Judges a destination.  While its address is not known, only a host that no
 * address could help is refused: so no name is looked up in vain.  An address
 * of IPv4 within one of IPv6 is judged, too (network_inner()).
 */
struct destination_verdict destination_judge(const struct destinations *,
		    const struct destination *);

/* Judges a port by what is inside. */
struct destination_verdict destination_judge_port(const struct destinations *,
		    const struct destination *, enum destination_inside);

#endif
