/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_check.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/client_hash.h"
#include "conf/conf.h"
#include "conf/conf_value.h"
#include "ctl/ctl_args.h"
#include "ctl/ctl_explanation.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_json.h"
#include "ctl/ctl_request.h"
#include "hosts/hosts_name.h"
#include "policy/claim.h"

#define UNIT	1e6	/* micro cost units */

/* A warning goes to people at once, or into what is printed as JSON. */
static void
warning_cb(const char *line, void *arg)
{
	json_t *warnings = arg;

	if (warnings != NULL)
		(void)json_array_append_new(warnings, json_string(line));
	else
		fprintf(stderr, "%s (warning)\n", line);
}

/* The explanation of a host that nobody asks. */

static json_t *
reason(const char *name)
{
	return json_pack("{s:s, s:i, s:s, s:b}", "name", name, "in", 0, "says",
	    "allows it now", "decides", 0);
}

/* Named as in a refusal. */
static void
put_limits(json_t *reasons, const struct budget_limits *limits,
    const char *of, const char *path)
{
	char units[CONF_TEXT], period[CONF_TEXT], name[512];
	unsigned i;

	for (i = 0; i < limits->nrates; i++) {
		snprintf(name, sizeof name, "%s per %s%s%s",
		    conf_units_text(units, limits->rates[i].capacity),
		    conf_duration_text(period, limits->rates[i].period), of,
		    path);
		(void)json_array_append_new(reasons, reason(name));
	}
	if (limits->concurrency == 0)
		return;
	snprintf(name, sizeof name, "%u at a time%s%s", limits->concurrency,
	    of, path);
	(void)json_array_append_new(reasons, reason(name));
}

static json_t *
reasons(const struct rule *rule, const struct claim *claim)
{
	json_t *all = json_array();
	unsigned part = claim->request.part;

	put_limits(all, &rule->limits, "", "");
	if (part < rule->npaths)
		put_limits(all, &rule->paths[part].limits, " of ",
		    rule->paths[part].text);
	return all;
}

static json_t *
place(const struct conf *conf, const struct rule *rule)
{
	if (rule->builtin)
		return json_null();
	return json_sprintf("%s:%u:%u", conf->path, rule->at.line,
	    rule->at.column);
}

static json_t *
explain(const struct conf *conf, const struct rule *rule,
    const struct http1_host *host, const struct claim *claim)
{
	unsigned part = claim->request.part;
	char key[EVENTS_HOST];

	hosts_name_print(key, rule, host, &claim->credential);
	return json_pack("{s:s, s:s, s:o, s:s?, s:f, s:s, s:i, s:b, s:s, s:o, "
	    "s:{s:i, s:i, s:i, s:i}}", "key", key, "rule", rule->name, "at",
	    place(conf, rule), "part", part < rule->npaths ?
	    rule->paths[part].text : NULL, "cost", (double)claim->request.cost
	    / UNIT, "decision", "go", "starts_in", 0, "certain", 1, "says",
	    "It would go at once, as nobody asks this host.", "reasons",
	    reasons(rule, claim), "turn", "waiting", 0, "clients", 0, "ahead",
	    0, "own_ahead", 0);
}

/* What it claims, of whom is said to send it. */
static int
make_claim(const struct ctl *c, const struct rule *rule,
    const struct ctl_request *request, struct claim *claim)
{
	struct sockaddr_in here = { .sin_family = AF_INET };
	struct client_hasher *hasher = client_hash_init() ?
	    client_hasher_new() : NULL;
	struct claim_hash hash = { client_hash, hasher };
	struct claim_source source = {
		.head = &request->head,
		.address = (const struct sockaddr *)&here,
		.tunnel = http1_str_equals(request->head.method, "CONNECT"),
	};
	const char *client = ctl_arg(c, "client"), *wrong = claim_no_memory;
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };

	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (client != NULL && inet_pton(AF_INET6, client, &six.sin6_addr) == 1)
		source.address = (const struct sockaddr *)&six;
	else if (client != NULL && inet_pton(AF_INET, client, &here.sin_addr)
	    != 1)
		wrong = "--client: expected an address such as 192.0.2.1";
	if (hasher != NULL && wrong == claim_no_memory)
		wrong = claim_make(claim, &hash, rule, &source, 0);
	client_hasher_free(hasher);
	return wrong == NULL ? CTL_DONE : ctl_fail(c, CTL_USAGE, "%s", wrong);
}

static int
explain_url(const struct ctl *c, const struct conf *conf, const char *url,
    json_t **explanation)
{
	struct ctl_request *request = NULL;
	const struct rule *rule;
	struct claim claim;
	int status = ctl_request_make(c, url, &request);

	if (status == CTL_DONE) {
		rule = conf_rule(conf, &request->head.host);
		status = make_claim(c, rule, request, &claim);
		if (status == CTL_DONE)
			*explanation = explain(conf, rule,
			    &request->head.host, &claim);
	}
	ctl_request_free(request);
	return status;
}

/* The file */

static int
check(const struct ctl *c, const struct conf *conf)
{
	json_t *all = json_pack("{s:s, s:b, s:[], s:n}", "path", conf->path,
	    "ok", 1, "warnings", "explanation");
	json_t *explanation = NULL;
	int status = CTL_DONE;

	c->loader->warnings(conf, warning_cb, c->json ?
	    json_object_get(all, "warnings") : NULL);
	if (ctl_operand(c, 1) != NULL)
		status = explain_url(c, conf, ctl_operand(c, 1), &explanation);
	if (explanation != NULL)
		(void)json_object_set_new(all, "explanation", explanation);
	if (status == CTL_DONE && c->json)
		(void)ctl_print_json(all);
	else if (status == CTL_DONE && explanation != NULL)
		ctl_explanation_print(c, explanation);
	else if (status == CTL_DONE)
		printf("%s: ok\n", conf->path);
	json_decref(all);
	return status;
}

int
ctl_check(struct ctl *c)
{
	char *cause = NULL;
	struct conf *conf = c->loader->load(ctl_operand(c, 0), false, &cause);
	int status;

	if (conf != NULL)
		status = check(c, conf);
	else if (c->json)
		status = ctl_fail(c, CTL_WRONG_CONF, "%s", cause != NULL ?
		    cause : "out of memory");
	else {
		fprintf(stderr, "%s\n", cause != NULL ? cause :
		    "out of memory");
		status = CTL_WRONG_CONF;
	}
	free(cause);
	conf_unref(conf);
	return status;
}
