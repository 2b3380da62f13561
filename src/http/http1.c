/* SPDX-License-Identifier: ISC */
#include "http/http1.h"

#include <string.h>

#include "http/http1_internal.h"

#define LENGTH_DIGITS	19	/* of INT64_MAX */

/* What parsing the fields finds out for the checks that follow. */
struct tally {
	unsigned	 count[HTTP1_VIA + 1];	/* fields of each name */
	bool		 close;		/* options of Connection... */
	bool		 keep_alive;
	bool		 upgrade;
};

bool
http1_str_is(struct http1_str s, const char *text)
{
	return strlen(text) == s.len && http1_same(s.p, text, s.len);
}

/* Methods have case. */
static bool
is_method(struct http1_str s, const char *text)
{
	return strlen(text) == s.len && memcmp(s.p, text, s.len) == 0;
}

bool
http1_is_token(const char *p, size_t len)
{
	return len > 0 && http1_span(p, len, HTTP1_TCHAR) == len;
}

enum http1_error
http1_wrong_byte(char c)
{
	switch (c) {
	case '\0':
		return HTTP1_NUL;
	case '\r':
		return HTTP1_BARE_CR;
	case '\n':
		return HTTP1_BARE_LF;
	default:
		return HTTP1_BAD_BYTE;
	}
}

static enum http1_result
scan_fail(struct http1_scan *s, enum http1_error error)
{
	s->error = error;
	return HTTP1_FAILED;
}

/*
 * Scanning never goes beyond the first byte that would be one too many, so
 * what it answers does not depend on how the bytes were cut up.
 */
enum http1_result
http1_scan(struct http1_scan *s, const char *buf, size_t len, size_t max,
    size_t line_max, size_t *end)
{
	const char	*p = buf + s->seen;
	const char	*stop;
	size_t		 limit;
	bool		 long_line;

	if (s->error != HTTP1_OK)
		return HTTP1_FAILED;
	for (;;) {
		limit = len < max ? len : max;
		long_line = s->lines == 0 && limit >= 2 &&
		    limit - 2 >= line_max;
		if (long_line)
			limit = line_max + 2;
		stop = buf + limit;
		if (s->seen < limit)
			p = http1_plain(p, stop);
		s->seen = (size_t)(p - buf);
		if (s->seen >= limit || (*p == '\r' && s->seen + 1 == limit))
			break;
		if (*p != '\r' || p[1] != '\n')
			return scan_fail(s, http1_wrong_byte(*p));
		p += 2;
		if (s->seen == s->line) {
			if (s->lines == 0)
				return scan_fail(s, HTTP1_BAD_LINE);
			s->seen += 2;
			*end = s->seen;
			return HTTP1_DONE;
		}
		s->seen += 2;
		s->line = s->seen;
		s->lines++;
	}
	if (long_line)
		return scan_fail(s, HTTP1_LONG_TARGET);
	return len > max ? scan_fail(s, HTTP1_LONG_HEAD) : HTTP1_MORE;
}

size_t
http1_skip_empty(const char *buf, size_t len)
{
	size_t	 n = 0;

	while (len - n >= 2 && buf[n] == '\r' && buf[n + 1] == '\n')
		n += 2;
	return n;
}

/* Takes a line and its CRLF. */
static enum http1_error
line_next(const char **p, const char *end, struct http1_str *line)
{
	const char	*stop = http1_plain(*p, end);

	if (end - stop < 2 || stop[0] != '\r' || stop[1] != '\n')
		return stop < end ? http1_wrong_byte(*stop) : HTTP1_BAD_LINE;
	line->p = *p;
	line->len = (size_t)(stop - *p);
	*p = stop + 2;
	return HTTP1_OK;
}

/* What is wrong with a field line that has no colon where n bytes are read. */
static enum http1_error
name_error(const char *p, const char *end, size_t n)
{
	const char	*stop = http1_plain(p, end);
	const char	*colon = memchr(p, ':', (size_t)(stop - p));

	if (http1_is_blank(*p))
		return HTTP1_FOLDED;
	if (stop < end && *stop != '\r')
		return http1_wrong_byte(*stop);
	if (colon == NULL)
		return HTTP1_NO_COLON;
	while (n > 0 && p + n < colon && http1_is_blank(p[n]))
		n++;
	return n > 0 && p + n == colon ? HTTP1_SPACED_COLON : HTTP1_BAD_FIELD;
}

