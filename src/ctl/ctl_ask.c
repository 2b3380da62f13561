/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_ask.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_json.h"
#include "exchange/json_text.h"

int
ctl_daemon_find(const struct ctl *c, struct ctl_daemon *daemon)
{
	daemon->ctl = c;
	return ctl_find(c, &daemon->place);
}

/* Asking */

/* Only what says that it is JSON, and is an object, was said by ours. */
static enum ctl_http_result
parse(struct ctl_answer *a, struct http1_str type, const struct text *body)
{
	static const char not_json[] = "the answer is not JSON";
	json_error_t error;

	if (http1_str_is(type, "application/json") ||
	    http1_str_is(type, "application/problem+json"))
		a->json = json_loadb(body->p != NULL ? body->p : "", body->len,
		    JSON_REJECT_DUPLICATES, &error);
	if (json_is_object(a->json))
		return CTL_HTTP_DONE;
	snprintf(a->error, sizeof a->error, "%s", not_json);
	return CTL_HTTP_FOREIGN;
}

void
ctl_answer_read(struct ctl_http *h, struct ctl_answer *a)
{
	struct text body = { NULL, 0, 0, false };

	memset(a, 0, sizeof *a);
	a->result = ctl_http_body(h, &body);
	snprintf(a->error, sizeof a->error, "%s", ctl_http_error(h));
	if (a->result == CTL_HTTP_DONE)
		a->result = parse(a, ctl_http_type(h), &body);
	if (a->result == CTL_HTTP_DONE)
		a->status = ctl_http_status(h);
	text_free(&body);
}

static void
ask(struct ctl_http *h, const struct ctl_daemon *d, const char *method,
    const char *target, const char *body, struct ctl_answer *a)
{
	ctl_http_deadline(h, ctl_http_now() + d->ctl->timeout);
	a->result = ctl_http_connect(h, d->place.path);
	if (a->result == CTL_HTTP_DONE)
		a->result = ctl_http_ask(h, method, target, body);
	if (a->result == CTL_HTTP_DONE)
		ctl_answer_read(h, a);
	else
		snprintf(a->error, sizeof a->error, "%s", ctl_http_error(h));
}

void
ctl_ask_quietly(const struct ctl_daemon *d, const char *method,
    const char *target, const json_t *json, struct ctl_answer *a)
{
	struct ctl_http *h = ctl_http_new();
	struct text body = { 0 };

	if (json != NULL)
		json_text_put(&body, json, CTL_DUMP);
	text_put(&body, "", 1);
	memset(a, 0, sizeof *a);
	a->result = CTL_HTTP_BROKEN;
	snprintf(a->error, sizeof a->error, "out of memory");
	if (h != NULL && !body.failed)
		ask(h, d, method, target, json != NULL ? body.p : NULL, a);
	ctl_http_free(h);
	text_free(&body);
}

void
ctl_answer_done(struct ctl_answer *a)
{
	json_decref(a->json);
	a->json = NULL;
}

/* What is wrong */

int
ctl_ask_failed(const struct ctl_daemon *d, enum ctl_http_result result,
    const char *why)
{
	const char *path = d->place.path;

	switch (result) {
	case CTL_HTTP_LATE:
		return ctl_fail(d->ctl, CTL_TIMED_OUT, "%s: %s (--timeout)",
		    path, why);
	case CTL_HTTP_CUT:
		return ctl_fail(d->ctl, CTL_NOT_REACHABLE, "%s: %s; whether it "
		    "was done is not known", path, why);
	case CTL_HTTP_FOREIGN:
		return ctl_fail(d->ctl, CTL_NOT_REACHABLE, "%s: %s; that is no "
		    "control socket of sluice", path, why);
	case CTL_HTTP_BROKEN:
		return ctl_fail(d->ctl, CTL_FAILED, "%s: %s", path, why);
	default:
		return ctl_fail(d->ctl, CTL_NOT_REACHABLE, "%s: %s", path,
		    why);
	}
}

static enum ctl_exit
exit_of(int status)
{
	switch (status) {
	case 400:
	case 422:
		return CTL_USAGE;
	case 504:
		return CTL_TIMED_OUT;
	default:
		return CTL_FAILED;
	}
}

int
ctl_ask_judge(const struct ctl_daemon *d, const struct ctl_answer *a)
{
	const char *expected = ctl_string(a->json, "expected", NULL);

	if (a->status == 0)
		return ctl_ask_failed(d, a->result, a->error);
	if (a->status == 200)
		return CTL_DONE;
	return ctl_fail_with(d->ctl, exit_of(a->status), a->json, "%s%s%s",
	    ctl_string(a->json, "detail", ctl_string(a->json, "title",
	    "the daemon refuses, and does not say why")),
	    expected != NULL ? "; expected: " : "",
	    expected != NULL ? expected : "");
}

int
ctl_ask(const struct ctl_daemon *d, const char *method, const char *target,
    const json_t *json, json_t **answer)
{
	struct ctl_answer a;
	int status;

	ctl_ask_quietly(d, method, target, json, &a);
	status = ctl_ask_judge(d, &a);
	if (status == CTL_DONE)
		*answer = json_incref(a.json);
	ctl_answer_done(&a);
	return status;
}

int
ctl_get(const struct ctl *c, const char *target, json_t **answer)
{
	struct ctl_daemon daemon;
	int status = ctl_daemon_find(c, &daemon);

	if (status != CTL_DONE)
		return status;
	return ctl_ask(&daemon, "GET", target, NULL, answer);
}

/* Targets */

void
ctl_put_encoded(struct text *t, const char *p)
{
	for (; *p != '\0'; p++) {
		if (isalnum((unsigned char)*p) || strchr("-._~", *p) != NULL)
			text_put(t, p, 1);
		else
			text_putf(t, "%%%02X", (unsigned char)*p);
	}
}

void
ctl_put_query(struct text *t, const char *name, const char *text)
{
	if (text == NULL)
		return;
	text_puts(t, t->len > 0 && memchr(t->p, '?', t->len) != NULL ? "&" :
	    "?");
	text_puts(t, name);
	text_puts(t, "=");
	ctl_put_encoded(t, text);
}

const char *
ctl_target(struct text *t)
{
	text_put(t, "", 1);
	return t->failed ? NULL : t->p;
}
