/* SPDX-License-Identifier: ISC */
#include "hint/json_scan.h"

#include <string.h>

#include "base/text.h"

/*
 * Each path has come some steps far with the container that the text is in.  A
 * key, or an element, takes it a step further, or not; where a value is reached
 * with all of its steps, that is what was looked for.
 */

enum state {
	/* between what is written in several bytes */
	SCAN_VALUE,		/* must follow */
	SCAN_FIRST_ELEMENT,	/* or the end of the array */
	SCAN_FIRST_KEY,		/* or the end of the object */
	SCAN_KEY,
	SCAN_COLON,
	SCAN_NEXT,		/* a comma, or an end */
	SCAN_DONE,
	SCAN_BROKEN,
	/* and inside of it */
	SCAN_STRING,
	SCAN_ESCAPE,
	SCAN_HEX,
	SCAN_NUMBER,
	SCAN_WORD,
};

#define HASH_BASIS	14695981039346656037ULL	/* FNV-1a */
#define HASH_PRIME	1099511628211ULL

#define HIT		UINT16_MAX	/* a path has no step left */
#define QUICK		16	/* bytes of most strings that nobody looks at */

/* What a byte may be: by a table, for each is asked. */
enum {
	STOPS = 1,		/* a string, or is escaped in it */
	CONTROLS = 2,
	COUNTS = 4,		/* in numbers */
	SPELLS = 8,		/* in words */
	BLANK = 16,
};

static const uint8_t kinds[256] = {
	[0 ... 0x08] = CONTROLS, [0x0b ... 0x0c] = CONTROLS,
	[0x0e ... 0x1f] = CONTROLS,
	['\t'] = CONTROLS | BLANK, ['\n'] = CONTROLS | BLANK,
	['\r'] = CONTROLS | BLANK, [' '] = BLANK,
	['"'] = STOPS, ['\\'] = STOPS,
	['0' ... '9'] = COUNTS, ['.'] = COUNTS, ['+'] = COUNTS,
	['-'] = COUNTS, ['E'] = COUNTS,
	['a' ... 'd'] = SPELLS, ['e'] = SPELLS | COUNTS,
	['f' ... 'z'] = SPELLS,
};

static bool
is(char c, unsigned kind)
{
	return (kinds[(unsigned char)c] & kind) != 0;
}

void
json_scan_init(struct json_scan *s, const struct json_scan_paths *paths)
{
	unsigned i;

	s->paths = paths;
	s->depth = s->blind = 0;
	s->state = SCAN_VALUE;
	s->hit = false;
	s->leads = paths->n > 0;
	for (i = 0; i < paths->n; i++) {
		s->values[i].kind = JSON_SCAN_NOTHING;
		s->values[i].amount = s->values[i].most = 0;
		s->values[i].hash = 0;
		s->here[i] = 1;
	}
}

/* Paths */

/* How long a path's step is if a key is that; else 0.  It has no dots then. */
static size_t
step_is(const char *step, const char *key, size_t len)
{
	size_t i;

	if (step[0] == '*' && (step[1] == '.' || step[1] == '\0'))
		return 1;
	if (len == 0 || step[0] != key[0])
		return 0;
	for (i = 0; i < len; i++)
		if (step[i] != key[i] || step[i] == '.' || step[i] == '\0')
			return 0;
	return step[len] == '.' || step[len] == '\0' ? len : 0;
}

/* Where the step is that follows one of so many bytes, as in at[]. */
static uint16_t
behind(const char *path, uint16_t at, size_t n)
{
	size_t next = at + n + 1;

	if (path[at - 1 + n] == '\0')
		return HIT;
	return next < HIT ? (uint16_t)next : 0;
}

/*
 * How far the paths have come with the value of a key, or with an element (NULL),
 * which stands for its array where a key is looked for.
 */
