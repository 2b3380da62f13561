/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LOOKUP_H
#define SLUICE_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "net/resolve_cache.h"

/*
 * One name at a time to its addresses, by c-ares on the loop: hosts
 * file, then DNS over UDP with TCP where an answer is too long, as the system
 * is configured or as `resolver` says.
 *
 * Each has a c-ares channel of its own: what is asked on one can be
 * taken back, its time is found without a look at all others', it asks from
 * ports of its own, and what breaks it breaks no other.
 */

struct conf_addresses;
struct lookup;
struct loop;

enum lookup_code {
	LOOKUP_FOUND,
	LOOKUP_NO_NAME,		/* no such name, or no address of it */
	LOOKUP_FAILED,		/* the servers cannot tell */
	LOOKUP_TIMEOUT,
	LOOKUP_NO_MEMORY,	/* nor descriptors, to hear of the answer */
};

struct lookup_result {
	/* Code; addresses in the order in which to try them (RFC 6724),
	   families taking turns as RFC 8305 asks. */
	struct resolve_answer	 answer;
	uint32_t		 ttl;		/* s, of the addresses */
};

/* It has ended; the result may be kept until the next start. */
typedef void	 lookup_cb(void *arg, const struct lookup_result *);

/*
 * It will ask these servers, or the system's where they are none.  Returns NULL
 * without memory.
 */
struct lookup	*lookup_new(struct loop *, const struct conf_addresses *servers,
		    lookup_cb *);
/* From its own callback, too.  NULL is allowed. */
void		 lookup_free(struct lookup *);

/*
 * Asks for a name, which must stay until it has ended.  The callback follows
 * from the loop, once, with that argument, unless it is cancelled.
 */
void		 lookup_start(struct lookup *, const char *name, void *arg);
void		 lookup_cancel(struct lookup *);

/* Returns whether it may be used again: nothing is wrong with its sockets. */
bool		 lookup_sound(const struct lookup *);

#endif
