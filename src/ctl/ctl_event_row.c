/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_event_row.h"

#include <string.h>

#include "ctl/ctl_json.h"

static enum ctl_style
style_of(const char *kind)
{
	if (strcmp(kind, "refusal") == 0 || strcmp(kind, "pause") == 0 ||
	    strcmp(kind, "full") == 0)
		return CTL_BAD;
	if (strcmp(kind, "warning") == 0 || strcmp(kind, "override") == 0 ||
	    strcmp(kind, "drain") == 0 || strcmp(kind, "recovery") == 0)
		return CTL_WARN;
	if (strcmp(kind, "open") == 0 || strcmp(kind, "not_full") == 0)
		return CTL_GOOD;
	return CTL_PLAIN;
}

void
ctl_event_print(const struct ctl_paper *paper, const json_t *event)
{
	const char *kind = ctl_string(event, "kind", "?");
	const char *host = ctl_string(event, "host", NULL);
	const char *fields = ctl_string(event, "fields", NULL);

	ctl_printf(paper, CTL_DIM, "%s", ctl_string(event, "time", "?"));
	ctl_printf(paper, style_of(kind), " %-9s", kind);
	if (host != NULL)
		ctl_printf(paper, CTL_BOLD, " %s", host);
	ctl_printf(paper, CTL_PLAIN, " %s", ctl_string(event, "text", ""));
	if (fields != NULL)
		ctl_printf(paper, CTL_DIM, " (%s)", fields);
	ctl_printf(paper, CTL_PLAIN, "\n");
}
