/* SPDX-License-Identifier: ISC */
#include "http/http1_chunked.h"

#include <stdlib.h>
#include <string.h>

#include "http/http1_class.h"
#include "http/http1_connection.h"
#include "http/http1_fields.h"
#include "http/http1_line.h"

/*
 * A chunked body goes round SIZE (the EXT states where there are
 * extensions), SIZE_LF, DATA, DATA_CR, DATA_LF, until a size of zero
 * leads to TRAILER, where each field line goes through TRAILER_LINE and
 * TRAILER_LF, and an empty one through END_LF to DONE.  DONE and BROKEN
 * are never left.
 */
enum {
	SIZE,		/* at a digit of the size, or behind the last one */
	EXT_BWS,	/* white space behind the size */
	EXT_NAME,	/* behind ';': a name has to come */
	EXT,
	EXT_QUOTED,
	EXT_ESCAPED,	/* behind '\' in a quoted string */
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	TRAILER,	/* at the start of a line */
	TRAILER_LINE,
	TRAILER_LF,
	END_LF,
	DONE,
	BROKEN,
};

#define SIZE_DIGITS	16
#define SMALL		1024u	/* bytes of a chunk's data: cheaper to move */
#define TRAILER_STEP	512u

/* A field takes four bytes at least, so that trailers always fit in a head. */
_Static_assert(HTTP1_TRAILERS / 4 <= HTTP1_FIELDS, "too many trailers");

void
http1_chunked_init(struct http1_chunked *c, bool response)
{
	memset(c, 0, sizeof *c);
	c->state = SIZE;
	c->response = response;
}

void
http1_chunked_free(struct http1_chunked *c)
{
	free(c->trailers);
	c->trailers = NULL;
	c->trailers_len = 0;
	free(c->names);
	c->names = NULL;
	c->names_len = 0;
}

void
http1_chunked_heed(struct http1_chunked *c, const struct http1_head *head)
{
	size_t len = http1_connection_names(head, NULL);

	if (len == 0)
		return;
	if (len <= HTTP1_CHUNK_NAMES)
		c->names = malloc(len);
	if (c->names == NULL)
		c->no_trailers = true;
	else
		c->names_len = http1_connection_names(head, c->names);
}

static enum http1_result
broken(struct http1_chunked *c, enum http1_error error)
{
	c->state = BROKEN;
	c->error = error;
	return HTTP1_FAILED;
}

static bool
step_size(struct http1_chunked *c, char ch)
{
	int value = http1_hex(ch);

	if (value >= 0) {
		c->left = c->left << 4 | (unsigned)value;
		return ++c->digits <= SIZE_DIGITS;
	}
	if (c->digits == 0)
		return false;
	if (ch == '\r') {
		c->state = SIZE_LF;
		return true;
	}
	if (ch == ';') {
		c->ext++;
		c->state = EXT_NAME;
	} else if (http1_is_blank(ch)) {
		c->blanks = 1;
		c->state = EXT_BWS;
	} else
		return false;
	return true;
}

/*
 * Old servers, and small ones, fill the size's line up with spaces.  These are
 * no extension then, however many chunks there are.
 */
static bool
step_blanks(struct http1_chunked *c, char ch)
{
	if (http1_is_blank(ch))
		return ++c->blanks <= HTTP1_CHUNK_BLANKS;
	if (ch == '\r') {
		c->state = SIZE_LF;
		return c->response;
	}
	c->state = EXT_NAME;
	c->ext += c->blanks + 1;
	return ch == ';' && c->ext <= HTTP1_CHUNK_EXT;
}

/*
 * Extensions mean nothing to anybody, so their grammar is not held against
 * them beyond what keeps two readers from disagreeing about the line's end.
 */
static bool
step_ext(struct http1_chunked *c, char ch)
{
	if (ch == '\r') {
		if (c->state != EXT)
			return false;
		c->state = SIZE_LF;
		return true;
	}
	if (!http1_is(ch, HTTP1_PLAIN) || ++c->ext > HTTP1_CHUNK_EXT)
		return false;
	switch (c->state) {
	case EXT_NAME:
		if (http1_is(ch, HTTP1_TCHAR))
			c->state = EXT;
		return c->state == EXT || http1_is_blank(ch);
	case EXT:
		if (ch == ';')
			c->state = EXT_NAME;
		else if (ch == '"')
			c->state = EXT_QUOTED;
		return true;
	case EXT_QUOTED:
		if (ch == '"')
			c->state = EXT;
		else if (ch == '\\')
			c->state = EXT_ESCAPED;
		return true;
	default:
		c->state = EXT_QUOTED;
		return true;
	}
}

