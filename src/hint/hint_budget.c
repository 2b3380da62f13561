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
	r->entries[h->nbudgets].name = *field;
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
	memset(&r->entries[i], 0, sizeof r->entries[i]);
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
