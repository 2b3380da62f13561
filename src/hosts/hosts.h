/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_H
#define SLUICE_HOSTS_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "hosts/ticket.h"
#include "net/loop.h"

/*
 * The throttles of all hosts, shared by all threads.  A table maps a host to
 * its throttle, as the configuration's rules say; each throttle has its own
 * mutex; whoever admits a waiter posts it to the loop where it lives.  host.c
 * tells of the states of tickets and of the locks.
 */

struct hosts;

/* A table for that many loops.  Returns NULL without memory. */
struct hosts	*hosts_new(struct conf *, unsigned loops);
void		 hosts_free(struct hosts *);

/*
 * Asks for admission of what is claimed, by the ticket's rule, for the source
 * (of which nothing is kept).  Sets the ticket's deadline and report: the
 * computed start, or for a refusal when a retry would succeed; and for a
 * refusal the budget that is short, for people: "10 per 1s".  Returns the
 * answer.  Where the table's limits are of another configuration than the
 * ticket's, nothing was asked yet, and it returns HOSTS_RELOADED: the ticket's
 * conf and rule are then the table's, and whatever else was decided by the old
 * ones is to be decided anew.
 */
enum hosts_answer hosts_ask(struct hosts *, struct ticket *,
		    const struct claim *, const struct claim_source *,
		    uint64_t now) __attribute__((warn_unused_result));

/*
 * For requests of another process (hosts_guest.h): gives a ticket the table's
 * configuration, with its rule; and has one that was admitted there, with its
 * credential, hold its slots here: throttle_hold_asked() says what of it is
 * set.  Returns false where there is no room or no memory for its host.
 */
void		 hosts_conf(struct hosts *, struct ticket *);
bool		 hosts_hold(struct hosts *, struct ticket *,
		    const struct throttle_request *, uint64_t now)
		    __attribute__((warn_unused_result));

/* What one line for each host is enough for. */
enum hosts_news {
	HOSTS_NEWS_UNUSABLE,	/* it has sent a field of no use */
	HOSTS_NEWS_USAGE,	/* ... that could not be counted */
	HOSTS_NEWS_UNASKED,	/* nor was that asked for */
	HOSTS_NEWS_WHOLE,	/* ... any more: hosts_keep_whole() */
	HOSTS_NEWS_UPGRADE,	/* an Upgrade was not passed on to it */
	HOSTS_NEWS_PARTS,	/* it names more parts than can be held up */
	HOSTS_NEWS_LIMIT,	/* ... a limit far below the budget of its name */
};

/*
 * Returns whether that is so for the first time at the ticket's host, whoever's
 * its entries are; false where it is at none.
 */
bool		 hosts_is_news(struct hosts *, struct ticket *,
		    enum hosts_news);

/*
 * A stream of the ticket's host, for whoever its entry is, must not be changed,
 * so nothing is asked of the next ones that would have to be taken out; until
 * the host is forgotten.
 */
void		 hosts_keep_whole(struct hosts *, struct ticket *);
bool		 hosts_keeps_whole(struct hosts *, struct ticket *);

/*
 * Puts an admitted ticket back, before all others, to be admitted again within
 * queue.max_wait from the end of the pause, and not after the latest; sets its
 * deadline, and counts it where it only asked (throttle_asks()).  Returns
 * HOSTS_WAIT; otherwise it stays admitted.
 */
enum hosts_answer hosts_return(struct hosts *, struct ticket *, uint64_t now)
		    __attribute__((warn_unused_result));

/*
 * The same of one that the host has read and not answered: who may go at once
 * goes, however late, and nobody has asked or was refused.
 */
enum hosts_answer hosts_pay_again(struct hosts *, struct ticket *,
		    uint64_t now);

/*
 * Sets the deadline of a ticket that waits to what it is as things stand; with
 * a grace, if it has come and nothing but a lease is missing.  Returns it (ns,
 * monotonic).
 */
uint64_t	 hosts_deadline(struct hosts *, struct ticket *, uint64_t now);

/*
 * A handshake with an admitted ticket's host took so long (ns); its request was
 * sent whole.  What counts requests exactly has to know; does nothing, and
 * takes no lock, where nothing does.
 */
void		 hosts_connected(struct hosts *, struct ticket *,
		    uint64_t took);
void		 hosts_sent(struct hosts *, struct ticket *, uint64_t now);

/*
 * Takes the host's word for how much of a named budget was left (micro units) at
 * an instant, if the rule has it learned (throttle_meter_left()).
 */
void		 hosts_meter_left(struct hosts *, struct ticket *,
		    const char *budget, uint64_t left, uint64_t at,
		    uint64_t now);

/* Gives back the slot of an admitted ticket, which stays at its host. */
void		 hosts_release_slot(struct hosts *, struct ticket *,
		    uint64_t now);

/* Leaves the host before the rest: what was admitted holds no slot there. */
void		 hosts_release(struct hosts *, struct ticket *, uint64_t now);

/*
 * The same for what came to nothing, with what it has paid (throttle_refund()).
 * *turn, unless it is NULL, is its turn, or none where it had given that up.
 */
void		 hosts_refund(struct hosts *, struct ticket *,
		    struct claim_turn *turn, uint64_t now);

/*
 * Gives back whatever the ticket has: its place in the queue, its slot, a
 * posted answer, its reference to the configuration.  Whatever ends an
 * exchange calls this; calling it again does nothing.
 */
void		 hosts_leave(struct hosts *, struct ticket *, uint64_t now);

/*
 * Returns whether somebody waits for the slot that an admitted ticket has: with
 * one more, another one could go as far as slots are concerned.
 */
bool		 hosts_is_wanted(struct hosts *, struct ticket *);

/* Returns whether an admitted ticket has a slot: it may have given that back. */
bool		 hosts_has_slot(struct hosts *, struct ticket *);

/*
 * Stops waiting.  Returns true when the ticket was still in the queue; its
 * report then says when a retry could be admitted.  Returns false when it was
 * answered meanwhile.
 */
bool		 hosts_give_up(struct hosts *, struct ticket *, uint64_t now);

/* Has a ticket that waits be shown so. */
void		 hosts_show(struct hosts *, struct ticket *,
		    const struct ticket_shown *);

/*
 * Counts a tunnel of an admitted ticket's, from when it stands to its end;
 * does nothing to one that is counted, or is not, already.  A reload that gives
 * its host another entry forgets it.
 */
void		 hosts_tunnel(struct hosts *, struct ticket *, bool stands);

/* Admits who may go at every host; on a loop's thread. */
void		 hosts_admit_all(struct hosts *, struct loop *,
		    uint64_t now);

#endif
