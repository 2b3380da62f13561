/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_ca.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/conf_load.h"
#include "ctl/ctl_advice.h"
#include "ctl/ctl_args.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_json.h"
#include "policy/host_pattern.h"
#include "tls/tls_ca.h"
#include "tls/tls_ca_add.h"

#define HTTPS	443
#define ANY	"sluice-probe."		/* below a wildcard */

/* The configuration's text is enough: files that it names may be missing. */
static int
load(const struct ctl *c, struct conf **conf)
{
	char *cause = NULL;

	*conf = conf_load(c->file != NULL ? c->file : SLUICE_CONF, &cause);
	if (*conf != NULL)
		return CTL_DONE;
	(void)ctl_fail(c, CTL_WRONG_CONF, "%s", cause != NULL ? cause :
	    "out of memory");
	free(cause);
	return CTL_WRONG_CONF;
}

static int
refused(const struct ctl *c, char *cause)
{
	int status = ctl_fail(c, CTL_FAILED, "%s", cause != NULL ? cause :
	    "out of memory");

	free(cause);
	return status;
}

/* Making one */

struct made {
	char	ca[PATH_MAX];		/* what clients are to trust */
	char	bundle[PATH_MAX];
};

static int
print_made(const struct ctl *c, const struct made *made, const char *told)
{
	json_t *all;
	bool ok;

	if (!c->json) {
		fputs(told, stdout);
		ctl_advice_print(stdout, &(struct ctl_advice_files){
		    made->ca, made->bundle });
		return CTL_DONE;
	}
	all = json_pack("{s:s, s:s}", "trust", made->ca, "bundle",
	    made->bundle);
	ok = all != NULL && ctl_print_json(all);
	json_decref(all);
	return ok ? CTL_DONE : ctl_fail(c, CTL_FAILED, "out of memory, or a "
	    "path that is no UTF-8");
}

static int
tell_made(const struct ctl *c, const struct tls_ca_order *order,
    const char *told)
{
	char *dir = realpath(order->dir, NULL);
	struct made made;
	int n;

	if (dir == NULL)
		return ctl_fail(c, CTL_FAILED, "%s is gone", order->dir);
	(void)snprintf(made.ca, sizeof made.ca, "%s/%s", dir,
	    order->nwithin > 0 ? TLS_CA_ROOT : TLS_CA_CERTIFICATE);
	n = snprintf(made.bundle, sizeof made.bundle, "%s/" TLS_CA_BUNDLE,
	    dir);
	free(dir);
	if (n >= (int)sizeof made.bundle)
		return ctl_fail(c, CTL_FAILED, "the path is too long");
	return print_made(c, &made, told);
}

static int
make_ordered(const struct ctl *c, const struct conf *conf,
    const struct tls_ca_order *order)
{
	char *cause = NULL, *told = NULL;
	size_t size;
	FILE *out = open_memstream(&told, &size);
	int status = CTL_DONE;
	bool ok;

	if (out == NULL)
		return refused(c, NULL);
	ok = tls_ca_make(conf, order, out, &cause);
	if (fclose(out) != 0 && ok)
		status = refused(c, NULL);
	else
		status = ok ? tell_made(c, order, told) : refused(c, cause);
	free(told);
	return status;
}

static int
make(const struct ctl *c, const struct conf *conf)
{
	const char **within = calloc((size_t)c->ngiven + 1, sizeof *within);
	struct tls_ca_order order = {
		.dir = ctl_operand(c, 0), .within = within,
	};
	unsigned i;
	int status;

	if (within == NULL)
		return refused(c, NULL);
	for (i = 0; i < c->ngiven; i++)
		if (strcmp(c->given[i].option->name, "within") == 0)
			within[order.nwithin++] = c->given[i].value;
	status = make_ordered(c, conf, &order);
	free(within);
	return status;
}

/* Extending one */

/* Whether it is at that pattern's port, if it has one. */
static bool
is_marked_at(const struct conf *conf, const char *pattern,
    struct http1_host host)
{
	struct host_pattern p;

	if (host_pattern_parse(&p, pattern, strlen(pattern)) != NULL ||
	    p.host.port == 0)
		return false;
	host.port = p.host.port;
	return conf_rule(conf, &host)->https == RULE_HTTPS_INTERCEPT;
}

