/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_explain.h"

#include <string.h>

#include "ctl/ctl_args.h"
#include "ctl/ctl_ask.h"
#include "ctl/ctl_explanation.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_json.h"
#include "ctl/ctl_out.h"

/* Puts "Name: value" into an object. */
static int
put_field(const struct ctl *c, json_t *fields, const char *text)
{
	const char *colon = strchr(text, ':'), *value;
	char name[256];
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
	return json_object_set_new(fields, name, json_string(value)) == 0 ?
	    CTL_DONE : ctl_fail(c, CTL_USAGE, "--header: %s is no UTF-8",
	    name);
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
make_body(const struct ctl *c, json_t **body)
{
	const char *method = ctl_arg(c, "request");
	const char *client = ctl_arg(c, "from");
	const char *data = ctl_arg(c, "data");

	*body = json_pack("{s:s}", "url", ctl_operand(c, 0));
	if (*body == NULL)
		return ctl_fail(c, CTL_USAGE, "the URL is no UTF-8");
	if (method != NULL)
		(void)json_object_set_new(*body, "method",
		    json_string(method));
	if (client != NULL)
		(void)json_object_set_new(*body, "client",
		    json_string(client));
	if (data != NULL && json_object_set_new(*body, "body",
	    json_string(data)) != 0)
		return ctl_fail(c, CTL_USAGE, "--data: it is no UTF-8");
	return put_fields(c, *body);
}

int
ctl_explain(struct ctl *c)
{
	struct ctl_daemon daemon;
	json_t *body = NULL, *answer = NULL;
	int status = make_body(c, &body);

	if (status == CTL_DONE)
		status = ctl_daemon_find(c, &daemon);
	if (status == CTL_DONE)
		status = ctl_ask(&daemon, "POST", "/v1/explain", body,
		    &answer);
	json_decref(body);
	return ctl_out(c, status, answer, ctl_explanation_print);
}
