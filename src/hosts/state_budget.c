/* SPDX-License-Identifier: ISC */
#include "hosts/state_budget.h"

#include <string.h>

#define SIGN	(UINT64_C(1) << 63)	/* so that no number is negative */

/* Writing */

static void
put_rate(struct text *t, const struct budget_saved *s, unsigned i)
{
	const struct gcra_rate *r = &s->limits.rates[i];
	const uint64_t list[] = {
		r->capacity, r->period, r->burst, r->strict, s->used[i],
		s->flying[i],
	};

	state_put_numbers(t, "rate", list, 6);
}

static void
put_if(struct text *t, const char *name, uint64_t value)
{
	if (value != 0)
		state_put_number(t, name, value);
}

void
state_put_budget(struct text *t, const struct budget_saved *s)
{
	uint64_t slot[3], shape[2] = {
		s->shape, (uint64_t)s->shape_left + SIGN,
	};
	unsigned i;

	for (i = 0; i < s->limits.nrates; i++)
		put_rate(t, s, i);
	for (i = 0; i < s->nslots; i++) {
		slot[0] = s->slots[i].rate;
		slot[1] = s->slots[i].age;
		slot[2] = s->slots[i].amount;
		state_put_numbers(t, "slot", slot, 3);
	}
	put_if(t, "leased", s->leased);
	if (s->written < s->leased)
		state_put_number(t, "written", s->written);
	put_if(t, "pause", s->pause);
	put_if(t, "recovers", s->half_open);
	put_if(t, "failures", s->failures);
	put_if(t, "went", s->went);
	put_if(t, "abreast", s->abreast);
	put_if(t, "opens", s->opens);
	put_if(t, "shut", s->shut);
	if (s->shape != 0)
		state_put_numbers(t, "shape", shape, 2);
}

/* Reading */

void
state_budget_begin(struct budget_saved *s)
{
	s->limits.nrates = 0;
	s->limits.concurrency = 0;
	s->nslots = 0;
	s->leased = s->pause = s->opens = s->shut = s->shape = 0;
	s->written = UINT64_MAX;
	s->half_open = false;
	s->failures = s->went = s->abreast = 0;
	s->shape_left = 0;
}

static bool
read_rate(struct budget_saved *s, const char *value)
{
	unsigned i = s->limits.nrates;
	uint64_t n[6];

	if (i == BUDGET_RATES || state_numbers(value, n, 6) != 6 ||
	    n[0] == 0 || n[1] == 0 || n[2] == 0 || n[3] > 1)
		return false;
	s->limits.rates[i] = (struct gcra_rate){
		.capacity = n[0], .period = n[1], .burst = n[2],
		.strict = n[3] == 1,
	};
	s->used[i] = n[4];
	s->flying[i] = n[5];
	s->limits.nrates++;
	return true;
}

static bool
read_slot(struct budget_saved *s, const char *value)
{
	uint64_t n[3];

	if (s->nslots == BUDGET_SAVED_SLOTS ||
	    state_numbers(value, n, 3) != 3 || n[0] >= s->limits.nrates)
		return false;
	s->slots[s->nslots++] = (struct budget_slot){
		.rate = (uint8_t)n[0], .age = n[1], .amount = n[2],
	};
	return true;
}

static bool
read_shape(struct budget_saved *s, const char *value)
{
	uint64_t n[2];

	if (state_numbers(value, n, 2) != 2)
		return false;
	s->shape = n[0];
	s->shape_left = (int64_t)(n[1] - SIGN);
	return true;
}

static uint32_t
small(const char *value)
{
	uint64_t n = state_number(value);

	return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

bool
state_budget_word(struct budget_saved *s, const struct state_word *w)
{
	if (strcmp(w->name, "rate") == 0)
		return read_rate(s, w->value);
	if (strcmp(w->name, "slot") == 0)
		return read_slot(s, w->value);
	if (strcmp(w->name, "shape") == 0)
		return read_shape(s, w->value);
	if (strcmp(w->name, "leased") == 0)
		s->leased = state_number(w->value);
	else if (strcmp(w->name, "written") == 0)
		s->written = state_number(w->value);
	else if (strcmp(w->name, "pause") == 0)
		s->pause = state_number(w->value);
	else if (strcmp(w->name, "recovers") == 0)
		s->half_open = state_number(w->value) != 0;
	else if (strcmp(w->name, "failures") == 0)
		s->failures = small(w->value);
	else if (strcmp(w->name, "went") == 0)
		s->went = small(w->value);
	else if (strcmp(w->name, "abreast") == 0)
		s->abreast = small(w->value);
	else if (strcmp(w->name, "opens") == 0)
		s->opens = state_number(w->value);
	else if (strcmp(w->name, "shut") == 0)
		s->shut = state_number(w->value);
	return true;
}
