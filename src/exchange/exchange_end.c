/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_end.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "conf/conf.h"
#include "exchange/browser_page.h"
#include "exchange/exchange_count.h"
#include "exchange/exchange_judge.h"
#include "exchange/exchange_learn.h"
#include "exchange/exchange_meter.h"
#include "exchange/exchange_opening.h"
#include "exchange/exchange_resend.h"
#include "exchange/exchange_state.h"
#include "exchange/exchange_user.h"
#include "exchange/recent.h"
#include "exchange/tunnel.h"
#include "front/front.h"
#include "hosts/hosts_observed.h"
#include "net/dial.h"
#include "policy/parent.h"
#include "upstream/parent_tunnel.h"
#include "upstream/upstream.h"

/* What it has waited for, or was refused by. */
static const char *
budget(const struct exchange *x)
{
	return x->ticket.budget[0] != '\0' ? x->ticket.budget : NULL;
}

static void
write_log(struct exchange *x, enum access_outcome outcome, const char *reason,
    const char *observed, uint64_t now)
{
	char method[32], host[HTTP1_HOST + 16], path[ACCESS_PATH];
	struct access_line line;

	if (!access_enabled(x->exchanges->access))
		return;
	line = (struct access_line){
		.status = x->status,
		.in = x->in,
		.out = x->out,
		.wait = exchange_held(x, now),
		.resent = x->resent,
		.outcome = outcome,
		.reason = reason,
		.paused = x->paused,
		.observed = observed,
	};
	if (x->admitted)
		line.upstream = now - x->began - line.wait;
	line.client = front_peer(x->downstream);
	if (x->ticket.conf->access_users != NULL)
		line.user = front_user(x->downstream);
	line.method = access_method(x->head.p, x->method_len, method);
	line.host = access_host(&x->host, x->port, host, sizeof host);
	line.rule = x->ticket.rule->name;
	if (x->parent != NULL)
		line.parent = x->parent->name;
	if (!x->is_connect)
		line.path = access_path(exchange_path(x), path, sizeof path);
	line.budget = budget(x);
	access_write(x->exchanges->access, &line);
}

static void
free_exchange(void *arg)
{
	struct exchange *x = arg;

	text_free(&x->head);
	free(x->offer);
	free(x->user);
	free(x);
}

void
exchange_finish(struct exchange *x, enum access_outcome outcome,
    const char *reason)
{
	struct exchanges *all = x->exchanges;
	uint64_t now = loop_now();
	const char *observed;

	if (x->phase == EXCHANGE_ENDED)
		return;
	/* who was refused, may take it that nothing was done */
	if (outcome == ACCESS_REFUSED && x->reached)
		outcome = ACCESS_ABORTED;
	observed = hosts_observed(all->hosts, &x->ticket, now);
	write_log(x, outcome, reason, observed, now);
	recent_note(x, outcome, reason, observed, now);
	if (x->phase == EXCHANGE_QUEUED)
		exchange_count_wait(x, false, now);
	if (x->phase == EXCHANGE_CHECKING)
		exchange_user_leave(x);
	exchange_set_phase(x, EXCHANGE_ENDED);
	exchange_opening_end(x);
	exchange_count_end(x, outcome);
	deadline_free(&x->timer);
	if (x->whole.cb != NULL)
		deadline_free(&x->whole);
	dial_cancel(x->dial);
	parent_tunnel_free(x->way);
	tunnel_free(x->tunnel);
	if (x->upstream != NULL && front_body_done(x->downstream))
		upstream_release(x->upstream);
	else if (x->upstream != NULL)
		upstream_close(x->upstream);
	x->upstream = NULL;
	exchange_judge_drop(x);
	exchange_forget_body(x);
	memory_sub(x->memory, x->counted);
	if (x->ticket.tunnel != 0)
		hosts_tunnel(all->hosts, &x->ticket, false);
	if (x->metering != NULL)
		exchange_meter_end(x, outcome == ACCESS_FORWARDED);
	x->ticket.unsent = !x->reached;
	hosts_leave(all->hosts, &x->ticket, now);
	exchange_meter_free(x);
	exchange_opening_free(x);
	loop_bury(all->loop, &x->grave, free_exchange, x);
}

