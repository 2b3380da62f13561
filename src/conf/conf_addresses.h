/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_ADDRESSES_H
#define SLUICE_CONF_ADDRESSES_H

#include <stdbool.h>
#include <stdio.h>

#include "conf/conf_loader.h"

/* Addresses, to listen at or of name servers. */

/*
 * Reads one, or a list of them, in place of what stands in the field.  False
 * when that is reported to be wrong.
 */
bool		 conf_addresses_load(struct conf_loader *,
		    const struct conf_option *, const struct conf_node *,
		    struct conf_addresses *)
		    __attribute__((warn_unused_result));

void		 conf_addresses_free(struct conf_addresses *);

/* As text for people; none are "system". */
void		 conf_addresses_print(const struct conf_addresses *, FILE *);

#endif
