/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_ADDRESSES_H
#define SLUICE_CONF_ADDRESSES_H

#include <stdbool.h>
#include <stdio.h>

#include "conf/conf_walk.h"

/* Addresses, to listen at or of name servers. */

/* Reads one that is plain text; the address is zeroed, and to be freed. */
bool		 conf_addresses_read(struct conf_report *,
		    const struct conf_option *, const struct conf_node *,
		    struct conf_address *)
		    __attribute__((warn_unused_result));

/*
 * Reads one, or a list of them, in place of what stands in the field.  False
 * when that is reported to be wrong.
 */
bool		 conf_addresses_load(struct conf_walk *,
		    const struct conf_option *, const struct conf_node *,
		    struct conf_addresses *)
		    __attribute__((warn_unused_result));

/*
 * As text for people; none are "system".  Of TLS it tells that it is there, and
 * no more: the files may change with a reload.
 */
void		 conf_addresses_print(const struct conf_addresses *, FILE *);

#endif