enum http1_error
http1_field_next(const char **p, const char *end, struct http1_field *field,
    bool response)
{
	size_t			 len = (size_t)(end - *p);
	size_t			 n = http1_span(*p, len, HTTP1_TCHAR);
	size_t			 colon = n;
	enum http1_error	 error;

	while (response && n > 0 && colon < len &&
	    http1_is_blank((*p)[colon]))
		colon++;
	if (n == 0 || colon == len || (*p)[colon] != ':')
		return name_error(*p, end, n);
	field->name.p = *p;
	field->name.len = n;
	*p += colon + 1;
	error = line_next(p, end, &field->value);
	if (error != HTTP1_OK)
		return error;
	field->value = http1_trim(field->value);
	field->id = http1_name_id(field->name);
	field->hop = http1_is_hop(field->id);
	return HTTP1_OK;
}

const struct http1_field *
http1_find(const struct http1_head *head, enum http1_name id)
{
	for (unsigned i = 0; i < head->nfields; i++) {
		if (head->fields[i].id == id)
			return &head->fields[i];
	}
	return NULL;
}

/* The field lines from p to the empty line, which ends the head. */
static enum http1_error
fields_parse(struct http1_head *head, struct tally *tally, const char *p,
    const char *end, bool response)
{
	struct http1_field	*field;
	enum http1_error	 error;

	while (p < end && *p != '\r') {
		if (head->nfields == HTTP1_FIELDS)
			return HTTP1_MANY_FIELDS;
		field = &head->fields[head->nfields];
		error = http1_field_next(&p, end, field, response);
		if (error != HTTP1_OK)
			return error;
		tally->count[field->id]++;
		head->nfields++;
	}
	return end - p == 2 && p[1] == '\n' ? HTTP1_OK : HTTP1_BAD_LINE;
}

/*
 * Takes the next element of a list, possibly an empty one; the rest's p is
 * NULL behind the last.
 */
static bool
list_next(struct http1_str *rest, struct http1_str *element)
{
	const char	*comma;

	if (rest->p == NULL)
		return false;
	*element = *rest;
	comma = memchr(rest->p, ',', rest->len);
	if (comma == NULL) {
		rest->p = NULL;
	} else {
		element->len = (size_t)(comma - element->p);
		rest->p = comma + 1;
		rest->len -= element->len + 1;
	}
	*element = http1_trim(*element);
	return true;
}

/* Host and the framing are never an option's to take away. */
static void
mark_hop(struct http1_head *head, struct http1_str name)
{
	struct http1_field	*field;

	for (unsigned i = 0; i < head->nfields; i++) {
		field = &head->fields[i];
		if (field->name.len == name.len &&
		    field->id != HTTP1_HOST_FIELD &&
		    field->id != HTTP1_CONTENT_LENGTH &&
		    http1_same(field->name.p, name.p, name.len))
			field->hop = true;
	}
}

/*
 * What is not a token names no field and is no option that anybody knows:
 * ignored, as unknown options are.
 */
static enum http1_error
options_parse(struct http1_head *head, struct tally *tally,
    struct http1_str value, unsigned *n)
{
	struct http1_str	 option;

	while (list_next(&value, &option)) {
		if (option.len == 0)
			continue;
		if (++*n > HTTP1_CONNECTION_OPTIONS)
			return HTTP1_BAD_CONNECTION;
		if (http1_str_is(option, "close"))
			tally->close = true;
		else if (http1_str_is(option, "keep-alive"))
			tally->keep_alive = true;
		else if (http1_str_is(option, "upgrade"))
			tally->upgrade = true;
		else if (http1_is_token(option.p, option.len))
			mark_hop(head, option);
	}
	return HTTP1_OK;
}