/* Whether a rule for one port marks it. */
static bool
is_marked_somewhere(const struct conf *conf, const struct http1_host *host)
{
	const struct rule *rule;
	size_t i;
	unsigned k;

	for (i = 0; i < conf->nrules; i++) {
		rule = &conf->rules[i];
		if (rule->https != RULE_HTTPS_INTERCEPT)
			continue;
		if (is_marked_at(conf, rule->name, *host))
			return true;
		for (k = 0; k < rule->nsame; k++)
			if (is_marked_at(conf, rule->same[k], *host))
				return true;
	}
	return false;
}

/*
 * Whether the configuration has it intercepted, a host, or any of a pattern: at
 * its port, or, since a certificate is for all of them, at any.
 */
static bool
is_marked(const struct conf *conf, const char *text)
{
	struct host_pattern pattern;
	struct http1_host host;
	bool any;

	if (host_pattern_parse(&pattern, text, strlen(text)) != NULL)
		return false;
	host = pattern.host;
	if (pattern.wildcard)
		(void)snprintf(host.name, sizeof host.name, ANY "%.*s",
		    (int)(sizeof host.name - sizeof ANY), pattern.host.name);
	any = host.port == 0;
	if (any)
		host.port = HTTPS;
	return conf_rule(conf, &host)->https == RULE_HTTPS_INTERCEPT ||
	    (any && is_marked_somewhere(conf, &host));
}

static int
tell_added(const struct ctl *c, const struct conf *conf,
    const struct tls_ca_extension *e, bool already)
{
	json_t *all;
	unsigned i, unmarked = 0;

	if (c->json) {
		all = json_pack("{s:s, s:b}", "certificate", e->certificate,
		    "changed", !already);
		(void)ctl_print_json(all);
		json_decref(all);
		return CTL_DONE;
	}
	printf("# %s %s", e->certificate, already ?
	    "may speak already for" : "may speak now for");
	for (i = 0; i < e->nhosts; i++)
		printf("%s %s", i > 0 ? "," : "", e->hosts[i]);
	puts(already ? "; nothing has changed." :
	    ", too; clients need not be told.");
	for (i = 0; i < e->nhosts; i++)
		if (!is_marked(conf, e->hosts[i])) {
			if (unmarked++ == 0)
				printf("# In %s, under hosts:\n", conf->path);
			printf("#   '%s': {https: intercept}\n", e->hosts[i]);
		}
	puts(already ? "# A daemon that runs needs \"sluice reload\" where the "
	    "configuration has changed." : "# A daemon that runs reads it by "
	    "\"sluice reload\".");
	return CTL_DONE;
}

static int
add(const struct ctl *c, const struct conf *conf)
{
	const struct tls_ca_extension e = {
		.certificate = conf->tls_ca_certificate,
		.key = conf->tls_ca_key,
		.hosts = c->args + 1, .nhosts = c->nargs - 1,
		.now = time(NULL),
	};
	enum tls_ca_added done;
	char *cause = NULL;

	if (e.certificate == NULL || e.key == NULL)
		return ctl_fail(c, CTL_FAILED, "%s has no tls.ca_certificate "
		    "and tls.ca_key: there is no CA to extend", conf->path);
	done = tls_ca_add(&e, &cause);
	if (done == TLS_CA_REFUSED)
		return refused(c, cause);
	return tell_added(c, conf, &e, done == TLS_CA_ALREADY);
}

int
ctl_ca(struct ctl *c)
{
	bool adds = strcmp(ctl_operand(c, 0), "add") == 0;
	struct conf *conf;
	int status;

	if (adds && c->nargs == 1)
		return ctl_fail(c, CTL_USAGE, "add which HOST? (a directory "
		    "of that name is ./add)");
	if (!adds && c->nargs > 1)
		return ctl_fail(c, CTL_USAGE, "\"%s\" is too much; did you "
		    "mean add %s?", ctl_operand(c, 1), ctl_operand(c, 1));
	if (adds && ctl_arg(c, "within") != NULL)
		return ctl_fail(c, CTL_USAGE, "--within is for a new one");
	status = load(c, &conf);
	if (status != CTL_DONE)
		return status;
	status = adds ? add(c, conf) : make(c, conf);
	conf_unref(conf);
	return status;
}