/* The bytes of a chunk that are neither its data nor trailers. */
static bool
step(struct http1_chunked *c, char ch)
{
	switch (c->state) {
	case SIZE:
		return step_size(c, ch);
	case EXT_BWS:
		return step_blanks(c, ch);
	case SIZE_LF:
		c->state = c->left > 0 ? DATA : TRAILER;
		c->digits = 0;
		return ch == '\n';
	case DATA_CR:
		c->state = DATA_LF;
		return ch == '\r';
	case DATA_LF:
		c->state = SIZE;
		return ch == '\n';
	default:
		return step_ext(c, ch);
	}
}

/* The buffer grows in steps that follow from its length alone. */
static size_t
trailer_room(size_t len)
{
	return (len + TRAILER_STEP - 1) / TRAILER_STEP * TRAILER_STEP;
}

static bool
trailer_add(struct http1_chunked *c, const char *p, size_t n)
{
	size_t room;
	char *grown;

	if (n > HTTP1_TRAILERS - c->trailers_len)
		return false;
	if (n == 0)
		return true;
	room = trailer_room(c->trailers_len + n);
	if (room > trailer_room(c->trailers_len)) {
		grown = realloc(c->trailers, room);
		if (grown == NULL)
			return false;
		c->trailers = grown;
	}
	memcpy(c->trailers + c->trailers_len, p, n);
	c->trailers_len += n;
	return true;
}

/* Both sides of the proxy rely on trailers being fields once they are done. */
static enum http1_error
trailers_check(const struct http1_chunked *c)
{
	const char *p = c->trailers;
	const char *end;
	struct http1_field field;
	enum http1_error error;

	if (p == NULL)
		return HTTP1_OK;
	end = p + c->trailers_len;
	while (p < end) {
		error = http1_field_next(&p, end, &field, c->response);
		if (error != HTTP1_OK)
			return error;
	}
	return HTTP1_OK;
}

static enum http1_error
trailer_finish(struct http1_chunked *c, char ch)
{
	if (ch != '\n')
		return HTTP1_BARE_CR;
	c->state = DONE;
	return trailers_check(c);
}

/* Takes bytes of the trailer section; *p moves on by at least one. */
static enum http1_error
trailer_bytes(struct http1_chunked *c, const char **p, const char *end)
{
	const char *start = *p;

	if (c->state == TRAILER && *start != '\r')
		c->state = TRAILER_LINE;
	if (c->state == TRAILER_LINE) {
		*p = http1_plain(start, end);
		if (!trailer_add(c, start, (size_t)(*p - start)))
			return HTTP1_LONG_TRAILERS;
		if (*p == end)
			return HTTP1_OK;
	}
	switch (c->state) {
	case TRAILER:
		c->state = END_LF;
		(*p)++;
		return HTTP1_OK;
	case TRAILER_LINE:
		c->state = TRAILER_LF;
		if (**p != '\r')
			return http1_wrong_byte(**p);
		(*p)++;
		return HTTP1_OK;
	case TRAILER_LF:
		c->state = TRAILER;
		if (*(*p)++ != '\n')
			return HTTP1_BARE_CR;
		return trailer_add(c, "\r\n", 2) ? HTTP1_OK :
		    HTTP1_LONG_TRAILERS;
	default:
		return trailer_finish(c, *(*p)++);
	}
}

/* What was wrong with a byte that came in that state. */
static enum http1_error
chunk_error(unsigned state)
{
	switch (state) {
	case SIZE:
		return HTTP1_BAD_CHUNK;
	case SIZE_LF:
		return HTTP1_BARE_CR;
	case DATA_CR:
	case DATA_LF:
		return HTTP1_BAD_CHUNK_END;
	default:
		return HTTP1_BAD_CHUNK_EXT;
	}
}

static const char *
take_data(struct http1_chunked *c, const char *p, const char *end,
    struct http1_str *data)
{
	size_t n = (size_t)(end - p);

	if (n > c->left)
		n = (size_t)c->left;
	data->p = p;
	data->len = n;
	c->left -= n;
	if (c->left == 0)
		c->state = DATA_CR;
	return p + n;
}

