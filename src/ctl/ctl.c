/* SPDX-License-Identifier: ISC */
#include "ctl/ctl.h"

#include <errno.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf_value.h"
#include "ctl/ctl_args.h"
#include "ctl/ctl_ca.h"
#include "ctl/ctl_check.h"
#include "ctl/ctl_completion.h"
#include "ctl/ctl_control.h"
#include "ctl/ctl_diff.h"
#include "ctl/ctl_doctor.h"
#include "ctl/ctl_env.h"
#include "ctl/ctl_events.h"
#include "ctl/ctl_exec.h"
#include "ctl/ctl_explain.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_hosts.h"
#include "ctl/ctl_lists.h"
#include "ctl/ctl_print.h"
#include "ctl/ctl_presets.h"
#include "ctl/ctl_process.h"
#include "ctl/ctl_queue.h"
#include "ctl/ctl_show.h"
#include "ctl/ctl_status.h"
#include "ctl/ctl_top.h"
#include "ctl/ctl_usage.h"

#define END	{ .name = NULL }

/* Options of each command. */
static const struct ctl_option common[] = {
	{ .letter = 's', .name = "socket", .value = "PATH", .kind = CTL_FILE,
	  .help = "the daemon's control socket" },
	{ .letter = 'c', .name = "config", .value = "FILE", .kind = CTL_FILE,
	  .help = "ask the daemon of this configuration" },
	{ .name = "json",
	  .help = "print JSON, errors too" },
	{ .name = "timeout", .value = "TIME", .kind = CTL_TIME,
	  .help = "wait so long (10s; reload and upgrade: 60s)" },
	{ .letter = 'h', .name = "help",
	  .help = "print this help and exit" },
	END,
};

#define REASON	{ .name = "reason", .value = "TEXT", \
	  .help = "why, for the log and whoever looks" }
#define LIMIT	{ .letter = 'n', .name = "limit", .value = "N", \
	  .kind = CTL_COUNT, .help = "at most so many" }

static const struct ctl_option reason_options[] = { REASON, END };
static const struct ctl_option limit_options[] = { LIMIT, END };

static const struct ctl_option timed_options[] = {
	{ .name = "for", .value = "TIME", .kind = CTL_TIME,
	  .help = "how long it holds" },
	REASON,
	END,
};

static const struct ctl_option request_options[] = {
	{ .letter = 'X', .name = "request", .value = "METHOD",
	  .help = "the request's method (GET)" },
	{ .letter = 'H', .name = "header", .value = "FIELD",
	  .help = "a field of it, \"Name: value\"; may come again" },
	{ .letter = 'd', .name = "data", .value = "BODY",
	  .help = "its body, or @FILE; makes it a POST" },
	{ .name = "from", .value = "ADDRESS",
	  .help = "who sends it (this machine)" },
	END,
};

static const struct ctl_option events_options[] = {
	{ .letter = 'f', .name = "follow",
	  .help = "print what comes, until interrupted" },
	{ .name = "after", .value = "ID", .kind = CTL_NUMBER,
	  .help = "begin behind the event of this number" },
	LIMIT,
	END,
};

static const struct ctl_option env_options[] = {
	{ .name = "shell", .value = "SHELL", .kind = CTL_CHOICE,
	  .choices = "sh fish", .help = "for such a shell (sh)" },
	{ .name = "docker",
	  .help = "as docker run --env-file reads it" },
	{ .name = "github",
	  .help = "as a runner of GitHub's reads it, from $GITHUB_ENV" },
	{ .name = "dir", .value = "DIR", .kind = CTL_FILE,
	  .help = "where the files go that they name" },
	END,
};

#define KEYS	{ .name = "keys", .help = "only their names, a line each" }

static const struct ctl_option hosts_options[] = {
	{ .name = "state", .value = "STATE", .kind = CTL_CHOICE,
	  .choices = "open paused recovering draining",
	  .help = "only those in this state" },
	{ .name = "sort", .value = "ORDER", .kind = CTL_CHOICE,
	  .choices = "worst key waiting in_flight oldest",
	  .help = "which come first (worst)" },
	{ .name = "by", .value = "WHAT", .kind = CTL_CHOICE,
	  .choices = "host rule",
	  .help = "a row a host, or one for all of a rule (host)" },
	LIMIT,
	KEYS,
	END,
};

static const struct ctl_option ca_options[] = {
	{ .name = "within", .value = "PATTERN",
	  .help = "what it can be extended to; may come again" },
	END,
};

