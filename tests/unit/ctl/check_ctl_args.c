/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "ctl/ctl.h"
#include "ctl/ctl_args.h"
#include "ctl/ctl_json.h"

/* The command line, by the table that the program has. */

#define WORDS	12

/* Cuts a line into words, as a shell would that knows no quotes. */
static int
words(char *line, char **argv)
{
	char *word, *rest = line;
	int n = 0;

	while ((word = strsep(&rest, " ")) != NULL && n < WORDS)
		argv[n++] = word;
	argv[n] = NULL;
	return n;
}

static const struct ctl_command *
command(const char *name)
{
	const struct ctl_command *c = ctl_commands();

	while (c->name != NULL && strcmp(c->name, name) != 0)
		c++;
	return c->name != NULL ? c : NULL;
}

static const struct {
	const char	*line;
	int		 at;	/* of the first operand; 0: none */
} operands[] = {
	{ "sluice", 0 },
	{ "sluice status", 1 },
	{ "sluice --json status", 2 },
	{ "sluice -c f", 0 },
	{ "sluice -cf status", 2 },
	{ "sluice -c f status", 3 },
	{ "sluice --socket=s status", 2 },
	{ "sluice --socket s status", 3 },
	{ "sluice --socket", 0 },
	{ "sluice -- status", 2 },
	{ "sluice --", 0 },
	/* those are the daemon's */
	{ "sluice -t status", 0 },
	{ "sluice -V", 0 },
	{ "sluice -h", 0 },
};

START_TEST(operand)
{
	char *argv[WORDS + 1], *line = strdup(operands[_i].line);
	int argc = words(line, argv);

	ck_assert_int_eq(ctl_args_operand(ctl_options(), argc, argv),
	    operands[_i].at);
	free(line);
}
END_TEST

static const struct {
	const char	*line;
	int		 status;
	unsigned	 nargs;
	const char	*last;		/* of the operands */
	const char	*option;	/* of the command's own, ... */
	const char	*value;		/* ... and its value */
} rows[] = {
	{ "status", CTL_DONE, 0, NULL, NULL, NULL },
	{ "status x", CTL_USAGE, 0, NULL, NULL, NULL },
	{ "hosts", CTL_DONE, 0, NULL, NULL, NULL },
	{ "hosts api", CTL_DONE, 1, "api", NULL, NULL },
	{ "hosts --state paused", CTL_DONE, 0, NULL, "state", "paused" },
	{ "hosts --state=paused", CTL_DONE, 0, NULL, "state", "paused" },
	{ "hosts --state pause", CTL_USAGE, 0, NULL, NULL, NULL },
	{ "hosts --state use", CTL_USAGE, 0, NULL, NULL, NULL },
	{ "hosts --state", CTL_USAGE, 0, NULL, NULL, NULL },
	{ "hosts --keys", CTL_DONE, 0, NULL, "keys", NULL },
	{ "hosts --keys=x", CTL_USAGE, 0, NULL, NULL, NULL },
	{ "hosts -n 5", CTL_DONE, 0, NULL, "limit", "5" },
	{ "hosts -n5", CTL_DONE, 0, NULL, "limit", "5" },
	{ "hosts -n 0", CTL_USAGE, 0, NULL, NULL, NULL },
	{ "hosts -n 1001", CTL_USAGE, 0, NULL, NULL, NULL },
	{ "hosts -n -5", CTL_USAGE, 0, NULL, NULL, NULL },
	{ "hosts -x", CTL_USAGE, 0, NULL, NULL, NULL },
	{ "hosts --json=1", CTL_USAGE, 0, NULL, NULL, NULL },
	{ "pause a 30s", CTL_DONE, 2, "30s", NULL, NULL },
	{ "pause a 30s --reason x", CTL_DONE, 2, "30s", "reason", "x" },
	{ "pause --reason x a 30s", CTL_DONE, 2, "30s", "reason", "x" },
	{ "pause a --reason x 30s", CTL_DONE, 2, "30s", "reason", "x" },
	{ "pause a 30s --reason x --reason y", CTL_DONE, 2, "30s", "reason",
	  "y" },
	{ "pause a --reason -x 30s", CTL_DONE, 2, "30s", "reason", "-x" },
	{ "pause a 1.5h", CTL_DONE, 2, "1.5h", NULL, NULL },
	{ "pause a 30", CTL_DONE, 2, "30", NULL, NULL },
	{ "pause a 30x", CTL_USAGE, 0, NULL, NULL, NULL },
	{ "pause a -- -30s", CTL_USAGE, 0, NULL, NULL, NULL },
	{ "pause a", CTL_USAGE, 0, NULL, NULL, NULL },
	{ "pause", CTL_USAGE, 0, NULL, NULL, NULL },
	{ "pause a 30s b", CTL_USAGE, 0, NULL, NULL, NULL },
	{ "set a capacity=5", CTL_DONE, 2, "capacity=5", NULL, NULL },
	{ "set a capacity=5 burst=2 --for 1h", CTL_DONE, 3, "burst=2", "for",
	  "1h" },
	{ "set a capacity=5 --for 1y", CTL_USAGE, 0, NULL, NULL, NULL },
	{ "set a", CTL_USAGE, 0, NULL, NULL, NULL },
	{ "events --after 7 --follow", CTL_DONE, 0, NULL, "after", "7" },
	{ "events --after x", CTL_USAGE, 0, NULL, NULL, NULL },
	{ "explain -XPOST http://a/", CTL_DONE, 1, "http://a/", "request",
	  "POST" },
	{ "log debug", CTL_DONE, 1, "debug", NULL, NULL },
	{ "log loud", CTL_USAGE, 0, NULL, NULL, NULL },
	{ "pause -h", CTL_DONE, 0, NULL, NULL, NULL },
	{ "exec", CTL_USAGE, 0, NULL, NULL, NULL },
	{ "exec -c f curl", CTL_DONE, 1, "curl", NULL, NULL },
	{ "exec curl -s --json -c x -- -h", CTL_DONE, 7, "-h", NULL, NULL },
	{ "exec -- -c x", CTL_DONE, 2, "x", NULL, NULL },
	{ "hosts --timeout 0x", CTL_USAGE, 0, NULL, NULL, NULL },
};

