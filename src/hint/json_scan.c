/* SPDX-License-Identifier: ISC */
#include "hint/json_scan.h"

#include <string.h>

/*
 * Each path has come some steps far with the container that the text is in.  A
 * key, or an element, takes it a step further, or not; where a value is reached
 * with all of its steps, that is what was looked for.
 */

enum state {
	SCAN_VALUE,		/* must follow */
	SCAN_FIRST_ELEMENT,	/* or the end of the array */
	SCAN_FIRST_KEY,		/* or the end of the object */
	SCAN_KEY,
	SCAN_COLON,
	SCAN_NEXT,		/* a comma, or an end */
	SCAN_STRING,
	SCAN_ESCAPE,
	SCAN_HEX,
	SCAN_NUMBER,
	SCAN_WORD,
	SCAN_DONE,
	SCAN_BROKEN,
};

#define HASH_BASIS	14695981039346656037ULL	/* FNV-1a */
#define HASH_PRIME	1099511628211ULL

void
json_scan_init(struct json_scan *s, const struct json_scan_paths *paths)
{
	unsigned i;

	s->paths = paths;
	s->depth = s->blind = 0;
	s->state = SCAN_VALUE;
	for (i = 0; i < paths->n; i++) {
		s->values[i] = (struct json_scan_value){ 0 };
		s->here[i] = 1;
	}
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Paths */

/* What is left of a path behind so many steps; NULL behind its last. */
static const char *
rest_of(const char *path, unsigned steps)
{
	for (; steps > 0; steps--) {
		path += strcspn(path, ".");
		if (*path++ == '\0')
			return NULL;
	}
	return path;
}

static bool
is_step(const char *rest, const char *key, size_t len)
{
	size_t n = strcspn(rest, ".");

	return (n == 1 && rest[0] == '*') ||
	    (n == len && memcmp(rest, key, n) == 0);
}

static bool
is_blind(const struct json_scan *s)
{
	return s->blind != 0;
}

static bool
in_array(const struct json_scan *s)
{
	unsigned i = s->depth - 1;

	return (s->arrays[i / 64] >> (i % 64) & 1) != 0;
}

/* A key was read: how far the paths have come with its value. */
static void
step_by_key(struct json_scan *s)
{
	const uint8_t *at = s->at[s->depth - 1];
	const char *rest;
	unsigned i;

	for (i = 0; i < s->paths->n; i++) {
		s->here[i] = 0;
		if (at[i] == 0)
			continue;
		rest = rest_of(s->paths->all[i], at[i] - 1U);
		if (rest != NULL && s->len < JSON_SCAN_KEY &&
		    is_step(rest, s->key, s->len))
			s->here[i] = (uint8_t)(at[i] + 1);
	}
}

/* An element stands for its array where a key is looked for. */
static void
step_by_element(struct json_scan *s)
{
	const uint8_t *at = s->at[s->depth - 1];
	const char *rest;
	unsigned i;

	for (i = 0; i < s->paths->n; i++) {
		s->here[i] = 0;
		if (at[i] == 0)
			continue;
		rest = rest_of(s->paths->all[i], at[i] - 1U);
		if (rest != NULL)
			s->here[i] = (uint8_t)(is_step(rest, "", 0) ?
			    at[i] + 1 : at[i]);
	}
}

static bool
is_found(const struct json_scan *s, unsigned i)
{
	return s->here[i] != 0 &&
	    rest_of(s->paths->all[i], s->here[i] - 1U) == NULL;
}

/* Whether a value, as it begins, is one that some path leads to. */
static bool
is_looked_for(const struct json_scan *s)
{
	unsigned i;

	for (i = 0; !is_blind(s) && i < s->paths->n; i++)
		if (is_found(s, i))
			return true;
	return false;
}

static void
found(struct json_scan *s, enum json_scan_kind kind, uint64_t amount)
{
	struct json_scan_value *v;
	unsigned i;

	for (i = 0; !is_blind(s) && i < s->paths->n; i++) {
		if (!is_found(s, i))
			continue;
		v = &s->values[i];
		v->kind = kind;
		v->amount = amount;
		v->hash = s->hash;
		if (amount > v->most)
			v->most = amount;
	}
}

/* Containers */

static bool
leads_on(const struct json_scan *s)
{
	unsigned i;

	for (i = 0; i < s->paths->n; i++)
		if (s->here[i] != 0 && !is_found(s, i))
			return true;
	return false;
}

static bool
enter(struct json_scan *s, bool array)
{
	uint64_t bit = (uint64_t)1 << (s->depth % 64);
	uint64_t *arrays = &s->arrays[s->depth / 64];

	if (s->depth == JSON_SCAN_DEPTH)
		return false;
	found(s, JSON_SCAN_OTHER, 0);
	*arrays = array ? *arrays | bit : *arrays & ~bit;
	if (!is_blind(s) && (s->depth == JSON_SCAN_LOOK || !leads_on(s)))
		s->blind = s->depth + 1;
	if (!is_blind(s))
		memcpy(s->at[s->depth], s->here, s->paths->n);
	s->depth++;
	s->state = array ? SCAN_FIRST_ELEMENT : SCAN_FIRST_KEY;
	if (array && !is_blind(s))
		step_by_element(s);
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
	if (s->blind == s->depth)
		s->blind = 0;
	s->depth--;
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
		if (s->key[0] == '-' || !json_amount_of(s->key, &amount))
			kind = JSON_SCAN_NO_AMOUNT;
	}
	found(s, kind, amount);
	after_value(s);
	return true;
}

