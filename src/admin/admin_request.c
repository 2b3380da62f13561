/* SPDX-License-Identifier: ISC */
#include "admin/admin_request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "http/http1.h"
#include "http/http1_head.h"

/* Heads of requests, taken apart. */

/* Targets */

/*
 * Decodes what is percent-encoded, and in a query + as a space.  Returns how
 * long it is then; -1: malformed, with a control byte, or more than size.
 */
static int
decode(char *out, size_t size, const char *p, size_t len, bool plus)
{
	size_t i, n = 0;
	char c;

	for (i = 0; i < len; i++) {
		c = p[i];
		if (c == '%' && (len - i < 3 || text_hex(p[i + 1]) < 0 ||
		    text_hex(p[i + 2]) < 0))
			return -1;
		if (c == '%') {
			c = (char)(text_hex(p[i + 1]) * 16 + text_hex(p[i + 2]));
			i += 2;
		} else if (c == '+' && plus)
			c = ' ';
		if ((unsigned char)c < 0x20 || c == 0x7f || n + 1 >= size)
			return -1;
		out[n++] = c;
	}
	out[n] = '\0';
	return (int)n;
}

/* Each segment is decoded by itself: a part may have an encoded slash. */
static bool
take_path(struct admin_request *r, const char *p, size_t len)
{
	const char *end = p + len, *stop;
	size_t used = 0;
	int n;

	while (p < end) {
		p++;			/* the slash */
		stop = memchr(p, '/', (size_t)(end - p));
		if (stop == NULL)
			stop = end;
		if (stop == end && p == end && r->nparts > 0)
			break;		/* one at the end says nothing */
		if (r->nparts == ADMIN_PARTS)
			return false;
		n = decode(r->path + used, sizeof r->path - used, p,
		    (size_t)(stop - p), false);
		if (n < 0)
			return false;
		if (stop > p)
			r->parts[r->nparts++] = r->path + used;
		else if (stop < end)
			return false;	/* an empty one between two */
		used += (size_t)n + 1;
		p = stop;
	}
	return true;
}

static bool
take_parameter(struct admin_request *r, const char *p, size_t len)
{
	char name[64], value[1024];
	const char *equals = memchr(p, '=', len);
	size_t n = equals != NULL ? (size_t)(equals - p) : len;

	if (len == 0)
		return true;
	if (decode(name, sizeof name, p, n, true) < 1 ||
	    decode(value, sizeof value, p + n + (n < len),
	    len - n - (n < len), true) < 0)
		return false;
	return json_object_get(r->query, name) == NULL &&
	    json_object_set_new(r->query, name, json_string(value)) == 0;
}

static bool
take_query(struct admin_request *r, const char *p, size_t len)
{
	const char *end = p + len, *stop;

	while (p <= end) {
		stop = p < end ? memchr(p, '&', (size_t)(end - p)) : NULL;
		if (stop == NULL)
			stop = end;
		if (!take_parameter(r, p, (size_t)(stop - p)))
			return false;
		p = stop + 1;
	}
	return true;
}

/* Returns whether its path is right; who takes no query asks for that. */
static bool
take_target(struct admin_request *r, struct http1_str target)
{
	const char *query = memchr(target.p, '?', target.len);
	size_t n = query != NULL ? (size_t)(query - target.p) : target.len;

	errno = 0;
	/* of missing memory jansson leaves malloc()'s errno alone */
	if (query != NULL && !take_query(r, query + 1, target.len - n - 1))
		r->query_status = errno == ENOMEM ? 503 : 400;
	return take_path(r, target.p, n);
}

/* Heads */

static bool
take_method(struct admin_request *r, struct http1_str method)
{
	r->is_head = http1_str_equals(method, "HEAD");
	if (r->is_head || http1_str_equals(method, "GET"))
		r->method = ADMIN_GET;
	else if (http1_str_equals(method, "POST"))
		r->method = ADMIN_POST;
	else if (http1_str_equals(method, "PUT"))
		r->method = ADMIN_PUT;
	else if (http1_str_equals(method, "DELETE"))
		r->method = ADMIN_DELETE;
	return r->method != 0;
}

/* The value of a field, where it is not longer than what is kept; or NULL. */
static const char *
take_field(char buf[ADMIN_FIELD], const struct http1_head *h, const char *name)
{
	unsigned i;

	for (i = 0; i < h->nfields; i++) {
		if (!http1_str_is(h->fields[i].name, name) ||
		    h->fields[i].value.len >= ADMIN_FIELD)
			continue;
		memcpy(buf, h->fields[i].value.p, h->fields[i].value.len);
		buf[h->fields[i].value.len] = '\0';
		return buf;
	}
	return NULL;
}

static void
take_fields(struct admin_request *r, const struct http1_head *h)
{
	r->accept = take_field(r->accept_text, h, "Accept");
	if (r->accept == NULL)
		r->accept = "";
	r->last_event_id = take_field(r->event_text, h, "Last-Event-ID");
	r->if_none_match = take_field(r->match_text, h, "If-None-Match");
	r->keep = h->keep_alive;
	r->old = h->minor == 0;
}

struct admin_request *
admin_request_new(struct admin_context *context, struct downstream *d,
    const struct http1_head *h, int *status, const char **why)
{
	struct admin_request *r;

	if ((r = calloc(1, sizeof *r)) == NULL ||
	    (r->query = json_object()) == NULL) {
		free(r);
		return NULL;
	}
	r->context = context;
	r->downstream = d;
	r->by = r->by_text;
	LIST_INSERT_HEAD(&context->requests, r, entry);
	take_fields(r, h);
	*status = 0;
	if (h->method.len > 0 && !take_method(r, h->method)) {
		*status = 501;
		*why = "the control plane knows no such method";
	} else if (h->path.len > 0 && !take_target(r, h->path)) {
		*status = 400;
		*why = "the path is malformed";
	}
	return r;
}

void
admin_request_free(struct admin_request *r)
{
	LIST_REMOVE(r, entry);
	json_decref(r->query);
	json_decref(r->body);
	text_free(&r->received);
	free(r);
}
