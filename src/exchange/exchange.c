/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/client_hash.h"
#include "base/words.h"
#include "base/log.h"
#include "http/http1_head.h"
#include "net/dial.h"
#include "front/front.h"
#include "exchange/tunnel.h"
#include "exchange/upgrade.h"
#include "exchange/via.h"

/*
 * Life of an exchange:
 *
 *   STARTING	nothing was decided yet.  Goes on as it is answered here, is
 *		refused, has to wait, or is admitted at once.
 *   QUEUED	its host's throttle has it waiting, until that admits it, or
 *		cannot in time.
 *   CONNECTING	admitted; an upstream is dialled, unless an idle one is there.
 *		For a CONNECT that may come after OPENED, where the host is
 *		not dialled before the client has spoken.
 *   OPENED	a CONNECT was answered with 200, and nobody has spoken yet.  By
 *		the first bytes it is a TUNNEL, or ends, and each request
 *		inside is an exchange of its own.
 *   SENDING	the request goes out, its body behind it.  Where an idle
 *		connection turns out to be closed it is CONNECTING again, once.
 *   RELAYING	the response has begun to come; its head was relayed, or is
 *		held back while its body is judged.  A refusal for a limit is
 *		not relayed but makes it QUEUED again (from SENDING, too).
 *   TUNNEL	two sockets are joined: of a CONNECT, or after a 101.
 *   ENDED	waits for burial.
 *
 * Whatever ends it comes to exchange_finish(), once: that gives back the slot,
 * lets the upstream go and writes the one log line.  The client's connection is
 * ended by who called it, because only they know how.
 */

static void admitted(struct exchange *, uint64_t now);
static void answered(struct exchange *);
static void answered_cb(struct mail *);

void
exchange_set_phase(struct exchange *x, enum exchange_phase to)
{
	uint64_t *in_phase = x->exchanges->in_phase;

	if (x->phase != EXCHANGE_NONE)
		in_phase[x->phase]--;
	in_phase[to]++;
	x->phase = to;
}

/* The end */

static const char *
method_text(const char *p, size_t len, char buf[static 32])
{
	if (len == 0)
		return NULL;
	snprintf(buf, 32, "%.*s", (int)(len < 31 ? len : 31), p);
	return buf;
}

static const char *
host_text(const struct http1_host *h, unsigned port, char *buf, size_t size)
{
	if (h->name[0] == '\0')
		return NULL;
	/* refused before its port was settled */
	if (port == 0)
		snprintf(buf, size, h->kind == HTTP1_IPV6 ? "[%s]" : "%s",
		    h->name);
	else
		snprintf(buf, size, h->kind == HTTP1_IPV6 ? "[%s]:%u" :
		    "%s:%u", h->name, port);
	return buf;
}

/* How long (ns) it has waited, and waits now. */
static uint64_t
held(const struct exchange *x, uint64_t now)
{
	return x->held + (x->phase == EXCHANGE_QUEUED ? now - x->queued : 0);
}

static void
write_log(struct exchange *x, enum access_outcome outcome, const char *reason,
    uint64_t now)
{
	char method[32], host[HTTP1_HOST + 16];
	struct access_line line = {
		.status = x->status,
		.in = x->in,
		.out = x->out,
		.wait = held(x, now),
		.resent = x->resent,
		.outcome = outcome,
		.reason = reason,
	};

	if (x->admitted)
		line.upstream = now - x->began - line.wait;
	if (!access_enabled(x->exchanges->access))
		return;
	line.client = front_peer(x->downstream);
	line.method = method_text(x->head.p, x->method_len, method);
	line.host = host_text(&x->host, x->port, host, sizeof host);
	access_write(x->exchanges->access, &line);
}

static void
free_exchange(void *arg)
{
	struct exchange *x = arg;

	text_free(&x->head);
	free(x->offer);
	free(x);
}

