/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RESOLVE_ARES_H
#define SLUICE_RESOLVE_ARES_H

#include <stdbool.h>
#include <stdint.h>

#include "net/resolve_answer.h"

/*
 * Looks up one name at a time, by c-ares on the loop: hosts file, then DNS over
 * UDP, with TCP where an answer is too long, as the system is configured or as
 * `resolver` says.
 *
 * Each has a c-ares channel of its own: what is asked on one can be taken back,
 * its time is found without a look at all others', it asks from ports of its
 * own, and what breaks it breaks no other.
 */

struct conf_addresses;
struct resolve_ares;
struct loop;

/*
 * It has ended: an answer, which may be kept until the next start, and for how
 * many seconds its addresses hold.  They are in the order in which to try them
 * (RFC 6724), families taking turns as RFC 8305 asks.
 */
typedef void	 resolve_ares_cb(void *arg, const struct resolve_answer *,
		    uint32_t ttl);

/*
 * It will ask these servers, or the system's where they are none.  Returns NULL
 * without memory.
 */
struct resolve_ares *resolve_ares_new(struct loop *,
		    const struct conf_addresses *servers, resolve_ares_cb *);
/* From its own callback, too.  NULL is allowed. */
void		 resolve_ares_free(struct resolve_ares *);

/*
 * Asks for a name, which must stay until it has ended; one with a dot behind it
 * in no domain that is searched.  The callback follows from the loop, once,
 * with that argument, unless it is cancelled.
 */
void		 resolve_ares_start(struct resolve_ares *, const char *name,
		    void *arg);
void		 resolve_ares_cancel(struct resolve_ares *);

/* Returns whether it may be used again: nothing is wrong with its sockets. */
bool		 resolve_ares_sound(const struct resolve_ares *);

#endif
