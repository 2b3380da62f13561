/* SPDX-License-Identifier: ISC */
#include "shared_events.h"

#include <err.h>
#include <stdlib.h>

static struct event *heap;
static size_t length, room;
static uint64_t nput;

static bool
is_before(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void
event_put(uint64_t at, uint32_t kind, uint32_t of)
{
	struct event e = { at, nput++, kind, of };
	size_t i, up;

	if (length == room) {
		room = room == 0 ? 4096 : 2 * room;
		heap = reallocarray(heap, room, sizeof heap[0]);
		if (heap == NULL)
			err(1, NULL);
	}
	for (i = length++; i > 0; i = up) {
		up = (i - 1) / 4;
		if (!is_before(&e, &heap[up]))
			break;
		heap[i] = heap[up];
	}
	heap[i] = e;
}

/* The first of those below; length where there is none. */
static size_t
first_below(size_t i)
{
	size_t first = 4 * i + 1, j;

	if (first >= length)
		return length;
	for (j = first + 1; j < 4 * i + 5 && j < length; j++)
		if (is_before(&heap[j], &heap[first]))
			first = j;
	return first;
}

bool
event_next(struct event *e)
{
	struct event last;
	size_t i = 0, down;

	if (length == 0)
		return false;
	*e = heap[0];
	last = heap[--length];
	while ((down = first_below(i)) < length &&
	    is_before(&heap[down], &last)) {
		heap[i] = heap[down];
		i = down;
	}
	heap[i] = last;
	return true;
}
