/* SPDX-License-Identifier: ISC */
#include "hosts/store_part.h"

#include <stdlib.h>
#include <string.h>

#include "hosts/host_lease.h"
#include "hosts/state_line.h"

#define US	UINT64_C(1000)		/* ns */

static struct store_part *
need_part(struct host *h, const char *name)
{
	struct store_part *p;
	unsigned n = 0;

	TAILQ_FOREACH(p, &h->told_parts, entry) {
		if (strcmp(p->name, name) == 0)
			return p;
		n++;
	}
	if (n == THROTTLE_NAMED_PARTS || (p = calloc(1, sizeof *p)) == NULL)
		return NULL;
	memcpy(p->name, name, strnlen(name, sizeof p->name - 1));
	TAILQ_INSERT_TAIL(&h->told_parts, p, entry);
	return p;
}

void
store_part_note(struct host *h, const struct lesson *l)
{
	unsigned named = throttle_named(h->throttle, &l->part);
	struct store_part *p;

	if (named == 0 || l->raw[0] == '\0' ||
	    (p = need_part(h, l->raw)) == NULL)
		return;
	p->until = throttle_paused_until(h->throttle,
	    THROTTLE_NAMED_PART(named));
	p->n = route_text(l->method, l->path, p->route, p->ends);
	host_lease_note(h);
}

void
store_part_take(struct host *h, struct store_parts *parts)
{
	TAILQ_INIT(parts);
	TAILQ_CONCAT(parts, &h->told_parts, entry);
}

void
store_part_free(struct store_parts *parts)
{
	struct store_part *p;

	while ((p = TAILQ_FIRST(parts)) != NULL) {
		TAILQ_REMOVE(parts, p, entry);
		free(p);
	}
}

void
store_part_say(struct text *t, const struct store_part *p, const char *budget,
    size_t len, uint64_t id, uint64_t now)
{
	char route[ROUTE_TEXT + 1];
	size_t n = p->ends[p->n - 1];
	unsigned i;

	memcpy(route, p->route, n);
	route[n] = '\0';
	text_put(t, budget, len);
	text_puts(t, "\n");
	state_put_number(t, "by", id);
	state_put_number(t, "left", p->until > now ? (p->until - now) / US :
	    0);
	state_put_text(t, "of", p->name);
	for (i = 0; i < p->n; i++)
		state_put_number(t, "end", p->ends[i]);
	state_put_text(t, "route", route);
}
