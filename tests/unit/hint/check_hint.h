/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_HINT_H
#define SLUICE_CHECK_HINT_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hint/hint_read.h"
#include "http/http1_response.h"
#include "check_run.h"

/* What the tests of responses share: rows of heads, and what they say. */

#define NROWS(table)	((int)(sizeof(table) / sizeof((table)[0])))

/* Our clock in all of them: Wed, 01 Jan 2025 00:00:00 GMT. */
#define JAN_2025	1735689600

#define NO	(-1.0)		/* not told */
#define FOREVER	(-2.0)		/* saturated */

/* Bits of a budget. */
#define REFILLS		1u
#define PARTIAL		2u	/* ... and of a response */
#define TOKENS		4u
#define AT_ONCE		8u
/* Bits of a response. */
#define THROTTLED	16u
#define CONCURRENCY	32u
#define RETRY		128u	/* with a usable Retry-After */

struct want_budget {
	const char	*source;
	const char	*name;
	double		 limit;		/* units */
	double		 remaining;
	double		 reset;		/* seconds */
	double		 window;
	unsigned	 bits;
};

struct want {
	const char	*what;
	int		 status;
	const char	*lines;		/* each with its CRLF */
	unsigned	 bits;
	double		 pause;		/* seconds */
	const char	*source;
	struct want_budget budgets[HINT_BUDGETS];
};

/* A head as it comes, of a size of its own, and what is read from it. */
static inline void
read_head(int status, const char *lines, struct http1_head *head, char **buf,
    struct hint *hint)
{
	struct http1_str get = { "GET", 3 };
	size_t size = strlen(lines) + 64;
	int n;

	*buf = malloc(size);
	ck_assert_ptr_nonnull(*buf);
	n = snprintf(*buf, size, "HTTP/1.1 %d Whatever\r\n%s\r\n", status,
	    lines);
	*buf = realloc(*buf, (size_t)n);
	ck_assert_ptr_nonnull(*buf);
	ck_assert_msg(http1_response(head, *buf, (size_t)n, get) == HTTP1_OK,
	    "%s", lines);
	memset(hint, 0xa5, sizeof *hint);
	hint_read(head, (struct http1_str){ NULL, 0 }, JAN_2025, hint);
}

static inline void
check_value(const char *what, const char *field, bool has, uint64_t got,
    double want, double scale)
{
	uint64_t value = 0;

	ck_assert_msg(has == (want != NO), "%s: %s is %sthere", what, field,
	    has ? "" : "not ");
	if (!has)
		return;
	value = want == FOREVER ? UINT64_MAX : (uint64_t)(want * scale + 0.5);
	ck_assert_msg(got == value, "%s: %s is %llu, not %llu", what, field,
	    (unsigned long long)got, (unsigned long long)value);
}

static inline bool
is_named(const struct hint_budget *b, const char *name)
{
	if (name == NULL)
		return b->name.p == NULL;
	return b->name.p != NULL && b->name.len == strlen(name) &&
	    memcmp(b->name.p, name, b->name.len) == 0;
}

static inline unsigned
budget_bits(const struct hint_budget *b)
{
	return (b->refills ? REFILLS : 0) | (b->partial ? PARTIAL : 0) |
	    (b->unit == HINT_TOKENS ? TOKENS : 0) |
	    (b->unit == HINT_CONCURRENT ? AT_ONCE : 0);
}

static inline unsigned
hint_bits(const struct hint *h)
{
	return (h->partial ? PARTIAL : 0) | (h->throttled ? THROTTLED : 0) |
	    (h->concurrency ? CONCURRENCY : 0) | (h->retry_after ? RETRY : 0);
}

static inline void
check_budget(const char *what, const struct hint_budget *b,
    const struct want_budget *want)
{
	ck_assert_msg(strcmp(b->source, want->source) == 0, "%s: source is %s",
	    what, b->source);
	ck_assert_msg(is_named(b, want->name), "%s: name is %.*s", what,
	    (int)b->name.len, b->name.p == NULL ? "" : b->name.p);
	check_value(what, "limit", b->has_limit, b->limit, want->limit, 1e6);
	check_value(what, "remaining", b->has_remaining, b->remaining,
	    want->remaining, 1e6);
	check_value(what, "reset", b->has_reset, b->reset, want->reset, 1e9);
	check_value(what, "window", b->has_window, b->window, want->window,
	    1e9);
	ck_assert_msg(budget_bits(b) == want->bits, "%s: budget's bits are %u",
	    what, budget_bits(b));
}

static inline void
check_row(const struct want *want)
{
	struct http1_head *head = malloc(sizeof *head);
	struct hint h;
	unsigned i;
	char *buf;

	ck_assert_ptr_nonnull(head);
	read_head(want->status, want->lines, head, &buf, &h);
	for (i = 0; i < HINT_BUDGETS && want->budgets[i].source != NULL; i++) {
		ck_assert_msg(i < h.nbudgets, "%s: %u budgets", want->what,
		    h.nbudgets);
		check_budget(want->what, &h.budgets[i], &want->budgets[i]);
	}
	ck_assert_msg(i == h.nbudgets, "%s: %u budgets", want->what,
	    h.nbudgets);
	check_value(want->what, "pause", true, h.pause, want->pause, 1e9);
	ck_assert_msg(hint_bits(&h) == want->bits, "%s: bits are %u",
	    want->what, hint_bits(&h));
	ck_assert_msg(want->source == NULL ? h.source == NULL :
	    h.source != NULL && strcmp(h.source, want->source) == 0,
	    "%s: source is %s", want->what, h.source);
	free(buf);
	free(head);
}

#endif
