/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STORE_NAME_H
#define SLUICE_STORE_NAME_H

#include <stddef.h>

struct host;
struct throttle_store_question;

/*
 * Writes what a budget of a host is called in a store, and returns its length:
 * the rule's pattern, the host's key (hosts_key.h; of a total, without whose it
 * is), and which of its budgets.  0: it does not fit.
 */
size_t		 store_name(char *buf, size_t size, const struct host *,
		    const struct throttle_store_question *);
/* The same of its own budget, which what is told of the whole host goes with. */
size_t		 store_name_own(char *buf, size_t size, const struct host *);

#endif
