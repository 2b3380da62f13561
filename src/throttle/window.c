/* SPDX-License-Identifier: ISC */

/*
 * A ring of slots: the newest is being filled, and holds what was counted since
 * it began.  A slot's place is taken by the one WINDOW_SLOTS after it, and what
 * it holds is free then: all of a period lies between its end and that.
 *
 * Whoever waits is let in by what is freed, in order; so when somebody's turn
 * comes can be told by how much has to be freed before.  What goes in is freed
 * itself WINDOW_SLOTS later.  So with each capacity's worth ahead it is one
 * round of the ring later.
 *
 * A debt is there only while there is no room: it takes each place at once.
 */

#include "throttle/window.h"

#include <assert.h>

#include "base/sum.h"
#include "throttle/larger.h"

#define NEVER	UINT64_MAX

static uint64_t
slot_length(const struct window *w)
{
	return w->period / (WINDOW_SLOTS - 1) +
	    (w->period % (WINDOW_SLOTS - 1) != 0);
}

static uint64_t
smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* When a slot begins (ns). */
static uint64_t
begin(const struct window *w, wide slot)
{
	wide at = slot > NEVER ? NEVER : slot * slot_length(w);

	return at > NEVER ? NEVER : (uint64_t)at;
}

static uint64_t *
slot_of(struct window *w, uint64_t slot)
{
	return &w->slots[slot % WINDOW_SLOTS];
}

void
window_init(struct window *w, uint64_t capacity, uint64_t period)
{
	assert(capacity != 0 && period != 0);
	*w = (struct window){ .capacity = capacity, .period = period };
}

/* What is not occupied. */
static uint64_t
room(const struct window *w)
{
	wide used = w->flying + w->counted;

	return used < w->capacity ? w->capacity - (uint64_t)used : 0;
}

static void
put(struct window *w, uint64_t cost, uint64_t slot)
{
	cost = smaller(cost, UINT64_MAX - w->counted);
	w->oldest = smaller(w->oldest, slot);
	*slot_of(w, slot) += cost;
	w->counted += cost;
}

static void
pay(struct window *w)
{
	uint64_t part = smaller(w->debt, room(w));

	w->debt -= part;
	put(w, part, w->newest);
}

/* With each whole round a debt takes the places that it had before. */
static void
skip_rounds(struct window *w, uint64_t newest)
{
	uint64_t rounds = (newest - w->newest) / WINDOW_SLOTS;

	if (w->debt == 0 || w->counted == 0)
		return;
	rounds = smaller(rounds, w->debt / w->counted);
	w->debt -= rounds * w->counted;
	w->newest += rounds * WINDOW_SLOTS;
	w->oldest += rounds * WINDOW_SLOTS;
}

static void
next_slot(struct window *w)
{
	uint64_t *old = slot_of(w, ++w->newest);

	w->counted -= *old;
	*old = 0;
	pay(w);
}

void
window_tick(struct window *w, uint64_t now)
{
	uint64_t newest = now / slot_length(w);

	if (newest <= w->newest)
		return;
	skip_rounds(w, newest);
	/* two rounds at most, for the debt is less than one */
	while (w->newest < newest && w->counted > 0)
		next_slot(w);
	w->newest = newest;
	w->oldest = larger(w->oldest, newest - smaller(newest,
	    WINDOW_SLOTS - 1));
	while (w->oldest < newest && *slot_of(w, w->oldest) == 0)
		w->oldest++;
}

bool
window_has_room(const struct window *w, uint64_t cost)
{
	return w->debt == 0 && room(w) >= smaller(cost, w->capacity);
}

/* The slot that begins when so much of what was counted is free. */
static wide
freed(const struct window *w, wide amount)
{
	uint64_t i = w->oldest + WINDOW_SLOTS - 1 - w->newest;
	wide so_far = 0;

	while (so_far < amount && i < WINDOW_SLOTS)
		so_far += w->slots[(w->newest + ++i) % WINDOW_SLOTS];
	return (wide)w->newest + i;
}

uint64_t
window_due(const struct window *w, uint64_t cost)
{
	wide need = smaller(cost, w->capacity), rounds = 0;

	if (w->flying + need > w->capacity)
		return NEVER;
	need += w->flying + w->counted + w->debt;
	if (need <= w->capacity)
		return 0;
	need -= w->capacity;
	/* a debt is there only where all but what is on its way is counted */
	if (w->counted > 0 && need > w->counted) {
		rounds = (need - 1) / w->counted;
		need -= rounds * w->counted;
	}
	return begin(w, freed(w, need) + rounds * WINDOW_SLOTS);
}

