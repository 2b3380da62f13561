/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_doctor.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/conf_load.h"
#include "ctl/ctl_args.h"
#include "ctl/ctl_client.h"
#include "ctl/ctl_daemon_file.h"
#include "ctl/ctl_doctor_checks.h"
#include "ctl/ctl_doctor_report.h"
#include "ctl/ctl_exec_own.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_runtime.h"
#include "ctl/ctl_trust.h"
#include "tls/tls_ca.h"

#define PATIENCE	UINT64_C(20000000000)	/* ns for one program */

static volatile int stop;

struct doctor {
	const struct ctl	*ctl;
	struct ctl_exec_own	 own;	/* its directory, maybe its daemon */
	struct ctl_daemon	 daemon;
	struct ctl_client	 client;
	json_t			*status;
	struct conf		*conf;		/* NULL: it cannot be read */
	char			 path[PATH_MAX];
	char			 probes[CTL_SOCKET];
	struct ctl_variables	 variables;
	bool			 told;		/* those are to be set */
	char			 hosts[2][300];	/* upstream, intercept */
	char			 ca[PATH_MAX];
	char			 bundle[PATH_MAX];
};

static void
stop_cb(int sig)
{
	(void)sig;
	stop = 1;
}

static void
heed_signals(void)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction action = { .sa_handler = stop_cb };
	size_t i;

	for (i = 0; i < sizeof sigs / sizeof sigs[0]; i++)
		(void)sigaction(sigs[i], &action, NULL);
	/* where it is ignored no child is ever told of */
	(void)signal(SIGCHLD, SIG_DFL);
	(void)signal(SIGPIPE, SIG_IGN);
}

/* What there is */

/* The daemon, with --exec one of its own where none runs; and a directory. */
static int
find(struct doctor *d)
{
	const struct ctl *c = d->ctl;
	bool there = !ctl_arg_is(c, "exec") || ctl_find_any(c);
	int status = there ? ctl_find(c, &d->daemon.place) : CTL_DONE;

	d->daemon.ctl = c;
	d->told = ctl_arg_is(c, "exec") || ctl_arg_is(c, "env");
	if (status != CTL_DONE)
		return status;
	status = ctl_exec_own_begin(c, !there, c->file, &d->own);
	if (status == CTL_DONE && !there)
		d->daemon.place = d->own.place;
	return status;
}

static void
load_file(struct doctor *d)
{
	const json_t *c = json_object_get(d->status, "configuration");
	char *name = NULL, *cause = NULL;

	if (!json_is_string(json_object_get(c, "path")) ||
	    ctl_daemon_file(&d->daemon, d->path, sizeof d->path, &name) !=
	    CTL_DONE)
		return;
	/* what is no file was read once, and cannot be again */
	if (access(d->path, R_OK) == 0)
		d->conf = conf_load(d->path, &cause);
	free(cause);
	free(name);
}

static int
ask(struct doctor *d)
{
	int status = ctl_ask(&d->daemon, "GET", "/v1/status", NULL,
	    &d->status);

	if (status == CTL_DONE)
		status = ctl_client_get(&d->daemon, &d->client);
	if (status == CTL_DONE)
		load_file(d);
	if (status != CTL_DONE || !d->told)
		return status;
	status = ctl_trust_write(d->ctl, &d->client, d->own.dir);
	if (status != CTL_DONE)
		return status;
	ctl_variables_make(&d->variables, &d->client, d->own.dir);
	return d->variables.failed ? ctl_fail(d->ctl, CTL_FAILED,
	    "out of memory") : CTL_DONE;
}

/*
 * Where programs find the certificates that they are advised to trust: beside
 * the CA, or else where "sluice env" puts them.
 */
static void
find_files(struct doctor *d)
{
	const char *ca = d->conf != NULL ? d->conf->tls_ca_certificate : NULL;
	const char *slash = ca != NULL ? strrchr(ca, '/') : NULL;
	int n = slash != NULL ? (int)(slash + 1 - ca) : 0;
	char dir[PATH_MAX] = "";

	snprintf(d->ca, sizeof d->ca, "%.*s" TLS_CA_ROOT, n, ca != NULL ? ca :
	    "");
	if (access(d->ca, R_OK) != 0)
		snprintf(d->ca, sizeof d->ca, "%s", ca != NULL ? ca : "");
	snprintf(d->bundle, sizeof d->bundle, "%.*s" TLS_CA_BUNDLE, n,
	    ca != NULL ? ca : "");
	if (access(d->bundle, R_OK) == 0 ||
	    ctl_runtime(d->ctl, dir) != CTL_DONE)
		return;
	snprintf(d->ca, sizeof d->ca, "%.3000s/client-%s/" CTL_TRUST_CA, dir,
	    d->client.port);
	snprintf(d->bundle, sizeof d->bundle, "%.3000s/client-%s/"
	    CTL_TRUST_BUNDLE, dir, d->client.port);
}

