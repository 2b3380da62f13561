/* SPDX-License-Identifier: ISC */
#include "http/http1_connection.h"

#include <string.h>

#include "http/http1_class.h"
#include "http/http1_head.h"
#include "http/http1_name.h"

/* Host and the framing are never an option's to take away. */
static void
mark_hop(struct http1_head *head, struct http1_str name)
{
	struct http1_field *field;

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
options_parse(struct http1_head *head, struct http1_tally *tally,
    struct http1_str value, unsigned *n)
{
	struct http1_str option;

	while (http1_list_next(&value, &option)) {
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

enum http1_error
http1_connection_parse(struct http1_head *head, struct http1_tally *tally)
{
	const struct http1_field *field;
	enum http1_error error;
	unsigned n = 0;

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

/* An option that stands for fields which are not known without it. */
static bool
names_fields(struct http1_str option)
{
	return http1_is_token(option.p, option.len) &&
	    !http1_str_is(option, "close") &&
	    !http1_is_hop(http1_name_id(option));
}

size_t
http1_connection_names(const struct http1_head *head, char *names)
{
	struct http1_str value, option;
	size_t n = 0;

	for (unsigned i = 0; i < head->nfields; i++) {
		if (head->fields[i].id != HTTP1_CONNECTION)
			continue;
		value = head->fields[i].value;
		while (http1_list_next(&value, &option)) {
			if (!names_fields(option))
				continue;
			if (names != NULL) {
				memcpy(names + n, option.p, option.len);
				names[n + option.len] = ',';
			}
			n += option.len + 1;
		}
	}
	return n;
}

void
http1_connection_proxy(const struct http1_head *head,
    struct http1_tally *tally)
{
	const struct http1_field *field;

	field = http1_find(head, HTTP1_PROXY_CONNECTION);
	if (field == NULL)
		return;
	tally->close = http1_str_is(field->value, "close");
	tally->keep_alive = http1_str_is(field->value, "keep-alive");
}

/* With these it is the connection that somebody signs in over. */
static bool
is_binding(struct http1_str credentials)
{
	struct http1_str scheme = { credentials.p, 0 };

	while (scheme.len < credentials.len && scheme.p[scheme.len] != ' ' &&
	    scheme.p[scheme.len] != '\t')
		scheme.len++;
	return http1_str_is(scheme, "ntlm") ||
	    http1_str_is(scheme, "negotiate");
}

static bool
binds(const struct http1_head *head, const struct http1_tally *tally)
{
	unsigned i, left = tally->count[HTTP1_AUTHORIZATION];

	for (i = 0; left > 0 && i < head->nfields; i++) {
		if (head->fields[i].id != HTTP1_AUTHORIZATION)
			continue;
		if (is_binding(head->fields[i].value))
			return true;
		left--;
	}
	return false;
}

void
http1_connection_decide(struct http1_head *head,
    const struct http1_tally *tally)
{
	head->binds = binds(head, tally);
	head->keep_alive = !tally->close &&
	    (head->minor >= 1 || tally->keep_alive);
	head->upgrade = tally->upgrade && tally->count[HTTP1_UPGRADE] > 0;
}