void
exchange_finish(struct exchange *x, enum access_outcome outcome,
    const char *reason)
{
	struct exchanges *all = x->exchanges;
	uint64_t now = loop_now();

	if (x->phase == EXCHANGE_ENDED)
		return;
	/* who was refused, may take it that nothing was done */
	if (outcome == ACCESS_REFUSED && x->reached)
		outcome = ACCESS_ABORTED;
	write_log(x, outcome, reason, now);
	exchange_set_phase(x, EXCHANGE_ENDED);
	exchange_opening_end(x);
	deadline_free(&x->timer);
	dial_cancel(x->dial);
	tunnel_free(x->tunnel);
	if (x->upstream != NULL && front_body_done(x->downstream))
		upstream_release(x->upstream);
	else if (x->upstream != NULL)
		upstream_close(x->upstream);
	x->upstream = NULL;
	exchange_judge_drop(x);
	exchange_forget_body(x);
	memory_sub(all->loop->memory, x->counted);
	hosts_leave(all->hosts, &x->ticket, now);
	exchange_opening_free(x);
	loop_bury(all->loop, &x->grave, free_exchange, x);
}

void
exchange_refund(struct exchange *x, struct claim_turn *turn)
{
	hosts_refund(x->exchanges->hosts, &x->ticket, turn, loop_now());
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
	reply.held = held(x, loop_now());
	reply.resent = x->resent;
	/* behind a refused CONNECT may come what was meant for the tunnel */
	if (!x->keep || x->is_connect || !front_body_done(d) ||
	    x->exchanges->draining)
		reply.close = true;
	x->status = r->status;
	x->out = reply_send(d, &reply);
	exchange_finish(x, outcome, reason);
	front_end(d, !reply.close);
}