/* Proxy-Connection, an invention of browsers, counts where nothing else. */
static void
proxy_connection_parse(const struct http1_head *head, struct tally *tally)
{
	const struct http1_field	*field;

	field = http1_find(head, HTTP1_PROXY_CONNECTION);
	if (field == NULL)
		return;
	tally->close = http1_str_is(field->value, "close");
	tally->keep_alive = http1_str_is(field->value, "keep-alive");
}

static enum http1_error
connection_parse(struct http1_head *head, struct tally *tally)
{
	const struct http1_field	*field;
	enum http1_error		 error;
	unsigned			 n = 0;

	for (unsigned i = 0; tally->count[HTTP1_CONNECTION] > 0 &&
	    i < head->nfields; i++) {
		field = &head->fields[i];
		if (field->id != HTTP1_CONNECTION)
			continue;
		error = options_parse(head, tally, field->value, &n);
		if (error != HTTP1_OK)
			return error;
	}
	return HTTP1_OK;
}

static void
keep_alive_decide(struct http1_head *head, const struct tally *tally)
{
	head->keep_alive = !tally->close &&
	    (head->minor >= 1 || tally->keep_alive);
	head->upgrade = tally->upgrade && tally->count[HTTP1_UPGRADE] > 0;
}

static enum http1_error
length_parse(struct http1_head *head, const struct tally *tally)
{
	struct http1_str	 value;
	uint64_t		 length = 0;

	if (tally->count[HTTP1_CONTENT_LENGTH] == 0)
		return HTTP1_OK;
	if (tally->count[HTTP1_CONTENT_LENGTH] > 1)
		return HTTP1_MANY_LENGTHS;
	value = http1_find(head, HTTP1_CONTENT_LENGTH)->value;
	if (value.len == 0 || value.len > LENGTH_DIGITS)
		return HTTP1_BAD_LENGTH;
	for (size_t i = 0; i < value.len; i++) {
		if (value.p[i] < '0' || value.p[i] > '9')
			return HTTP1_BAD_LENGTH;
		length = length * 10 + (unsigned)(value.p[i] - '0');
	}
	if (length > INT64_MAX)
		return HTTP1_BAD_LENGTH;
	head->length = length;
	head->has_length = true;
	return HTTP1_OK;
}

/* What follows a coding's name: nothing, or parameters in ASCII. */
static bool
parameters_ok(const char *p, size_t len)
{
	while (len > 0 && http1_is_blank(*p)) {
		p++;
		len--;
	}
	if (len > 0 && *p != ';')
		return false;
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)p[i] >= 0x80)
			return false;
	}
	return true;
}

/*
 * Malformed ones are told from ones that are merely unknown; chunked has no
 * parameters, comes once, and last.
 */
static enum http1_error
coding_parse(struct http1_str value)
{
	struct http1_str	 coding;
	struct http1_str	 name;
	bool			 chunked = false;
	bool			 other = false;

	while (list_next(&value, &coding)) {
		name.p = coding.p;
		name.len = http1_span(coding.p, coding.len, HTTP1_TCHAR);
		if (chunked || name.len == 0 || !parameters_ok(
		    coding.p + name.len, coding.len - name.len))
			return HTTP1_BAD_CODING;
		if (!http1_str_is(name, "chunked"))
			other = true;
		else if (coding.len != name.len)
			return HTTP1_BAD_CODING;
		else
			chunked = true;
	}
	return other ? HTTP1_UNKNOWN_CODING : HTTP1_OK;
}

/* Where either is found, body is what follows, methods and statuses apart. */
static enum http1_error
framing_parse(struct http1_head *head, const struct tally *tally)
{
	enum http1_error	 error;
	unsigned		 codings;

	codings = tally->count[HTTP1_TRANSFER_ENCODING];
	if (codings > 0) {
		if (tally->count[HTTP1_CONTENT_LENGTH] > 0)
			return HTTP1_BAD_FRAMING;
		if (head->minor == 0)
			return HTTP1_OLD_CODING;
		if (codings > 1)
			return HTTP1_MANY_CODINGS;
		error = coding_parse(http1_find(head,
		    HTTP1_TRANSFER_ENCODING)->value);
		if (error == HTTP1_OK)
			head->body = HTTP1_CHUNKED;
		return error;
	}
	error = length_parse(head, tally);
	if (error == HTTP1_OK && head->has_length)
		head->body = HTTP1_LENGTH;
	return error;
}

