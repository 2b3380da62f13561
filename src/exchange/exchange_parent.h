/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_PARENT_H
#define SLUICE_EXCHANGE_PARENT_H

#include <stdbool.h>

/*
 * Requests that go through a parent: how it is asked for them, and what becomes
 * of answers that are the parent's own.
 */

struct exchange;
struct http1_head;
struct http1_host;
struct rule;
struct text;

/*
 * Chooses the way to a host of that rule, by the exchange's configuration.  A
 * parent resolves names itself, so for one the host is judged here as far as
 * that can be.  Returns false where it may not be gone to: then the exchange
 * has ended.
 */
bool	 exchange_parent_choose(struct exchange *, const struct rule *,
	    const struct http1_host *);

/* Returns whether its request goes to the parent itself, in absolute form. */
bool	 exchange_parent_is_asked(const struct exchange *);
/*
 * Returns the head of that, the thread's until the next one; NULL without
 * memory.
 */
const struct text *exchange_parent_head(struct exchange *);
/* Puts the CONNECT for a tunnel to where it goes. */
void	 exchange_parent_ask(void *, struct text *);

/*
 * Looks at an answer to a request that it was asked for.  Returns false where
 * that is none for the client, and the exchange has ended.
 */
bool	 exchange_parent_may_relay(struct exchange *,
	    const struct http1_head *);
/* Returns whether an answer says nothing of the host. */
bool	 exchange_parent_speaks(const struct exchange *,
	    const struct http1_head *);
/* The parent's answer to a CONNECT was a refusal. */
void	 exchange_parent_refused(void *, const struct http1_head *);

#endif
