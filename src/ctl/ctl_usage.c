/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_usage.h"

#include <string.h>

#define NAME	12	/* columns of a command's name in the list */
#define OPTION	24	/* the same of an option */

static void
print_line(FILE *out, const struct ctl_command *command)
{
	const struct ctl_operand *o;

	fprintf(out, "usage: sluice %s%s", command->name, command->verbatim ?
	    " [option ...]" : "");
	for (o = command->operands; o->name != NULL; o++)
		fprintf(out, o->optional ? " [%s%s]" : " %s%s", o->name,
		    command->more && o[1].name == NULL ? "..." : "");
	fputs(command->verbatim ? "\n" : " [option ...]\n", out);
}

/* "a, b or c", of words with a space between two. */
static void
print_choices(FILE *out, const char *words)
{
	size_t n = strcspn(words, " ");

	for (;;) {
		fprintf(out, "%.*s", (int)n, words);
		words += n;
		if (*words++ == '\0')
			break;
		n = strcspn(words, " ");
		fputs(words[n] == '\0' ? " or " : ", ", out);
	}
}

static void
print_operands(FILE *out, const struct ctl_operand *o)
{
	for (; o->name != NULL; o++) {
		if (o->choices == NULL)
			continue;
		fprintf(out, "%s: ", o->name);
		print_choices(out, o->choices);
		fputs("\n", out);
	}
}

static void
print_options(FILE *out, const struct ctl_option *o)
{
	char text[64];

	for (; o != NULL && o->name != NULL; o++) {
		snprintf(text, sizeof text, "%c%c%s--%s%s%s",
		    o->letter != 0 ? '-' : ' ', o->letter != 0 ? o->letter :
		    ' ', o->letter != 0 ? ", " : "  ", o->name,
		    o->value != NULL ? " " : "", o->value != NULL ? o->value :
		    "");
		fprintf(out, "  %-*s  %s\n", OPTION, text, o->help);
		if (o->choices == NULL)
			continue;
		fprintf(out, "%*s", OPTION + 4, "");
		print_choices(out, o->choices);
		fputs("\n", out);
	}
}

void
ctl_usage_command(FILE *out, const struct ctl_command *command,
    const struct ctl_option *common)
{
	print_line(out, command);
	fprintf(out, "\n%s.\n", command->help);
	print_operands(out, command->operands);
	fputs("\n", out);
	print_options(out, command->options);
	print_options(out, common);
}

void
ctl_usage_commands(FILE *out, const struct ctl_command *command)
{
	for (; command->name != NULL; command++)
		fprintf(out, "  %-*s %s\n", NAME, command->name,
		    command->help);
}
