/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_process.h"

#include "ctl/ctl_args.h"
#include "ctl/ctl_ask.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_json.h"
#include "ctl/ctl_out.h"
#include "ctl/ctl_print.h"

static void
put_option(json_t *body, const struct ctl *c, const char *name)
{
	const char *value = ctl_arg(c, name);

	if (value != NULL)
		(void)json_object_set_new(body, name, json_string(value));
}

/* reload */

static void
print_lines(const struct ctl_paper *paper, enum ctl_style style,
    const json_t *lines, const char *behind)
{
	const char *line;
	size_t i;

	for (i = 0; i < json_array_size(lines); i++) {
		line = json_string_value(json_array_get(lines, i));
		if (line != NULL)
			ctl_printf(paper, style, "%s%s\n", line, behind);
	}
}

static void
print_reloaded(const struct ctl *c, const json_t *answer)
{
	struct ctl_paper paper = ctl_paper();

	(void)c;
	print_lines(&paper, CTL_WARN, ctl_member(answer, "warnings"),
	    " (warning)");
	print_lines(&paper, CTL_PLAIN, ctl_member(answer, "changes"), "");
	ctl_printf(&paper, CTL_GOOD, "reloaded at %s: %s\n", ctl_string(answer,
	    "loaded", "?"), ctl_string(answer, "says", ""));
}

/* What is wrong is the file then, not the command line. */
static int
judge(const struct ctl_daemon *d, const struct ctl_answer *a)
{
	if (a->status != 422)
		return ctl_ask_judge(d, a);
	return ctl_fail_with(d->ctl, CTL_WRONG_CONF, a->json, "%s; all stays "
	    "as it was", ctl_string(a->json, "detail", "the configuration is "
	    "wrong"));
}

int
ctl_reload(struct ctl *c)
{
	struct ctl_answer a = { .json = NULL };
	struct ctl_daemon daemon;
	json_t *body = json_object();
	int status = ctl_daemon_find(c, &daemon);

	put_option(body, c, "reason");
	if (status == CTL_DONE) {
		ctl_ask_quietly(&daemon, "POST", "/v1/reload", body, &a);
		status = judge(&daemon, &a);
	}
	json_decref(body);
	return ctl_out(c, status, a.json, print_reloaded);
}

/* log */

static void
print_log(const struct ctl *c, const json_t *answer)
{
	struct ctl_paper paper = ctl_paper();
	const char *until = ctl_string(answer, "until", NULL);

	(void)c;
	ctl_printf(&paper, CTL_PLAIN, "%s%s%s\n", ctl_string(answer, "level",
	    "?"), until != NULL ? " until " : "", until != NULL ? until : "");
}

int
ctl_log(struct ctl *c)
{
	const char *level = ctl_operand(c, 0);
	json_t *answer = NULL, *body = NULL;
	struct ctl_daemon daemon;
	int status;

	if (level == NULL && c->ngiven > 0)
		return ctl_fail(c, CTL_USAGE, "which LEVEL? --%s is for one "
		    "that is set", c->given[0].option->name);
	status = ctl_daemon_find(c, &daemon);
	if (level != NULL) {
		body = json_pack("{s:s}", "level", level);
		put_option(body, c, "for");
		put_option(body, c, "reason");
	}
	if (status == CTL_DONE)
		status = ctl_ask(&daemon, level != NULL ? "PUT" : "GET",
		    "/v1/log", body, &answer);
	json_decref(body);
	return ctl_out(c, status, answer, print_log);
}
