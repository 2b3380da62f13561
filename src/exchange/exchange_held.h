/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_HELD_H
#define SLUICE_EXCHANGE_HELD_H

/*
 * Requests that are held for longer than log.held say so while they are: who
 * looks at the log sees why nothing comes, and does not have to wait for the
 * line of the access log.  Each is looked at once, in the order in which they
 * came; of those of one host one says so in every log.held.
 */

struct exchanges;

/* Called when the first that was not looked at is due; arg: the exchanges. */
void		 exchange_held_due(void *arg);

/* By another configuration. */
void		 exchange_held_reload(struct exchanges *);

#endif
