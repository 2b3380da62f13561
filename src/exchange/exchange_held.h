/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_HELD_H
#define SLUICE_EXCHANGE_HELD_H

/*
 * Requests that are held for longer than log.held say so while they are: who
 * looks at the log sees why nothing comes, and does not have to wait for the
 * line of the access log.  Each is looked at, in the order in which they came,
 * when it has waited for so long, and again after as long, of a second at least;
 * of those of one host one says so in every log.held.
 */

struct exchanges;

/* Called when the first that was not looked at is due; arg: the exchanges. */
void		 exchange_held_due(void *arg);
/* ... that was looked at is due again. */
void		 exchange_held_again(void *arg);

/* By another configuration. */
void		 exchange_held_reload(struct exchanges *);

#endif
