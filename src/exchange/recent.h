/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RECENT_H
#define SLUICE_RECENT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/client_hash.h"
#include "exchange/access.h"
#include "hosts/ticket.h"
#include "http/http1.h"
#include "net/loop.h"

/*
 * The exchanges that ended last, of one thread: a ring of fixed size that only
 * this thread writes, so that noting one takes no lock, and formats nothing.
 * Whoever else wants to see them asks by mail, and gets copies.
 *
 * No query, no field and no user's key is ever in it.
 */

#define RECENT_PATH	96	/* bytes, with their end */
#define RECENT_HOST	(HTTP1_HOST + 1)
#define RECENT_REASON	64
#define RECENT_METHOD	16
#define RECENT_OBSERVED	HOSTS_OBSERVED

struct recent_exchange {
	uint64_t		 at;		/* ns, monotonic; its end */
	uint64_t		 ended;		/* ns since 1970; the same */
	uint64_t		 held;		/* ns */
	uint64_t		 upstream;	/* ns */
	uint64_t		 in;		/* bytes */
	uint64_t		 out;
	uint64_t		 paused;	/* ns; as access_line.h has it */
	int			 status;
	unsigned		 series;	/* of its rule; stats.h */
	unsigned		 resent;
	enum access_outcome	 outcome;
	/* What its throttle's key is made of. */
	bool			 shared;	/* host is the rule's name */
	bool			 has_port;	/* the key has it, too */
	enum http1_host_kind	 kind;
	uint16_t		 port;
	struct client_hash	 credential;	/* whose; zero: all */
	/* The client's address; AF_UNSPEC: a Unix socket. */
	struct sockaddr_in6	 client;
	char			 method[RECENT_METHOD];	/* "": not known */
	char			 host[RECENT_HOST];	/* or "" */
	char			 path[RECENT_PATH];	/* cut; or "" */
	char			 reason[RECENT_REASON];	/* cut; or "" */
	char			 budget[RECENT_REASON];	/* cut; or "" */
	char			 observed[RECENT_OBSERVED];	/* or "" */
	char			 parent[RECENT_REASON];	/* its name; or "" */
};

struct downstream;
struct exchange;
struct exchanges;
struct http1_head;
struct recent;
struct rule;

/* Returns a ring of that many; NULL without memory, and for none. */
struct recent	*recent_new(size_t n);
/*
 * Returns one of that many that has what the old one had, which is freed; NULL
 * for none.  Without memory it returns the old one.
 */
struct recent	*recent_resize(struct recent *, size_t n);
void		 recent_free(struct recent *);

/*
 * Notes how one has ended, before it leaves its host; observed: by
 * hosts_observed().  now: ns, monotonic.
 */
void		 recent_note(const struct exchange *, enum access_outcome,
		    const char *reason, const char *observed, uint64_t now);
/* The same for what never became one. */
void		 recent_note_refused(struct exchanges *,
		    const struct downstream *, const struct http1_head *,
		    const struct rule *, int status, const char *why);

/* A question; in the asker's memory until it is answered, or taken back. */
struct recent_question {
	struct mail		 mail;		/* to who is asked */
	struct mail		 reply;		/* back */
	struct loop		*from;		/* the asker's */
	/* Called on the asker's loop. */
	void			(*answer)(struct recent_question *);
	struct recent_exchange	*list;		/* room for max; the asker's */
	size_t			 max;
	size_t			 n;		/* filled in, the newest first */
	struct exchanges	*exchanges;	/* who was asked */
};

/*
 * Asks a thread's exchanges for their last ones, with from, answer, list and
 * max set.  A thread that has ended does not answer.
 */
void		 recent_ask(struct exchanges *, struct recent_question *);
/*
 * Takes a question back.  Returns false where it is being answered, or was:
 * answer() follows then.
 */
bool		 recent_take_back(struct recent_question *);

#endif
