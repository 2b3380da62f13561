/* SPDX-License-Identifier: ISC */
#include "conf/conf_list.h"

#include "conf/conf_option_wrong.h"
#include "conf/conf_walk.h"

size_t
conf_list_length(const struct conf_node *node)
{
	return node->type == CONF_LIST ? node->n : 1;
}

static bool
read_one(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, conf_reader *each, void *out)
{
	return conf_option_scalar(&w->report, option, node) &&
	    each(w, option, node, out);
}

bool
conf_list_read(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, conf_reader *each, void *out)
{
	const struct conf_entry *entry;
	size_t i = 0;
	bool ok = true;

	if (node->type != CONF_LIST)
		return read_one(w, option, node, each, out);
	for (entry = node->first; ok && entry != NULL; entry = entry->next) {
		conf_enter(&w->report, NULL, i++);
		ok = read_one(w, option, entry->value, each, out);
		conf_leave(&w->report);
	}
	return ok;
}
