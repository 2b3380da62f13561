/* SPDX-License-Identifier: ISC */
#include "hint/hint_budget.h"

#include <string.h>

#include "hint/hint_dialect.h"

static bool
is_named(const struct hint_budget *b, struct http1_str name)
{
	if (b->name.p == NULL || name.p == NULL)
		return b->name.p == name.p;
	return b->name.len == name.len &&
	    memcmp(b->name.p, name.p, name.len) == 0;
}

static struct hint_budget *
add_budget(struct hint_reading *r, const struct hint_name *field,
    struct http1_str name)
{
	const struct hint_slot_kind *kind = hint_slot_kind(field->slot);
	struct hint *h = r->hint;
	struct hint_budget *b = &h->budgets[h->nbudgets];

	memset(b, 0, sizeof *b);
	b->name = name;
	b->source = kind->source;
	b->unit = kind->unit;
	b->refills = kind->refills;
	b->partial = kind->partial;
	b->window = kind->window * HINT_SECOND;
	if (field->slot == HINT_FORM) {
		b->source = field->source;
		b->unit = field->unit;
		b->window = field->window;
	}
	b->has_window = b->window != 0;
	r->entries[h->nbudgets] = (struct hint_entry){ .name = *field };
	h->nbudgets++;
	return b;
}

struct hint_budget *
hint_budget(struct hint_reading *r, const struct hint_name *field,
    struct http1_str name)
{
	struct hint_name *found;
	unsigned i;

	/* Quotas have no name to find them by; they differ in size. */
	for (i = 0; i < r->hint->nbudgets && field->slot != HINT_IETF_QUOTA;
	    i++) {
		found = &r->entries[i].name;
		if (found->slot != field->slot ||
		    found->stem != field->stem ||
		    !is_named(&r->hint->budgets[i], name))
			continue;
		if (field->context > found->context)
			found->context = field->context;
		return &r->hint->budgets[i];
	}
	if (r->hint->nbudgets == HINT_BUDGETS)
		return NULL;
	return add_budget(r, field, name);
}

void
hint_budget_remove(struct hint_reading *r, unsigned i)
{
	struct hint *h = r->hint;

	h->nbudgets--;
	for (; i < h->nbudgets; i++) {
		h->budgets[i] = h->budgets[i + 1];
		r->entries[i] = r->entries[i + 1];
	}
}

/*
 * Whether fields speak of several limits side by side: lists of one length,
 * and limits of which no two are alike.  What two limiters have told of the
 * same one is no such thing.
 */
static bool
is_side_by_side(const struct hint_entry *e)
{
	unsigned i, j;

	if (e->limits.n < 2 || e->limits.n > HINT_SERIES ||
	    e->rests.n != e->limits.n || e->resets.n != e->limits.n)
		return false;
	for (i = 0; i < e->limits.n; i++)
		for (j = 0; j < i; j++)
			if (e->limits.v[i] == e->limits.v[j])
				return false;
	return true;
}

void
hint_budget_split(struct hint_reading *r, unsigned i)
{
	const struct hint_entry e = r->entries[i];
	struct hint *h = r->hint;
	struct hint_budget *b;
	unsigned j, at;

	if (!is_side_by_side(&e) ||
	    h->nbudgets + e.limits.n - 1 > HINT_BUDGETS)
		return;
	for (j = 0; j < e.limits.n; j++) {
		at = j == 0 ? i : h->nbudgets++;
		b = &h->budgets[at];
		*b = h->budgets[i];
		r->entries[at] = (struct hint_entry){ .name = e.name };
		b->limit = e.limits.v[j];
		b->remaining = e.rests.v[j];
		b->reset = e.resets.v[j];
	}
}

void
hint_keep_least(bool *has, uint64_t *value, uint64_t new)
{
	if (!*has || new < *value)
		*value = new;
	*has = true;
}

void
hint_keep_most(bool *has, uint64_t *value, uint64_t new)
{
	if (!*has || new > *value)
		*value = new;
	*has = true;
}

void
hint_budget_set_limit(struct hint_budget *b, uint64_t micro)
{
	hint_keep_least(&b->has_limit, &b->limit, micro);
}

void
hint_budget_set_remaining(struct hint_budget *b, uint64_t micro)
{
	hint_keep_least(&b->has_remaining, &b->remaining, micro);
}

void
hint_budget_set_reset(struct hint_budget *b, uint64_t ns)
{
	hint_keep_most(&b->has_reset, &b->reset, ns);
}

void
hint_budget_set_window(struct hint_budget *b, uint64_t ns)
{
	hint_keep_most(&b->has_window, &b->window, ns);
}
