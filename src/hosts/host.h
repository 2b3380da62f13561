/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOST_H
#define SLUICE_HOST_H

#include "hosts/host_types.h"

/* One host, and its tickets. */

/*
 * Returns a rule's limits as the throttle takes them; they point into it.  What
 * an operator has set stands for those of the whole, unless it is NULL.
 */
struct throttle_limits host_limits(const struct rule *,
		    const struct budget_limits *override);

/* Makes one for that many loops.  Returns NULL without memory. */
struct host	*host_new(const char *key, const struct http1_host *,
		    const struct client_hash *, struct conf *,
		    const struct rule *, unsigned loops);
/* Frees what it holds, but not what wakes need that still point to it. */
void		 host_empty(struct host *);
/* Frees the rest, when none does. */
void		 host_free(struct host *);

/* Asks for a ticket's admission, as hosts_ask() does; takes the host's lock. */
enum hosts_answer host_ask(struct host *, struct ticket *,
		    const struct claim *, const struct claim_source *,
		    uint64_t now);

/* The rest is called with the host's lock held. */

/* Puts an admitted ticket back, as hosts_return() and hosts_pay_again() do. */
enum hosts_answer host_return(struct host *, struct ticket *, bool refused,
		    uint64_t now);
/* Takes a ticket from the host; a refund is of what it has paid. */
void		 host_leave(struct host *, struct ticket *, bool refund,
		    uint64_t now);
/* Refuses a waiter that is in no queue any more, by that answer. */
void		 host_refuse(struct host *, struct ticket *,
		    enum hosts_answer, uint64_t now);
/* Refuses all whose start lies past their deadline. */
void		 host_refuse_hopeless(struct host *, uint64_t now);
/*
 * One is refused by that answer: counts it, names the budget that its report
 * says, and keeps why.
 */
void		 host_say_refused(struct host *, struct ticket *,
		    enum hosts_answer, uint64_t now);
/*
 * Has strict rates know how long the host takes to count: what the rule says,
 * or what is known of it by now.
 */
void		 host_set_counted(struct host *);
/* Makes it as new, with those who are there (throttle_renew()). */
void		 host_renew(struct host *, uint64_t now);
/* Returns since when (ns) somebody waits longest; 0: nobody does. */
uint64_t	 host_oldest(struct host *);
/* Takes a ticket, whatever its state, from one host to another. */
void		 host_move(struct host *from, struct host *to,
		    struct ticket *);
/* Returns whether no ticket is at the host. */
bool		 host_is_empty(const struct host *);

/*
 * Where another process has the word: it admits one that waits; or refuses it,
 * by that answer.
 */
void		 host_admit_away(struct host *, struct ticket *, uint64_t now);
void		 host_refuse_away(struct host *, struct ticket *,
		    enum hosts_answer, uint64_t now);

/*
 * A ticket that another process has admitted holds its slots here from now on;
 * what of its waiter is set, throttle_hold_asked() says.  False without memory.
 */
bool		 host_hold(struct host *, struct ticket *,
		    const struct throttle_request *, uint64_t now);

/* Admits who may go now, and has the loop look again when others may. */
void		 host_admit(struct host *, struct loop *, uint64_t now);

/* Returns whether nothing has reached the host, nor will: it may be dropped. */
bool		 host_is_nowhere(const struct host *);

/* Notes which route a ticket's request is of, if that is not known yet. */
void		 host_know_route(struct ticket *, struct http1_str method,
		    struct http1_str path);
/* Returns the named part that a ticket's route is in; 0: none is held up. */
unsigned	 host_named_part(struct host *, const struct ticket *);
/* Those who wait are where they belong by what is known now. */
void		 host_rejudge(struct host *, uint64_t now);

#endif
