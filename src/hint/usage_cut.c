/* SPDX-License-Identifier: ISC */
#include "hint/usage_cut.h"

#include <string.h>

#include "hint/json_place.h"
#include "hint/sse_scan.h"

/*
 * What passes of a piece that was pushed is told of in runs, as long as they
 * can be: a run ends where something is taken out, or where the piece ends.
 */

/* What becomes of an event: bytes from there to there are taken out. */
struct cut {
	size_t			 from;
	size_t			 to;
};

static void
pass(const struct usage_cut_out *to, const char *p, size_t n, bool moves)
{
	if (n > 0)
		to->pass(p, n, moves, to->arg);
}

/* Events */

/* Reads on to behind the event's empty line, or to the end: false. */
static bool
find_end(struct usage_cut *c, const char *p, size_t n, size_t *off)
{
	size_t len;

	while (*off < n) {
		if (p[*off] == '\n' && c->cr) {
			c->cr = false;
			++*off;
			continue;
		}
		c->cr = false;
		len = sse_line_of(p + *off, n - *off);
		c->line = c->line || len > 0;
		if ((*off += len) == n)
			break;
		c->cr = p[(*off)++] == '\r';
		if (!c->line) {
			c->ended = c->cr;
			return true;
		}
		c->line = false;
	}
	return false;
}

/* A line feed behind the carriage return that has ended an event is its own. */
static size_t
skip_its_feed(struct usage_cut *c, const char *p, size_t n, size_t off)
{
	if (!c->ended || off == n)
		return off;
	c->ended = c->cr = false;
	return p[off] == '\n' ? off + 1 : off;
}

/* Skips "data:", and a blank; false for another line. */
static bool
is_data(const char *p, size_t len, size_t *skip)
{
	if (len < 5 || memcmp(p, "data:", 5) != 0)
		return false;
	*skip = len > 5 && p[5] == ' ' ? 6 : 5;
	return true;
}

/* The one line of data of an event; false where there are none, or several. */
static bool
find_data(const char *p, size_t n, size_t *at, size_t *data)
{
	size_t len, skip, off;
	bool found = false;

	for (off = 0; off < n; off += len + 1) {
		len = sse_line_of(p + off, n - off);
		if (!is_data(p + off, len, &skip))
			continue;
		if (found)
			return false;
		found = true;
		*at = off + skip;
		*data = len - skip;
	}
	return found;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* A member, and the comma that parts it from another. */
static struct cut
cut_member(const char *p, const struct json_place *place)
{
	struct cut cut = { place->key, place->end };

	while (is_blank(p[cut.from - 1]))
		cut.from--;
	if (p[cut.from - 1] == ',') {
		cut.from--;
		return cut;
	}
	cut.from = place->key;
	while (is_blank(p[cut.to]))
		cut.to++;
	if (p[cut.to] != ',')
		return cut;
	cut.to++;
	while (is_blank(p[cut.to]))
		cut.to++;
	return cut;
}

/* Whether its choices are an empty array. */
static bool
has_no_choices(const char *p, size_t n)
{
	struct json_place place;
	size_t i;

	if (json_place(p, n, "choices", &place) != JSON_PLACE_ONE ||
	    p[place.at] != '[')
		return false;
	for (i = place.at + 1; i + 1 < place.end; i++)
		if (!is_blank(p[i]))
			return false;
	return true;
}

static struct cut
judge(const char *p, size_t n)
{
	static const char name[] = "\"usage\"";
	struct json_place place;
	struct cut cut = { 0, 0 };
	size_t at, len;

	/* for most there is nothing more to do */
	if (memmem(p, n, name, sizeof name - 1) == NULL ||
	    !find_data(p, n, &at, &len) ||
	    json_place(p + at, len, "usage", &place) != JSON_PLACE_ONE)
		return cut;
	if (p[at + place.at] == '{')
		return has_no_choices(p + at, len) ? (struct cut){ 0, n } :
		    cut;
	if (!json_place_is(p + at, &place, "null"))
		return cut;
	cut = cut_member(p + at, &place);
	return (struct cut){ at + cut.from, at + cut.to };
}

/* Pieces */

/* The event that is held, which is whole, or never will be. */
static void
pass_held(struct usage_cut *c, const struct usage_cut_out *to)
{
	const struct cut cut = judge(c->held.p, c->held.len);

	c->dropped = cut.to - cut.from == c->held.len;
	pass(to, c->held.p, cut.from, true);
	pass(to, c->held.p + cut.to, c->held.len - cut.to, true);
	text_free(&c->held);
}

/* Its rest comes; false where there is no room: then it passes. */
static bool
hold(struct usage_cut *c, const char *p, size_t n,
    const struct usage_cut_out *to)
{
	if (n <= USAGE_CUT_MOST && c->held.len + n <= USAGE_CUT_MOST) {
		text_put(&c->held, p, n);
		if (!c->held.failed)
			return true;
	}
	pass(to, c->held.p, c->held.len, true);
	text_free(&c->held);
	c->passes = true;
	return false;
}

/* An event ends in this piece; returns from where on all of it passes. */
static size_t
end_event(struct usage_cut *c, const char *p, size_t run, size_t from,
    size_t end, const struct usage_cut_out *to)
{
	struct cut cut;

	c->dropped = false;
	if (c->passes) {
		c->passes = false;
		return run;
	}
	if (c->held.len > 0) {
		pass(to, p + run, from - run, false);
		if (!hold(c, p + from, end - from, to)) {
			c->passes = false;
			return from;
		}
		pass_held(c, to);
		return end;
	}
	cut = judge(p + from, end - from);
	if (cut.to == 0)
		return run;
	c->dropped = cut.to - cut.from == end - from;
	pass(to, p + run, from + cut.from - run, false);
	return from + cut.to;
}

void
usage_cut_push(struct usage_cut *c, const char *p, size_t n,
    const struct usage_cut_out *to)
{
	size_t from = skip_its_feed(c, p, n, 0), off = from;
	size_t run = c->dropped ? from : 0;

	while (find_end(c, p, n, &off)) {
		off = skip_its_feed(c, p, n, off);
		run = end_event(c, p, run, from, off, to);
		from = off;
	}
	if (c->passes || from == n) {
		pass(to, p + run, n - run, false);
		return;
	}
	pass(to, p + run, from - run, false);
	if (!hold(c, p + from, n - from, to))
		pass(to, p + from, n - from, false);
}

void
usage_cut_end(struct usage_cut *c, const struct usage_cut_out *to)
{
	if (c->held.len > 0)
		pass_held(c, to);
}

void
usage_cut_free(struct usage_cut *c)
{
	text_free(&c->held);
}
