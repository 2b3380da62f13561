/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STORE_NEWS_H
#define SLUICE_STORE_NEWS_H

#include "throttle/lease_account.h"
#include "throttle/throttle_store.h"

struct host;

/*
 * Says in the log what the store's answer to a question of a host's budget
 * tells, once a minute for each budget, or for all where it is of the store;
 * with the host's lock held.
 */
void	 store_news_say(const struct host *,
	    const struct throttle_store_question *, enum lease_news);

#endif
