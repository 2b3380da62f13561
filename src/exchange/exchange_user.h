/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_USER_H
#define SLUICE_EXCHANGE_USER_H

#include <stdbool.h>

#include "policy/user.h"

struct exchange;
struct http1_head;
struct reply;

/* Who it is that asks, where access.users wants to know. */

enum exchange_user {
	EXCHANGE_USER_GOES,	/* front_user() is known, or need not be */
	EXCHANGE_USER_WAITS,	/* start() follows when his password is checked */
	EXCHANGE_USER_REFUSED,	/* with the reply */
};

/*
 * Decides by the credentials of a head that start() has told of, or by those of
 * the tunnel that it is inside of.
 */
enum exchange_user exchange_user_ask(struct exchange *,
		    const struct http1_head *, struct reply *);
/* It ends while it waits. */
void		 exchange_user_leave(struct exchange *);

/*
 * Returns the name of who asks, which buf may be needed for: checked, or where
 * nobody checks it what he calls himself; NULL where there is none.
 */
const char	*exchange_user_name(const struct exchange *,
		    const struct http1_head *, char buf[USER_NAME]);

#endif