/* A host of a rule that is of that mode; NULL: there is none. */
static const char *
host_of(const struct doctor *d, enum rule_https mode, char host[300])
{
	const char *name;
	size_t i;

	for (i = 0; d->conf != NULL && i < d->conf->nrules; i++) {
		name = d->conf->rules[i].name;
		if (d->conf->rules[i].https != mode || name[0] == '\0')
			continue;
		snprintf(host, 300, "%s%.255s", name[0] == '*' ? "sluice-probe"
		    : "", name[0] == '*' ? name + 1 : name);
		if (strcmp(name, "*") != 0 && strncmp(name, "*:", 2) != 0)
			return host;
	}
	return NULL;
}

/* The run */

static int
try(struct doctor *d, bool may, struct ctl_doctor_try *tried)
{
	const char *timeout = ctl_arg(d->ctl, "timeout");

	tried->daemon = &d->daemon;
	tried->client = &d->client;
	tried->dir = d->probes;
	tried->line = d->own.line;
	tried->variables = d->told ? &d->variables : NULL;
	tried->stop = &stop;
	tried->patience = timeout != NULL ? d->ctl->timeout : PATIENCE;
	tried->hosts[CTL_DOCTOR_PLAIN] = tried->hosts[CTL_DOCTOR_TUNNEL] = "";
	tried->hosts[CTL_DOCTOR_UPSTREAM] = host_of(d, RULE_HTTPS_UPSTREAM,
	    d->hosts[0]);
	tried->hosts[CTL_DOCTOR_INTERCEPT] = host_of(d, RULE_HTTPS_INTERCEPT,
	    d->hosts[1]);
	if (!may)
		return CTL_DONE;
	snprintf(d->probes, sizeof d->probes, "%s/" CTL_EXEC_PROBES,
	    d->own.dir);
	if (mkdir(d->probes, 0700) == -1)
		return ctl_fail(d->ctl, CTL_FAILED, "%s: %s", d->probes,
		    strerror(errno));
	if (isatty(STDERR_FILENO))
		ctl_note(d->ctl, "trying the programs that are here; nothing "
		    "leaves this machine");
	return ctl_doctor_try(tried);
}

static int
examine(struct doctor *d)
{
	struct ctl_doctor_findings findings = { .list = json_array() };
	struct ctl_doctor_try tried = { .rows = NULL };
	const struct ctl_doctor_subject subject = {
		.daemon = &d->daemon, .status = d->status,
		.client = &d->client, .conf = d->conf, .path = d->path,
		.variables = d->told ? &d->variables : NULL,
	};
	const struct ctl_doctor_report report = {
		.findings = &findings, .tried = &tried,
		.client = &d->client, .files = { d->ca, d->bundle },
	};
	int status;

	find_files(d);
	status = try(d, ctl_doctor_check(&findings, &subject), &tried);
	if (status == CTL_DONE)
		status = ctl_doctor_report(d->ctl, &report);
	if (status == CTL_DONE && (findings.bad ||
	    ctl_doctor_report_bad(&tried)))
		status = CTL_FAILED;
	ctl_doctor_try_free(&tried);
	json_decref(findings.list);
	return status;
}

static int
not_reached(const struct ctl *c, int status)
{
	if (status == CTL_NOT_REACHABLE && !ctl_arg_is(c, "exec"))
		ctl_note(c, "with --exec programs are tried with a daemon of "
		    "their own, where none runs");
	return status;
}

int
ctl_doctor(struct ctl *c)
{
	struct doctor d = { .ctl = c };
	int status = find(&d);

	if (status != CTL_DONE)
		return not_reached(c, status);
	heed_signals();
	status = not_reached(c, ask(&d));
	if (status == CTL_DONE)
		status = examine(&d);
	ctl_exec_own_end(&d.own);
	ctl_variables_free(&d.variables);
	ctl_client_done(&d.client);
	json_decref(d.status);
	conf_unref(d.conf);
	return status;
}
