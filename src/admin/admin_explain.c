/* SPDX-License-Identifier: ISC */

/*
 * What would become of a request now.  Its head is built as text and read by
 * the parser of all requests, so that what is wrong with it is said in that
 * one's words.  What its fields hold is used for the claim alone: it stands in
 * no answer and in no log.
 */

#include "admin/admin_explain.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "admin/admin_answer.h"
#include "admin/admin_body.h"
#include "admin/admin_destination.h"
#include "admin/admin_explanation.h"
#include "admin/admin_value.h"
#include "admin/admin_wants.h"
#include "base/text.h"
#include "conf/conf.h"
#include "front/clients.h"
#include "hosts/hosts_explain.h"
#include "http/http1_error.h"
#include "http/http1_request.h"
#include "http/http1_scan.h"
#include "net/own.h"
#include "policy/claim.h"
#include "policy/destination_say.h"
#include "policy/tokens.h"

#define METHOD		31	/* bytes */
#define URL		8192
#define FIELD		8192	/* ... of a field's name or value */
#define FIELDS		100
#define CLIENT		64
#define BODY		32768

/* A question, as far as it was understood. */
struct question {
	struct text		 text;		/* the head; strings point in */
	struct http1_head	 head;
	const char		*body;		/* or NULL; the request's */
	struct sockaddr_storage	 client;
	struct admin_request	*request;	/* whose state it is */
	struct admin_destination where;
};

/* The head, as a client would send it */

/* What stands between the scheme and the path of a URL, or all of it. */
static struct http1_str
authority_of(const char *url)
{
	const char *begin = strstr(url, "://"), *at;
	size_t n;

	begin = begin != NULL ? begin + 3 : url;
	n = strcspn(begin, "/?#");
	at = memchr(begin, '@', n);
	if (at != NULL) {
		n -= (size_t)(at + 1 - begin);
		begin = at + 1;
	}
	return (struct http1_str){ begin, n };
}

/* No name may hold what ends it, no value a line's end. */
static bool
is_field(const char *name, const json_t *value)
{
	const char *v = json_string_value(value);

	return v != NULL && name[0] != '\0' && strpbrk(name, ": \t\r\n") ==
	    NULL && strpbrk(v, "\r\n") == NULL && strlen(name) <= FIELD &&
	    json_string_length(value) <= FIELD;
}

static void
put_field(struct text *t, const char *name, const char *value, size_t n)
{
	text_puts(t, name);
	text_puts(t, ": ");
	text_put(t, value, n);
	text_puts(t, "\r\n");
}

/* False where it has answered. */
static bool
put_fields(struct admin_request *r, struct text *t, const char *url)
{
	json_t *fields = json_object_get(r->body, "headers"), *value;
	struct http1_str host = authority_of(url);
	bool has_host = false;
	const char *name;

	if (fields != NULL && (!json_is_object(fields) ||
	    json_object_size(fields) > FIELDS)) {
		admin_answer_problem(r, 422, "an object of at most 100 fields, "
		    "names to values", "headers is wrong");
		return false;
	}
	json_object_foreach(fields, name, value) {
		if (!is_field(name, value)) {
			admin_answer_problem(r, 422, "names of fields, and "
			    "values of one line of at most 8192 bytes",
			    "headers has something that is no field");
			return false;
		}
		has_host = has_host || strcasecmp(name, "host") == 0;
		put_field(t, name, json_string_value(value),
		    json_string_length(value));
	}
	if (!has_host)
		put_field(t, "Host", host.p, host.len);
	return true;
}

/* It may have several lines.  False where it has answered. */
static bool
put_length(struct admin_request *r, struct text *t, const char **body)
{
	const json_t *value = json_object_get(r->body, "body");

	*body = json_string_value(value);
	if (value == NULL)
		return true;
	if (*body == NULL || json_string_length(value) > BODY) {
		admin_answer_problem(r, 422, "a text of at most 32768 bytes",
		    "body is wrong");
		return false;
	}
	text_puts(t, "Content-Length: ");
	text_put_number(t, strlen(*body));
	text_puts(t, "\r\n");
	return true;
}

