/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_ADDRESSES_H
#define SLUICE_CONF_ADDRESSES_H

#include <stdio.h>

#include "conf/conf_walk.h"

/* Addresses, to listen at or of name servers. */

/* One that is plain text, into struct conf_address, which is zeroed. */
conf_reader	 conf_addresses_one;

/* One, or a list of them, into struct conf_addresses. */
conf_reader	 conf_addresses_load;

/*
 * As text for people.  Of TLS it tells that it is there, and
 * no more: the files may change with a reload.
 */
void		 conf_addresses_print(FILE *, const struct conf_option *,
		    const void *field);

#endif
