/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGES_H
#define SLUICE_EXCHANGES_H

#include <stdatomic.h>

/*
 * The life of one request: admit, forward, relay, finish.  What moves
 * it: events of front (what the client does), the loop's mailbox (what hosts
 * answer), events of upstream, dial and tunnel (what the other side does).
 */

struct conf;
struct dialer;
struct exchanges;		/* those of one thread */
struct front_events;
struct hosts;
struct loop;
struct upstreams;
struct user_checks;

/* What exchanges are made with; all of it stays its owner's. */
struct exchanges_setup {
	struct loop		*loop;
	struct conf		*conf;		/* until exchanges_reload() */
	struct hosts		*hosts;		/* shared by all threads */
	struct upstreams	*upstreams;
	const struct dialer	*dialer;
	struct user_checks	*user_checks;	/* shared by all threads */
	const atomic_bool	*over;		/* nobody's turn comes any more;
						   of all threads */
};

/* Returns NULL without memory. */
struct exchanges *exchanges_new(const struct exchanges_setup *);
/* Those that begin from now on are under this configuration. */
void	 exchanges_reload(struct exchanges *, struct conf *);
/* From now on none begins. */
void	 exchanges_drain(struct exchanges *);
/* Those whose turn has not come are told so; how many these were. */
unsigned exchanges_refuse_waiting(struct exchanges *);
/* When all have ended, and the checks of passwords, too. */
void	 exchanges_free(struct exchanges *);

/* What a front tells of its clients; its owner is the thread's exchanges. */
extern const struct front_events exchanges_front_events;

#endif
