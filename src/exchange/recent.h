/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RECENT_H
#define SLUICE_RECENT_H

#include <stddef.h>
#include <stdint.h>

#include "exchange/access.h"
#include "net/loop.h"

/*
 * The exchanges that ended last, of one thread: a ring of fixed size that only
 * this thread writes, so that noting one takes no lock.  Whoever else wants to
 * see them asks by mail, and gets a copy by mail.
 */

#define RECENT_PATH	96	/* bytes, with their end */
#define RECENT_HOST	96
#define RECENT_CLIENT	56
#define RECENT_REASON	64

struct recent_exchange {
	int64_t			 time;		/* ms since 1970 */
	uint64_t		 held;		/* ns */
	uint64_t		 upstream;	/* ns */
	uint64_t		 in;		/* bytes */
	uint64_t		 out;
	int			 status;
	unsigned		 series;	/* of its rule; stats.h */
	unsigned		 resent;
	enum access_outcome	 outcome;
	char			 method[16];
	char			 host[RECENT_HOST];	/* key, cut */
	char			 path[RECENT_PATH];	/* no query */
	char			 client[RECENT_CLIENT];
	char			 reason[RECENT_REASON];
};

struct exchanges;

/* A question; in the asker's memory until it is answered. */
struct recent_question {
	struct mail		 mail;
	struct loop		*from;		/* the asker's */
	/* Called on the asker's loop; the copies are its own, to be freed. */
	void			(*answer)(struct recent_question *);
	struct recent_exchange	*list;		/* the newest first */
	size_t			 n;
	size_t			 max;		/* wanted at most */
	struct exchanges	*exchanges;	/* who was asked */
};

/*
 * Asks a thread's exchanges for their last ones.  After that thread has ended
 * no answer comes.
 */
void		 recent_ask(struct exchanges *, struct recent_question *);

#endif