void
exchange_reject(struct exchange *x, int status, const char *error,
    const char *detail)
{
	struct reply r = {
		.status = status,
		.error = error,
		.detail = detail,
	};

	exchange_answer(x, &r, ACCESS_REFUSED, detail);
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
exchange_refuse(struct exchanges *all, struct downstream *d,
    const struct http1_head *head, int status, const char *why)
{
	char method[32], host[HTTP1_HOST + 16];
	struct reply r = {
		.status = status,
		.error = status == 503 ? "connection_limit_reached" :
		    "http_request_error",
		.detail = why,
		.head = http1_str_is(head->method, "HEAD"),
		.close = true,
	};
	struct access_line line = {
		.client = front_peer(d),
		.method = method_text(head->method.p, head->method.len,
		    method),
		.host = host_text(&head->host, head->host.port, host,
		    sizeof host),
		.status = status,
		.outcome = ACCESS_REFUSED,
		.reason = why,
	};

	line.out = reply_send(d, &r);
	access_write(all->access, &line);
	front_end(d, false);
}

static void
no_handshake_cb(void *owner, struct downstream *d,
    const struct http1_host *host, const char *why)
{
	struct exchanges *all = owner;
	char name[HTTP1_HOST + 16], reason[256];
	struct access_line line = {
		.client = front_peer(d),
		.outcome = ACCESS_CLIENT_GONE,
		.reason = reason,
	};

	if (host != NULL)
		line.host = host_text(host, host->port, name, sizeof name);
	snprintf(reason, sizeof reason, "TLS handshake: %s", why);
	access_write(all->access, &line);
}

/* Deadlines */

bool
exchange_has_room(const struct exchange *x)
{
	return memory_room(x->exchanges->loop->memory,
	    front_pending(x->downstream), x->ticket.conf->limit_buffer / 2);
}

/*
 * Whose turn it is.  The client's: to send more of the body or to read, and
 * front has a deadline for that.  Else the upstream's: to take more of the
 * request, to begin its response, or to go on with it.
 */
static enum turn
turn(const struct exchange *x)
{
	bool client;

	if (x->phase != EXCHANGE_SENDING && x->phase != EXCHANGE_RELAYING)
		return NOBODYS;
	client = front_awaits_body(x->downstream) &&
	    upstream_pending(x->upstream) == 0;
	if (client || !exchange_has_room(x))
		return CLIENTS;
	if (x->phase == EXCHANGE_RELAYING)
		return TO_GO_ON;
	return x->body_taken && upstream_pending(x->upstream) > 0 ? TO_TAKE :
	    TO_BEGIN;
}

/* A pause that became longer since the timer was set may give it more time. */
static void
wait_is_over(struct exchange *x)
{
	struct hosts *hosts = x->exchanges->hosts;
	uint64_t now = loop_now();

	if (hosts_deadline(hosts, &x->ticket) > now)
		deadline_set(&x->timer, x->ticket.deadline);
	else if (hosts_give_up(hosts, &x->ticket, now))
		answered(x);
}

static void
timer_cb(void *arg)
{
	static const enum failure errors[] = {
		[TO_TAKE] = FAILURE_STALLED,
		[TO_BEGIN] = FAILURE_TIMEOUT,
		[TO_GO_ON] = FAILURE_IDLE,
	};
	struct exchange *x = arg;
	enum turn now;

	if (x->phase == EXCHANGE_QUEUED) {
		wait_is_over(x);
		return;
	}
	if (x->judging != NULL && loop_now() >= exchange_judge_until(x)) {
		exchange_judged(x);
		exchange_set_timer(x);
		return;
	}
	if (x->phase == EXCHANGE_OPENED) {
		exchange_opening_late(x);
		return;
	}
	now = turn(x);
	if (now == NOBODYS || now == CLIENTS)
		return;
	if (x->half_closed)
		exchange_cut_off(x, ACCESS_CLIENT_GONE, "half-closed and idle");
	else
		exchange_failed(x, errors[now],
		    failure_answer(errors[now])->detail);
}

/*
 * Every exchange under way has a deadline at every moment: of the queue, of
 * the dial, of the tunnel, or between those this one, by which the upstream
 * must have made progress.  A response has its time as a whole until its head
 * is there; what else moves meanwhile gives it no more.  Only while front has
 * a deadline for the client, there is none here.
 */
void
exchange_set_timer(struct exchange *x)
{
	const struct conf *conf = x->ticket.conf;
	enum turn before = x->turn;
	uint64_t limit, at;

	x->turn = turn(x);
	if (x->turn == NOBODYS || (x->turn == TO_BEGIN && before == TO_BEGIN))
		return;
	limit = x->turn == TO_BEGIN ? conf->timeout_response :
	    conf->timeout_idle;
	if (x->half_closed && conf->timeout_half_closed < limit)
		limit = conf->timeout_half_closed;
	at = x->turn == CLIENTS ? 0 : loop_now() + limit;
	/* what is held back for its body is held no longer than that */
	if (x->judging != NULL && (at == 0 || exchange_judge_until(x) < at))
		at = exchange_judge_until(x);
	deadline_set(&x->timer, at);
}

void
exchange_renew_timer(struct exchange *x)
{
	x->turn = NOBODYS;
	exchange_set_timer(x);
}

/* The beginning */

static struct relay_request
origin_of(const struct exchange *x)
{
	return (struct relay_request){
		.port = x->port,
		.tls = x->tls,
		.via = via_name(x->ticket.conf),
		.offer = x->offer,
	};
}

static void
trace(struct exchange *x, const struct http1_head *h)
{
	static const char fixed[] = "HTTP/1.1 200 OK\r\n"
	    "Content-Type: message/http\r\n";
	struct text body = { 0 };
	struct iovec v[2];
	struct relay_request to = origin_of(x);
	char head[256];

	relay_trace(&body, h, &to);
	if (!x->keep || !front_body_done(x->downstream))
		x->keep = false;
	snprintf(head, sizeof head, "%sContent-Length: %zu\r\n%s\r\n", fixed,
	    body.len, reply_connection(!x->keep, x->old_client));
	v[0].iov_base = head;
	v[0].iov_len = strlen(head);
	v[1].iov_base = body.p;
	v[1].iov_len = body.len;
	front_send(x->downstream, v, 2);
	x->status = 200;
	x->out = body.len;
	text_free(&body);
}

static void
options(struct exchange *x)
{
	struct iovec v;
	char head[256];

	if (!front_body_done(x->downstream))
		x->keep = false;
	snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\n"
	    "Allow: CONNECT, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, "
	    "TRACE\r\nContent-Length: 0\r\n%s\r\n",
	    reply_connection(!x->keep, x->old_client));
	v.iov_base = head;
	v.iov_len = strlen(head);
	front_send(x->downstream, &v, 1);
	x->status = 200;
}