/* "HTTP/1.1" and nothing shorter or longer. */
static enum http1_error
version_parse(struct http1_str s, unsigned *minor)
{
	if (s.len != 8 || memcmp(s.p, "HTTP/", 5) != 0 || s.p[6] != '.' ||
	    s.p[5] < '0' || s.p[5] > '9' || s.p[7] < '0' || s.p[7] > '9')
		return HTTP1_BAD_VERSION;
	if (s.p[5] != '1')
		return HTTP1_UNKNOWN_VERSION;
	*minor = s.p[7] == '0' ? 0 : 1;
	return HTTP1_OK;
}

/* Takes what stands before the next SP; false where there is none. */
static bool
word_next(struct http1_str *line, struct http1_str *word)
{
	const char	*sp = memchr(line->p, ' ', line->len);

	if (sp == NULL)
		return false;
	word->p = line->p;
	word->len = (size_t)(sp - line->p);
	line->p += word->len + 1;
	line->len -= word->len + 1;
	return true;
}

static void
method_classify(struct http1_head *head)
{
	struct http1_str	 m = head->method;

	head->safe = is_method(m, "GET") || is_method(m, "HEAD") ||
	    is_method(m, "OPTIONS") || is_method(m, "TRACE");
	head->idempotent = head->safe || is_method(m, "PUT") ||
	    is_method(m, "DELETE");
}

/*
 * Whether it is a URI whose scheme is another than ours; "host:80" is none
 * (RFC 3986 3.1).
 */
static bool
other_scheme(struct http1_str t)
{
	size_t	 n = 0;

	while (n < t.len && http1_is(t.p[n], HTTP1_TCHAR))
		n++;
	if (n == 0 || n + 1 >= t.len || t.p[n] != ':' ||
	    http1_lower(t.p[0]) < 'a' || http1_lower(t.p[0]) > 'z')
		return false;
	if ((n == 4 && http1_same(t.p, "http", 4)) ||
	    (n == 5 && http1_same(t.p, "https", 5)))
		return false;
	return t.p[n + 1] < '0' || t.p[n + 1] > '9';
}

static enum http1_error
target_absolute(struct http1_head *head)
{
	struct http1_str	 t = head->target;
	size_t			 host;		/* offsets */
	size_t			 path;

	if (t.len >= 7 && http1_same(t.p, "http://", 7))
		host = 7;
	else if (t.len >= 8 && http1_same(t.p, "https://", 8))
		host = 8;
	else
		return other_scheme(t) ? HTTP1_BAD_SCHEME : HTTP1_BAD_TARGET;
	path = host;
	while (path < t.len && t.p[path] != '/' && t.p[path] != '?')
		path++;
	head->form = HTTP1_ABSOLUTE_FORM;
	head->https = host == 8;
	head->path.p = t.p + path;
	head->path.len = t.len - path;
	if (memchr(t.p + host, '@', path - host) != NULL)
		return HTTP1_USERINFO;
	return http1_host_parse(&head->host, t.p + host, path - host);
}

/* There is no default port for a tunnel (RFC 9110 9.3.6). */
static enum http1_error
target_authority(struct http1_head *head)
{
	enum http1_error	 error;

	head->form = HTTP1_AUTHORITY_FORM;
	if (memchr(head->target.p, '@', head->target.len) != NULL)
		return HTTP1_USERINFO;
	error = http1_host_parse(&head->host, head->target.p,
	    head->target.len);
	if (error == HTTP1_OK && head->host.port == 0)
		error = HTTP1_NO_PORT;
	return error;
}

