/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_explain.h"

#include <stdio.h>
#include <string.h>

#include "ctl/ctl_args.h"
#include "ctl/ctl_data.h"
#include "ctl/ctl_ask.h"
#include "ctl/ctl_body.h"
#include "ctl/ctl_explanation.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_json.h"
#include "ctl/ctl_out.h"

/* Puts "Name: value" into an object. */
static int
put_field(const struct ctl *c, json_t *fields, const char *text)
{
	const char *colon = strchr(text, ':'), *value;
	char name[256], what[256 + 16];
	size_t n = colon != NULL ? (size_t)(colon - text) : 0;

	if (n == 0 || n >= sizeof name)
		return ctl_fail(c, CTL_USAGE, "--header: \"%.200s\" is no "
		    "field; expected \"Name: value\"", text);
	memcpy(name, text, n);
	name[n] = '\0';
	value = colon + 1 + strspn(colon + 1, " \t");
	if (ctl_has(fields, name))
		return ctl_fail(c, CTL_USAGE, "--header: %s is given twice",
		    name);
	snprintf(what, sizeof what, "--header: %s", name);
	return ctl_body_put(c, fields, name, value, what);
}

static int
put_fields(const struct ctl *c, json_t *body)
{
	json_t *fields = json_object();
	int status = CTL_DONE;
	unsigned i;

	for (i = 0; i < c->ngiven && status == CTL_DONE; i++)
		if (strcmp(c->given[i].option->name, "header") == 0)
			status = put_field(c, fields, c->given[i].value);
	if (json_object_size(fields) > 0)
		(void)json_object_set(body, "headers", fields);
	json_decref(fields);
	return status;
}

static int
put_data(const struct ctl *c, json_t *body)
{
	struct text data;
	int status = ctl_data(c, &data);

	text_put(&data, "", 1);
	if (status == CTL_DONE && data.failed)
		status = ctl_fail(c, CTL_FAILED, "out of memory");
	else if (status == CTL_DONE && ctl_arg(c, "data") != NULL)
		status = ctl_body_put(c, body, "body", data.p, "--data");
	text_free(&data);
	return status;
}

static int
make_body(const struct ctl *c, json_t *body)
{
	static const struct {
		const char	*member;
		const char	*option;
	} texts[] = {
		{ "method", "request" }, { "client", "from" },
	};
	int status = ctl_body_put(c, body, "url", ctl_operand(c, 0), "URL");
	char what[32];
	size_t i;

	for (i = 0; i < sizeof texts / sizeof texts[0] && status == CTL_DONE;
	    i++) {
		snprintf(what, sizeof what, "--%s", texts[i].option);
		status = ctl_body_put(c, body, texts[i].member,
		    ctl_arg(c, texts[i].option), what);
	}
	if (status == CTL_DONE)
		status = put_data(c, body);
	return status == CTL_DONE ? put_fields(c, body) : status;
}

int
ctl_explain(struct ctl *c)
{
	struct ctl_daemon daemon;
	json_t *body = json_object(), *answer = NULL;
	int status = make_body(c, body);

	if (status == CTL_DONE)
		status = ctl_daemon_find(c, &daemon);
	if (status == CTL_DONE)
		status = ctl_ask(&daemon, "POST", "/v1/explain", body,
		    &answer);
	json_decref(body);
	return ctl_out(c, status, answer, ctl_explanation_print);
}