/* Requests that end here by their own words; false: not one of them. */
static bool
answered_here(struct exchange *x, const struct http1_head *h)
{
	struct downstream *d = x->downstream;
	enum relay_forwards forwards;
	struct http1_str n;

	forwards = relay_max_forwards(h, &n);
	if (forwards == RELAY_BAD_LIMIT) {
		exchange_reject(x, 400, "http_request_error",
		    "malformed Max-Forwards");
		return true;
	}
	if (h->form != HTTP1_ASTERISK_FORM && forwards != RELAY_LIMIT_REACHED)
		return false;
	if (h->form != HTTP1_ASTERISK_FORM && http1_str_is(h->method, "TRACE"))
		trace(x, h);
	else
		options(x);
	exchange_finish(x, ACCESS_ANSWERED, NULL);
	front_end(d, x->keep);
	return true;
}

static const char *
over_budget(const struct exchange *x, enum hosts_answer a)
{
	const struct ticket *t = &x->ticket;

	if (a == HOSTS_FULL)
		return "the host's queue is full";
	if (t->deadline < x->began + t->rule->max_wait ||
	    (t->deadline == t->latest &&
	    t->latest < x->began + t->rule->retry_max_time))
		return "the wait would be longer than Sluice-Max-Wait";
	if (x->resent > 0 && t->deadline == t->latest)
		return "the wait would be longer than retry.max_time";
	return "the wait would be longer than queue.max_wait";
}

/* Refused by the throttle: says when a retry would succeed. */
static void
refuse_over_budget(struct exchange *x, enum hosts_answer a)
{
	const struct ticket *t = &x->ticket;
	uint64_t now = loop_now(), start = t->report.start;
	struct reply r = {
		.status = 429,
		.error = "http_request_denied",
		.detail = over_budget(x, a),
		.budget = t->budget,
		.waiting = t->report.waiting,
		.retry_after = 1,
	};

	if (start > now) {
		r.wait = start - now;
		r.retry_after = (r.wait + 999999999) / 1000000000;
	}
	exchange_answer(x, &r, ACCESS_REFUSED,
	    a == HOSTS_FULL ? "queue full" : "max_wait");
}

/* An http:// URL of a host that is to be reached by HTTPS. */
static void
choose_tls(struct exchange *x)
{
	const struct rule *rule = x->ticket.rule;

	if (x->is_connect || x->tls || rule->https != RULE_HTTPS_UPSTREAM)
		return;
	x->tls = true;
	if (x->port == 80)
		x->port = (uint16_t)rule->tls_port;
}

/* Its host's throttle has answered. */
static void
take_answer(struct exchange *x, enum hosts_answer a)
{
	switch (a) {
	case HOSTS_GO:
		admitted(x, x->began);
		break;
	case HOSTS_WAIT:
		exchange_set_phase(x, EXCHANGE_QUEUED);
		deadline_set(&x->timer, x->ticket.deadline);
		break;
	case HOSTS_FULL:
	case HOSTS_LATE:
		refuse_over_budget(x, a);
		break;
	case HOSTS_NO_ROOM:
		exchange_reject(x, 503, "proxy_internal_error",
		    "limits.hosts is reached");
		break;
	case HOSTS_NO_SHARE:
		exchange_reject(x, 503, "proxy_internal_error",
		    "the client has its share of limits.hosts");
		break;
	case HOSTS_NO_MEMORY:
		exchange_reject(x, 503, "proxy_internal_error",
		    "out of memory");
		break;
	case HOSTS_RELOADED:
		break;		/* nothing was asked */
	}
}

/*
 * What it may become; and what not, which is said once a host.  False without
 * memory.
 */