static void
step(struct json_scan *s, const char *key, size_t len)
{
	const uint16_t *at = s->at[s->depth - 1];
	bool hit = false, leads = false;
	unsigned i, npaths = s->paths->n;
	const char *path;
	uint16_t to;
	size_t n;

	for (i = 0; i < npaths; i++) {
		s->here[i] = 0;
		if (at[i] == 0 || len >= JSON_SCAN_KEY)
			continue;
		path = s->paths->all[i];
		if ((n = step_is(path + at[i] - 1, key, len)) > 0)
			to = behind(path, at[i], n);
		else if (key == NULL)
			to = at[i];
		else
			continue;
		s->here[i] = to;
		hit |= to == HIT;
		leads |= to != HIT;
	}
	s->hit = hit;
	s->leads = leads;
}

static void
found(struct json_scan *s, enum json_scan_kind kind, uint64_t amount)
{
	struct json_scan_value *v;
	unsigned i;

	for (i = 0; s->hit && i < s->paths->n; i++) {
		if (s->here[i] != HIT)
			continue;
		v = &s->values[i];
		v->kind = kind;
		v->amount = amount;
		v->hash = kind == JSON_SCAN_TEXT ? s->hash : 0;
		if (amount > v->most)
			v->most = amount;
	}
}

/* Containers */

/* None of what is inside has to be looked at. */
static void
go_blind(struct json_scan *s)
{
	s->blind = s->depth + 1;
	s->hit = s->leads = false;
}

static bool
enter(struct json_scan *s, bool array)
{
	uint64_t bit = (uint64_t)1 << (s->depth % 64);
	uint64_t *arrays = &s->arrays[s->depth / 64];
	unsigned i;

	if (s->depth == JSON_SCAN_DEPTH)
		return false;
	found(s, JSON_SCAN_OTHER, 0);
	*arrays = array ? *arrays | bit : *arrays & ~bit;
	if (s->blind == 0 && (s->depth == JSON_SCAN_LOOK || !s->leads))
		go_blind(s);
	for (i = 0; s->blind == 0 && i < s->paths->n; i++)
		s->at[s->depth][i] = s->here[i] != HIT ? s->here[i] : 0;
	s->depth++;
	s->array = array;
	s->state = array ? SCAN_FIRST_ELEMENT : SCAN_FIRST_KEY;
	if (array && s->blind == 0)
		step(s, NULL, 0);
	return true;
}

static void
after_value(struct json_scan *s)
{
	s->state = s->depth == 0 ? SCAN_DONE : SCAN_NEXT;
}

static void
leave(struct json_scan *s)
{
	unsigned i;

	if (s->blind == s->depth)
		s->blind = 0;
	i = --s->depth - 1;
	if (s->depth > 0)
		s->array = (s->arrays[i / 64] >> (i % 64) & 1) != 0;
	after_value(s);
}

/* Numbers and words */

static bool
end_number(struct json_scan *s)
{
	enum json_scan_kind kind = JSON_SCAN_AMOUNT;
	uint64_t amount = 0;

	/* of one that is so long the rest was not kept */
	if (s->len == JSON_SCAN_NUMBER - 1)
		kind = JSON_SCAN_NO_AMOUNT;
	else {
		s->key[s->len] = '\0';
		if (!json_amount_is_number(s->key))
			return false;
		if (s->hit && (s->key[0] == '-' ||
		    !json_amount_of(s->key, &amount)))
			kind = JSON_SCAN_NO_AMOUNT;
	}
	found(s, kind, amount);
	after_value(s);
	return true;
}

static bool
is_word(const struct json_scan *s, const char *word, size_t len)
{
	return s->len == len && memcmp(s->key, word, len) == 0;
}

static bool
end_word(struct json_scan *s)
{
	bool yes = is_word(s, "true", 4);

	if (!yes && !is_word(s, "false", 5) && !is_word(s, "null", 4))
		return false;
	found(s, yes ? JSON_SCAN_TRUE : JSON_SCAN_OTHER, 0);
	after_value(s);
	return true;
}

