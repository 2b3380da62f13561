/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_LIST_H
#define SLUICE_CONF_LIST_H

#include "conf/conf_option.h"

/* Values that are a list of words or numbers, or a single one of them. */

/* How many there are. */
size_t		 conf_list_length(const struct conf_node *);

/*
 * Has each read into what out points to, in their order up to the first that is
 * wrong, and reports its place; the reader gets scalars only.
 */
bool		 conf_list_read(struct conf_walk *, const struct conf_option *,
		    const struct conf_node *, conf_reader *each, void *out)
		    __attribute__((warn_unused_result));

#endif
