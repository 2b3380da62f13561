/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EVENTS_H
#define SLUICE_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What has happened that an operator would want to know of: told by whoever
 * sees it, kept in a ring of the last ones, and read by the control plane.
 * Crossings, not requests; only a host's refusals are told one by one.
 *
 * Safe from any thread.  Telling takes a lock for the length of a copy, and
 * never waits for a reader; where the ring is full the oldest goes.
 */

#define EVENTS_HOST	320	/* bytes of a host's key, with its end */
#define EVENTS_RULE	272	/* bytes of a rule's name, with its end */
#define EVENTS_TEXT	256	/* bytes, with their end; UTF-8 */

enum event_kind {
	EVENT_REFUSAL,		/* a host has refused a request for a limit */
	EVENT_PAUSE,		/* a host is paused */
	EVENT_RESUME,		/* an operator has ended a pause */
	EVENT_RECOVERY,		/* a pause is over: one request asks */
	EVENT_OPEN,		/* the configured limits hold again */
	EVENT_WAIT,		/* the first that waits, after none did */
	EVENT_FULL,		/* we begin to refuse requests to a host */
	EVENT_NOT_FULL,		/* ... and no longer do */
	EVENT_DRAIN,
	EVENT_FORGET,
	EVENT_OVERRIDE,		/* an operator has set limits, or unset them */
	EVENT_RELOAD,		/* the configuration was read, or not */
	EVENT_WARNING,		/* a line of the log at that level or above */
	EVENT_KINDS,
};

struct event_told {
	uint64_t	 id;		/* from 1, one more each time */
	int64_t		 time;		/* ms since 1970 */
	enum event_kind	 kind;
	char		 host[EVENTS_HOST];	/* key; "": of no host */
	char		 rule[EVENTS_RULE];	/* its rule's name; or "" */
	/* Without the host: "paused for 60 s after its answer 429". */
	char		 text[EVENTS_TEXT];
	/* The limit fields that were received, "name: value" with " · " between;
	   or "". */
	char		 fields[EVENTS_TEXT];
};

/* Returns the word for a kind, as the API has it: "refusal", "not_full", ... */
const char	*events_word(enum event_kind);

/*
 * Keeps that many from now on: the newest of those that are kept.  0, as it is
 * to begin with: none, and telling costs one look.  False without memory: it
 * stays as it was.
 */
bool		 events_keep(size_t n) __attribute__((warn_unused_result));

/* Returns whether any are kept: making what is told may not be free. */
bool		 events_kept(void);

/*
 * Tells of one; host, rule and fields may be NULL.  They are copied as far as
 * there is room, to whole characters; what is no UTF-8, and what moves a
 * cursor, becomes "?".
 */
void		 events_tell(enum event_kind, const char *host,
		    const char *rule, const char *fields, const char *, ...)
		    __attribute__((format(printf, 5, 6)));

/*
 * Copies at most max of those behind an id, the oldest first; an id that was
 * never given, as one of an earlier process, counts as 0.  Returns how many;
 * *missed is how many behind it were gone already.
 */
size_t		 events_read(uint64_t after, struct event_told *, size_t max,
		    uint64_t *missed);
/* Returns the id of the newest; 0: there was none. */
uint64_t	 events_last(void);

/*
 * Has fn(arg) called, on the telling thread, after each; NULL: nobody.  Others
 * who tell or read wait meanwhile, so fn only rings, and neither tells nor
 * reads; when this returns, the function before is not being called any more.
 */
void		 events_notify(void (*fn)(void *), void *arg);

/* Frees what is kept, and keeps none from now on; ids go on from there. */
void		 events_free(void);

#endif
