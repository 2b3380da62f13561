/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl/ctl_json.h"
#include "ctl/ctl_print.h"

static void
fail_json(enum ctl_exit status, const json_t *problem, const char *detail)
{
	json_t *error = json_object(), *all;

	if (problem != NULL)
		(void)json_object_update(error, (json_t *)problem);
	(void)json_object_set_new(error, "exit", json_integer(status));
	(void)json_object_set_new(error, "detail", json_string(detail));
	all = json_pack("{s:i, s:o}", "version", CTL_VERSION,
	    "error", error);
	if (all != NULL && json_dumpf(all, stderr, CTL_DUMP) == 0)
		fputc('\n', stderr);
	json_decref(all);
}

static void
fail_text(const struct ctl *c, const char *detail)
{
	struct text line = { NULL, 0, 0, false };

	ctl_print_safe(&line, detail, strlen(detail));
	fprintf(stderr, "sluice%s%s: %.*s\n", c->command != NULL ? " " : "",
	    c->command != NULL ? c->command->name : "", (int)line.len,
	    line.len > 0 ? line.p : "");
	text_free(&line);
}

static int __attribute__((format(printf, 4, 0)))
fail(const struct ctl *c, enum ctl_exit status, const json_t *problem,
    const char *format, va_list ap)
{
	char *detail;

	if (vasprintf(&detail, format, ap) == -1)
		return status;
	if (c->json)
		fail_json(status, problem, detail);
	else
		fail_text(c, detail);
	free(detail);
	return status;
}

int
ctl_fail(const struct ctl *c, enum ctl_exit status, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fail(c, status, NULL, format, ap);
	va_end(ap);
	return status;
}

int
ctl_fail_with(const struct ctl *c, enum ctl_exit status,
    const json_t *problem, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fail(c, status, problem, format, ap);
	va_end(ap);
	return status;
}

void
ctl_note(const struct ctl *c, const char *format, ...)
{
	va_list ap;
	char *note;

	if (c->json)
		return;
	va_start(ap, format);
	if (vasprintf(&note, format, ap) != -1) {
		fail_text(c, note);
		free(note);
	}
	va_end(ap);
}
