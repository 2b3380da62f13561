/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_process.h"

#include "ctl/ctl_args.h"
#include "ctl/ctl_ask.h"
#include "ctl/ctl_body.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_json.h"
#include "ctl/ctl_out.h"
#include "ctl/ctl_print.h"

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

/* What is wrong is the file, or the other process, not the command line. */
static int
judge(const struct ctl_daemon *d, const struct ctl_answer *a)
{
	enum ctl_exit status;

	switch (a->status) {
	case 422:
		status = CTL_WRONG_CONF;
		break;
	case 500:
		status = CTL_FAILED;
		break;
	case 504:
		status = CTL_TIMED_OUT;
		break;
	default:
		return ctl_ask_judge(d, a);
	}
	return ctl_fail_with(d->ctl, status, a->json, "%s; all stays as it "
	    "was", ctl_string(a->json, "detail", "the daemon does not say why "
	    "not"));
}

/* Asks for what may fail for a file, and prints what came of it. */
static int
order(struct ctl *c, const char *path,
    void (*print)(const struct ctl *, const json_t *))
{
	struct ctl_answer a = { .json = NULL };
	struct ctl_daemon daemon;
	json_t *body = json_object();
	int status = ctl_body_option(c, body, "reason");

	if (status == CTL_DONE)
		status = ctl_daemon_find(c, &daemon);
	if (status == CTL_DONE) {
		ctl_ask_quietly(&daemon, "POST", path, body, &a);
		status = judge(&daemon, &a);
	}
	json_decref(body);
	return ctl_out(c, status, a.json, print);
}

int
ctl_reload(struct ctl *c)
{
	return order(c, "/v1/reload", print_reloaded);
}

/* upgrade */

static void
print_upgraded(const struct ctl *c, const json_t *answer)
{
	struct ctl_paper paper = ctl_paper();

	(void)c;
	ctl_printf(&paper, CTL_GOOD, "upgraded: process %lld has taken over\n",
	    (long long)ctl_integer(answer, "pid"));
}

int
ctl_upgrade(struct ctl *c)
{
	return order(c, "/v1/upgrade", print_upgraded);
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

/* The level that is to be, and for how long; NULL where none is given. */
static int
log_body(const struct ctl *c, json_t **body)
{
	const char *level = ctl_operand(c, 0);
	int status;

	*body = NULL;
	if (level == NULL)
		return c->ngiven == 0 ? CTL_DONE : ctl_fail(c, CTL_USAGE,
		    "which LEVEL? --%s is for one that is set",
		    c->given[0].option->name);
	*body = json_object();
	status = ctl_body_put(c, *body, "level", level, "LEVEL");
	if (status == CTL_DONE)
		status = ctl_body_option(c, *body, "for");
	if (status == CTL_DONE)
		status = ctl_body_option(c, *body, "reason");
	return status;
}

int
ctl_log(struct ctl *c)
{
	json_t *answer = NULL, *body;
	struct ctl_daemon daemon;
	int status = log_body(c, &body);

	if (status == CTL_DONE)
		status = ctl_daemon_find(c, &daemon);
	if (status == CTL_DONE)
		status = ctl_ask(&daemon, body != NULL ? "PUT" : "GET",
		    "/v1/log", body, &answer);
	json_decref(body);
	return ctl_out(c, status, answer, print_log);
}