/* One ends with what does not belong to it any more. */
static const char *
read_plain(struct json_scan *s, const char *p, const char *end)
{
	bool word = s->state == SCAN_WORD;

	for (; p < end && is(*p, word ? SPELLS : COUNTS); p++)
		if (s->len < JSON_SCAN_NUMBER - 1)
			s->key[s->len++] = *p;
	if (p < end && !(word ? end_word(s) : end_number(s)))
		s->state = SCAN_BROKEN;
	return p;
}

/* Strings */

static void
begin_string(struct json_scan *s, bool key)
{
	s->state = SCAN_STRING;
	s->is_key = key;
	s->looked_at = key ? s->blind == 0 : s->hit;
	s->len = 0;
	s->hash = HASH_BASIS;
}

/* Of a key only that is kept which may be one's; of others a hash is made. */
static void
add_bytes(struct json_scan *s, const char *p, size_t n)
{
	size_t i, room = JSON_SCAN_KEY - (size_t)s->len;

	if (s->is_key) {
		if (n > room)
			n = room;
		memcpy(s->key + s->len, p, n);
		s->len = (uint8_t)(s->len + n);
		return;
	}
	for (i = 0; i < n; i++)
		s->hash = (s->hash ^ (unsigned char)p[i]) * HASH_PRIME;
}

static void
add_byte(struct json_scan *s, char c)
{
	if (s->looked_at)
		add_bytes(s, &c, 1);
}

/* The last bytes of it are these, which were not added. */
static void
end_string(struct json_scan *s, const char *p, size_t n)
{
	if (!s->is_key) {
		add_bytes(s, p, n);
		found(s, JSON_SCAN_TEXT, 0);
		after_value(s);
		return;
	}
	s->state = SCAN_COLON;
	/* nearly always all of it is here */
	if (s->len > 0) {
		add_bytes(s, p, n);
		p = s->key;
		n = s->len;
	}
	step(s, p, n);
}

static const char *
take_string(struct json_scan *s, const char *p, const char *end)
{
	const char *from = p;

	while (p < end && !is(*p, STOPS | CONTROLS))
		p++;
	if (p < end && *p == '"') {
		end_string(s, from, (size_t)(p - from));
		return p + 1;
	}
	add_bytes(s, from, (size_t)(p - from));
	if (p == end)
		return p;
	s->state = *p == '\\' ? SCAN_ESCAPE : SCAN_BROKEN;
	return p + 1;
}

/* How long an escape is that is here as a whole, and is one; else 0. */
static size_t
escape_len(const char *p, const char *end)
{
	unsigned i;

	if (end - p >= 2 && p[1] != '\0' && strchr("\"\\/bfnrt", p[1]) != NULL)
		return 2;
	if (end - p < 6 || p[1] != 'u')
		return 0;
	for (i = 2; i < 6; i++)
		if (text_hex(p[i]) < 0)
			return 0;
	return 6;
}

/* Where its escapes end: at a stop, or where one is not as it should be. */
static const char *
skip_escapes(const char *p, const char *stop)
{
	const char *escape;
	size_t n;

	while ((escape = memchr(p, '\\', (size_t)(stop - p))) != NULL) {
		if ((n = escape_len(escape, stop)) == 0)
			return escape;
		p = escape + n;
	}
	return stop;
}

/* A string that nobody looks at may be a word, or a whole book. */
static const char *
skip_string(struct json_scan *s, const char *p, const char *end)
{
	const char *quick = end - p > QUICK ? p + QUICK : end, *stop;

	while (p < quick && !is(*p, STOPS))
		p++;
	if (p == quick) {
		stop = memchr(p, '"', (size_t)(end - p));
		p = skip_escapes(p, stop != NULL ? stop : end);
	}
	if (p == end)
		return p;
	if (*p == '\\')
		s->state = SCAN_ESCAPE;
	else if (s->is_key)
		s->state = SCAN_COLON;
	else
		after_value(s);
	return p + 1;
}