enum http1_result
http1_chunked(struct http1_chunked *c, const char *buf, size_t len,
    size_t *used, struct http1_str *data)
{
	const char *p = buf;
	const char *end = buf + len;
	enum http1_error error;
	unsigned state;

	*used = 0;
	data->p = NULL;
	data->len = 0;
	while (p < end && c->state < DONE && data->len == 0) {
		error = HTTP1_OK;
		state = c->state;
		if (state == DATA)
			p = take_data(c, p, end, data);
		else if (state >= TRAILER)
			error = trailer_bytes(c, &p, end);
		else if (!step(c, *p++))
			error = chunk_error(state);
		if (error != HTTP1_OK)
			return broken(c, error);
	}
	*used = (size_t)(p - buf);
	if (c->state == BROKEN)
		return HTTP1_FAILED;
	return c->state == DONE ? HTTP1_DONE : HTTP1_MORE;
}

/*
 * Takes a small chunk that is whole and has no extension at one go, with the
 * end of the one before if that is still to come; returns how many bytes these
 * are, 0 where there is none such.
 */
static size_t
take_whole(struct http1_chunked *c, const char *buf, size_t len,
    struct http1_str *data)
{
	const char *p = buf, *end = buf + len, *size;
	size_t n = 0;
	int digit;

	if (c->state == DATA_CR && len > 2 && p[0] == '\r' && p[1] == '\n')
		p += 2;
	else if (c->state != SIZE || c->digits > 0)
		return 0;
	for (size = p; p < end && n < SMALL; p++) {
		if ((digit = http1_hex(*p)) < 0)
			break;
		n = n << 4 | (unsigned)digit;
	}
	if (n == 0 || n >= SMALL || (size_t)(end - p) < n + 4 ||
	    p[0] != '\r' || p[1] != '\n' || p[n + 2] != '\r' ||
	    p[n + 3] != '\n' || p - size > SIZE_DIGITS)
		return 0;
	c->state = SIZE;
	data->p = p + 2;
	data->len = n;
	return (size_t)(p - buf) + n + 4;
}

enum http1_result
http1_chunked_join(struct http1_chunked *c, char *buf, size_t len,
    size_t *used, struct http1_str *data)
{
	enum http1_result result = HTTP1_MORE;
	struct http1_str piece;
	size_t n, at = 0, off = 0, joined = 0;

	do {
		n = take_whole(c, buf + off, len - off, &piece);
		if (n == 0)
			result = http1_chunked(c, buf + off, len - off, &n,
			    &piece);
		if (piece.len > 0 && joined == 0)
			at = (size_t)(piece.p - buf);
		else if (piece.len > 0)
			memmove(buf + at + joined, piece.p, piece.len);
		joined += piece.len;
		off += n;
	} while (result == HTTP1_MORE && off < len && piece.len < SMALL);
	*used = off;
	data->p = joined > 0 ? buf + at : NULL;
	data->len = joined;
	return result;
}

/*
 * What a recipient would act upon had it come in the head, or what speaks of
 * this connection: not for trailers (RFC 9110 6.5.1, 7.6.1).
 */
static bool
trailer_forbidden(const struct http1_field *field)
{
	static const char *const names[] = {
		"age", "authorization", "cache-control", "content-encoding",
		"content-length", "content-range", "content-type", "cookie",
		"date", "expect", "expires", "forwarded", "host", "if-match",
		"if-modified-since", "if-none-match", "if-range",
		"if-unmodified-since", "location", "max-forwards", "pragma",
		"range", "retry-after", "set-cookie", "trailer", "vary",
		"via", "warning", "www-authenticate", "x-forwarded-for",
		"x-forwarded-host", "x-forwarded-proto",
	};

	if (field->hop)
		return true;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (http1_str_is(field->name, names[i]))
			return true;
	}
	return false;
}

/* Whether the head's Connection names it. */
static bool
is_named(const struct http1_chunked *c, struct http1_str name)
{
	struct http1_str rest = { c->names, c->names_len };
	struct http1_str option;

	while (http1_list_next(&rest, &option)) {
		if (option.len == name.len &&
		    http1_same(option.p, name.p, name.len))
			return true;
	}
	return false;
}

enum http1_error
http1_trailers(struct http1_head *head, const struct http1_chunked *c)
{
	const char *p = c->trailers;
	const char *end;
	struct http1_field *field;
	enum http1_error error;

	head->nfields = 0;
	if (p == NULL)
		return HTTP1_OK;
	end = p + c->trailers_len;
	while (p < end) {
		field = &head->fields[head->nfields];
		error = http1_field_next(&p, end, field, c->response);
		if (error != HTTP1_OK) {
			head->nfields = 0;
			return error;
		}
		if (!c->no_trailers && !trailer_forbidden(field) &&
		    !is_named(c, field->name))
			head->nfields++;
	}
	return HTTP1_OK;
}
