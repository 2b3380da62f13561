/* SPDX-License-Identifier: ISC */
#include "admin/admin_answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "exchange/date.h"
#include "exchange/json_text.h"
#include "exchange/reply.h"
#include "front/front.h"

#define DETAIL	1024	/* bytes of what is said of a problem */

/* Heads and bodies */

static void
send_two(struct admin_request *r, const char *a, size_t na, const char *b,
    size_t nb)
{
	struct iovec v[2] = {
		{ .iov_base = (void *)(uintptr_t)a, .iov_len = na },
		{ .iov_base = (void *)(uintptr_t)b, .iov_len = nb },
	};

	if (r->downstream != NULL)
		front_send(r->downstream, v, nb > 0 ? 2 : 1);
}

/* What all answers say: nothing of ours belongs into another page. */
static void
put_head(struct text *head, const struct admin_request *r, int status,
    const char *type, const char *fields)
{
	struct date date = { .at = 0 };

	text_putf(head, "HTTP/1.1 %d %s\r\nDate: %s\r\n", status,
	    reply_reason(status), date_text(&date, time(NULL)));
	if (type != NULL)
		text_putf(head, "Content-Type: %s\r\n", type);
	text_puts(head, "X-Content-Type-Options: nosniff\r\n"
	    "Cross-Origin-Resource-Policy: same-origin\r\n"
	    "Referrer-Policy: no-referrer\r\n");
	if (strcasestr(fields, "Cache-Control:") == NULL)
		text_puts(head, "Cache-Control: no-store\r\n");
	if (strcasestr(fields, "Content-Security-Policy:") == NULL)
		text_puts(head, "Content-Security-Policy: default-src 'none'; "
		    "frame-ancestors 'none'\r\n");
	text_puts(head, fields);
	text_puts(head, reply_connection(!r->keep, r->old));
}

/* The request is over. */
static void
end(struct admin_request *r)
{
	struct downstream *d = r->downstream;
	bool keep = r->keep;

	admin_request_free(r);
	if (d != NULL)
		front_end(d, keep);
}

static void
answer(struct admin_request *r, int status, const char *fields,
    const char *type, const char *body, size_t len)
{
	struct text head = { 0 };

	r->context->answered[status]++;
	if (r->downstream == NULL) {
		end(r);
		return;
	}
	/* who sends more than was read is not heard out */
	if (!front_body_done(r->downstream))
		r->keep = false;
	put_head(&head, r, status, type, fields);
	if (status != 304)
		text_putf(&head, "Content-Length: %zu\r\n", len);
	text_puts(&head, "\r\n");
	if (!head.failed)
		send_two(r, head.p, head.len, body,
		    r->is_head || status == 304 ? 0 : len);
	else
		r->keep = false;
	text_free(&head);
	end(r);
}

void
admin_answer_text_with(struct admin_request *r, int status,
    const char *fields, const char *type, const char *body, size_t len)
{
	answer(r, status, fields, type, body, len);
}

void
admin_answer_text(struct admin_request *r, int status, const char *type,
    const char *body, size_t len)
{
	answer(r, status, "", type, body, len);
}

static void
answer_value(struct admin_request *r, int status, const char *fields,
    const char *type, json_t *value)
{
	static const char no_memory[] = "{\"type\":\"about:blank\",\"title\":"
	    "\"Service Unavailable\",\"status\":503,\"detail\":\"out of "
	    "memory\"}\n";
	struct text body = { 0 };

	json_text_put(&body, value, ADMIN_DUMP);
	json_decref(value);
	text_puts(&body, "\n");
	if (!body.failed)
		answer(r, status, fields, type, body.p, body.len);
	else
		answer(r, 503, "", "application/problem+json", no_memory,
		    sizeof no_memory - 1);
	text_free(&body);
}

void
admin_answer_json(struct admin_request *r, int status, json_t *value)
{
	answer_value(r, status, "", "application/json", value);
}

/* Problems */

static void __attribute__((format(printf, 5, 0)))
problem(struct admin_request *r, int status, const char *field,
    const char *expected, const char *fmt, va_list ap)
{
	char detail[DETAIL];
	json_t *o;

	vsnprintf(detail, sizeof detail, fmt, ap);
	o = json_pack("{s:s, s:s, s:i, s:o}", "type", "about:blank", "title",
	    reply_reason(status), "status", status, "detail",
	    admin_string(detail));
	if (o != NULL && expected != NULL)
		json_object_set_new(o, "expected", admin_string(expected));
	answer_value(r, status, field, "application/problem+json", o);
}

void
admin_answer_problem(struct admin_request *r, int status,
    const char *expected, const char *detail, ...)
{
	va_list ap;

	va_start(ap, detail);
	problem(r, status, "", expected, detail, ap);
	va_end(ap);
}

void
admin_answer_problem_with(struct admin_request *r, int status,
    const char *field, const char *expected, const char *detail, ...)
{
	va_list ap;

	va_start(ap, detail);
	problem(r, status, field, expected, detail, ap);
	va_end(ap);
}

/* Streams */

bool
admin_stream_begin(struct admin_request *r, const char *type)
{
	struct text head = { 0 };

	r->context->answered[200]++;
	if (r->old)
		r->keep = false;	/* its end is the connection's */
	put_head(&head, r, 200, type, r->old ? "" :
	    "Transfer-Encoding: chunked\r\n");
	text_puts(&head, "\r\n");
	if (!head.failed)
		send_two(r, head.p, head.len, NULL, 0);
	r->streaming = !head.failed && r->downstream != NULL && !r->is_head;
	text_free(&head);
	if (!r->streaming) {
		end(r);
		return false;
	}
	return true;
}

void
admin_stream_put(struct admin_request *r, const char *p, size_t n)
{
	char size[24];

	if (!r->old)
		send_two(r, size, (size_t)snprintf(size, sizeof size,
		    "%zx\r\n", n), p, n);
	else
		send_two(r, p, n, NULL, 0);
	if (!r->old)
		send_two(r, "\r\n", 2, NULL, 0);
}

size_t
admin_stream_waiting(const struct admin_request *r)
{
	return r->downstream != NULL ? front_pending(r->downstream) : 0;
}

void
admin_stream_end(struct admin_request *r, bool cut)
{
	struct downstream *d = r->downstream;

	if (!cut && !r->old)
		send_two(r, "0\r\n\r\n", 5, NULL, 0);
	if (!cut) {
		end(r);
		return;
	}
	admin_request_free(r);
	if (d != NULL)
		front_abort(d, true);
}
