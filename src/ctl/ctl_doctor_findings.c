/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_doctor_findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl/ctl_print.h"

void
ctl_doctor_find(struct ctl_doctor_findings *f, enum ctl_doctor_level level,
    const char *about, const char *says, ...)
{
	static const char *const words[] = { "ok", "note", "bad" };
	char *text = NULL;
	va_list ap;

	va_start(ap, says);
	if (vasprintf(&text, says, ap) == -1)
		text = NULL;
	va_end(ap);
	(void)json_array_append_new(f->list, json_pack("{s:s, s:s, s:o}",
	    "level", words[level], "about", about, "says",
	    ctl_print_text(text != NULL ? text : "out of memory")));
	f->bad |= level == CTL_DOCTOR_BAD;
	free(text);
}