/* Ends an exchange whose response has not begun with an answer of our own. */
void
exchange_answer(struct exchange *x, const struct reply *r,
    enum access_outcome outcome, const char *reason)
{
	struct downstream *d = x->downstream;
	struct reply reply = *r;

	reply.head = x->is_head;
	reply.old_client = x->old_client;
	reply.held = exchange_held(x, loop_now());
	reply.resent = x->resent;
	/* behind a refused CONNECT may come what was meant for the tunnel */
	if (!x->keep || x->is_connect || !front_body_done(d) ||
	    x->exchanges->draining || front_must_end(d))
		reply.close = true;
	x->status = r->status;
	exchange_count_out(x, reply_send(d, &reply));
	exchange_finish(x, outcome, reason);
	front_end(d, !reply.close);
}

void
exchange_reject(struct exchange *x, int status, enum stats_refusal why,
    const char *error, const char *detail)
{
	struct reply r = {
		.status = status,
		.error = error,
		.detail = detail,
	};

	x->refusal = why;
	exchange_answer(x, &r, ACCESS_REFUSED, detail);
}

void
exchange_refuse_drained(struct exchange *x)
{
	exchange_reject(x, 503, STATS_DRAINED, "connection_limit_reached",
	    "the proxy is shutting down");
}

/* Cuts a response off, so that the client does not take it for whole. */
void
exchange_cut_off(struct exchange *x, enum access_outcome outcome,
    const char *reason)
{
	struct downstream *d = x->downstream;
	bool reset = x->is_connect || x->phase == EXCHANGE_TUNNEL ||
	    x->framing == RELAY_UNTIL_CLOSE;

	exchange_finish(x, outcome, reason);
	front_abort(d, reset);
}

void
exchange_abort(struct exchange *x, enum stats_refusal why, const char *reason)
{
	x->refusal = why;
	exchange_cut_off(x, ACCESS_REFUSED, reason);
}

/* Not all that fails is the upstream's fault. */
static enum access_outcome
take_failure(struct exchange *x, enum failure e)
{
	if (e == FAILURE_DESTINATION || e == FAILURE_NO_MEMORY) {
		x->refusal = e == FAILURE_DESTINATION ? STATS_DESTINATION :
		    STATS_NO_MEMORY;
		return ACCESS_REFUSED;
	}
	stats_add(&x->counts->errors[e], 1);
	return ACCESS_UPSTREAM_ERROR;
}

/* What has failed is the parent, or between us and it. */
static bool
is_at_parent(const struct exchange *x)
{
	return x->way != NULL ||
	    (x->upstream != NULL && upstream_at_parent(x->upstream));
}

#define DETAIL	512	/* bytes of what is told, with its end */

/*
 * A failure in words, for the client and for the log.  Strangers are not told
 * what a name stands for in here, nor by which rule.
 */
static void
say_failure(const struct exchange *x, enum failure e, const char *why,
    char detail[DETAIL], char reason[DETAIL])
{
	const struct failure_answer *f = failure_answer(e);
	bool at_parent = is_at_parent(x);
	bool told = f->told && (e != FAILURE_DESTINATION ||
	    front_is_local(x->downstream));
	char buf[FAILURE_DETAIL];
	const char *says = at_parent ? failure_of_parent(e, buf) : f->detail;

	snprintf(detail, DETAIL, "%s%s%s", says != NULL ? says : why,
	    told ? ": " : "", told ? why : "");
	snprintf(reason, DETAIL, "%s%s%s%s", at_parent ? "parent: " : "",
	    says != NULL ? f->kind : why, f->told ? ": " : "",
	    f->told ? why : "");
}

#define ERROR	64		/* bytes */

