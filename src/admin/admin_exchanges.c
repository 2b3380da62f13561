/* SPDX-License-Identifier: ISC */
#include "admin/admin_exchanges.h"

#include <stdlib.h>
#include <string.h>

#include "admin/admin_answer.h"
#include "admin/admin_query.h"
#include "base/stats.h"
#include "conf/conf.h"
#include "exchange/access_line.h"
#include "exchange/recent.h"
#include "hosts/hosts_name.h"
#include "net/address.h"

/*
 * Each worker is asked for its own by mail, and what they answer is merged.
 * Who has not answered in time, because it has ended or is held up, is left
 * out; a question that is being answered just then is waited for.
 */

#define PATIENCE	1000000000ULL	/* ns */
#define LIMIT		1000		/* told at once, at most */

struct asking {
	struct admin_request	*request;
	struct deadline		 timer;
	size_t			 limit;
	unsigned		 n;		/* who are asked */
	unsigned		 left;		/* ... and are to answer */
	struct question {
		struct recent_question	 question;
		struct asking		*asking;
		bool			 over;
	}			*questions;
};

static void
asking_free(struct asking *a)
{
	unsigned i;

	deadline_free(&a->timer);
	for (i = 0; a->questions != NULL && i < a->n; i++)
		free(a->questions[i].question.list);
	free(a->questions);
	free(a);
}

/* What is told of one */

static const char *
key_of(const struct recent_exchange *e, char buf[EVENTS_HOST])
{
	const struct rule rule = {
		.name = e->host,
		.shared = e->shared,
		.has_port = e->has_port,
	};
	struct http1_host host = { .kind = e->kind, .port = e->port };

	memcpy(host.name, e->host, sizeof e->host);
	return hosts_name_print(buf, &rule, &host, &e->credential);
}

/* A rule without a number of its own is the one that the host has now. */
static const char *
rule_of(const struct recent_exchange *e, const struct conf *conf)
{
	struct http1_host host = { .kind = e->kind, .port = e->port };

	if (e->series != STATS_DEFAULT && e->series != STATS_OTHER)
		return stats_name(e->series);
	if (e->series == STATS_DEFAULT || e->host[0] == '\0')
		return conf->fallback.name;
	if (e->shared)
		return e->host;
	memcpy(host.name, e->host, sizeof e->host);
	return conf_rule(conf, &host)->name;
}

static json_t *
text_or_null(const char *text)
{
	return text[0] != '\0' ? admin_string(text) : json_null();
}

static json_t *
client_of(const struct recent_exchange *e)
{
	char buf[ADDRESS_TEXT];

	if (e->client.sin6_family == AF_UNSPEC)
		return admin_string("unix:");
	return admin_string(address_print(
	    (const struct sockaddr *)&e->client, buf, sizeof buf));
}

static json_t *
exchange_value(const struct recent_exchange *e, const struct conf *conf)
{
	char key[EVENTS_HOST];

	return json_pack("{s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:i, s:s, s:o, "
	    "s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o}",
	    "time", admin_time_ns(e->ended),
	    "host", admin_string(key_of(e, key)),
	    "port", (int)e->port,
	    "rule", admin_string(rule_of(e, conf)),
	    "client", client_of(e),
	    "method", text_or_null(e->method),
	    "path", text_or_null(e->path),
	    "status", e->status,
	    "outcome", access_outcome_word(e->outcome),
	    "held", admin_seconds(e->held),
	    "upstream", admin_seconds(e->upstream),
	    "resent", (json_int_t)e->resent,
	    "in", (json_int_t)e->in,
	    "out", (json_int_t)e->out,
	    "reason", text_or_null(e->reason),
	    "budget", text_or_null(e->budget),
	    "paused", e->paused > 0 ? admin_seconds(e->paused) : json_null(),
	    "observed", text_or_null(e->observed),
	    "parent", text_or_null(e->parent));
}

/* All of them */

