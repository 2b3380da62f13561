/* SPDX-License-Identifier: ISC */
#include "http/http1_framing.h"

#include "http/http1_class.h"
#include "http/http1_head.h"

#define LENGTH_DIGITS	19	/* of INT64_MAX */

static enum http1_error
length_parse(struct http1_head *head, const struct http1_tally *tally)
{
	struct http1_str value;
	uint64_t length = 0;

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
	struct http1_str coding;
	struct http1_str name;
	bool chunked = false;
	bool other = false;

	while (http1_list_next(&value, &coding)) {
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

enum http1_error
http1_framing_parse(struct http1_head *head, const struct http1_tally *tally)
{
	enum http1_error error;
	unsigned codings;

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