static bool
read_escape(struct json_scan *s, char c)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at = c != '\0' ? strchr(from, c) : NULL;

	s->state = SCAN_STRING;
	if (c == 'u') {
		s->state = SCAN_HEX;
		s->unicode = s->digits = 0;
		return true;
	}
	if (at == NULL)
		return false;
	add_byte(s, to[at - from]);
	return true;
}

static bool
read_hex(struct json_scan *s, char c)
{
	if (text_hex(c) < 0)
		return false;
	s->unicode = (uint16_t)(s->unicode << 4 | text_hex(c));
	if (++s->digits < 4)
		return true;
	s->state = SCAN_STRING;
	/* beyond ASCII in two bytes, which no key of a path has */
	if (s->unicode >= 0x80)
		add_byte(s, (char)(s->unicode >> 8 | 0x80));
	add_byte(s, (char)s->unicode);
	return true;
}

/* The text */

static bool
begin_value(struct json_scan *s, char c)
{
	if (c == '"') {
		begin_string(s, false);
		return true;
	}
	if (c == '{' || c == '[')
		return enter(s, c == '[');
	s->key[0] = c;
	s->len = 1;
	s->state = is(c, SPELLS) ? SCAN_WORD : SCAN_NUMBER;
	return is(c, SPELLS) || c == '-' || (c >= '0' && c <= '9');
}

static bool
read_next(struct json_scan *s, char c)
{
	if (c == ',') {
		s->state = s->array ? SCAN_VALUE : SCAN_KEY;
		if (s->array && s->blind == 0)
			step(s, NULL, 0);
		return true;
	}
	if (c != (s->array ? ']' : '}'))
		return false;
	leave(s);
	return true;
}

/* What is neither blank nor inside of a string, number or word. */
static bool
read_mark(struct json_scan *s, char c)
{
	switch (s->state) {
	case SCAN_FIRST_ELEMENT:
		if (c == ']') {
			leave(s);
			return true;
		}
		return begin_value(s, c);
	case SCAN_VALUE:
		return begin_value(s, c);
	case SCAN_FIRST_KEY:
		if (c == '}') {
			leave(s);
			return true;
		}
		/* FALLTHROUGH */
	case SCAN_KEY:
		if (c == '"')
			begin_string(s, true);
		return c == '"';
	case SCAN_COLON:
		s->state = SCAN_VALUE;
		return c == ':';
	case SCAN_NEXT:
		return read_next(s, c);
	default:
		return false;
	}
}

/* Behind a key there is hardly ever anything else. */
static const char *
read_colon(struct json_scan *s, const char *p, const char *end)
{
	if (s->state != SCAN_COLON || p == end || *p != ':')
		return p;
	s->state = SCAN_VALUE;
	return p + 1 < end && p[1] == ' ' ? p + 2 : p + 1;
}

static const char *
read_inside(struct json_scan *s, const char *p, const char *end)
{
	bool ok = true;

	switch (s->state) {
	case SCAN_STRING:
		p = s->looked_at ? take_string(s, p, end) :
		    skip_string(s, p, end);
		return read_colon(s, p, end);
	case SCAN_ESCAPE:
		ok = read_escape(s, *p++);
		break;
	case SCAN_HEX:
		ok = read_hex(s, *p++);
		break;
	default:
		return read_plain(s, p, end);
	}
	if (!ok)
		s->state = SCAN_BROKEN;
	return p;
}

bool
json_scan_push(struct json_scan *s, const char *p, size_t n)
{
	const char *end = p + n;

	while (p < end && s->state != SCAN_BROKEN) {
		if (s->state > SCAN_BROKEN)
			p = read_inside(s, p, end);
		else if (is(*p, BLANK) || read_mark(s, *p))
			p++;
		else
			s->state = SCAN_BROKEN;
	}
	return s->state != SCAN_BROKEN;
}

bool
json_scan_end(struct json_scan *s)
{
	bool ok = true;

	if (s->state == SCAN_WORD)
		ok = end_word(s);
	else if (s->state == SCAN_NUMBER)
		ok = end_number(s);
	return ok && s->state == SCAN_DONE;
}
