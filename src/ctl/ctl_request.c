/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_request.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/ctl_args.h"
#include "ctl/ctl_data.h"
#include "ctl/ctl_fail.h"
#include "http/http1_error.h"
#include "http/http1_request.h"
#include "http/http1_scan.h"

/* The authority of a URL, which a request has in Host, too. */
static void
put_host(struct text *t, const char *url)
{
	const char *host = strstr(url, "://");

	host = host != NULL ? host + 3 : url;
	text_puts(t, "Host: ");
	text_put(t, host, strcspn(host, "/?#"));
	text_puts(t, "\r\n");
}

static void
put_request(const struct ctl *c, const char *url, const struct text *body,
    struct text *t)
{
	const char *method = ctl_arg(c, "request");
	bool data = ctl_arg(c, "data") != NULL;
	unsigned i;

	text_puts(t, method != NULL ? method : data ? "POST" : "GET");
	text_puts(t, " ");
	text_puts(t, url);
	text_puts(t, " HTTP/1.1\r\n");
	put_host(t, url);
	for (i = 0; i < c->ngiven; i++)
		if (strcmp(c->given[i].option->name, "header") == 0) {
			text_puts(t, c->given[i].value);
			text_puts(t, "\r\n");
		}
	if (data) {
		text_puts(t, "Content-Length: ");
		text_put_number(t, body->len);
		text_puts(t, "\r\n");
	}
	text_puts(t, "\r\n");
}

/* An empty line in what was given would end the head before its end. */
static enum http1_error
parse(struct ctl_request *r)
{
	struct http1_scan scan = { 0 };
	size_t end = 0;

	if (http1_scan(&scan, r->bytes.p, r->bytes.len, SIZE_MAX, SIZE_MAX,
	    &end) != HTTP1_DONE)
		return scan.error;
	if (end != r->bytes.len)
		return HTTP1_BAD_BYTE;
	return http1_request(&r->head, r->bytes.p, end);
}

int
ctl_request_make(const struct ctl *c, const char *url,
    struct ctl_request **request)
{
	struct ctl_request *r = *request = calloc(1, sizeof *r);
	enum http1_error error;
	int status;

	if (r == NULL)
		return ctl_fail(c, CTL_FAILED, "out of memory");
	if ((status = ctl_data(c, &r->body)) != CTL_DONE)
		return status;
	put_request(c, url, &r->body, &r->bytes);
	if (r->bytes.failed)
		return ctl_fail(c, CTL_FAILED, "out of memory");
	error = parse(r);
	if (error == HTTP1_NOT_PROXY)
		return ctl_fail(c, CTL_USAGE, "%s: expected a URL such as "
		    "http://example.com/", url);
	if (error != HTTP1_OK)
		return ctl_fail(c, CTL_USAGE, "%s is no request: %s", url,
		    http1_strerror(error));
	if (r->head.host.port == 0)
		r->head.host.port = r->head.https ? 443 : 80;
	return CTL_DONE;
}

void
ctl_request_free(struct ctl_request *r)
{
	if (r == NULL)
		return;
	text_free(&r->bytes);
	text_free(&r->body);
	free(r);
}
