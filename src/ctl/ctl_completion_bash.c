/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_completion_bash.h"

#include "ctl/ctl_completion_case.h"

/*
 * The words of the line are found anew: bash cuts them at colons, which hosts
 * have.  What it takes for a word's beginning is not to be put again.
 */

static const char begin[] =
"# sluice(8) for bash: source <(sluice completion bash)\n"
"\n"
"# Offers those of its arguments that the word begins.\n"
"_sluice_offer()\n"
"{\n"
"	local one quoted\n"
"\n"
"	for one in \"$@\"; do\n"
"		printf -v quoted %q \"$one\"\n"
"		[[ $one == \"$cur\"* || $quoted == \"$cur\"* ]] &&\n"
"		    COMPREPLY+=(\"$quoted\")\n"
"	done\n"
"}\n"
"\n"
"_sluice_hosts()\n"
"{\n"
"	local keys\n"
"\n"
"	mapfile -t keys < <(\"${words[0]}\" hosts --keys --timeout 1s \\\n"
"	    \"${place[@]}\" 2>/dev/null </dev/null)\n"
"	_sluice_offer \"${keys[@]}\"\n"
"}\n"
"\n"
"_sluice_presets()\n"
"{\n"
"	local names\n"
"\n"
"	mapfile -t names < <(\"${words[0]}\" presets --keys \\\n"
"	    2>/dev/null </dev/null)\n"
"	_sluice_offer \"${names[@]}\"\n"
"}\n"
"\n"
"_sluice_files()\n"
"{\n"
"	compopt -o filenames\n"
"	mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
"}\n"
"\n"
"# Whether a value stands behind an option.\n"
"_sluice_has_value()\n"
"{\n"
"	case $command:$1 in\n";

static const char end[] =
"_sluice()\n"
"{\n"
"	local line=${COMP_LINE:0:COMP_POINT} command= operands=0 i head\n"
"	local words place=() cur prev\n"
"\n"
"	read -ra words <<<\"$line\"\n"
"	[[ $line == *[[:space:]] ]] && words+=(\"\")\n"
"	for ((i = 1; i < ${#words[@]} - 1; i++)); do\n"
"		case ${words[i]} in\n"
"		-s | --socket | -c | --config)\n"
"			place=(\"${words[i]}\" \"${words[++i]}\") ;;\n"
"		--socket=* | --config=*) place=(\"${words[i]}\") ;;\n"
"		-*) _sluice_has_value \"${words[i]}\" && ((++i)) ;;\n"
"		*)\n"
"			[[ -n $command ]] && ((++operands))\n"
"			command=${command:-${words[i]}} ;;\n"
"		esac\n"
"	done\n"
"	cur=${words[${#words[@]} - 1]}\n"
"	prev=${words[${#words[@]} - 2]}\n"
"	if [[ $cur == --*=* ]]; then\n"
"		prev=${cur%%=*}\n"
"		cur=${cur#*=}\n"
"	fi\n"
"	COMPREPLY=()\n"
"	if ! _sluice_value; then\n"
"		if [[ $cur == -* ]]; then\n"
"			_sluice_options\n"
"		else\n"
"			_sluice_operand\n"
"		fi\n"
"	fi\n"
"	head=${cur%\"${cur##*[:=]}\"}\n"
"	COMPREPLY=(\"${COMPREPLY[@]#\"$head\"}\")\n"
"}\n"
"complete -F _sluice sluice\n";

/* What is offered where that is wanted. */
static void
put_choices(FILE *out, enum ctl_kind kind, const char *choices)
{
	if (kind == CTL_HOST || kind == CTL_MATCH)
		fputs(" _sluice_hosts ;;\n", out);
	else if (kind == CTL_PRESET)
		fputs(" _sluice_presets ;;\n", out);
	else if (kind == CTL_FILE)
		fputs(" _sluice_files ;;\n", out);
	else if (kind == CTL_CHOICE)
		fprintf(out, " _sluice_offer %s ;;\n", choices);
	else if (kind == CTL_SETTING)
		fprintf(out, " compopt -o nospace\n\t\t_sluice_offer %s ;;\n",
		    choices);
	else
		fputs(" ;;\n", out);
}

static void
put_names(FILE *out, const struct ctl_option *o)
{
	for (; o != NULL && o->name != NULL; o++)
		fprintf(out, " --%s", o->name);
}

static void
put_options(FILE *out, const struct ctl *c)
{
	const struct ctl_command *command;

	fputs("_sluice_options()\n{\n\tcase $command in\n", out);
	for (command = c->commands; command->name != NULL; command++) {
		if (command->options == NULL)
			continue;
		fprintf(out, "\t%s) _sluice_offer", command->name);
		put_names(out, command->options);
		fputs(" ;;\n", out);
	}
	fputs("\tesac\n\t_sluice_offer", out);
	put_names(out, c->common);
	fputs("\n}\n\n", out);
}

static void
put_operands(FILE *out, const struct ctl *c)
{
	const struct ctl_command *command;

	fputs("_sluice_operand()\n{\n\tcase $command:$operands in\n"
	    "\t:0) _sluice_offer", out);
	for (command = c->commands; command->name != NULL; command++)
		fprintf(out, " %s", command->name);
	fputs(" ;;\n", out);
	ctl_completion_operands(out, c, put_choices);
}

void
ctl_completion_bash(FILE *out, const struct ctl *c)
{
	fputs(begin, out);
	ctl_completion_values(out, c, NULL);
	fputs("# What is offered for the value of the option before.\n"
	    "_sluice_value()\n{\n\tcase $command:$prev in\n", out);
	ctl_completion_values(out, c, put_choices);
	put_options(out, c);
	put_operands(out, c);
	fputs(end, out);
}