static bool
put_head(struct admin_request *r, struct text *t, const char **body)
{
	const char *method, *url;

	if (!admin_body_text(r, "method", METHOD, &method) ||
	    !admin_body_text(r, "url", URL, &url))
		return false;
	if (url[0] == '\0') {
		admin_answer_problem(r, 422, "the URL of a request; for "
		    "CONNECT a host and its port", "url is missing");
		return false;
	}
	if (method[0] == '\0')
		method = json_object_get(r->body, "body") != NULL ? "POST" :
		    "GET";
	text_puts(t, method);
	text_puts(t, " ");
	text_puts(t, url);
	text_puts(t, " HTTP/1.1\r\n");
	if (!put_fields(r, t, url) || !put_length(r, t, body))
		return false;
	text_puts(t, "\r\n");
	if (t->failed)
		admin_answer_problem(r, 503, NULL, "out of memory");
	return !t->failed;
}

/* Reads it as the front does; false where it has answered. */
static bool
read_head(struct admin_request *r, struct question *q)
{
	const struct conf *conf = r->context->conf;
	size_t max = conf->limit_head, end = 0;
	struct http1_scan scan = { 0 };
	enum http1_error error;
	char why[HTTP1_WHY];

	switch (http1_scan(&scan, q->text.p, q->text.len, max, max / 2,
	    &end)) {
	case HTTP1_DONE:
		error = http1_request(&q->head, q->text.p, end);
		break;
	case HTTP1_FAILED:
		error = scan.error;
		break;
	default:
		error = HTTP1_BAD_LINE;
	}
	if (error == HTTP1_OK && q->head.nfields > conf->limit_fields)
		error = HTTP1_MANY_FIELDS;
	if (error == HTTP1_OK)
		return true;
	admin_answer_problem(r, 422, "a request as a client sends it to a "
	    "proxy", "such a request would be refused: %s",
	    http1_explain(error, &q->head, (unsigned)conf->limit_fields, why));
	return false;
}

/* Whose it would be; false where it has answered. */
static bool
read_client(struct admin_request *r, struct question *q)
{
	struct sockaddr_in *in4 = (void *)&q->client;
	struct sockaddr_in6 *in6 = (void *)&q->client;
	const char *client;

	if (!admin_body_text(r, "client", CLIENT, &client))
		return false;
	if (client[0] == '\0')
		client = "127.0.0.1";
	if (inet_pton(AF_INET, client, &in4->sin_addr) == 1)
		q->client.ss_family = AF_INET;
	else if (inet_pton(AF_INET6, client, &in6->sin6_addr) == 1)
		q->client.ss_family = AF_INET6;
	else
		admin_answer_problem(r, 422, "an IP address, without a port",
		    "client is wrong");
	return q->client.ss_family != 0;
}

/* Where it goes */

/* What may be inside of a tunnel is not known yet. */
static void
judge_port(struct question *q)
{
	const struct destinations *all =
	    &q->request->context->conf->destinations;
	const struct destination d = {
		.host = &q->where.host,
		.stranger = q->where.stranger,
	};
	struct destination_verdict v;
	int i = q->head.https ? DESTINATION_TLS : DESTINATION_HTTP;
	int last = i;

	if (q->head.form == HTTP1_AUTHORITY_FORM) {
		i = DESTINATION_TLS;
		last = DESTINATION_OTHER;
	}
	do
		v = destination_judge_port(all, &d,
		    (enum destination_inside)i);
	while (v.reason != DESTINATION_GOES && i++ < last);
	if (v.reason != DESTINATION_GOES)
		q->where.verdict = v;
}

/* A destination that is denied decides, whatever the host's limits say. */
static json_t *
with_destination(struct question *q, json_t *value)
{
	const struct destination_verdict *v;
	char text[DESTINATION_TEXT];
	json_t *destination;

	if (q->where.verdict.reason == DESTINATION_GOES)
		judge_port(q);
	v = &q->where.verdict;
	destination = admin_destination_value(&q->where);
	if (value == NULL || destination == NULL) {
		json_decref(value);
		json_decref(destination);
		return NULL;
	}
	if (json_object_set_new(value, "destination", destination) == 0 &&
	    (v->reason == DESTINATION_GOES || json_object_update_new(value,
	    json_pack("{s:s, s:o}", "decision", "refuse", "says",
	    json_sprintf("the destination is not allowed: %s",
	    destination_say(text, v)))) == 0))
		return value;
	json_decref(value);
	return NULL;
}