static bool
take_offer(struct exchange *x, const struct http1_head *h)
{
	struct upgrade u = { 0 };

	upgrade_read(&u, h, x->ticket.rule);
	x->offer = u.offer;
	if (u.dropped.len > 0 && hosts_is_news(x->exchanges->hosts, &x->ticket,
	    HOSTS_NEWS_UPGRADE))
		log_info("%s: an offer is not passed on, by its upgrade: "
		    "Upgrade: %.*s", x->host.name,
		    u.dropped.len < RULE_UPGRADE ? (int)u.dropped.len :
		    RULE_UPGRADE, u.dropped.p);
	return !u.failed;
}

/* It is kept as long as the exchange, which may wait for long. */
static void
count_head(struct exchange *x)
{
	struct memory *m = x->exchanges->loop->memory;

	memory_sub(m, x->counted);
	x->counted = x->head.len;
	memory_add(m, x->counted);
}

/* What goes out, by the rule; false without memory. */
static bool
prepare(struct exchange *x, const struct http1_head *h)
{
	const struct rule *rule = x->ticket.rule;
	struct relay_request to;
	bool offered;

	choose_tls(x);
	offered = take_offer(x, h);
	x->resendable = !x->is_connect && rule_retries(rule, h->method,
	    h->idempotent, http1_find(h, HTTP1_IDEMPOTENCY_KEY) != NULL);
	to = origin_of(x);
	text_reset(&x->head);
	relay_request(&x->head, h, &to);
	count_head(x);
	return !x->head.failed && offered;
}

/* What it claims, by the rule; or what is wrong with that. */
static const char *
make_claim(struct exchange *x, const struct claim_source *source,
    struct claim *c)
{
	const struct claim_hash hash = { client_hash, x->exchanges->hasher };
	const char *wrong;

	wrong = claim_make(c, &hash, x->ticket.rule, source, x->began);
	if (wrong != NULL)
		return wrong;
	c->request.deposit = x->deposit;
	c->request.returned = claim_has_turn(c, &x->taken);
	return NULL;
}

/*
 * Its host's throttle is asked, which takes the request, or its end.  Returns
 * false when nothing was asked, for there is a newer configuration.
 */
static bool
ask(struct exchange *x, const struct http1_head *h)
{
	struct claim_source source = {
		.head = h,
		.address = front_address(x->downstream),
		.user = front_user(x->downstream),
		.tunnel = x->is_connect,
	};
	enum hosts_answer a = HOSTS_NO_MEMORY;
	struct claim c;
	const char *wrong;

	if ((wrong = make_claim(x, &source, &c)) == NULL)
		a = hosts_ask(x->exchanges->hosts, &x->ticket, &c, &source,
		    x->began);
	if (a == HOSTS_RELOADED)
		return false;
	if (!prepare(x, h))
		take_answer(x, HOSTS_NO_MEMORY);
	else if (wrong != NULL && wrong != claim_no_memory)
		exchange_reject(x, 400, "http_request_error", wrong);
	else
		take_answer(x, a);
	return true;
}

static bool
is_same(const struct http1_host *a, const struct http1_host *b)
{
	return a->kind == b->kind && a->port == b->port &&
	    strcmp(a->name, b->name) == 0;
}

static void
take_request(struct exchange *x, const struct http1_head *h)
{
	const struct http1_host *tunnel = front_tunnel(x->downstream);

	x->host = h->host;
	if (x->host.port == 0)
		x->host.port = h->https ? 443 : 80;
	x->through = tunnel != NULL && !is_same(tunnel, &x->host);
	x->port = x->host.port;
	x->tls = h->https;
	x->method_len = h->method.len;
	x->is_connect = h->form == HTTP1_AUTHORITY_FORM;
	x->is_head = http1_str_is(h->method, "HEAD");
	x->old_client = h->minor == 0;
	x->keep = h->keep_alive;
	x->chunked = h->body == HTTP1_CHUNKED;
	x->expect = h->expect_continue;
	x->idempotent = h->idempotent;
	text_put(&x->head, h->method.p, h->method.len);
}

