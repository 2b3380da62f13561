/* SPDX-License-Identifier: ISC */
#include "http/sf.h"

#include <string.h>

#include "http/http1_class.h"

/*
 * Structured fields, RFC 9651 4.2.  Each function reads from s->p on and sets
 * s->bad where what stands there is not what it has to be; once it is set,
 * nothing more is read.
 */

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_alpha(char c)
{
	return is_lower(c) || (c >= 'A' && c <= 'Z');
}

static bool
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool
is_tchar(char c)
{
	return is_alpha(c) || http1_is_digit(c) ||
	    is_one_of(c, "!#$%&'*+-.^_`|~");
}

static bool
at(const struct sf *s, char c)
{
	return s->p < s->end && *s->p == c;
}

static bool
take(struct sf *s, char c)
{
	if (!at(s, c)) {
		s->bad = true;
		return false;
	}
	s->p++;
	return true;
}

static void
skip_spaces(struct sf *s)
{
	while (at(s, ' '))
		s->p++;
}

static void
skip_blanks(struct sf *s)
{
	while (at(s, ' ') || at(s, '\t'))
		s->p++;
}

/* Digits, at least one and at most max; how many there were. */
static int
read_digits(struct sf *s, int max, int64_t *value)
{
	int n = 0;

	for (; s->p < s->end && http1_is_digit(*s->p); s->p++) {
		if (++n > max)
			break;
		*value = *value * 10 + (*s->p - '0');
	}
	if (n == 0 || n > max)
		s->bad = true;
	return n;
}

/* An Integer of up to 15 digits, or a Decimal of 12 and 3. */
static void
read_number(struct sf *s, struct sf_item *item)
{
	bool negative = at(s, '-');
	int n;

	item->type = SF_NUMBER;
	item->milli = 0;
	s->p += negative;
	n = read_digits(s, 15, &item->milli);
	if (!s->bad && at(s, '.')) {
		s->p++;
		s->bad = n > 12;
		n = s->bad ? 3 : read_digits(s, 3, &item->milli);
	} else {
		n = 0;
	}
	if (s->bad)
		return;
	for (; n < 3; n++)
		item->milli *= 10;
	if (negative)
		item->milli = -item->milli;
}

static void
read_date(struct sf *s, struct sf_item *item)
{
	s->p++;
	read_number(s, item);
	item->type = SF_DATE;
	if (item->milli % 1000 != 0)
		s->bad = true;
}

static void
read_string(struct sf *s, struct sf_item *item)
{
	item->type = SF_STRING;
	item->text.p = ++s->p;
	for (; s->p < s->end && *s->p != '"'; s->p++) {
		if (*s->p < ' ' || *s->p > '~')
			break;
		if (*s->p == '\\') {
			s->p++;
			if (!at(s, '"') && !at(s, '\\'))
				break;
		}
	}
	item->text.len = (size_t)(s->p - item->text.p);
	take(s, '"');
}

static void
read_token(struct sf *s, struct sf_item *item)
{
	item->type = SF_TOKEN;
	item->text.p = s->p;
	while (s->p < s->end &&
	    (is_tchar(*s->p) || is_one_of(*s->p, ":/")))
		s->p++;
	item->text.len = (size_t)(s->p - item->text.p);
}

static void
read_bytes(struct sf *s, struct sf_item *item)
{
	item->type = SF_BYTES;
	s->p++;
	while (s->p < s->end && (is_alpha(*s->p) || http1_is_digit(*s->p) ||
	    is_one_of(*s->p, "+/=")))
		s->p++;
	take(s, ':');
}

static void
read_boolean(struct sf *s, struct sf_item *item)
{
	item->type = SF_BOOLEAN;
	s->p++;
	item->yes = at(s, '1');
	if (!item->yes)
		take(s, '0');
	else
		s->p++;
}

static bool
is_hex(char c)
{
	return http1_is_digit(c) || (c >= 'a' && c <= 'f');
}