static enum http1_error
target_parse(struct http1_head *head)
{
	struct http1_str	 t = head->target;
	size_t			 n = http1_span(t.p, t.len, HTTP1_TARGET);

	if (n != t.len)
		return t.p[n] == '#' ? HTTP1_FRAGMENT : HTTP1_BAD_TARGET;
	if (is_method(head->method, "CONNECT"))
		return target_authority(head);
	if (t.len == 1 && t.p[0] == '*') {
		head->form = HTTP1_ASTERISK_FORM;
		return is_method(head->method, "OPTIONS") ? HTTP1_OK :
		    HTTP1_BAD_TARGET;
	}
	if (t.p[0] == '/') {
		head->form = HTTP1_ORIGIN_FORM;
		head->path = t;
		return HTTP1_OK;
	}
	return target_absolute(head);
}

static enum http1_error
request_line(struct http1_head *head, struct http1_str line)
{
	struct http1_str	 method;
	enum http1_error	 error;

	if (!word_next(&line, &method))
		return HTTP1_BAD_LINE;
	if (!http1_is_token(method.p, method.len))
		return HTTP1_BAD_METHOD;
	head->method = method;
	method_classify(head);
	if (!word_next(&line, &head->target) || head->target.len == 0)
		return HTTP1_BAD_LINE;
	error = version_parse(line, &head->minor);
	return error == HTTP1_OK ? target_parse(head) : error;
}

/* The target's host wins, but a Host that is no host is still an error. */
static enum http1_error
host_check(struct http1_head *head, const struct tally *tally)
{
	const struct http1_field	*field;
	struct http1_host		 other;
	struct http1_host		*host = &other;

	if (tally->count[HTTP1_HOST_FIELD] == 0)
		return head->minor == 0 ? HTTP1_OK : HTTP1_NO_HOST;
	if (tally->count[HTTP1_HOST_FIELD] > 1)
		return HTTP1_MANY_HOSTS;
	field = http1_find(head, HTTP1_HOST_FIELD);
	if (head->form == HTTP1_ORIGIN_FORM ||
	    head->form == HTTP1_ASTERISK_FORM)
		host = &head->host;
	return http1_host_parse(host, field->value.p, field->value.len);
}

static enum http1_error
request_framing(struct http1_head *head, const struct tally *tally)
{
	enum http1_error	 error = framing_parse(head, tally);

	if (error != HTTP1_OK || !is_method(head->method, "CONNECT"))
		return error;
	if (head->body == HTTP1_CHUNKED || head->length > 0)
		return HTTP1_CONNECT_BODY;
	head->body = HTTP1_NO_BODY;
	return HTTP1_OK;
}

static enum http1_error
expect_parse(struct http1_head *head, const struct tally *tally)
{
	struct http1_str	 value;
	struct http1_str	 expectation;

	for (unsigned i = 0; tally->count[HTTP1_EXPECT] > 0 &&
	    i < head->nfields; i++) {
		if (head->fields[i].id != HTTP1_EXPECT)
			continue;
		value = head->fields[i].value;
		while (list_next(&value, &expectation)) {
			if (!http1_str_is(expectation, "100-continue"))
				return HTTP1_UNKNOWN_EXPECT;
		}
		head->expect_continue = head->minor >= 1;
	}
	return HTTP1_OK;
}

static enum http1_error
request_parse(struct http1_head *head, const char *p, const char *end)
{
	struct tally		 tally = { .close = false };
	struct http1_str	 line;
	enum http1_error	 error;

	if ((error = line_next(&p, end, &line)) != HTTP1_OK ||
	    (error = request_line(head, line)) != HTTP1_OK ||
	    (error = fields_parse(head, &tally, p, end, false)) != HTTP1_OK ||
	    (error = connection_parse(head, &tally)) != HTTP1_OK ||
	    (error = request_framing(head, &tally)) != HTTP1_OK ||
	    (error = host_check(head, &tally)) != HTTP1_OK ||
	    (error = expect_parse(head, &tally)) != HTTP1_OK)
		return error;
	if (tally.count[HTTP1_CONNECTION] == 0)
		proxy_connection_parse(head, &tally);
	keep_alive_decide(head, &tally);
	if (head->minor == 0)
		head->upgrade = false;
	if (head->form == HTTP1_ORIGIN_FORM)
		return HTTP1_NOT_PROXY;
	return HTTP1_OK;
}

