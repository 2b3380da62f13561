/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_env.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own_dir.h"
#include "ctl/ctl_args.h"
#include "ctl/ctl_ask.h"
#include "ctl/ctl_client.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_json.h"
#include "ctl/ctl_runtime.h"
#include "ctl/ctl_trust.h"
#include "ctl/ctl_variables.h"

/* Where the files are */

/* One for each daemon, since each may have another CA. */
static int
choose(const struct ctl *c, const struct ctl_client *client,
    char dir[PATH_MAX])
{
	const char *said = ctl_arg(c, "dir");
	size_t n;
	int status;

	if (said != NULL) {
		snprintf(dir, PATH_MAX, "%s", said);
		return CTL_DONE;
	}
	status = ctl_runtime(c, dir);
	n = strlen(dir);
	if (status == CTL_DONE)
		snprintf(dir + n, PATH_MAX - n, "/client-%s", client->port);
	return status;
}

static int
make_dir(const struct ctl *c, const struct ctl_client *client,
    char dir[PATH_MAX])
{
	int status = choose(c, client, dir);
	char *real;

	if (status != CTL_DONE)
		return status;
	if (mkdir(dir, 0755) == -1 && errno != EEXIST)
		return ctl_fail(c, CTL_FAILED, "%s: %s", dir,
		    strerror(errno));
	if (!own_dir_is(dir))
		return ctl_fail(c, CTL_FAILED, "%s: expected a directory of "
		    "one's own that others cannot write to", dir);
	/* programs are started in other directories */
	real = realpath(dir, NULL);
	if (real == NULL)
		return ctl_fail(c, CTL_FAILED, "%s: %s", dir,
		    strerror(errno));
	snprintf(dir, PATH_MAX, "%s", real);
	free(real);
	return CTL_DONE;
}

/* How it is printed */

/* A word of a shell: ' ends and is put, quoted, between. */
static void
print_quoted(const char *value, const char *quote)
{
	const char *p;

	putchar('\'');
	for (p = value; *p != '\0'; p++)
		if (*p == '\'')
			fputs(quote, stdout);
		else
			putchar(*p);
	putchar('\'');
}

static void
print_sh(const char *name, const char *value)
{
	printf("export %s=", name);
	print_quoted(value, "'\\''");
	putchar('\n');
}

/* In fish a backslash counts inside of quotes, too. */
static void
print_fish(const char *name, const char *value)
{
	const char *p;

	printf("set -gx %s '", name);
	for (p = value; *p != '\0'; p++) {
		if (*p == '\'' || *p == '\\')
			putchar('\\');
		putchar(*p);
	}
	fputs("'\n", stdout);
}

/* A line of a file of variables, as docker and GitHub's runners read it. */
static void
print_line(const char *name, const char *value)
{
	printf("%s=%s\n", name, value);
}

static int
print_json(const struct ctl *c, const struct ctl_variables *v)
{
	json_t *all = json_object(), *whole;
	unsigned i;
	bool ok;

	for (i = 0; i < v->n; i++)
		(void)json_object_set_new(all, v->list[i].name,
		    json_string(v->list[i].value));
	whole = json_pack("{s:o}", "variables", all);
	ok = json_object_size(all) == v->n && ctl_print_json(whole);
	json_decref(whole);
	return ok ? CTL_DONE : ctl_fail(c, CTL_FAILED, "out of memory, or a "
	    "variable that is no UTF-8");
}

/* In a file of variables a value ends with its line. */
static int
print_lines(const struct ctl *c, const struct ctl_variables *v)
{
	unsigned i;

	for (i = 0; i < v->n; i++)
		if (strchr(v->list[i].value, '\n') != NULL)
			return ctl_fail(c, CTL_FAILED, "%s has more than one "
			    "line, and such a file cannot have that",
			    v->list[i].name);
	/* Node ends where what it is to load is not there, and runners of
	   GitHub's refuse that variable */
	for (i = 0; i < v->n; i++)
		if (strcmp(v->list[i].name, "NODE_OPTIONS") != 0)
			print_line(v->list[i].name, v->list[i].value);
	return CTL_DONE;
}

static int
print(const struct ctl *c, const struct ctl_variables *v)
{
	const char *shell = ctl_arg(c, "shell");
	bool fish = shell != NULL && strcmp(shell, "fish") == 0;
	unsigned i;

	if (v->failed)
		return ctl_fail(c, CTL_FAILED, "out of memory");
	if (c->json)
		return print_json(c, v);
	if (ctl_arg_is(c, "docker") || ctl_arg_is(c, "github"))
		return print_lines(c, v);
	for (i = 0; i < v->n; i++)
		(fish ? print_fish : print_sh)(v->list[i].name,
		    v->list[i].value);
	return CTL_DONE;
}

static void
warn(const struct ctl *c, const struct ctl_client *client, const char *dir)
{
	ctl_client_warn(c, client);
	if (ctl_arg_is(c, "docker") && (strcmp(client->host, "127.0.0.1") ==
	    0 || strcmp(client->host, "[::1]") == 0))
		ctl_note(c, "in a container %s is the container itself, "
		    "unless it runs with --network host", client->host);
	if (ctl_arg_is(c, "docker"))
		ctl_note(c, "the files that are named have to be there, too: "
		    "-v %s:%s:ro", dir, dir);
}

int
ctl_env(struct ctl *c)
{
	struct ctl_client client = { .answer = NULL };
	struct ctl_variables v;
	struct ctl_daemon daemon;
	char dir[PATH_MAX];
	int status = ctl_daemon_find(c, &daemon);

	if (status == CTL_DONE)
		status = ctl_client_get(&daemon, &client);
	if (status == CTL_DONE)
		status = make_dir(c, &client, dir);
	if (status == CTL_DONE)
		status = ctl_trust_write(c, &client, dir);
	if (status == CTL_DONE) {
		warn(c, &client, dir);
		ctl_variables_make(&v, &client, dir);
		status = print(c, &v);
		ctl_variables_free(&v);
	}
	ctl_client_done(&client);
	return status;
}
