/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_completion_case.h"

static const char end[] = "\tesac\n}\n\n";

/* "pause:-x | pause:--reason)", of a command or of each ("*"). */
static void
put_pattern(FILE *out, const char *command, const struct ctl_option *o)
{
	fputs("\t", out);
	if (o->letter != 0)
		fprintf(out, "%s:-%c | ", command, o->letter);
	fprintf(out, "%s:--%s)", command, o->name);
}

static void
put_values(FILE *out, const char *command, const struct ctl_option *o,
    ctl_completion_offer *offer)
{
	for (; o != NULL && o->name != NULL; o++) {
		if (o->value == NULL)
			continue;
		put_pattern(out, command, o);
		if (offer != NULL)
			offer(out, o->kind, o->choices);
		else
			fputs(" true ;;\n", out);
	}
}

void
ctl_completion_values(FILE *out, const struct ctl *c,
    ctl_completion_offer *offer)
{
	const struct ctl_command *command;

	for (command = c->commands; command->name != NULL; command++)
		put_values(out, command->name, command->options, offer);
	put_values(out, "*", c->common, offer);
	fprintf(out, "\t*) false ;;\n%s", end);
}

void
ctl_completion_operands(FILE *out, const struct ctl *c,
    ctl_completion_offer *offer)
{
	const struct ctl_command *command;
	const struct ctl_operand *o;
	unsigned i;

	for (command = c->commands; command->name != NULL; command++)
		for (i = 0; (o = &command->operands[i])->name != NULL; i++) {
			fprintf(out, command->more && o[1].name == NULL ?
			    "\t%s:*)" : "\t%s:%u)", command->name, i);
			offer(out, o->kind, o->choices);
		}
	fputs(end, out);
}