static bool
has_limits(const struct rule *rule)
{
	return rule->limits.nrates > 0 || rule->limits.concurrency > 0 ||
	    rule->npaths > 0;
}

/* Named, and not what is left for all others. */
static bool
has_limits_of_its_own(const struct conf *conf, const struct rule *rule)
{
	return rule != &conf->fallback && has_limits(rule);
}

/*
 * To another host than the tunnel's, through that: counted as a request to the
 * host that it is for, but only where both are sent to in clear.  No other name
 * gets around the limits of the tunnel's host: it is counted for that, and
 * where both have limits of their own it does not go.
 */
static bool
may_go_through(struct exchange *x)
{
	const struct conf *conf = x->ticket.conf;
	const struct http1_host *to = front_tunnel(x->downstream);
	const struct rule *rule = x->ticket.rule;
	const struct rule *tunnel = conf_rule(conf, to);

	if (rule->https != RULE_HTTPS_TUNNEL ||
	    tunnel->https != RULE_HTTPS_TUNNEL)
		return false;
	if (!has_limits_of_its_own(conf, tunnel) ||
	    (tunnel == rule && (rule->shared || is_same(to, &x->host))))
		return true;
	if (has_limits_of_its_own(conf, rule))
		return false;
	x->host = *to;
	x->ticket.rule = tunnel;
	return true;
}

/*
 * What becomes of it, by the one configuration that it has a reference to.
 * Returns false when a newer one took that one's place, by which it is to be
 * decided anew.
 */
static bool
decide(struct exchange *x, const struct http1_head *h)
{
	if (x->is_connect && !exchange_opening_new(x, h))
		exchange_reject(x, 503, "proxy_internal_error",
		    "out of memory");
	else if (x->through && !may_go_through(x))
		exchange_reject(x, 421, "http_request_error",
		    "the request is for another host than its tunnel");
	else if (x->is_connect &&
	    x->ticket.rule->https == RULE_HTTPS_INTERCEPT)
		exchange_intercept(x);
	else
		return ask(x, h);
	return true;
}

/* The configuration that it is under, from its beginning to its end. */
static void
take_conf(struct exchange *x)
{
	struct ticket *t = &x->ticket;

	t->loop = x->exchanges->loop;
	t->hasher = x->exchanges->hasher;
	t->mail.deliver = answered_cb;
	t->name = &x->host;
	x->taken = front_take_turn(x->downstream);
	t->conf = conf_ref(x->exchanges->conf);
	t->rule = conf_rule(t->conf, &x->host);
}

void
exchange_start(struct exchanges *all, struct downstream *d,
    const struct http1_head *h)
{
	struct exchange *x;

	if ((x = calloc(1, sizeof *x)) == NULL) {
		exchange_refuse(all, d, h, 503, "out of memory");
		return;
	}
	x->exchanges = all;
	x->downstream = d;
	exchange_set_phase(x, EXCHANGE_STARTING);
	x->began = x->queued = loop_now();
	deadline_init(&x->timer, all->loop, timer_cb, x);
	front_attach(d, x);
	take_request(x, h);
	take_conf(x);
	/* RFC 9112 9.3 */
	if (x->old_client && !x->ticket.conf->keep_alive_10)
		x->keep = false;

	if (x->head.failed)
		exchange_reject(x, 503, "proxy_internal_error",
		    "out of memory");
	else if (all->draining)
		exchange_reject(x, 503, "connection_limit_reached",
		    "the proxy is shutting down");
	else if (relay_is_loop(h, via_name(x->ticket.conf)))
		exchange_reject(x, 508, "proxy_loop_detected",
		    "the request has passed this proxy before");
	else if (!answered_here(x, h)) {
		while (!decide(x, h))
			;
	}
}

/* Admission */

static void
log_wait(const struct exchange *x)
{
	char buf[WORDS];

	if (log_enabled(LOG_LEVEL_DEBUG))
		log_debug("%s: admitted after %s", x->host.name,
		    words_duration(buf, x->held));
}