/* The answer */

/* Whose place in the queue it would be. */
static uint64_t
owner_of(const struct admin_context *c, const struct question *q)
{
	const struct client_key key = client_of_address(
	    (const struct sockaddr *)&q->client);

	return c->conf->access_share != SHARE_OFF ?
	    clients_id(c->clients, &key) : 0;
}

/* As exchange_start() and exchange_admit() have it. */
static void
answer(struct admin_request *r, struct question *q)
{
	const struct claim_hash hash = { client_hash, r->context->hasher };
	struct http1_host name = q->head.host;
	const struct claim_source source = {
		.head = &q->head,
		.address = (const struct sockaddr *)&q->client,
		.owner = owner_of(r->context, q),
		.tunnel = q->head.form == HTTP1_AUTHORITY_FORM,
	};
	struct claim claim;
	struct hosts_question asked = {
		.conf = r->context->conf,
		.name = &name,
		.claim = &claim,
		.source = &source,
		.hasher = r->context->hasher,
	};
	uint64_t now = loop_now();
	struct hosts_explanation e;
	enum hosts_answer a = HOSTS_NO_MEMORY;
	struct throttle_wants *wants = NULL;
	const char *wrong;

	if (name.port == 0)
		name.port = q->head.https ? 443 : 80;
	asked.rule = conf_rule(asked.conf, &name);
	wrong = claim_make(&claim, &hash, asked.rule, &source, now);
	if (wrong != NULL && wrong != claim_no_memory) {
		admin_answer_problem(r, 422, NULL, "%s", wrong);
		return;
	}
	if (wrong == NULL && admin_wants_make(asked.rule, &q->head, q->body,
	    q->body != NULL ? strlen(q->body) : 0, &wants)) {
		claim.request.wants = wants;
		a = hosts_explain(r->context->hosts, &asked, now, &e);
	}
	if (a == HOSTS_GO)
		admin_answer_json(r, 200, with_destination(q, admin_wants_value(
		    asked.rule, wants, admin_explanation_value(
		    &e, asked.conf, asked.rule, &name, claim.request.cost))));
	else
		admin_answer_problem(r, 503, NULL, a == HOSTS_RELOADED ?
		    "a reload is under way" : "out of memory");
	free(wants);
}

static void
free_question(struct question *q)
{
	text_free(&q->text);
	free(q);
}

static void
found_cb(void *arg)
{
	struct question *q = arg;

	answer(q->request, q);
	free_question(q);
}

/* The client has gone, or the control plane ends. */
static void
ended_cb(struct admin_request *r)
{
	struct question *q = r->state;

	admin_destination_cancel(&q->where);
	free_question(q);
}

static void
find(struct admin_request *r, struct question *q)
{
	const struct conf *conf = r->context->conf;

	q->request = r;
	r->state = q;
	r->ended = ended_cb;
	q->where = (struct admin_destination){
		.context = r->context,
		.host = q->head.host,
		.stranger = !own_address(r->context->own,
		    (struct sockaddr *)&q->client),
		.found = found_cb,
		.arg = q,
	};
	if (q->where.host.port == 0)
		q->where.host.port = q->head.https ? 443 : 80;
	q->where.beyond = conf_parent(conf, conf_rule(conf, &q->where.host),
	    &q->where.host) != NULL;
	admin_destination_find(&q->where);
}

void
admin_explain(struct admin_request *r)
{
	struct question *q = calloc(1, sizeof *q);

	if (q == NULL)
		admin_answer_problem(r, 503, NULL, "out of memory");
	else if (read_client(r, q) && put_head(r, &q->text, &q->body) &&
	    read_head(r, q))
		find(r, q);
	else
		free_question(q);
}
