/* SPDX-License-Identifier: ISC */
#include "hint/json_scan.h"

#include <string.h>

#include "base/fnv.h"
#include "base/text.h"
#include "hint/json_steps.h"
#include "hint/json_stop.h"

enum state {
	/* between what is written in several bytes; odd: where one may end */
	SCAN_VALUE,		/* must follow */
	SCAN_FIRST_ELEMENT,	/* or the end of the array */
	SCAN_KEY,
	SCAN_FIRST_KEY,		/* or the end of the object */
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

/* What a byte may be: by a table, for each is asked. */
enum {
	BLANK = 1,
	COUNTS = 2,		/* in numbers */
	SPELLS = 4,		/* in words */
};

static const uint8_t kinds[256] = {
	['\t'] = BLANK, ['\n'] = BLANK, ['\r'] = BLANK, [' '] = BLANK,
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
	s->hits = 0;
	s->leads = ((uint64_t)1 << paths->n) - 1;
	for (i = 0; i < paths->n; i++) {
		s->values[i].kind = JSON_SCAN_NOTHING;
		s->values[i].amount = s->values[i].most = 0;
		s->values[i].hash = 0;
		s->here[i] = paths->first[i];
	}
}

/* Paths: most keys are of none, and most values */

static void
step(struct json_scan *s, const char *key, size_t len)
{
	s->hits = s->leads = 0;
	if (len < JSON_SCAN_KEY && (s->lengths[s->depth - 1] >> len & 1) != 0)
		json_steps_key(s, key, len);
}

static void
found(struct json_scan *s, enum json_scan_kind kind, uint64_t amount)
{
	if (s->hits != 0)
		json_steps_found(s, kind, amount);
}

/* Containers */

/* None of what is inside has to be looked at. */
static void
go_blind(struct json_scan *s)
{
	s->blind = s->depth + 1;
	s->hits = s->leads = 0;
}

static bool
enter(struct json_scan *s, bool array)
{
	if (s->depth == JSON_SCAN_DEPTH)
		return false;
	found(s, JSON_SCAN_OTHER, 0);
	if (s->blind == 0) {
		if (s->depth == JSON_SCAN_LOOK || s->leads == 0)
			go_blind(s);
		else
			json_steps_in(s);
	}
	s->arrays[++s->depth] = array;
	s->state = array ? SCAN_FIRST_ELEMENT : SCAN_FIRST_KEY;
	if (array && s->blind == 0)
		json_steps_element(s);
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
		if (s->hits != 0 && (s->key[0] == '-' ||
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
begin_string(struct json_scan *s, bool key, bool looked_at)
{
	s->state = SCAN_STRING;
	s->is_key = key;
	s->looked_at = looked_at;
	s->len = 0;
	s->hash = FNV_BASIS;
}

/* Of a key only that is kept which may be one's; of others a hash is made. */
static void
add_bytes(struct json_scan *s, const char *p, size_t n)
{
	size_t room = JSON_SCAN_KEY - (size_t)s->len;

	if (s->is_key) {
		if (n > room)
			n = room;
		memcpy(s->key + s->len, p, n);
		s->len = (uint8_t)(s->len + n);
		return;
	}
	s->hash = fnv_bytes(s->hash, p, n);
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

	p = json_stop_or_control(p, end);
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

/* A string that nobody looks at may be a word, or a whole book. */
static const char *
skip_string(struct json_scan *s, const char *p, const char *end)
{
	size_t n = 0;

	while ((p = json_stop(p + n, end)) < end && *p == '\\')
		if ((n = escape_len(p, end)) == 0)
			break;
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

/* Numbers and words begin */

static const char *
fail(struct json_scan *s, const char *p)
{
	s->state = SCAN_BROKEN;
	return p;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * Nearly all numbers are a few digits.  Returns what is behind such a one, if
 * that is here; else NULL.
 */
static const char *
pass_digits(struct json_scan *s, const char *p, const char *end)
{
	const char *from = p, *most = end - p > 9 ? p + 9 : end;
	unsigned n = 0, digit;

	for (; p < most && (digit = (unsigned)*p - '0') < 10; p++)
		n = n * 10 + digit;
	if (p == from || p == end || is(*p, COUNTS) ||
	    (*from == '0' && p - from > 1))
		return NULL;
	found(s, JSON_SCAN_AMOUNT, n * JSON_AMOUNT_UNIT);
	after_value(s);
	return p;
}

/* The same of a word. */
static const char *
pass_word(struct json_scan *s, const char *p, const char *end)
{
	enum json_scan_kind kind = JSON_SCAN_OTHER;
	size_t n = 4;

	if (end - p < 6)
		return NULL;
	if (memcmp(p, "true", 4) == 0)
		kind = JSON_SCAN_TRUE;
	else if (memcmp(p, "false", 5) == 0)
		n = 5;
	else if (memcmp(p, "null", 4) != 0)
		return NULL;
	if (is(p[n], SPELLS))
		return NULL;
	found(s, kind, 0);
	after_value(s);
	return p + n;
}

static const char *
begin_plain(struct json_scan *s, const char *p, enum state state)
{
	s->key[0] = *p;
	s->len = 1;
	s->state = state;
	return p + 1;
}

/* The text */

static bool
wants_value(const struct json_scan *s)
{
	return s->state == SCAN_VALUE || s->state == SCAN_FIRST_ELEMENT;
}

static bool
wants_key(const struct json_scan *s)
{
	return s->state == SCAN_KEY || s->state == SCAN_FIRST_KEY;
}

static bool
is_in_array(const struct json_scan *s)
{
	return s->arrays[s->depth];
}

static bool
take_comma(struct json_scan *s)
{
	if (s->state != SCAN_NEXT)
		return false;
	s->state = is_in_array(s) ? SCAN_VALUE : SCAN_KEY;
	if (is_in_array(s) && s->blind == 0)
		json_steps_element(s);
	return true;
}

static bool
take_colon(struct json_scan *s)
{
	if (s->state != SCAN_COLON)
		return false;
	s->state = SCAN_VALUE;
	return true;
}

static bool
take_end(struct json_scan *s, bool array)
{
	if ((s->state & 1) == 0 || is_in_array(s) != array)
		return false;
	leave(s);
	return true;
}

/*
 * Nearly all members of objects are a key without escapes, and a text that nobody
 * looks at, a short number, a word or a container, which are all there.  From a
 * key's quote on; what is not like that begins as any other.
 */

/* Returns what is behind a key's end, which is there, and a colon; else NULL. */
static const char *
pass_colon(const char *stop, const char *end)
{
	if (end - stop < 4 || memcmp(stop, "\":", 2) != 0)
		return NULL;
	return stop + 2 + (stop[2] == ' ');
}

static const char *
pass_key(struct json_scan *s, const char *p, const char *end)
{
	const char *stop, *behind;

	if (s->blind != 0)
		return pass_colon(json_stop(p + 1, end), end);
	stop = json_stop_or_control(p + 1, end);
	if ((behind = pass_colon(stop, end)) != NULL)
		step(s, p + 1, (size_t)(stop - p) - 1);
	return behind;
}

static const char *
pass_text(struct json_scan *s, const char *p, const char *end)
{
	bool looked_at = s->hits != 0;

	if (!looked_at) {
		p = json_stop(p, end);
		if (p < end && *p == '"') {
			after_value(s);
			return p + 1;
		}
	}
	begin_string(s, false, looked_at);
	return p;
}

/* The state says what has come of it; its first byte has. */
static const char *
read_value(struct json_scan *s, const char *p, const char *end)
{
	const char *behind;

	if (*p == '"')
		return pass_text(s, p + 1, end);
	if (is_digit(*p)) {
		behind = pass_digits(s, p, end);
		return behind != NULL ? behind : begin_plain(s, p, SCAN_NUMBER);
	}
	if (*p == '{' || *p == '[')
		return enter(s, *p == '[') ? p + 1 : fail(s, p);
	if (is(*p, SPELLS)) {
		behind = pass_word(s, p, end);
		return behind != NULL ? behind : begin_plain(s, p, SCAN_WORD);
	}
	if (*p == '-')
		return begin_plain(s, p, SCAN_NUMBER);
	s->state = SCAN_VALUE;
	return is(*p, BLANK) ? p + 1 : fail(s, p);
}

/* Returns where the next key's quote is, if there is one behind a comma. */
static const char *
pass_comma(struct json_scan *s, const char *p, const char *end)
{
	if (s->state != SCAN_NEXT || end - p < 3 || *p != ',' ||
	    is_in_array(s))
		return NULL;
	p += p[1] == ' ' ? 2 : 1;
	return *p == '"' ? p : NULL;
}

/* From a key's quote, or a value, on. */
static const char *
read_members(struct json_scan *s, const char *p, const char *end)
{
	const char *next = p;
	bool key = wants_key(s);

	do {
		if (key && (p = pass_key(s, next, end)) == NULL) {
			begin_string(s, true, s->blind == 0);
			return next + 1;
		}
		p = read_value(s, p, end);
		next = s->state == SCAN_FIRST_KEY && p < end && *p == '"' ? p :
		    pass_comma(s, p, end);
		key = true;
	} while (next != NULL);
	return p;
}

static bool
is_end(char c)
{
	/* a bracket and a brace, but for a bit that both close or open with */
	return (c | 0x20) == '}';
}

/* Several containers often end together. */
static const char *
read_ends(struct json_scan *s, const char *p, const char *end)
{
	do {
		if (!take_end(s, *p == ']'))
			return fail(s, p);
	} while (++p < end && is_end(*p));
	return p;
}

/* What is not inside of a string, number or word. */
static const char *
read_mark(struct json_scan *s, const char *p, const char *end)
{
	if (is_end(*p))
		return read_ends(s, p, end);
	if (is(*p, BLANK))
		return p + 1;
	if (wants_value(s) || (*p == '"' && wants_key(s)))
		return read_members(s, p, end);
	if ((*p == ',' && take_comma(s)) || (*p == ':' && take_colon(s)))
		return p + 1;
	return fail(s, p);
}

static const char *
read_inside(struct json_scan *s, const char *p, const char *end)
{
	switch (s->state) {
	case SCAN_STRING:
		return s->looked_at ? take_string(s, p, end) :
		    skip_string(s, p, end);
	case SCAN_ESCAPE:
		return read_escape(s, *p) ? p + 1 : fail(s, p);
	case SCAN_HEX:
		return read_hex(s, *p) ? p + 1 : fail(s, p);
	default:
		return read_plain(s, p, end);
	}
}

bool
json_scan_push(struct json_scan *s, const char *p, size_t n)
{
	const char *end = p + n;

	while (p < end && s->state != SCAN_BROKEN)
		p = s->state > SCAN_BROKEN ? read_inside(s, p, end) :
		    read_mark(s, p, end);
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