/* Its type, with what else there is to tell of it. */
static void
say_error(const struct exchange *x, enum failure e, char error[ERROR])
{
	int alert = 0;

	if (e == FAILURE_TLS_ALERT && x->way != NULL)
		alert = parent_tunnel_alert(x->way);
	else if (e == FAILURE_TLS_ALERT)
		alert = upstream_alert(x->upstream);
	/* RFC 9209 2.3.15 */
	if (e == FAILURE_TLS_ALERT)
		snprintf(error, ERROR, "%s; alert-id=%d",
		    failure_answer(e)->error, alert);
	else
		snprintf(error, ERROR, "%s", failure_answer(e)->error);
}

void
exchange_fail(struct exchange *x, enum failure e, const char *why)
{
	bool at_parent = is_at_parent(x);
	enum access_outcome outcome;
	const struct failure_answer *f;
	char error[ERROR], detail[DETAIL], reason[DETAIL];
	struct reply r = { .error = error, .detail = detail };

	if (at_parent && e == FAILURE_DESTINATION)
		e = FAILURE_PARENT_LOOP;
	outcome = take_failure(x, e);
	f = failure_answer(e);
	r.status = f->status;
	say_failure(x, e, why, detail, reason);
	say_error(x, e, error);
	log_debug("%s: %s: %s", x->host.name, f->kind, why);
	/* whether there is such a host, only the parent knows */
	x->ticket.nowhere = failure_without_host(e) && !x->retried &&
	    !at_parent;
	if (x->upstream != NULL)
		upstream_close(x->upstream);
	x->upstream = NULL;
	if (x->head_sent)
		/* what was good of it */
		(void)gather_send(&x->exchanges->gather, x->downstream);
	gather_drop(&x->exchanges->gather);
	if (x->phase == EXCHANGE_TUNNEL || x->head_sent)
		exchange_cut_off(x, outcome, reason);
	else
		exchange_answer(x, &r, outcome, reason);
}

/* Whose the request would have been, as far as it was understood. */
static const struct rule *
rule_of(const struct exchanges *all, const struct http1_head *head)
{
	struct http1_host host = head->host;

	if (host.name[0] == '\0')
		return &all->conf->fallback;
	if (host.port == 0)
		host.port = head->https ? 443 : 80;
	return conf_rule(all->conf, &host);
}

/* Its path, if it was understood so far. */
static const char *
path_of(const struct http1_head *head, char *buf, size_t size)
{
	static const struct http1_str root = { "/", 1 };

	if (head->path.p == NULL)
		return NULL;
	return access_path(head->path.len > 0 ? head->path : root, buf, size);
}

/* What kind of refusal a status is (RFC 9209 2.3). */
static const char *
error_of(int status)
{
	switch (status) {
	case 403:
		return "http_request_denied";
	case 503:
		return "connection_limit_reached";
	default:
		return "http_request_error";
	}
}

static enum stats_refusal
refusal_of(const struct downstream *d, int status)
{
	if (status == 503 && front_is_greedy(d))
		return STATS_CLIENT_SHARE;
	if (front_excess(d))
		return STATS_CONNECTIONS;
	return exchange_refusal_of(status);
}

void
exchange_refuse(struct exchanges *all, struct downstream *d,
    const struct http1_head *head, int status, const char *why)
{
	const struct rule *rule = rule_of(all, head);
	char *page, method[32], host[HTTP1_HOST + 16], path[ACCESS_PATH];
	struct reply r = {
		.status = status,
		.error = error_of(status),
		.detail = why,
		.head = http1_str_equals(head->method, "HEAD"),
		.close = true,
	};
	struct access_line line = {
		.client = front_peer(d),
		.method = access_method(head->method.p, head->method.len,
		    method),
		.host = access_host(&head->host, head->host.port, host,
		    sizeof host),
		.path = path_of(head, path, sizeof path),
		.status = status,
		.outcome = ACCESS_REFUSED,
		.reason = why,
	};

	r.page = page = browser_page(all->conf, d, head, &r);
	line.out = reply_send(d, &r);
	free(page);
	exchange_count_refused(all, rule, refusal_of(d, status));
	if (!front_is_quiet(d)) {
		recent_note_refused(all, d, head, rule, status, why);
		access_write(all->access, &line);
	}
	front_end(d, false);
}
