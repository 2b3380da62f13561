/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STORE_WITHOUT_H
#define SLUICE_STORE_WITHOUT_H

#include <stdint.h>

#include "throttle/lease_account.h"

struct rule;
struct shared_view;

/*
 * Returns from where a rule's leases are while there is no store, where so many
 * proxies were seen (0: it is not known).
 */
enum lease_source store_without(const struct rule *, uint64_t peers);

/* Returns the option's word for what holds; NULL: the store does. */
const char	*store_without_word(enum lease_source);

/* Fills in from where a budget's leases would be that has asked for none. */
void		 store_without_settle(const struct rule *,
		    struct shared_view *);

#endif
