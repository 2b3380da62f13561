/* SPDX-License-Identifier: ISC */
#include "http/http1_fields.h"

#include <string.h>

#include "http/http1_class.h"
#include "http/http1_line.h"
#include "http/http1_name.h"

/* What is wrong with a field line that has no colon where n bytes are read. */
static enum http1_error
name_error(const char *p, const char *end, size_t n)
{
	const char *stop = http1_plain(p, end);
	const char *colon = memchr(p, ':', (size_t)(stop - p));

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
	size_t len = (size_t)(end - *p);
	size_t n = http1_span(*p, len, HTTP1_TCHAR);
	size_t colon = n;
	enum http1_error error;

	while (response && n > 0 && colon < len &&
	    http1_is_blank((*p)[colon]))
		colon++;
	if (n == 0 || colon == len || (*p)[colon] != ':')
		return name_error(*p, end, n);
	field->name.p = *p;
	field->name.len = n;
	*p += colon + 1;
	error = http1_line_next(p, end, &field->value);
	if (error != HTTP1_OK)
		return error;
	field->value = http1_str_trim(field->value);
	field->id = http1_name_id(field->name);
	field->hop = http1_is_hop(field->id);
	return HTTP1_OK;
}

enum http1_error
http1_fields_parse(struct http1_head *head, struct http1_tally *tally,
    const char *p, const char *end, bool response)
{
	struct http1_field *field;
	enum http1_error error;

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

bool
http1_list_next(struct http1_str *rest, struct http1_str *element)
{
	const char *comma;

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
	*element = http1_str_trim(*element);
	return true;
}