void
http1_head_clear(struct http1_head *head)
{
	/* the fields are not worth it: nfields says that there are none */
	memset(head, 0, offsetof(struct http1_head, fields));
}

enum http1_error
http1_request(struct http1_head *head, const char *buf, size_t len)
{
	struct http1_str	 method;
	struct http1_str	 target;
	unsigned		 minor;
	enum http1_error	 error;

	http1_head_clear(head);
	error = request_parse(head, buf, buf + len);
	if (error == HTTP1_OK || error == HTTP1_NOT_PROXY)
		return error;
	method = head->method;
	target = head->target;
	minor = head->minor;
	http1_head_clear(head);
	head->method = method;
	head->target = target;
	head->minor = minor;
	return error;
}

/* Three digits, of which the first is not 0 (RFC 9110 15). */
static bool
status_parse(struct http1_head *head, struct http1_str s)
{
	if (s.len != 3 || s.p[0] == '0')
		return false;
	for (int i = 0; i < 3; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		head->status = head->status * 10 + (s.p[i] - '0');
	}
	return true;
}

static enum http1_error
status_line(struct http1_head *head, struct http1_str line)
{
	struct http1_str	 version;
	struct http1_str	 status;
	enum http1_error	 error;

	if (!word_next(&line, &version))
		return HTTP1_BAD_LINE;
	error = version_parse(version, &head->minor);
	if (error != HTTP1_OK)
		return error;
	if (!word_next(&line, &status))
		status = (struct http1_str){ line.p, line.len };
	else
		head->reason = line;
	if (!status_parse(head, status)) {
		head->reason = status;
		return HTTP1_BAD_STATUS;
	}
	return HTTP1_OK;
}

/*
 * RFC 9112 6.3.  A sender of 204 or 1xx that announces a body is likely to
 * send it, too, so its connection must not see another request.
 */
static enum http1_error
response_framing(struct http1_head *head, const struct tally *tally,
    struct http1_str method)
{
	enum http1_error	 error = framing_parse(head, tally);

	if (head->status < 200 || head->status == 204 ||
	    (is_method(method, "CONNECT") && head->status < 300)) {
		if (error != HTTP1_OK || head->body == HTTP1_CHUNKED ||
		    head->length > 0)
			head->keep_alive = false;
		head->body = HTTP1_NO_BODY;
		head->has_length = false;
		head->length = 0;
		return HTTP1_OK;
	}
	if (error != HTTP1_OK)
		return error;
	if (head->status == 304 || is_method(method, "HEAD")) {
		head->body = HTTP1_NO_BODY;
	} else if (head->body == HTTP1_NO_BODY) {
		head->body = HTTP1_UNTIL_CLOSE;
		head->keep_alive = false;
	}
	return HTTP1_OK;
}

static enum http1_error
response_parse(struct http1_head *head, const char *p, const char *end,
    struct http1_str method)
{
	struct tally		 tally = { .close = false };
	struct http1_str	 line;
	enum http1_error	 error;

	if ((error = line_next(&p, end, &line)) != HTTP1_OK ||
	    (error = status_line(head, line)) != HTTP1_OK ||
	    (error = fields_parse(head, &tally, p, end, true)) != HTTP1_OK ||
	    (error = connection_parse(head, &tally)) != HTTP1_OK)
		return error;
	keep_alive_decide(head, &tally);
	return response_framing(head, &tally, method);
}

enum http1_error
http1_response(struct http1_head *head, const char *buf, size_t len,
    struct http1_str method)
{
	struct http1_str	 reason;
	enum http1_error	 error;
	unsigned		 minor;

	http1_head_clear(head);
	error = response_parse(head, buf, buf + len, method);
	if (error != HTTP1_OK) {
		minor = head->minor;
		reason = head->reason;
		http1_head_clear(head);
		head->minor = minor;
		if (error == HTTP1_BAD_STATUS)
			head->reason = reason;
	}
	return error;
}