static bool
end_word(struct json_scan *s)
{
	static const char *const words[] = { "true", "false", "null" };
	unsigned i;

	for (i = 0; i < 3; i++)
		if (strlen(words[i]) == s->len &&
		    memcmp(words[i], s->key, s->len) == 0)
			break;
	if (i == 3)
		return false;
	found(s, i == 0 ? JSON_SCAN_TRUE : JSON_SCAN_OTHER, 0);
	after_value(s);
	return true;
}

/* Strings */

static void
begin_string(struct json_scan *s, bool key)
{
	s->state = SCAN_STRING;
	s->is_key = key;
	s->looked_at = key ? !is_blind(s) : is_looked_for(s);
	s->len = 0;
	s->hash = HASH_BASIS;
}

static void
add_byte(struct json_scan *s, char c)
{
	s->hash = (s->hash ^ (unsigned char)c) * HASH_PRIME;
	if (s->len < JSON_SCAN_KEY)
		s->key[s->len++] = c;
}

static void
end_string(struct json_scan *s)
{
	if (s->is_key) {
		if (!is_blind(s))
			step_by_key(s);
		s->state = SCAN_COLON;
		return;
	}
	found(s, JSON_SCAN_TEXT, 0);
	after_value(s);
}

/* A string that nobody looks at may be a whole book: where it stops. */
static size_t
skip_string(const char *p, size_t n)
{
	const char *end = memchr(p, '"', n), *escape;

	if (end != NULL)
		n = (size_t)(end - p);
	escape = memchr(p, '\\', n);
	return escape != NULL ? (size_t)(escape - p) : n;
}

static size_t
take_string(struct json_scan *s, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n && p[i] != '"' && p[i] != '\\'; i++) {
		if ((unsigned char)p[i] < 0x20) {
			s->state = SCAN_BROKEN;
			break;
		}
		add_byte(s, p[i]);
	}
	return i;
}

/* Up to what ends it or is escaped; what is over is the string's. */
static size_t
read_string(struct json_scan *s, const char *p, size_t n)
{
	size_t i = s->looked_at ? take_string(s, p, n) : skip_string(p, n);

	if (i == n || s->state == SCAN_BROKEN)
		return n;
	if (p[i] == '"')
		end_string(s);
	else
		s->state = SCAN_ESCAPE;
	return i + 1;
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

static int
hex(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool
read_hex(struct json_scan *s, char c)
{
	if (hex(c) < 0)
		return false;
	s->unicode = (uint16_t)(s->unicode << 4 | hex(c));
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
is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool
begin_value(struct json_scan *s, char c)
{
	if (c == '{' || c == '[')
		return enter(s, c == '[');
	if (c == '"') {
		begin_string(s, false);
		return true;
	}
	s->key[0] = c;
	s->len = 1;
	s->hash = 0;
	s->state = c == '-' || is_digit(c) ? SCAN_NUMBER : SCAN_WORD;
	return s->state == SCAN_NUMBER || (c >= 'a' && c <= 'z');
}

static bool
read_next(struct json_scan *s, char c)
{
	if (c == ',') {
		s->state = in_array(s) ? SCAN_VALUE : SCAN_KEY;
		if (in_array(s) && !is_blind(s))
			step_by_element(s);
		return true;
	}
	if (c != (in_array(s) ? ']' : '}'))
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

static bool
is_in(const struct json_scan *s, char c)
{
	if (s->state == SCAN_WORD)
		return c >= 'a' && c <= 'z';
	return is_digit(c) || c == '.' || c == 'e' || c == 'E' || c == '+' ||
	    c == '-';
}

/* A number or word ends with what does not belong to it any more. */
static size_t
read_plain(struct json_scan *s, const char *p, size_t n)
{
	bool word = s->state == SCAN_WORD;
	size_t i;

	for (i = 0; i < n && is_in(s, p[i]); i++)
		if (s->len < JSON_SCAN_NUMBER - 1)
			s->key[s->len++] = p[i];
	if (i < n && !(word ? end_word(s) : end_number(s)))
		s->state = SCAN_BROKEN;
	return i;
}

/* Returns how many bytes were read, at least one of them unless it fails. */
static size_t
read_some(struct json_scan *s, const char *p, size_t n)
{
	bool ok;

	switch (s->state) {
	case SCAN_STRING:
		return read_string(s, p, n);
	case SCAN_ESCAPE:
		ok = read_escape(s, *p);
		break;
	case SCAN_HEX:
		ok = read_hex(s, *p);
		break;
	case SCAN_NUMBER:
	case SCAN_WORD:
		return read_plain(s, p, n);
	default:
		ok = is_blank(*p) || read_mark(s, *p);
		break;
	}
	if (!ok)
		s->state = SCAN_BROKEN;
	return 1;
}

bool
json_scan_push(struct json_scan *s, const char *p, size_t n)
{
	size_t off = 0;

	while (off < n && s->state != SCAN_BROKEN)
		off += read_some(s, p + off, n - off);
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
