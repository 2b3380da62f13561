/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/conf_changes.h"
#include "conf/conf_diff.h"
#include "conf/conf_load.h"
#include "conf/conf_parse.h"
#include "ctl/ctl_args.h"
#include "ctl/ctl_ask.h"
#include "ctl/ctl_daemon_file.h"
#include "ctl/ctl_diff_limits.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_json.h"
#include "ctl/ctl_out.h"
#include "ctl/ctl_print.h"

struct file {
	const char		*path;
	const char		*name;	/* by which people know it */
};

/* A configuration, and what stands in its file. */
struct side {
	struct conf		*conf;
	struct conf_yaml	*yaml;
};

static void
side_free(struct side *side)
{
	conf_unref(side->conf);
	conf_yaml_free(side->yaml);
}

static int
wrong(const struct ctl *c, char *cause)
{
	int status = ctl_fail(c, CTL_WRONG_CONF, "%s", cause != NULL ? cause :
	    "out of memory");

	free(cause);
	return status;
}

/* The text is read once: it may come through a pipe. */
static int
side_read(const struct ctl *c, struct file file, struct side *side)
{
	struct conf_report report = { .name = file.name };
	char *cause = NULL, *text;
	size_t size;

	if ((text = conf_load_text(file.path, &size, &cause)) == NULL)
		return wrong(c, cause);
	side->conf = conf_parse(file.name, text, size, &cause);
	if (side->conf != NULL)
		side->yaml = conf_yaml_parse(&report, text, size);
	free(text);
	if (side->conf == NULL)
		return wrong(c, cause);
	return side->yaml != NULL ? CTL_DONE : wrong(c, report.cause);
}

/* The answer */

static void
print_changes(const struct ctl_paper *paper, const json_t *changes)
{
	const json_t *change;
	size_t i;

	for (i = 0; i < json_array_size(changes); i++) {
		change = json_array_get(changes, i);
		ctl_printf(paper, CTL_BOLD, "%s", ctl_string(change, "key",
		    "?"));
		ctl_printf(paper, CTL_PLAIN, ": ");
		ctl_printf(paper, CTL_BAD, "%s", ctl_string(change, "was",
		    "not there"));
		ctl_printf(paper, CTL_PLAIN, " -> ");
		ctl_printf(paper, CTL_GOOD, "%s\n", ctl_string(change, "is",
		    "not there"));
	}
}

static void
print_diff(const struct ctl *c, const json_t *all)
{
	const json_t *changes = ctl_member(all, "changes");
	const json_t *restart = ctl_member(all, "restart");
	struct ctl_paper paper = ctl_paper();
	const char *line;
	size_t i;

	print_changes(&paper, changes);
	for (i = 0; i < json_array_size(restart); i++) {
		line = json_string_value(json_array_get(restart, i));
		ctl_printf(&paper, CTL_WARN, "%s\n", line != NULL ? line : "");
	}
	if (json_array_size(changes) + json_array_size(restart) == 0)
		ctl_note(c, "%s and %s are the same", ctl_string(all, "was",
		    "?"), ctl_string(all, "is", "?"));
}

static void
change_cb(const char *path, const char *was, const char *is, void *arg)
{
	(void)json_array_append_new(arg, json_pack("{s:s, s:s?, s:s?}", "key",
	    path, "was", was, "is", is));
}

static void
restart_cb(const char *line, void *arg)
{
	(void)json_array_append_new(arg, json_string(line));
}

static json_t *
answer(const char *was, const char *is)
{
	return json_pack("{s:s, s:s, s:[], s:[]}", "was", was, "is", is,
	    "changes", "restart");
}

/* Two files */

static int
diff_files(const struct ctl *c, struct file old, struct file new)
{
	struct side was = { NULL, NULL }, is = { NULL, NULL };
	json_t *all = NULL;
	int status = side_read(c, old, &was);

	if (status == CTL_DONE)
		status = side_read(c, new, &is);
	if (status == CTL_DONE) {
		all = answer(old.name, new.name);
		conf_diff(conf_yaml_root(was.yaml), conf_yaml_root(is.yaml),
		    change_cb, json_object_get(all, "changes"));
		conf_changes(was.conf, is.conf, restart_cb,
		    json_object_get(all, "restart"));
	}
	side_free(&was);
	side_free(&is);
	return ctl_out(c, status, all, print_diff);
}

/* The file as it is now, and the limits that hold */

static int
diff_running(const struct ctl_daemon *d, struct file file)
{
	struct side side = { NULL, NULL };
	json_t *rules = NULL, *all = NULL;
	int status = side_read(d->ctl, file, &side);

	if (status == CTL_DONE)
		status = ctl_ask(d, "GET", "/v1/hosts?by=rule&limit=1000",
		    NULL, &rules);
	if (status == CTL_DONE) {
		all = answer("what holds", file.name);
		ctl_diff_limits(ctl_member(rules, "hosts"), side.conf,
		    change_cb, json_object_get(all, "changes"));
	}
	json_decref(rules);
	side_free(&side);
	return ctl_out(d->ctl, status, all, print_diff);
}

static int
diff_with_daemon(struct ctl *c, const char *other)
{
	struct ctl_daemon daemon;
	char path[4096], *name = NULL;
	int status = ctl_daemon_find(c, &daemon);

	if (status == CTL_DONE)
		status = ctl_daemon_file(&daemon, path, sizeof path, &name);
	if (status == CTL_DONE && other != NULL)
		status = diff_files(c, (struct file){ path, name },
		    (struct file){ other, other });
	else if (status == CTL_DONE)
		status = diff_running(&daemon, (struct file){ path, name });
	free(name);
	return status;
}

int
ctl_diff(struct ctl *c)
{
	const char *other = ctl_operand(c, 0);

	if (other == NULL || c->file == NULL)
		return diff_with_daemon(c, other);
	return diff_files(c, (struct file){ c->file, c->file },
	    (struct file){ other, other });
}
