/* SPDX-License-Identifier: ISC */
#include "policy/path_reading.h"

#include "policy/path_char.h"

#define TRIPLE	3	/* bytes of what is percent-encoded */

/* Which ways matter */

/* What a path is made of, as it is walked through. */
struct walk {
	unsigned	 found;
	int		 last;		/* character before; '/' to begin with */
	bool		 twice;		/* an empty segment */
	bool		 dots;		/* "." or "..", or part of a name */
};

/* The way in which a character is more than itself; 0: in none. */
static unsigned
way_of(int c)
{
	switch (c) {
	case '/' | PATH_ENCODED:
		return PATH_SLASHES;
	case '\\':
		return PATH_BACKSLASHES;
	case ';':
		return PATH_PARAMETERS;
	case ' ':
	case '\t':
	case '\0':
		return PATH_ENDS;
	default:
		return 0;
	}
}

static bool
is_slash(int c)
{
	return (c & ~PATH_ENCODED) == '/' || c == '\\';
}

static void
look(struct walk *w, int c)
{
	w->found |= way_of(c);
	if (c == '.' && (w->last == '.' || is_slash(w->last)))
		w->dots = true;
	if (w->last == '.' && (is_slash(c) || c == ';' || c == -1))
		w->found |= PATH_ENDS;
	if (is_slash(c) && is_slash(w->last))
		w->twice = true;
	w->last = c;
}

/*
 * Whether a byte that is not encoded is white space to somebody: Python's
 * http.server cuts a request line by what is that in Latin-1.  Behind another
 * byte that is not ASCII it ends a letter of UTF-8, as in C3 A0, and to cut it
 * off leaves a name that nobody has.
 */
static bool
is_raw_blank(int c)
{
	return c == 0x85 || c == 0xa0;
}

static bool
is_ascii(int c)
{
	return (c & ~PATH_ENCODED) < 0x80;
}

/* The ways that may make a difference; rather one too many. */
static unsigned
possible_ways(struct http1_str s)
{
	struct walk w = { .last = '/' };
	const char *p;
	int c, before;

	if (s.len > 0)
		s.p++, s.len--;
	do {
		p = s.p;
		before = w.last;
		c = path_next_char(&s);
		look(&w, c);
		if (s.p - p == 1 && is_raw_blank(c) && is_ascii(before))
			w.found |= PATH_ENDS;
	} while (c != -1);
	if (w.dots) {
		if (w.twice || w.found != 0)
			w.found |= PATH_EMPTY;
		w.found |= PATH_DOTS;
	}
	return w.found;
}

/* One reading */

/* How many bytes the slash has that stands there; 0: none does. */
static size_t
slash_at(const char *p, const char *end, unsigned way)
{
	struct http1_str s = { p, (size_t)(end - p) };
	int c;

	if (*p == '/')
		return 1;
	if (*p != '\\' && *p != '%')
		return 0;
	c = path_next_char(&s);
	if ((c == ('/' | PATH_ENCODED) && (way & PATH_SLASHES) != 0) ||
	    (c == '\\' && (way & PATH_BACKSLASHES) != 0))
		return (size_t)(s.p - p);
	return 0;
}

/*
 * Takes the last segment off, with the slash before it.  From the end on, since
 * then what ".." takes back is still to come, and nothing is to be kept.
 */
static struct http1_str
last_segment(struct http1_str *s, unsigned way)
{
	const char *end = s->p + s->len, *p = end;
	struct http1_str segment;
	size_t slash = 0;

	while (slash == 0 && p > s->p)
		slash = slash_at(--p, end, way);
	segment.p = p + slash;
	segment.len = (size_t)(end - segment.p);
	s->len = (size_t)(p - s->p);
	return segment;
}

/* Cuts a string off before the first such character. */
static void
cut_before(struct http1_str *s, int wanted)
{
	struct http1_str rest = *s;
	const char *p;
	int c;

	do {
		p = rest.p;
		c = path_next_char(&rest);
	} while (c != wanted && c != -1);
	s->len = (size_t)(p - s->p);
}

/* The last character, and how many bytes it has. */
static int
last_char(struct http1_str s, size_t *bytes)
{
	const char *end = s.p + s.len;

	*bytes = 1;
	if (s.len == 0)
		return -1;
	if (s.len < TRIPLE || !path_is_encoded(end - TRIPLE, end))
		return (unsigned char)end[-1];
	s.p = end - TRIPLE;
	s.len = *bytes = TRIPLE;
	return path_next_char(&s);
}

/* How many bytes at the end are blank though they are not encoded. */
static size_t
raw_blanks(struct http1_str s)
{
	size_t bytes, n = 0;
	int c;

	while (is_raw_blank(c = last_char(s, &bytes)) && bytes == 1) {
		s.len--;
		n++;
	}
	return is_ascii(c) ? n : 0;
}

static void
trim(struct http1_str *s, bool dots)
{
	size_t bytes;
	int c;

	do {
		c = last_char(*s, &bytes);
		if (c != ' ' && c != '\t' && (!dots || c != '.'))
			bytes = raw_blanks(*s);
		s->len -= bytes;
	} while (bytes > 0);
}

/* A segment without what does not count, and what it is: as path_dots(). */
static int
trim_segment(struct http1_str *segment, unsigned way)
{
	int dots;

	if (way & PATH_PARAMETERS)
		cut_before(segment, ';');
	if (way & PATH_ENDS)
		trim(segment, false);
	dots = (way & PATH_DOTS) != 0 ? 0 : path_dots(*segment);
	if (dots == 0 && (way & PATH_ENDS) != 0)
		trim(segment, (way & PATH_DOTS) == 0 ||
		    path_dots(*segment) == 0);
	return dots;
}

/*
 * Counts the segments, and keeps those that have a place in the path if there
 * are n in all.
 */
static size_t
read_segments(struct http1_str s, unsigned way, struct path *path, size_t n)
{
	struct http1_str segment;
	size_t back = 0, count = 0;
	int dots;

	while (s.len > 0) {
		segment = last_segment(&s, way);
		dots = trim_segment(&segment, way);
		if (dots != 0) {
			back += dots == 2;
		} else if (segment.len == 0 && (way & PATH_EMPTY) == 0) {
			continue;
		} else if (back > 0) {
			back--;
		} else if (segment.len > 0) {
			count++;
			if (count <= n && n - count < PATH_SEGMENTS)
				path->segments[n - count] = segment;
		}
	}
	return count;
}

static void
read_path(struct path *path, struct http1_str s, unsigned way)
{
	if (way & PATH_ENDS)
		cut_before(&s, '\0');
	path->n = read_segments(s, way, path, 0);
	read_segments(s, way, path, path->n);
}

/* All of them */

bool
path_readings_start(struct path_readings *r, struct http1_str s)
{
	*r = (struct path_readings){ .over = true };
	if (!path_cut(&s))
		return false;
	*r = (struct path_readings){ .path = s, .possible = possible_ways(s) };
	return true;
}

bool
path_readings_too_long(const struct path_readings *r)
{
	return r->possible != 0 && r->path.len > PATH_READ;
}

static void
next_way(struct path_readings *r)
{
	const unsigned both = PATH_EMPTY | PATH_DOTS;

	do
		r->way = (r->way - r->possible) & r->possible;
	while ((r->way & both) == both);
	r->over = r->way == 0 || path_readings_too_long(r);
}

bool
path_readings_next(struct path_readings *r, struct path *path)
{
	if (r->over)
		return false;
	if (r->way == 0) {
		if (!path_split(path, r->path))
			return false;
	} else
		read_path(path, r->path, r->way);
	next_way(r);
	return true;
}