/* So many rounds after an instant; at it where there is none. */
static uint64_t
rounds_later(const struct window *w, uint64_t at, wide rounds)
{
	if (rounds == 0)
		return at;
	if (rounds > NEVER)
		return NEVER;
	return begin(w, at / slot_length(w) + rounds * WINDOW_SLOTS);
}

/* How many rounds lie between the first of so much and the last. */
static wide
rounds_of(const struct window *w, wide cost)
{
	return cost == 0 ? 0 : (cost - 1) / w->capacity;
}

/* When the last of what comes in next has a place, with nobody before now. */
static uint64_t
behind_occupied(const struct window *w, wide cost, uint64_t now)
{
	wide rounds = rounds_of(w, cost), slot;
	wide need = cost - rounds * w->capacity + w->flying + w->counted;

	if (need <= w->capacity)
		return rounds == 0 ? 0 : rounds_later(w, now, rounds);
	need -= w->capacity;
	slot = need > w->counted ? (wide)now / slot_length(w) + WINDOW_SLOTS :
	    freed(w, need);
	return rounds_later(w, begin(w, slot), rounds);
}

uint64_t
window_due_behind(const struct window *w, wide ahead, uint64_t first,
    uint64_t cost, uint64_t now)
{
	wide behind = wide_sum(ahead, smaller(cost, w->capacity));
	uint64_t at = behind_occupied(w, wide_sum(behind, w->debt), now);

	if (at == 0)
		return 0;
	/* none of those before it is there before the first of them */
	return larger(at, rounds_later(w, first, rounds_of(w, behind)));
}

void
window_take(struct window *w, wide cost)
{
	w->flying += cost;
}

void
window_count(struct window *w, uint64_t cost, uint64_t at)
{
	uint64_t slot = smaller(at / slot_length(w), w->newest);
	uint64_t part = smaller(cost, w->capacity);

	w->flying -= cost;
	if (w->newest - slot < WINDOW_SLOTS)
		put(w, part, slot);
	w->debt = sum(w->debt, cost - part);
	pay(w);
}

void
window_drop(struct window *w, uint64_t cost)
{
	w->flying -= cost;
	pay(w);
}

/* What another has counted, as slots of this one's. */
static void
convert(struct window *to, const struct window *from)
{
	uint64_t slot, amount, i;

	for (i = 0; i < WINDOW_SLOTS && i <= from->newest; i++) {
		slot = from->newest - i;
		amount = from->slots[slot % WINDOW_SLOTS];
		slot = begin(from, (wide)slot + 1) / slot_length(to);
		slot = smaller(slot, to->newest);
		if (amount > 0 && to->newest - slot < WINDOW_SLOTS)
			put(to, amount, slot);
	}
}

void
window_inherit(struct window *w, const struct window *from, uint64_t now)
{
	struct window theirs;
	uint64_t more;
	unsigned i;

	window_init(&theirs, w->capacity, w->period);
	window_tick(&theirs, now);
	if (from->period == w->period)
		theirs = *from;
	else
		convert(&theirs, from);
	w->oldest = smaller(w->oldest, theirs.oldest);
	for (i = 0; i < WINDOW_SLOTS; i++) {
		if (theirs.slots[i] <= w->slots[i])
			continue;
		more = smaller(theirs.slots[i] - w->slots[i],
		    UINT64_MAX - w->counted);
		w->slots[i] += more;
		w->counted += more;
	}
	w->debt = larger(w->debt, from->debt);
	pay(w);
}

uint64_t
window_slot(const struct window *w, unsigned back, uint64_t *last)
{
	if (back >= WINDOW_SLOTS || back > w->newest)
		return 0;
	*last = begin(w, (wide)(w->newest - back) + 1) - 1;
	return w->slots[(w->newest - back) % WINDOW_SLOTS];
}

int64_t
window_left(const struct window *w)
{
	wide used = w->flying + w->counted + w->debt;

	if (used > w->capacity)
		return used - w->capacity > INT64_MAX ? INT64_MIN :
		    -(int64_t)(used - w->capacity);
	used = w->capacity - used;
	return used > INT64_MAX ? INT64_MAX : (int64_t)used;
}

uint64_t
window_empty_at(const struct window *w)
{
	return w->counted == 0 && w->flying == 0 ? 0 :
	    window_due(w, w->capacity);
}

uint64_t
window_frees_at(const struct window *w)
{
	return w->counted == 0 ? NEVER : begin(w, freed(w, 1));
}

bool
window_is_empty(const struct window *w)
{
	return w->counted == 0 && w->flying == 0;
}
