/* SPDX-License-Identifier: ISC */
#include "net/reserve.h"

#include <malloc.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

/*
 * A reserve is handed out from its beginning to its end, and begins anew when
 * all of it has been given back.  That is soon: whoever has drawn on it is
 * given up.  Only a table of libevent's that has grown stays in there.
 */

/* Before each piece. */
struct piece {
	alignas(max_align_t) size_t size;	/* bytes, without this */
};

struct reserve {
	size_t		 used;		/* bytes */
	unsigned	 pieces;	/* that are in use */
	bool		 open;
	bool		 drawn;		/* since reserve_close() */
	alignas(max_align_t) char bytes[RESERVE_SIZE];
};

static struct reserve *all;
static unsigned nall;
static _Thread_local struct reserve *own;

/* Whose it is; NULL: not out of a reserve. */
static struct reserve *
owner(const void *p)
{
	uintptr_t at = (uintptr_t)p, first = (uintptr_t)all;
	size_t nth;

	if (at < first)
		return NULL;
	nth = (at - first) / sizeof *all;
	return nth < nall ? &all[nth] : NULL;
}

static void *
draw(struct reserve *r, size_t size)
{
	const size_t unit = alignof(struct piece);
	struct piece *piece;
	size_t n;

	if (r == NULL || !r->open || size > sizeof r->bytes)
		return NULL;
	n = sizeof *piece + (size + unit - 1) / unit * unit;
	if (n > sizeof r->bytes - r->used)
		return NULL;
	piece = (struct piece *)(void *)(r->bytes + r->used);
	piece->size = size;
	r->used += n;
	r->pieces++;
	r->drawn = true;
	return piece + 1;
}

static void *
get(size_t size)
{
	void *p = malloc(size);

	if (p == NULL)
		p = draw(own, size);
	return p;
}

void
reserve_free(void *p)
{
	struct reserve *r = owner(p);

	if (r == NULL)
		free(p);
	else if (--r->pieces == 0)
		r->used = 0;
}

static void *
get_larger(void *p, size_t size)
{
	struct reserve *r = owner(p);
	size_t old;
	void *new;

	if (r == NULL && (new = realloc(p, size)) != NULL)
		return new;
	if ((new = r != NULL ? get(size) : draw(own, size)) == NULL)
		return NULL;
	old = r != NULL ? ((struct piece *)p - 1)->size :
	    malloc_usable_size(p);
	memcpy(new, p, old < size ? old : size);
	reserve_free(p);
	return new;
}

bool
reserve_init(unsigned threads)
{
	/* pages that are not used are not there */
	if ((all = calloc(threads, sizeof *all)) == NULL)
		return false;
	nall = threads;
	event_set_mem_functions(get, get_larger, reserve_free);
	return true;
}

void
reserve_use(unsigned nth)
{
	own = nth < nall ? &all[nth] : NULL;
}

void
reserve_open(void)
{
	if (own != NULL)
		own->open = true;
}

bool
reserve_close(void)
{
	bool drawn = own != NULL && own->drawn;

	if (own != NULL)
		own->open = own->drawn = false;
	return drawn;
}

void *
reserve_calloc(size_t size)
{
	void *p = calloc(1, size);

	if (p == NULL && (p = draw(own, size)) != NULL)
		memset(p, 0, size);
	return p;
}
