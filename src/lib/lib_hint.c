/* SPDX-License-Identifier: ISC */
#include <sluice/hint.h>

#include <stdlib.h>
#include <string.h>

#include "hint/hint_read.h"
#include "http/http1_class.h"
#include "http/http1_name.h"

_Static_assert(SLUICE_FIELDS == HTTP1_FIELDS, "a head has room for all fields");

struct sluice_hint {
	struct hint		 hint;
	size_t			 bytes;		/* of all fields */
	/*
	 * A name of each field is the beginning of a piece of memory, which
	 * has its value, too.
	 */
	struct http1_head	 head;
};

/* The head is large: memory that no field uses is not touched. */
static void
forget(struct sluice_hint *h)
{
	memset(&h->hint, 0, sizeof h->hint);
	memset(&h->head, 0, offsetof(struct http1_head, fields));
	h->bytes = 0;
}

struct sluice_hint *
sluice_hint_new(void)
{
	struct sluice_hint *h = malloc(sizeof *h);

	if (h != NULL)
		forget(h);
	return h;
}

void
sluice_hint_begin(struct sluice_hint *h)
{
	while (h->head.nfields > 0)
		free((char *)h->head.fields[--h->head.nfields].name.p);
	forget(h);
}

void
sluice_hint_free(struct sluice_hint *h)
{
	if (h != NULL)
		sluice_hint_begin(h);
	free(h);
}

/* RFC 9110 5.5: what a parser of HTTP lets through. */
static bool
is_value(struct http1_str value)
{
	size_t i;

	for (i = 0; i < value.len; i++)
		if (!http1_is(value.p[i], HTTP1_PLAIN))
			return false;
	return true;
}

static bool
has_room(const struct sluice_hint *h, size_t name, size_t value)
{
	size_t left = SLUICE_FIELD_BYTES - h->bytes;

	return h->head.nfields < SLUICE_FIELDS && name <= left &&
	    value <= left - name;
}

/* Returns false without memory. */
static bool
add(struct sluice_hint *h, struct http1_str name, struct http1_str value)
{
	char *copy = malloc(name.len + value.len);
	struct http1_field *field;

	if (copy == NULL)
		return false;
	memcpy(copy, name.p, name.len);
	if (value.len > 0)
		memcpy(copy + name.len, value.p, value.len);
	field = &h->head.fields[h->head.nfields++];
	*field = (struct http1_field){ .id = http1_name_id(name) };
	field->name.p = copy;
	field->name.len = name.len;
	field->value.p = copy + name.len;
	field->value.len = value.len;
	field->value = http1_str_trim(field->value);
	h->bytes += name.len + value.len;
	return true;
}

enum sluice_result
sluice_hint_field(struct sluice_hint *h, const char *name, size_t name_length,
    const char *value, size_t value_length)
{
	struct http1_str of_name = { name, name_length };
	struct http1_str of_value = { value, value_length };

	if (!has_room(h, name_length, value_length))
		return SLUICE_MANY_FIELDS;
	if (!http1_is_token(name, name_length) || !is_value(of_value))
		return SLUICE_BAD_FIELD;
	return add(h, of_name, of_value) ? SLUICE_OK : SLUICE_NO_MEMORY;
}

enum sluice_result
sluice_hint_read(struct sluice_hint *h, int status, int64_t wall_clock)
{
	if (status < 100 || status > 999)
		return SLUICE_BAD_STATUS;
	h->head.status = status;
	hint_read(&h->head, (struct http1_str){ NULL, 0 }, wall_clock,
	    &h->hint);
	return SLUICE_OK;
}

/* What it says */

unsigned
sluice_hint_flags(const struct sluice_hint *h)
{
	unsigned flags = 0;

	if (h->hint.throttled)
		flags |= SLUICE_HINT_THROTTLED;
	if (h->hint.concurrency)
		flags |= SLUICE_HINT_CONCURRENCY;
	/* what may be all there is would be asked for again at once */
	if (h->hint.partial && !h->hint.general)
		flags |= SLUICE_HINT_PARTIAL;
	if (h->hint.no_retry)
		flags |= SLUICE_HINT_NO_RETRY;
	return flags;
}

uint64_t
sluice_hint_pause(const struct sluice_hint *h)
{
	return h->hint.pause;
}

const char *
sluice_hint_source(const struct sluice_hint *h)
{
	return h->hint.source;
}

static const char *
told(struct http1_str s, size_t *length)
{
	*length = s.p != NULL ? s.len : 0;
	return s.p;
}

const char *
sluice_hint_part(const struct sluice_hint *h, size_t *length)
{
	return told(h->hint.part, length);
}

const char *
sluice_hint_unusable(const struct sluice_hint *h, size_t *length)
{
	static const struct http1_str none;

	return told(h->hint.unusable != NULL ? h->hint.unusable->name : none,
	    length);
}

size_t
sluice_hint_budgets(const struct sluice_hint *h)
{
	return h->hint.nbudgets;
}

static uint32_t
known_of(const struct hint_budget *b)
{
	return (b->has_limit ? SLUICE_BUDGET_LIMIT : 0u) |
	    (b->has_remaining ? SLUICE_BUDGET_REMAINING : 0u) |
	    (b->has_reset ? SLUICE_BUDGET_RESET : 0u) |
	    (b->has_window ? SLUICE_BUDGET_WINDOW : 0u) |
	    (b->refills ? SLUICE_BUDGET_REFILLS : 0u) |
	    (b->partial ? SLUICE_BUDGET_PARTIAL : 0u);
}

static uint32_t
unit_of(const struct hint_budget *b)
{
	switch (b->unit) {
	case HINT_REQUESTS:
		return SLUICE_BUDGET_REQUESTS;
	case HINT_CONCURRENT:
		return SLUICE_BUDGET_CONCURRENT;
	case HINT_TOKENS:
		break;
	}
	return SLUICE_BUDGET_OTHER;
}

int
sluice_hint_budget(const struct sluice_hint *h, size_t i,
    struct sluice_budget *budget, size_t size)
{
	const struct hint_budget *b;
	struct sluice_budget all;

	if (i >= h->hint.nbudgets)
		return 0;
	b = &h->hint.budgets[i];
	all = (struct sluice_budget){
		.source = b->source,
		.name = b->name.p,
		.name_length = b->name.p != NULL ? b->name.len : 0,
		.unit = unit_of(b),
		.known = known_of(b),
		.limit = b->has_limit ? b->limit : 0,
		.remaining = b->has_remaining ? b->remaining : 0,
		.reset = b->has_reset ? b->reset : 0,
		.window = b->has_window ? b->window : 0,
	};
	memset(budget, 0, size);
	memcpy(budget, &all, size < sizeof all ? size : sizeof all);
	return 1;
}