/* Takes the newest one that is left; NULL: none is. */
static const struct recent_exchange *
newest(struct asking *a, size_t *next)
{
	const struct recent_exchange *e, *best = NULL;
	unsigned i, from = 0;

	for (i = 0; i < a->n; i++) {
		if (next[i] == a->questions[i].question.n)
			continue;
		e = &a->questions[i].question.list[next[i]];
		if (best == NULL || e->at > best->at) {
			best = e;
			from = i;
		}
	}
	if (best != NULL)
		next[from]++;
	return best;
}

static json_t *
merge(struct asking *a, size_t *next)
{
	const struct admin_request *r = a->request;
	const char *host = admin_query(r, "host");
	json_t *list = json_array();
	const struct recent_exchange *e;
	char key[EVENTS_HOST];

	while (json_array_size(list) < a->limit &&
	    (e = newest(a, next)) != NULL) {
		if (host != NULL && strcmp(key_of(e, key), host) != 0)
			continue;
		if (json_array_append_new(list, exchange_value(e,
		    r->context->conf)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static void
answer(struct asking *a)
{
	struct admin_request *r = a->request;
	size_t *next = calloc(a->n, sizeof *next);
	json_t *list = next != NULL ? merge(a, next) : NULL;

	free(next);
	r->ended = NULL;
	admin_answer_json(r, 200, list != NULL ?
	    json_pack("{s:o}", "exchanges", list) : NULL);
	asking_free(a);
}

/* Questions */

static void
end_question(struct question *q)
{
	struct asking *a = q->asking;

	q->over = true;
	if (--a->left == 0)
		answer(a);
}

static void
answered_cb(struct recent_question *question)
{
	end_question((struct question *)(void *)question);
}

static void
late_cb(void *arg)
{
	struct asking *a = arg;
	unsigned i, n = a->n;
	struct question *q;
	bool last;

	/* with the last one all of it goes */
	for (i = 0, last = false; i < n && !last; i++) {
		q = &a->questions[i];
		if (q->over || !recent_take_back(&q->question))
			continue;
		last = a->left == 1;
		end_question(q);
	}
}

/* The control plane ends: no worker is left that could be answering. */
static void
ended_cb(struct admin_request *r)
{
	struct asking *a = r->state;
	unsigned i;

	for (i = 0; i < a->n; i++)
		(void)recent_take_back(&a->questions[i].question);
	asking_free(a);
}

/* Returns false without memory. */
static bool
ask_all(struct asking *a, size_t max)
{
	const struct admin_context *c = a->request->context;
	struct recent_question *q;
	unsigned i;

	a->questions = calloc(c->nworkers, sizeof *a->questions);
	if (a->questions == NULL)
		return false;
	a->n = a->left = c->nworkers;
	for (i = 0; i < a->n; i++) {
		q = &a->questions[i].question;
		a->questions[i].asking = a;
		q->from = c->loop;
		q->answer = answered_cb;
		q->max = max;
		if ((q->list = calloc(max, sizeof q->list[0])) == NULL)
			return false;
	}
	for (i = 0; i < a->n; i++)
		recent_ask(c->exchanges[i], &a->questions[i].question);
	return true;
}

void
admin_exchanges(struct admin_request *r)
{
	struct asking *a;
	uint64_t limit;
	size_t max;

	if (!admin_query_number(r, "limit", 100, 1, LIMIT, &limit))
		return;
	/* of one host they may be anywhere among what a worker keeps */
	max = admin_query(r, "host") == NULL ? limit :
	    r->context->conf->admin_exchanges / r->context->nworkers + 1;
	if ((a = calloc(1, sizeof *a)) == NULL) {
		admin_answer_json(r, 200, NULL);
		return;
	}
	a->request = r;
	a->limit = limit;
	deadline_init(&a->timer, r->context->loop, late_cb, a);
	if (!ask_all(a, max)) {
		asking_free(a);
		admin_answer_json(r, 200, NULL);
		return;
	}
	r->state = a;
	r->ended = ended_cb;
	deadline_set(&a->timer, loop_now() + PATIENCE);
}
