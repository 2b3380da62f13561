/* SPDX-License-Identifier: ISC */
#include "exchange/reply.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/text.h"
#include "exchange/date.h"
#include "exchange/json_text.h"
#include "exchange/proxy_status.h"
#include "front/front.h"
#include "hosts/hosts_explain.h"

static const struct {
	int		 status;
	const char	*reason;
} reasons[] = {
	{ 200, "OK" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 407, "Proxy Authentication Required" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 417, "Expectation Failed" },
	{ 421, "Misdirected Request" },
	{ 422, "Unprocessable Content" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
	{ 508, "Loop Detected" },
};

/* RFC 7617 2.1 */
static const char challenge[] = "Proxy-Authenticate: Basic realm=\"sluice\", "
    "charset=\"UTF-8\"\r\n";

const char *
reply_reason(int status)
{
	size_t i;

	for (i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
		if (reasons[i].status == status)
			return reasons[i].reason;
	}
	return "Unknown";
}

const char *
reply_connection(bool close, bool old_client)
{
	if (close)
		return "Connection: close\r\n";
	return old_client ? "Connection: keep-alive\r\n" : "";
}

/* When one of the reasons lets it go, in seconds; null: that is not known. */
static json_t *
seconds_to(const struct hosts_reason *r, uint64_t now)
{
	if (r->at == THROTTLE_NEVER)
		return json_null();
	return json_real(r->at > now ? (double)(r->at - now) / 1e9 : 0);
}

/* NULL without memory. */
static json_t *
reasons_of(const struct hosts_explanation *why)
{
	json_t *list = json_array();
	const struct hosts_reason *r;
	unsigned i;

	for (i = 0; list != NULL && i < why->n; i++) {
		r = &why->reasons[i];
		if (json_array_append_new(list, json_pack("{ss so sb}", "name",
		    r->name, "in", seconds_to(r, why->now), "decides",
		    (int)r->decides)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static bool
add_refusal(json_t *o, const struct reply *r)
{
	if (json_object_update_new(o, json_pack("{ss si sf}",
	    "budget", r->budget, "waiting", (int)r->waiting,
	    "retry_after", (double)r->wait / 1e9)) != 0)
		return false;
	return r->why == NULL || json_object_update_new(o,
	    json_pack("{so ss}", "reasons", reasons_of(r->why),
	    "says", r->why->says)) == 0;
}

static char *
problem(const struct reply *r)
{
	struct text text = { 0 };
	json_t *o;

	o = json_pack("{ss ss si ss}", "type", "about:blank",
	    "title", reply_reason(r->status), "status", r->status,
	    "detail", r->detail);
	if (o != NULL && r->budget != NULL && !add_refusal(o, r)) {
		json_decref(o);
		o = NULL;
	}
	json_text_put(&text, o, JSON_COMPACT | JSON_REAL_PRECISION(9));
	json_decref(o);
	text_put(&text, "", 1);
	if (text.failed)
		text_free(&text);
	return text.p;
}

uint64_t
reply_send(struct downstream *d, const struct reply *r)
{
	char head[1024], retry[48] = "", error[64] = "";
	char timing[PROXY_STATUS_TIMING], again[64] = "";
	struct iovec v[2];
	char *body = r->page != NULL ? strdup(r->page) : problem(r);
	size_t len = body != NULL ? strlen(body) : 0;
	struct date date = { .at = 0 };
	int n;

	if (r->retry_after > 0)
		snprintf(retry, sizeof retry, "Retry-After: %llu\r\n",
		    (unsigned long long)r->retry_after);
	if (r->error != NULL)
		snprintf(error, sizeof error, "; error=%s", r->error);
	if (r->resent > 0)
		snprintf(again, sizeof again, " (sent again %u time%s before)",
		    r->resent, r->resent == 1 ? "" : "s");
	n = snprintf(head, sizeof head,
	    "HTTP/1.1 %d %s\r\n"
	    "Date: %s\r\n"
	    "Content-Type: %s\r\n"
	    "Content-Length: %zu\r\n"
	    "Proxy-Status: sluice%s; details=\"%s%s\"\r\n"
	    "%s%s%s%s\r\n",
	    r->status, reply_reason(r->status), date_text(&date, time(NULL)),
	    r->page != NULL ?
	    "text/html; charset=utf-8" : "application/problem+json", len,
	    error, r->detail,
	    again, r->status == 407 ? challenge : "", retry,
	    proxy_status_timing(timing, r->held, r->resent),
	    reply_connection(r->close, r->old_client));
	v[0].iov_base = head;
	v[0].iov_len = (size_t)n < sizeof head ? (size_t)n : sizeof head - 1;
	v[1].iov_base = body;
	v[1].iov_len = r->head ? 0 : len;
	front_send(d, v, v[1].iov_len > 0 ? 2 : 1);
	len = v[1].iov_len;
	free(body);
	return len;
}