static void
judge(const struct ctl *c, int i)
{
	const char *value;

	ck_assert_uint_eq(c->nargs, rows[i].nargs);
	if (rows[i].last != NULL)
		ck_assert_str_eq(ctl_operand(c, c->nargs - 1), rows[i].last);
	if (rows[i].option == NULL)
		return;
	ck_assert(ctl_arg_is(c, rows[i].option));
	value = ctl_arg(c, rows[i].option);
	if (rows[i].value == NULL)
		ck_assert_ptr_null(value);
	else
		ck_assert_str_eq(value, rows[i].value);
}

START_TEST(parse)
{
	char *argv[WORDS + 2], *line = strdup(rows[_i].line);
	int argc = words(line, argv + 1) + 1, status;
	struct ctl c = {
		.commands = ctl_commands(),
		.common = ctl_options(),
		.command = command(argv[1]),
	};

	ck_assert_ptr_nonnull(c.command);
	argv[0] = argv[argc];
	status = ctl_args_parse(&c, 1, argc, argv);
	ck_assert_int_eq(status, rows[_i].status);
	if (status == CTL_DONE)
		judge(&c, _i);
	ctl_args_free(&c);
	free(line);
}
END_TEST

START_TEST(common)
{
	char line[] = "sluice -s /s log -c f --json --timeout 2s";
	char *argv[WORDS + 1];
	int argc = words(line, argv);
	struct ctl c = {
		.commands = ctl_commands(),
		.common = ctl_options(),
		.command = command("log"),
	};

	ck_assert_int_eq(ctl_args_parse(&c, 3, argc, argv), CTL_DONE);
	ck_assert_str_eq(c.socket, "/s");
	ck_assert_str_eq(c.file, "f");
	ck_assert(c.json);
	ck_assert_uint_eq(c.timeout, 2000000000);
	ctl_args_free(&c);
}
END_TEST

static const struct {
	double		 n;
	const char	*text;
} figures[] = {
	{ 0, "0" }, { 20, "20" }, { 12.5, "12.5" }, { -0.5, "-0.5" },
	{ 0.125, "0.125" }, { 1.0004, "1" }, { 100, "100" }, { 0.1, "0.1" },
	{ 1e6, "1000000" }, { 19.9996, "20" },
};

START_TEST(figure)
{
	char buf[CTL_WORDS];

	ck_assert_str_eq(ctl_figure(buf, figures[_i].n), figures[_i].text);
}
END_TEST

static Suite *
args_suite(void)
{
	Suite *suite = suite_create("ctl_args");
	TCase *tc = tcase_create("ctl_args");

	ROWS(tc, operand, operands);
	ROWS(tc, parse, rows);
	tcase_add_test(tc, common);
	ROWS(tc, figure, figures);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(args_suite());
}
