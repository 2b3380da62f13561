/* SPDX-License-Identifier: ISC */
#include "hosts/observe_wants.h"

#include <stdlib.h>
#include <string.h>

static size_t
size_of_names(const struct throttle_wants *wants)
{
	size_t size = 0;
	unsigned i;

	for (i = 0; i < wants->n; i++)
		size += strlen(wants->amounts[i].name) + 1;
	return size;
}

struct observed_wants *
observed_wants_copy(const struct throttle_wants *wants)
{
	size_t n, size = sizeof(struct observed_wants) +
	    wants->n * sizeof wants->amounts[0] + size_of_names(wants);
	struct observed_wants *c = calloc(1, size);
	char *name;
	unsigned i;

	if (c == NULL)
		return NULL;
	c->size = size;
	c->wants.n = wants->n;
	name = (char *)&c->wants.amounts[wants->n];
	for (i = 0; i < wants->n; i++) {
		n = strlen(wants->amounts[i].name) + 1;
		c->wants.amounts[i].amount = wants->amounts[i].amount;
		c->wants.amounts[i].name = memcpy(name,
		    wants->amounts[i].name, n);
		name += n;
	}
	return c;
}

void
observed_wants_used(struct observed_wants *wants, const uint64_t *used)
{
	if (wants == NULL || used == NULL)
		return;
	memcpy(wants->used, used, wants->wants.n * sizeof used[0]);
	wants->known = true;
}