static const struct ctl_option doctor_options[] = {
	{ .name = "env",
	  .help = "with the variables that env prints" },
	{ .name = "exec",
	  .help = "as exec runs them, where no daemon runs, too" },
	END,
};

static const struct ctl_option presets_options[] = {
	KEYS,
	END,
};

#define HOST	{ .name = "HOST", .kind = CTL_HOST }
#define ONE	{ .name = "HOST", .kind = CTL_HOST, .optional = true }

static const struct ctl_command commands[] = {
	{ .name = "status",
	  .help = "Shows how the daemon stands",
	  .run = ctl_status },
	{ .name = "hosts",
	  .help = "Lists the hosts, the worst first",
	  .operands = { { .name = "MATCH", .kind = CTL_MATCH,
	      .optional = true } },
	  .options = hosts_options,
	  .run = ctl_hosts },
	{ .name = "show",
	  .help = "Shows all that is known of a host",
	  .operands = { HOST },
	  .run = ctl_show },
	{ .name = "queue",
	  .help = "Lists who waits for a host, the next first",
	  .operands = { HOST },
	  .options = limit_options,
	  .run = ctl_queue },
	{ .name = "top",
	  .help = "Shows the hosts as they change, the worst first",
	  .run = ctl_top },
	{ .name = "explain",
	  .help = "Tells what would become of a request now, and why",
	  .operands = { { .name = "URL" } },
	  .options = request_options,
	  .run = ctl_explain },
	{ .name = "events",
	  .help = "Lists what happened: refusals, pauses, reloads",
	  .operands = { { .name = "MATCH", .kind = CTL_MATCH,
	      .optional = true } },
	  .options = events_options,
	  .run = ctl_events },
	{ .name = "exchanges",
	  .help = "Lists the requests that ended last",
	  .operands = { ONE },
	  .options = limit_options,
	  .run = ctl_exchanges },
	{ .name = "pause",
	  .help = "Lets nobody go to a host for a time",
	  .operands = { HOST, { .name = "TIME", .kind = CTL_TIME } },
	  .options = reason_options,
	  .run = ctl_pause },
	{ .name = "resume",
	  .help = "Ends a host's pauses, recovery and draining",
	  .operands = { HOST },
	  .options = reason_options,
	  .run = ctl_resume },
	{ .name = "drain",
	  .help = "Refuses newcomers to a host until it is resumed",
	  .operands = { HOST },
	  .options = reason_options,
	  .run = ctl_drain },
	{ .name = "forget",
	  .help = "Forgets what a host has spent, and what it said",
	  .operands = { HOST },
	  .options = reason_options,
	  .run = ctl_forget },
	{ .name = "set",
	  .help = "Overrides a host's limits for a time",
	  .operands = { HOST, { .name = "LIMIT=VALUE",
	      .kind = CTL_SETTING,
	      .choices = "capacity= period= burst= concurrency=" } },
	  .more = true,
	  .options = timed_options,
	  .run = ctl_set },
	{ .name = "unset",
	  .help = "Ends the override of a host's limits",
	  .operands = { HOST },
	  .run = ctl_unset },
	{ .name = "overrides",
	  .help = "Lists what operators have set, who and why",
	  .run = ctl_overrides },
	{ .name = "suggest",
	  .help = "Suggests limits that fit what was seen",
	  .operands = { ONE },
	  .run = ctl_suggest },
	{ .name = "reload",
	  .help = "Reads the configuration again, and tells the result",
	  .options = reason_options,
	  .patience = 60,
	  .run = ctl_reload },
	{ .name = "upgrade",
	  .help = "Starts the program again beside it, to take over",
	  .options = reason_options,
	  .patience = 60,
	  .run = ctl_upgrade },
	{ .name = "log",
	  .help = "Shows or sets the level of what is logged",
	  .operands = { { .name = "LEVEL", .kind = CTL_CHOICE,
	      .optional = true, .choices = "error warn info debug" } },
	  .options = timed_options,
	  .run = ctl_log },
	{ .name = "check",
	  .help = "Checks a configuration, and what it says of a request",
	  .operands = { { .name = "FILE", .kind = CTL_FILE },
	      { .name = "URL", .optional = true } },
	  .options = request_options,
	  .run = ctl_check },
	{ .name = "diff",
	  .help = "Tells what a reload would change, or how two files differ",
	  .operands = { { .name = "FILE", .kind = CTL_FILE,
	      .optional = true } },
	  .run = ctl_diff },
	{ .name = "presets",
	  .help = "Lists what is known of which hosts' limits, or shows one",
	  .operands = { { .name = "show", .kind = CTL_CHOICE,
	      .optional = true, .choices = "show" },
	      { .name = "NAME", .kind = CTL_PRESET, .optional = true } },
	  .options = presets_options,
	  .run = ctl_presets },
	{ .name = "env",
	  .help = "Prints the variables that have programs use the daemon",
	  .options = env_options,
	  .run = ctl_env },
	{ .name = "exec",
	  .help = "Runs a program that uses the daemon, or one of its own",
	  .operands = { { .name = "PROGRAM" },
	      { .name = "ARGUMENT", .optional = true } },
	  .more = true,
	  .verbatim = true,
	  .run = ctl_exec },
	{ .name = "doctor",
	  .help = "Tries the programs that are here, and tells what is wrong",
	  .options = doctor_options,
	  .run = ctl_doctor },
	{ .name = "ca",
	  .help = "Makes a CA for hosts that are intercepted, or extends it",
	  .operands = { { .name = "DIRECTORY|add", .kind = CTL_FILE },
	      { .name = "HOST", .optional = true } },
	  .more = true,
	  .options = ca_options,
	  .run = ctl_ca },
	{ .name = "completion",
	  .help = "Prints a script that has a shell complete commands",
	  .operands = { { .name = "SHELL", .kind = CTL_CHOICE,
	      .choices = "bash zsh fish" } },
	  .run = ctl_completion },
	END,
};