static void
admitted(struct exchange *x, uint64_t now)
{
	x->admitted = true;
	x->held += now - x->queued;
	if (x->discarding)
		exchange_discard_end(x, false);
	deadline_set(&x->timer, 0);
	log_wait(x);
	if (x->is_connect && x->ticket.rule->https == RULE_HTTPS_UPSTREAM)
		exchange_open(x, -1);
	else if (x->is_connect)
		exchange_connect(x);
	else
		exchange_forward(x, false);
}

static void
answered(struct exchange *x)
{
	if (x->phase != EXCHANGE_QUEUED)
		return;
	if (x->ticket.state == TICKET_HELD)
		admitted(x, loop_now());
	else
		refuse_over_budget(x, HOSTS_LATE);
}

static void
answered_cb(struct mail *m)
{
	answered((struct exchange *)(void *)((char *)m -
	    offsetof(struct exchange, ticket.mail)));
}

/* The client */

static void
half_closed_cb(void *arg)
{
	struct exchange *x = arg;
	struct downstream *d = x->downstream;

	if (x->phase == EXCHANGE_QUEUED) {
		/* nobody half-closes and then waits for its turn */
		exchange_finish(x, ACCESS_CLIENT_GONE, NULL);
		front_abort(d, false);
		return;
	}
	if (x->phase == EXCHANGE_OPENED) {
		exchange_opening_half_closed(x);
		return;
	}
	x->half_closed = true;
	exchange_renew_timer(x);
}

static void
gone_cb(void *arg, const char *why)
{
	struct exchange *x = arg;

	gather_drop(&x->exchanges->gather);
	exchange_finish(x, ACCESS_CLIENT_GONE, why);
}


/* Events of front */

static void
start_cb(void *owner, struct downstream *d, const struct http1_head *h)
{
	exchange_start(owner, d, h);
}

static void
refuse_cb(void *owner, struct downstream *d, const struct http1_head *h,
    int status, const char *why)
{
	exchange_refuse(owner, d, h, status, why);
}

static bool
body_cb(void *x, const char *p, size_t n)
{
	return exchange_body(x, p, n);
}

static void
body_end_cb(void *x, const struct http1_head *trailers)
{
	exchange_body_end(x, trailers);
}

static void
body_failed_cb(void *x, int status, const char *why)
{
	exchange_body_failed(x, status, why);
}

static void
writable_cb(void *arg)
{
	struct exchange *x = arg;

	if (x->phase == EXCHANGE_OPENED)
		exchange_heard(x);
	exchange_writable(x);
}

static void
heard_cb(void *x)
{
	exchange_heard(x);
}

const struct front_events exchange_front_events = {
	.start = start_cb,
	.refuse = refuse_cb,
	.no_handshake = no_handshake_cb,
	.body = body_cb,
	.body_end = body_end_cb,
	.body_failed = body_failed_cb,
	.writable = writable_cb,
	.heard = heard_cb,
	.half_closed = half_closed_cb,
	.gone = gone_cb,
};

/* All of a thread */

struct exchanges *
exchanges_new(const struct exchanges_setup *setup)
{
	struct exchanges *all;

	if ((all = calloc(1, sizeof *all)) == NULL)
		return NULL;
	all->setup = *setup;
	all->loop = setup->loop;
	all->hosts = setup->hosts;
	all->conf = setup->conf;
	all->access = access_new(setup->loop, setup->conf);
	all->hasher = client_hasher_new();
	if (all->access == NULL || all->hasher == NULL) {
		exchanges_free(all);
		return NULL;
	}
	return all;
}

void
exchanges_reload(struct exchanges *all, struct conf *conf)
{
	all->conf = conf;
	access_reload(all->access, conf);
}

void
exchanges_drain(struct exchanges *all)
{
	all->draining = true;
}

void
exchanges_free(struct exchanges *all)
{
	if (all->access != NULL)
		access_free(all->access);
	client_hasher_free(all->hasher);
	gather_free(&all->gather);
	free(all);
}
