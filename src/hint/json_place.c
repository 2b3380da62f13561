/* SPDX-License-Identifier: ISC */
#include "hint/json_place.h"

#include <string.h>

#include "hint/json_stop.h"

/* What is left of the text; it is at its end for good where that is broken. */
struct cursor {
	const char		*p;
	const char		*end;
	bool			 broken;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void
skip_blank(struct cursor *c)
{
	while (c->p < c->end && is_blank(*c->p))
		c->p++;
}

static void
fail(struct cursor *c)
{
	c->broken = true;
	c->p = c->end;
}

/* Returns whether this is next, and skips it. */
static bool
take(struct cursor *c, char mark)
{
	if (c->p == c->end || *c->p != mark)
		return false;
	c->p++;
	return true;
}

static void
skip_string(struct cursor *c)
{
	if (!take(c, '"')) {
		fail(c);
		return;
	}
	while ((c->p = json_stop(c->p, c->end)) < c->end && *c->p == '\\')
		c->p += c->end - c->p > 1 ? 2 : 1;
	if (!take(c, '"'))
		fail(c);
}

static void
skip_container(struct cursor *c)
{
	size_t depth = 0;

	do {
		if (c->p == c->end) {
			fail(c);
			return;
		}
		if (*c->p == '"') {
			skip_string(c);
			continue;
		}
		if (*c->p == '{' || *c->p == '[')
			depth++;
		else if (*c->p == '}' || *c->p == ']')
			depth--;
		c->p++;
	} while (depth > 0);
}

/* A number or a word. */
static void
skip_plain(struct cursor *c)
{
	const char *begin = c->p;

	while (c->p < c->end && !is_blank(*c->p) &&
	    strchr(",:\"{}[]", *c->p) == NULL)
		c->p++;
	if (c->p == begin)
		fail(c);
}

static void
skip_value(struct cursor *c)
{
	if (c->p == c->end)
		fail(c);
	else if (*c->p == '"')
		skip_string(c);
	else if (*c->p == '{' || *c->p == '[')
		skip_container(c);
	else
		skip_plain(c);
}

/* One member; its key is from key to key_end, with its quotes. */
static void
read_member(struct cursor *c, const char **key, size_t *n, const char **value)
{
	skip_blank(c);
	*key = c->p;
	skip_string(c);
	*n = (size_t)(c->p - *key);
	skip_blank(c);
	if (!take(c, ':'))
		fail(c);
	skip_blank(c);
	*value = c->p;
	skip_value(c);
}

static bool
is_key(const char *p, size_t n, const char *key)
{
	size_t len = strlen(key);

	return n == len + 2 && memcmp(p + 1, key, len) == 0;
}

enum json_placed
json_place(const char *p, size_t size, const char *key,
    struct json_place *place)
{
	struct cursor c = { .p = p, .end = p + size };
	enum json_placed placed = JSON_PLACE_NONE;
	const char *at, *value;
	size_t n;
	bool more;

	skip_blank(&c);
	if (!take(&c, '{'))
		return JSON_PLACE_UNSURE;
	skip_blank(&c);
	more = !take(&c, '}');
	while (more) {
		read_member(&c, &at, &n, &value);
		if (c.broken || memchr(at, '\\', n) != NULL)
			return JSON_PLACE_UNSURE;
		if (is_key(at, n, key)) {
			if (placed == JSON_PLACE_ONE)
				return JSON_PLACE_UNSURE;
			placed = JSON_PLACE_ONE;
			*place = (struct json_place){
				.key = (size_t)(at - p),
				.at = (size_t)(value - p),
				.end = (size_t)(c.p - p),
			};
		}
		skip_blank(&c);
		more = take(&c, ',');
		if (!more && !take(&c, '}'))
			return JSON_PLACE_UNSURE;
	}
	skip_blank(&c);
	return c.p == c.end ? placed : JSON_PLACE_UNSURE;
}

bool
json_place_is(const char *text, const struct json_place *place,
    const char *word)
{
	size_t n = strlen(word);

	return place->end - place->at == n &&
	    memcmp(text + place->at, word, n) == 0;
}
