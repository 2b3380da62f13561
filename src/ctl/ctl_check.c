/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_check.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "admin/admin_explanation.h"
#include "admin/admin_wants.h"
#include "base/client_hash.h"
#include "conf/conf.h"
#include "ctl/ctl_args.h"
#include "ctl/ctl_explanation.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_http.h"
#include "ctl/ctl_json.h"
#include "ctl/ctl_request.h"
#include "hosts/hosts.h"
#include "hosts/hosts_explain.h"
#include "policy/claim.h"

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

/* By a table of hosts that is empty. */
static int
explain(const struct ctl *c, const struct hosts_question *q,
    json_t **explanation)
{
	struct hosts *hosts = hosts_new(q->conf, 1);
	struct hosts_explanation e;

	if (hosts == NULL || hosts_explain(hosts, q, ctl_http_now(), &e) !=
	    HOSTS_GO) {
		hosts_free(hosts);
		return ctl_fail(c, CTL_FAILED, "out of memory");
	}
	*explanation = admin_wants_value(q->rule, q->claim->request.wants,
	    admin_explanation_value(&e, q->conf, q->rule, q->name,
	    q->claim->request.cost));
	hosts_free(hosts);
	return *explanation != NULL ? CTL_DONE : ctl_fail(c, CTL_FAILED,
	    "out of memory");
}

/* Who is said to send it: this machine without a word. */
static int
read_client(const struct ctl *c, struct sockaddr_storage *address)
{
	const char *client = ctl_arg(c, "from");
	struct sockaddr_in6 *six = (void *)address;
	struct sockaddr_in *four = (void *)address;

	if (client == NULL)
		client = "127.0.0.1";
	if (inet_pton(AF_INET, client, &four->sin_addr) == 1)
		address->ss_family = AF_INET;
	else if (inet_pton(AF_INET6, client, &six->sin6_addr) == 1)
		address->ss_family = AF_INET6;
	else
		return ctl_fail(c, CTL_USAGE, "--from: \"%s\" is no "
		    "address; expected one such as 192.0.2.1", client);
	return CTL_DONE;
}

/* As the daemon does it, from the head to the throttle. */
static int
explain_request(const struct ctl *c, struct hosts_question q,
    const struct ctl_request *request, json_t **explanation)
{
	const struct http1_head *head = &request->head;
	struct claim_hash hash = { client_hash, q.hasher };
	struct sockaddr_storage address = { .ss_family = 0 };
	const struct claim_source source = {
		.head = head,
		.address = (const struct sockaddr *)&address,
		.tunnel = head->form == HTTP1_AUTHORITY_FORM,
	};
	struct throttle_wants *wants;
	struct claim claim;
	const char *wrong;
	int status = read_client(c, &address);

	if (status != CTL_DONE)
		return status;
	wrong = claim_make(&claim, &hash, q.rule, &source, ctl_http_now());
	if (wrong != NULL)
		return ctl_fail(c, CTL_USAGE, "%s", wrong);
	if (!admin_wants_make(q.rule, head, request->body.p,
	    request->body.len, &wants))
		return ctl_fail(c, CTL_FAILED, "out of memory");
	claim.request.wants = wants;
	q.claim = &claim;
	q.source = &source;
	status = explain(c, &q, explanation);
	free(wants);
	return status;
}

static int
explain_url(const struct ctl *c, struct conf *conf, const char *url,
    json_t **explanation)
{
	struct hosts_question q = { .conf = conf };
	struct ctl_request *request = NULL;
	int status = ctl_request_make(c, url, &request);

	if (status == CTL_DONE && (!client_hash_init() ||
	    (q.hasher = client_hasher_new()) == NULL))
		status = ctl_fail(c, CTL_FAILED, "out of memory");
	if (status == CTL_DONE) {
		q.name = &request->head.host;
		q.rule = conf_rule(conf, q.name);
		status = explain_request(c, q, request, explanation);
	}
	client_hasher_free(q.hasher);
	ctl_request_free(request);
	return status;
}

/* The file */

static int
check(const struct ctl *c, struct conf *conf)
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