/* A Display String; that it is UTF-8 is not looked at. */
static void
read_display(struct sf *s, struct sf_item *item)
{
	item->type = SF_DISPLAY;
	s->p++;
	if (!take(s, '"'))
		return;
	for (; s->p < s->end && *s->p != '"'; s->p++) {
		if (*s->p < ' ' || *s->p > '~')
			break;
		if (*s->p != '%')
			continue;
		if (s->end - s->p < 3 || !is_hex(s->p[1]) || !is_hex(s->p[2]))
			break;
		s->p += 2;
	}
	take(s, '"');
}

static void
read_item(struct sf *s, struct sf_item *item)
{
	memset(item, 0, sizeof *item);
	if (s->p == s->end)
		s->bad = true;
	else if (http1_is_digit(*s->p) || *s->p == '-')
		read_number(s, item);
	else if (*s->p == '"')
		read_string(s, item);
	else if (is_alpha(*s->p) || *s->p == '*')
		read_token(s, item);
	else if (*s->p == ':')
		read_bytes(s, item);
	else if (*s->p == '?')
		read_boolean(s, item);
	else if (*s->p == '@')
		read_date(s, item);
	else if (*s->p == '%')
		read_display(s, item);
	else
		s->bad = true;
}

static void
read_key(struct sf *s, struct http1_str *key)
{
	key->p = s->p;
	if (s->p == s->end || (!is_lower(*s->p) && *s->p != '*')) {
		s->bad = true;
		return;
	}
	while (s->p < s->end && (is_lower(*s->p) || http1_is_digit(*s->p) ||
	    is_one_of(*s->p, "_-.*")))
		s->p++;
	key->len = (size_t)(s->p - key->p);
}

/* What stands behind a key; true where nothing does. */
static void
read_value(struct sf *s, struct sf_item *item)
{
	if (at(s, '=')) {
		s->p++;
		read_item(s, item);
		return;
	}
	memset(item, 0, sizeof *item);
	item->type = SF_BOOLEAN;
	item->yes = true;
}

bool
sf_parameter(struct sf *s, struct http1_str *key,
    struct sf_item *item)
{
	if (s->bad || !at(s, ';'))
		return false;
	s->p++;
	skip_spaces(s);
	read_key(s, key);
	if (!s->bad)
		read_value(s, item);
	return !s->bad;
}

/* Goes to where the next member begins; false where there is none. */
static bool
next_member(struct sf *s)
{
	struct http1_str key;
	struct sf_item item;

	while (sf_parameter(s, &key, &item))
		;
	if (s->bad)
		return false;
	if (!s->begun) {
		s->begun = true;
		skip_spaces(s);
		return s->p < s->end;
	}
	skip_blanks(s);
	if (s->p == s->end || !take(s, ','))
		return false;
	skip_blanks(s);
	if (s->p == s->end)
		s->bad = true;
	return !s->bad;
}

void
sf_start(struct sf *s, struct http1_str value)
{
	s->p = value.p;
	s->end = value.p;
	if (value.len > 0)
		s->end += value.len;
	s->begun = false;
	s->bad = false;
}

bool
sf_member(struct sf *s, struct sf_item *item)
{
	if (!next_member(s))
		return false;
	read_item(s, item);
	return !s->bad;
}

bool
sf_entry(struct sf *s, struct http1_str *key,
    struct sf_item *item)
{
	if (!next_member(s))
		return false;
	read_key(s, key);
	if (!s->bad)
		read_value(s, item);
	return !s->bad;
}

bool
sf_is_list(struct http1_str value)
{
	struct sf s;
	struct sf_item item;

	sf_start(&s, value);
	while (sf_member(&s, &item))
		;
	return !s.bad;
}

bool
sf_is_dictionary(struct http1_str value)
{
	struct sf s;
	struct http1_str key;
	struct sf_item item;

	sf_start(&s, value);
	while (sf_entry(&s, &key, &item))
		;
	return !s.bad;
}
