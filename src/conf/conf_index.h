/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_INDEX_H
#define SLUICE_CONF_INDEX_H

#include "conf/conf_yaml.h"

/*
 * The entries of a mapping by their keys: looking at one after another is
 * slow where ten thousand hosts are looked for among ten thousand.
 */
struct conf_index {
	const struct conf_node	*node;		/* or NULL: nothing is there */
	const struct conf_entry	**entries;	/* sorted; NULL: no memory */
};

/* Of a mapping, or anything else, or NULL, in which nothing is found. */
void		 conf_index_init(struct conf_index *, const struct conf_node *);
void		 conf_index_free(struct conf_index *);

/* The value of a key, or NULL. */
const struct conf_node *conf_index_value(const struct conf_index *,
		    const char *key);

#endif
