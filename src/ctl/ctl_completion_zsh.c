/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_completion_zsh.h"

#include "ctl/ctl_completion_case.h"

static const char begin[] =
"#compdef sluice\n"
"# sluice(8) for zsh: source <(sluice completion zsh), or as _sluice in a\n"
"# directory of fpath\n"
"\n"
"_sluice_hosts() {\n"
"	local -a keys\n"
"\n"
"	keys=(${(f)\"$($words[1] hosts --keys --timeout 1s $place \\\n"
"	    2>/dev/null </dev/null)\"})\n"
"	compadd -a keys\n"
"}\n"
"\n"
"_sluice_presets() {\n"
"	local -a names\n"
"\n"
"	names=(${(f)\"$($words[1] presets --keys 2>/dev/null </dev/null)\"})\n"
"	compadd -a names\n"
"}\n"
"\n";

static const char end[] =
"_sluice() {\n"
"	local command= prev\n"
"	local -a place\n"
"	integer operands=0 i\n"
"\n"
"	for ((i = 2; i < CURRENT; i++)); do\n"
"		case $words[i] in\n"
"		-s | --socket | -c | --config)\n"
"			place=($words[i] ${words[i + 1]}); ((++i)) ;;\n"
"		--socket=* | --config=*) place=($words[i]) ;;\n"
"		-*) _sluice_has_value $words[i] && ((++i)) ;;\n"
"		*)\n"
"			[[ -n $command ]] && ((++operands))\n"
"			command=${command:-$words[i]} ;;\n"
"		esac\n"
"	done\n"
"	prev=$words[CURRENT-1]\n"
"	if [[ $words[CURRENT] == --*=* ]]; then\n"
"		prev=${words[CURRENT]%%=*}\n"
"		compset -P '*='\n"
"	fi\n"
"	if _sluice_value; then\n"
"		return\n"
"	elif [[ $PREFIX == -* ]]; then\n"
"		_sluice_options\n"
"	else\n"
"		_sluice_operand\n"
"	fi\n"
"}\n"
"\n"
"if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n"
"	_sluice \"$@\"\n"
"else\n"
"	compdef _sluice sluice\n"
"fi\n";

/* Text between single quotes. */
static void
put_quoted(FILE *out, const char *name, const char *text)
{
	fprintf(out, " '%s:", name);
	for (; *text != '\0'; text++)
		if (*text == '\'')
			fputs("'\\''", out);
		else
			fputc(*text, out);
	fputc('\'', out);
}

/* What is offered where that is wanted. */
static void
put_choices(FILE *out, enum ctl_kind kind, const char *choices)
{
	if (kind == CTL_HOST || kind == CTL_MATCH)
		fputs(" _sluice_hosts ;;\n", out);
	else if (kind == CTL_PRESET)
		fputs(" _sluice_presets ;;\n", out);
	else if (kind == CTL_FILE)
		fputs(" _files ;;\n", out);
	else if (kind == CTL_CHOICE)
		fprintf(out, " compadd -- %s ;;\n", choices);
	else if (kind == CTL_SETTING)
		fprintf(out, " compadd -S '' -- %s ;;\n", choices);
	else
		fputs(" ;;\n", out);
}

static void
put_names(FILE *out, const struct ctl_option *o)
{
	char name[64];

	for (; o != NULL && o->name != NULL; o++) {
		snprintf(name, sizeof name, "--%s", o->name);
		put_quoted(out, name, o->help);
	}
}

static void
put_options(FILE *out, const struct ctl *c)
{
	const struct ctl_command *command;

	fputs("_sluice_options() {\n\tlocal -a all\n\n\tall=(", out);
	put_names(out, c->common);
	fputs(" )\n\tcase $command in\n", out);
	for (command = c->commands; command->name != NULL; command++) {
		if (command->options == NULL)
			continue;
		fprintf(out, "\t%s) all+=(", command->name);
		put_names(out, command->options);
		fputs(" ) ;;\n", out);
	}
	fputs("\tesac\n\t_describe -o option all\n}\n\n", out);
}

static void
put_operands(FILE *out, const struct ctl *c)
{
	const struct ctl_command *command;

	fputs("_sluice_operand() {\n\tlocal -a all\n\n"
	    "\tcase $command:$operands in\n\t:0)\n\t\tall=(", out);
	for (command = c->commands; command->name != NULL; command++)
		put_quoted(out, command->name, command->help);
	fputs(" )\n\t\t_describe command all ;;\n", out);
	ctl_completion_operands(out, c, put_choices);
}

void
ctl_completion_zsh(FILE *out, const struct ctl *c)
{
	fputs(begin, out);
	fputs("_sluice_has_value() {\n\tcase $command:$1 in\n", out);
	ctl_completion_values(out, c, NULL);
	fputs("_sluice_value() {\n\tcase $command:$prev in\n", out);
	ctl_completion_values(out, c, put_choices);
	put_options(out, c);
	put_operands(out, c);
	fputs(end, out);
}