const struct ctl_command *
ctl_commands(void)
{
	return commands;
}

const struct ctl_option *
ctl_options(void)
{
	return common;
}

static const struct ctl_command *
find(const char *name)
{
	const struct ctl_command *command;

	for (command = commands; command->name != NULL; command++)
		if (strcmp(command->name, name) == 0)
			return command;
	return NULL;
}

static const char *
nearest(const char *name)
{
	const struct ctl_command *command;
	unsigned distance, least = 0;
	const char *best = NULL;

	for (command = commands; command->name != NULL; command++)
		if (conf_near(name, command->name, &distance) &&
		    (best == NULL || distance < least)) {
			best = command->name;
			least = distance;
		}
	return best;
}

static int
unknown(const struct ctl *c, const char *name)
{
	const char *near = nearest(name);

	if (near != NULL)
		return ctl_fail(c, CTL_USAGE, "there is no command \"%s\"; "
		    "did you mean %s?", name, near);
	if (strpbrk(name, "./") != NULL || access(name, F_OK) == 0)
		return ctl_fail(c, CTL_USAGE, "\"%s\" is too much; did you "
		    "mean -c %s?", name, name);
	return ctl_fail(c, CTL_USAGE, "there is no command \"%s\"; sluice -h "
	    "lists them", name);
}

/* What was printed may not be all, or not have got through: to a full disk. */
static int
finish(const struct ctl *c, int status)
{
	if (status == CTL_DONE && ctl_print_lost())
		return ctl_fail(c, CTL_FAILED, "out of memory");
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	return ctl_fail(c, CTL_FAILED, "standard output: %s",
	    strerror(errno));
}

static int
run(struct ctl *c, int at, int argc, char **argv)
{
	int status = ctl_args_parse(c, at, argc, argv);

	if (status == CTL_DONE && c->help)
		ctl_usage_command(stdout, c->command, common);
	else if (status == CTL_DONE)
		status = c->command->run(c);
	status = finish(c, status);
	ctl_args_free(c);
	return status;
}

int
ctl_run(const struct ctl_loader *loader, int argc, char **argv)
{
	struct ctl c = {
		.loader = loader,
		.commands = commands,
		.common = common,
		.json = ctl_args_json(argc, argv),
	};
	int at = ctl_args_operand(common, argc, argv);

	if (at == 0)
		return -1;
	/* which characters a terminal shows, and how wide */
	(void)setlocale(LC_CTYPE, "");
	c.command = find(argv[at]);
	if (c.command == NULL)
		return unknown(&c, argv[at]);
	/* one among what is a program's own is none of ours */
	c.json = c.json && !c.command->verbatim;
	return run(&c, at, argc, argv);
}

void
ctl_print_commands(FILE *out)
{
	ctl_usage_commands(out, commands);
}
