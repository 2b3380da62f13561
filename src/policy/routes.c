/* SPDX-License-Identifier: ISC */
#include "policy/routes.h"

#include <stdlib.h>
#include <string.h>

#include "policy/path.h"
#include "policy/path_char.h"

#define HEX_MIN		6	/* letters and digits that are no word */
#define HEX_LETTERS	8	/* letters alone */

struct entry {
	struct route		 route;
	struct route_part	 part;
	uint64_t		 used;		/* the latest is the largest */
};

struct routes {
	unsigned	 n;
	unsigned	 room;
	uint64_t	 uses;
	struct entry	*entries;	/* owned */
};

/* Texts */

/*
 * Whether a segment names one thing of many: digits, a UUID, or hexadecimal
 * that is no word: long, and longer without a digit.
 */
static bool
is_name(const char *p, size_t len)
{
	size_t i, digits = 0, hex = 0, dashes = 0;

	for (i = 0; i < len; i++) {
		digits += http1_is_digit(p[i]);
		hex += http1_hex(p[i]) >= 0;
		dashes += p[i] == '-';
	}
	if (len == 0 || hex + dashes < len)
		return false;
	if (digits == len)
		return true;
	if (dashes > 0)
		return len == 36 && dashes == 4 && p[8] == '-' &&
		    p[13] == '-' && p[18] == '-' && p[23] == '-';
	return len >= (digits > 0 ? HEX_MIN : HEX_LETTERS);
}

struct writer {
	char	*text;
	size_t	 len;
};

static void
put(struct writer *w, const char *p, size_t len)
{
	if (len > ROUTE_TEXT - w->len)
		len = ROUTE_TEXT - w->len;
	if (len > 0)
		memcpy(w->text + w->len, p, len);
	w->len += len;
}

/* A segment in one spelling: decoded, but for what is not the same then. */
static void
put_segment(struct writer *w, struct http1_str segment)
{
	size_t begin;
	char byte;
	int c;

	put(w, "/", 1);
	begin = w->len;
	while ((c = path_next_char(&segment)) != -1) {
		byte = (char)(c & 0xff);
		if (c & PATH_ENCODED)
			put(w, byte == '/' ? "%2F" : "%25", 3);
		else
			put(w, &byte, 1);
	}
	if (is_name(w->text + begin, w->len - begin)) {
		w->len = begin;
		put(w, "*", 1);
	}
}

unsigned
route_text(struct http1_str method, struct http1_str target,
    char text[ROUTE_TEXT], size_t ends[ROUTE_SEGMENTS + 1])
{
	struct writer w = { text, 0 };
	struct path path;
	unsigned n = 0;
	size_t i;

	put(&w, method.p, method.len);
	ends[n++] = w.len;
	if (!path_split(&path, target) && target.p != NULL) {
		path.segments[0] = target;
		path.n = 1;
	}
	for (i = 0; i < path.n && i < PATH_SEGMENTS; i++) {
		put_segment(&w, path.segments[i]);
		/* all that is behind the last is part of it */
		if (n <= ROUTE_SEGMENTS)
			ends[n++] = w.len;
		else
			ends[n - 1] = w.len;
	}
	return n;
}

/* The table */

struct routes *
routes_new(void)
{
	return calloc(1, sizeof(struct routes));
}

void
routes_free(struct routes *rs)
{
	if (rs == NULL)
		return;
	free(rs->entries);
	free(rs);
}

struct routes *
routes_copy(const struct routes *from)
{
	struct routes *rs = routes_new();

	if (rs == NULL)
		return NULL;
	*rs = *from;
	if (from->room == 0)
		return rs;
	rs->entries = calloc(from->room, sizeof rs->entries[0]);
	if (rs->entries == NULL) {
		free(rs);
		return NULL;
	}
	memcpy(rs->entries, from->entries,
	    from->n * sizeof rs->entries[0]);
	return rs;
}

static bool
same_route(const struct route *a, const struct route *b)
{
	return a->n == b->n && a->hashes[a->n - 1] == b->hashes[a->n - 1];
}

static bool
same_part(struct route_part a, struct route_part b)
{
	return a.a == b.a && a.b == b.b;
}

static struct entry *
find(struct routes *rs, const struct route *r)
{
	unsigned i;

	for (i = 0; i < rs->n; i++)
		if (same_route(&rs->entries[i].route, r))
			return &rs->entries[i];
	return NULL;
}

/* Room for one more, if need be that of the least recently used. */
static struct entry *
make(struct routes *rs)
{
	unsigned i, room = rs->room == 0 ? 8 : rs->room * 2;
	struct entry *oldest, *entries;

	if (rs->n == rs->room && room <= ROUTES_MAX) {
		entries = realloc(rs->entries, room * sizeof *entries);
		if (entries != NULL) {
			rs->entries = entries;
			rs->room = room;
		}
	}
	if (rs->n < rs->room)
		return &rs->entries[rs->n++];
	if (rs->n == 0)
		return NULL;
	oldest = &rs->entries[0];
	for (i = 1; i < rs->n; i++)
		if (rs->entries[i].used < oldest->used)
			oldest = &rs->entries[i];
	return oldest;
}

bool
routes_learn(struct routes *rs, const struct route *r, struct route_part part)
{
	struct entry *e;
	bool new;

	if (r->n == 0)
		return false;
	e = find(rs, r);
	new = e == NULL || !same_part(e->part, part);
	if (e == NULL && (e = make(rs)) == NULL)
		return false;
	e->route = *r;
	e->part = part;
	e->used = ++rs->uses;
	return new;
}

bool
routes_nth(const struct routes *rs, unsigned n, struct route *r,
    struct route_part *part)
{
	if (n >= rs->n)
		return false;
	*r = rs->entries[n].route;
	*part = rs->entries[n].part;
	return true;
}

bool
routes_has_other(const struct routes *rs, struct route_part part)
{
	unsigned i;

	for (i = 0; i < rs->n; i++)
		if (!same_part(rs->entries[i].part, part))
			return true;
	return false;
}

/* How many hashes two routes have in common at their beginnings. */
static unsigned
common(const struct route *a, const struct route *b)
{
	unsigned i = 0;

	while (i < a->n && i < b->n && a->hashes[i] == b->hashes[i])
		i++;
	return i;
}

bool
routes_find(struct routes *rs, const struct route *r, struct route_part *part)
{
	struct entry *e;
	unsigned i, n, most = 1;	/* a method alone is too little */
	bool found = false;

	if (r->n == 0)
		return false;
	if ((e = find(rs, r)) != NULL) {
		e->used = ++rs->uses;
		*part = e->part;
		return true;
	}
	for (i = 0; i < rs->n; i++) {
		e = &rs->entries[i];
		n = common(&e->route, r);
		if (n > most) {
			*part = e->part;
			most = n;
			found = true;
		} else if (n == most && n > 1 && !same_part(*part, e->part))
			found = false;
	}
	return found;
}
