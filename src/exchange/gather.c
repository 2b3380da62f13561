/* SPDX-License-Identifier: ISC */
#include "exchange/gather.h"

#include <stdint.h>

#include "front/front.h"

bool
gather_full(const struct gather *g, int pieces)
{
	return g->n + pieces > GATHER_PIECES;
}

void
gather_add(struct gather *g, const char *p, size_t n)
{
	g->v[g->n].iov_base = (char *)(uintptr_t)p;
	g->v[g->n++].iov_len = n;
}

/* In hexadecimal, at the end of some bytes; returns where it begins. */
static char *
put_size(char *end, size_t n)
{
	do
		*--end = "0123456789abcdef"[n % 16];
	while ((n /= 16) > 0);
	return end;
}

void
gather_add_chunk(struct gather *g, const char *p, size_t n)
{
	char *end = g->sizes[g->n] + sizeof g->sizes[0], *size;

	*--end = '\n';
	*--end = '\r';
	size = put_size(end, n);
	gather_add(g, size, (size_t)(end - size) + 2);
	gather_add(g, p, n);
	gather_add(g, "\r\n", 2);
}

bool
gather_send(struct gather *g, struct downstream *d)
{
	bool any = g->n > 0;

	if (any)
		front_send(d, g->v, g->n);
	g->n = 0;
	return any;
}

void
gather_drop(struct gather *g)
{
	g->n = 0;
}

void
gather_free(struct gather *g)
{
	text_free(&g->head);
	text_free(&g->tail);
}
