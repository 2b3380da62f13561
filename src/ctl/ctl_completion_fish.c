/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_completion_fish.h"

static const char begin[] =
"# sluice(8) for fish: sluice completion fish | source\n"
"\n"
"# Which command the line has, then its operands, a line each.\n"
"function __sluice_operands\n"
"	set -l skip\n"
"	for word in (commandline -opc)[2..-1]\n"
"		if test -n \"$skip\"\n"
"			set skip\n"
"		else if contains -- $word $__sluice_valued\n"
"			set skip 1\n"
"		else if not string match -q -- '-*' $word\n"
"			printf '%s\\n' $word\n"
"		end\n"
"	end\n"
"end\n"
"\n"
"# Whether that is the command, and so many operands stand there.\n"
"function __sluice_at\n"
"	set -l words (__sluice_operands)\n"
"	set -l n (math (count $words) - 1)\n"
"	test (count $words) -ge 1; and test $words[1] = $argv[1]; or return\n"
"	test (count $argv) -eq 1; or test $n = $argv[2]; and return\n"
"	test (string sub -s -1 -- $argv[2]) = +; or return\n"
"	test $n -ge (string trim -c + -- $argv[2])\n"
"end\n"
"\n"
"function __sluice_hosts\n"
"	set -l words (commandline -opc)\n"
"	set -l place\n"
"	set -l i 2\n"
"	while test $i -lt (count $words)\n"
"		if contains -- $words[$i] -s --socket -c --config\n"
"			set place $words[$i] $words[(math $i + 1)]\n"
"		end\n"
"		set i (math $i + 1)\n"
"	end\n"
"	$words[1] hosts --keys --timeout 1s $place 2>/dev/null </dev/null\n"
"end\n"
"\n"
"function __sluice_presets\n"
"	set -l words (commandline -opc)\n"
"	$words[1] presets --keys 2>/dev/null </dev/null\n"
"end\n"
"\n"
"complete -c sluice -f\n";

/* Text between single quotes. */
static void
put_quoted(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('\'', out);
}

/* What is offered where that is wanted. */
static void
put_choices(FILE *out, enum ctl_kind kind, const char *choices)
{
	if (kind == CTL_HOST || kind == CTL_MATCH)
		fputs(" -a '(__sluice_hosts)'", out);
	else if (kind == CTL_PRESET)
		fputs(" -a '(__sluice_presets)'", out);
	else if (kind == CTL_FILE)
		fputs(" -F", out);
	else if (kind == CTL_CHOICE || kind == CTL_SETTING)
		fprintf(out, " -a '%s'", choices);
}

static void
put_options(FILE *out, const char *command, const struct ctl_option *o)
{
	for (; o != NULL && o->name != NULL; o++) {
		fputs("complete -c sluice", out);
		if (command != NULL)
			fprintf(out, " -n '__sluice_at %s'", command);
		if (o->letter != 0)
			fprintf(out, " -s %c", o->letter);
		fprintf(out, " -l %s%s -d ", o->name, o->value != NULL ?
		    o->kind == CTL_FILE ? " -r" : " -x" : "");
		put_quoted(out, o->help);
		put_choices(out, o->kind, o->choices);
		fputc('\n', out);
	}
}

static void
put_operands(FILE *out, const struct ctl_command *command)
{
	const struct ctl_operand *o;
	unsigned i;

	for (i = 0; (o = &command->operands[i])->name != NULL; i++) {
		fprintf(out, "complete -c sluice -n '__sluice_at %s %u%s'",
		    command->name, i, command->more && o[1].name == NULL ?
		    "+" : "");
		put_choices(out, o->kind, o->choices);
		fputc('\n', out);
	}
}

static void
put_command(FILE *out, const char *name, const char *help)
{
	fprintf(out, "complete -c sluice -n "
	    "'test (count (__sluice_operands)) -eq 0' -a %s -d ", name);
	put_quoted(out, help);
	fputc('\n', out);
}

static void
put_valued(FILE *out, const struct ctl_option *o)
{
	for (; o != NULL && o->name != NULL; o++) {
		if (o->value == NULL)
			continue;
		if (o->letter != 0)
			fprintf(out, " -%c", o->letter);
		fprintf(out, " --%s", o->name);
	}
}

void
ctl_completion_fish(FILE *out, const struct ctl *c)
{
	const struct ctl_command *command;

	fputs(begin, out);
	fputs("set -g __sluice_valued", out);
	put_valued(out, c->common);
	for (command = c->commands; command->name != NULL; command++)
		put_valued(out, command->options);
	fputc('\n', out);
	put_options(out, NULL, c->common);
	for (command = c->commands; command->name != NULL; command++) {
		put_command(out, command->name, command->help);
		put_options(out, command->name, command->options);
		put_operands(out, command);
	}
}
