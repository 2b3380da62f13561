/* SPDX-License-Identifier: ISC */
#include "http/http1_response.h"

#include "http/http1_connection.h"
#include "http/http1_fields.h"
#include "http/http1_framing.h"
#include "http/http1_head.h"
#include "http/http1_line.h"

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
	struct http1_str version;
	struct http1_str status;
	enum http1_error error;

	if (!http1_line_word(&line, &version))
		return HTTP1_BAD_LINE;
	error = http1_line_version(version, &head->minor);
	if (error != HTTP1_OK)
		return error;
	if (!http1_line_word(&line, &status))
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
 * No body, whatever the fields say, which say nothing then.  Who announces one
 * nobody could read is likely to send it, too, so its connection must not see
 * another request.
 */
static void
without_body(struct http1_head *head, bool announced)
{
	if (announced)
		head->keep_alive = false;
	head->body = HTTP1_NO_BODY;
	head->has_length = false;
	head->length = 0;
}

/* RFC 9112 6.3 */
static enum http1_error
response_framing(struct http1_head *head, const struct http1_tally *tally,
    struct http1_str method)
{
	enum http1_error error = http1_framing_parse(head, tally);

	if (head->status < 200 || head->status == 204 ||
	    (http1_str_equals(method, "CONNECT") && head->status < 300)) {
		without_body(head, error != HTTP1_OK ||
		    head->body == HTTP1_CHUNKED || head->length > 0);
		return HTTP1_OK;
	}
	if (head->status == 304 || http1_str_equals(method, "HEAD")) {
		/* what a GET would have is told, if it can be read */
		if (error != HTTP1_OK)
			without_body(head, true);
		head->body = HTTP1_NO_BODY;
		return HTTP1_OK;
	}
	if (error != HTTP1_OK)
		return error;
	if (head->body == HTTP1_NO_BODY) {
		head->body = HTTP1_UNTIL_CLOSE;
		head->keep_alive = false;
	}
	return HTTP1_OK;
}

static enum http1_error
response_parse(struct http1_head *head, const char *p, const char *end,
    struct http1_str method)
{
	struct http1_tally tally = { .close = false };
	struct http1_str line;
	enum http1_error error;

	if ((error = http1_line_next(&p, end, &line)) != HTTP1_OK ||
	    (error = status_line(head, line)) != HTTP1_OK ||
	    (error = http1_fields_parse(head, &tally, p, end, true)) !=
	    HTTP1_OK ||
	    (error = http1_connection_parse(head, &tally)) != HTTP1_OK)
		return error;
	http1_connection_decide(head, &tally);
	return response_framing(head, &tally, method);
}

enum http1_error
http1_response(struct http1_head *head, const char *buf, size_t len,
    struct http1_str method)
{
	struct http1_str reason;
	enum http1_error error;
	unsigned minor;

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
