/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "ctl/ctl.h"
#include "daemon/daemon.h"
#include "daemon/keeper.h"
#include "daemon/kept.h"
#include "daemon/load.h"
#include "daemon/program.h"
#include "daemon/rights.h"
#include "daemon/successor.h"

/* The command line. */

static const char usage_text[] =
"usage: sluice [-hktV] [-c file] [-u user[:group]]\n"
"       sluice command [-h] [argument ...]\n"
"\n"
"  -c, --config file  configuration (default " SLUICE_CONF ")\n"
"  -k, --keeper       keep what listens in a process of its own, which starts\n"
"                     the other one again if that dies\n"
"  --private dir      be for one program: listen at a port of the loopback,\n"
"                     with the control socket in that directory\n"
"  -t, --test         check the configuration and exit\n"
"  -u, --user name    run as that user, or user:group, once addresses are bound\n"
"  -V, --version      print the version and exit\n"
"  -h, --help         print this and exit\n"
"\n"
"Commands, of which -h tells more:\n";

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "keeper", no_argument, NULL, 'k' },
	{ "private", required_argument, NULL, 'p' },
	{ "test", no_argument, NULL, 't' },
	{ "user", required_argument, NULL, 'u' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void
print_usage(FILE *out)
{
	fputs(usage_text, out);
	ctl_print_commands(out);
}

static void
print_warning_cb(const char *line, void *arg)
{
	(void)arg;
	fprintf(stderr, "%s (warning)\n", line);
}

/* Returns the status to exit with: not all may have got through. */
static int
printed(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	fprintf(stderr, "sluice: standard output: %s\n", strerror(errno));
	return 1;
}

/* -t: says whether the file is good, as a person or a script wants it. */
static int
test_conf(const char *path)
{
	struct conf *conf;
	char *cause = NULL;

	if ((conf = load_conf(path, false, &cause)) == NULL) {
		fprintf(stderr, "%s\n", cause != NULL ? cause :
		    "out of memory");
		free(cause);
		return 1;
	}
	load_warnings(conf, print_warning_cb, NULL);
	printf("%s: ok\n", path);
	conf_unref(conf);
	return printed();
}

/* What a command that checks a configuration says is said as by -t. */
static const struct ctl_loader loader = {
	.load = load_conf,
	.warnings = load_warnings,
};

/*
 * Whoever was started without a standard descriptor gets none: what is opened
 * next would have its number, and be written to.
 */
static void
keep_standard_files(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd != -1 && fd <= STDERR_FILENO);
	if (fd != -1)
		close(fd);
}

struct options {
	const char	*path;
	const char	*user;		/* NULL: who it is */
	bool		 test;
	bool		 keeper;
};

/* Returns the status to exit with; -1: there is something to do. */
static int
read_options(int argc, char **argv, struct options *o)
{
	int c;

	while ((c = getopt_long(argc, argv, "c:ktu:Vh", long_options,
	    NULL)) != -1) {
		switch (c) {
		case 'c':
			o->path = optarg;
			break;
		case 'k':
			o->keeper = true;
			break;
		case 'p':
			load_privately(optarg);
			break;
		case 't':
			o->test = true;
			break;
		case 'u':
			o->user = optarg;
			break;
		case 'V':
			puts("sluice " PACKAGE_VERSION);
			return printed();
		case 'h':
			print_usage(stdout);
			return printed();
		default:
			print_usage(stderr);
			return 2;
		}
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "%s: \"%s\" is too much; did you mean -c %s?\n",
	    argv[0], argv[optind], argv[optind]);
	print_usage(stderr);
	return 2;
}

static int
run(const struct options *o, char **argv)
{
	/* the process that a keeper starts has the same arguments */
	bool keeps = !kept_take() && o->keeper && !o->test;
	char *cause;

	program_note(argv);
	successor_take();

	if (!rights_begin(keeps ? NULL : o->user, &cause)) {
		fprintf(stderr, "%s\n", cause != NULL ? cause :
		    "out of memory");
		free(cause);
		return 1;
	}
	if (keeps)
		return keeper_run(o->user);
	if (!o->test)
		return daemon_run(o->path);
	rights_end();
	return test_conf(o->path);
}

int
main(int argc, char **argv)
{
	struct options o = { .path = SLUICE_CONF };
	int c;

	keep_standard_files();
	if ((c = ctl_run(&loader, argc, argv)) != -1 ||
	    (c = read_options(argc, argv, &o)) != -1)
		return c;
	return run(&o, argv);
}
