/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_admit.h"

#include <stddef.h>
#include <string.h>

#include "base/client_hash.h"
#include "base/log.h"
#include "base/words.h"
#include "conf/conf.h"
#include "exchange/exchange_connect.h"
#include "exchange/exchange_count.h"
#include "exchange/exchange_deadline.h"
#include "exchange/exchange_end.h"
#include "exchange/exchange_forward.h"
#include "exchange/exchange_meter.h"
#include "exchange/exchange_resend.h"
#include "exchange/exchange_state.h"
#include "exchange/exchange_user.h"
#include "exchange/upgrade.h"
#include "front/clients.h"
#include "front/front.h"
#include "hosts/hosts_explain.h"
#include "http/http1_head.h"
#include "policy/claim.h"
#include "policy/rule_retry.h"

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
	exchange_count_wait(x, true, now);
	if (x->discarding)
		exchange_discard_end(x, false);
	deadline_set(&x->timer, 0);
	exchange_deadline_whole(x, true);
	log_wait(x);
	if (x->is_connect && x->ticket.rule->https == RULE_HTTPS_UPSTREAM)
		exchange_connect_open(x, -1);
	else if (x->is_connect)
		exchange_connect(x);
	else
		exchange_forward(x);
}

static const char *
over_budget(const struct exchange *x, enum hosts_answer a)
{
	const struct ticket *t = &x->ticket;

	if (a == HOSTS_FULL)
		return "the host's queue is full";
	if (a == HOSTS_YIELDED)
		return "the host's queue is full, and most of it is the "
		    "client's";
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
	struct hosts_explanation why;
	struct reply r = {
		.status = 429,
		.error = "http_request_denied",
		.detail = over_budget(x, a),
		.budget = t->budget,
		.waiting = t->report.waiting,
		.retry_after = 1,
	};

	if (hosts_explain_refused(&x->ticket, &why))
		r.why = &why;
	if (start > now) {
		r.wait = start - now;
		r.retry_after = (r.wait + 999999999) / 1000000000;
	}
	x->refusal = a == HOSTS_LATE ? STATS_MAX_WAIT : STATS_QUEUE_FULL;
	exchange_answer(x, &r, ACCESS_REFUSED,
	    a == HOSTS_LATE ? "max_wait" : "queue full");
}

/* Who has taken over, and counts what is spent, does so no more. */
static void
refuse_lost(struct exchange *x)
{
	exchange_reject(x, 503, STATS_DRAINED, "proxy_internal_error",
	    "the process that took over is gone");
}

/* The user whose turns it takes, if it is one; or NULL. */
static char *
user_of(const struct exchange *x, const struct http1_head *h)
{
	const char *user;
	char buf[USER_NAME];

	if (x->ticket.rule->fair_by.kind != RULE_KEY_USER)
		return NULL;
	user = exchange_user_name(x, h, buf);
	return user != NULL ? strdup(user) : NULL;
}

/* It waits: whoever looks at the queue is to see what it is. */
static void
show(struct exchange *x, const struct http1_head *h)
{
	struct ticket_shown shown = {
		.head = x->head.p,
		.len = x->head.len,
		.method_len = x->method_len,
		.user = x->user = user_of(x, h),
	};

	hosts_show(x->exchanges->hosts, &x->ticket, &shown);
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
	case HOSTS_YIELDED:
	case HOSTS_LATE:
		refuse_over_budget(x, a);
		break;
	case HOSTS_DRAINED:
		exchange_reject(x, 503, STATS_DRAINED, "http_request_denied",
		    "the host is drained");
		break;
	case HOSTS_NO_ROOM:
		exchange_reject(x, 503, STATS_HOSTS_FULL,
		    "proxy_internal_error", "limits.hosts is reached");
		break;
	case HOSTS_NO_SHARE:
		exchange_reject(x, 503, STATS_HOSTS_SHARE,
		    "proxy_internal_error",
		    "the client has its share of limits.hosts");
		break;
	case HOSTS_NO_MEMORY:
		exchange_reject(x, 503, STATS_NO_MEMORY,
		    "proxy_internal_error", "out of memory");
		break;
	case HOSTS_LOST:
		refuse_lost(x);
		break;
	case HOSTS_RELOADED:
		break;		/* nothing was asked */
	}
}

/* An http:// URL of a host that is to be reached by HTTPS. */
static void
choose_tls(struct exchange *x)
{
	const struct rule *rule = x->ticket.rule;

	if (x->is_connect || x->tls || rule->https != RULE_HTTPS_UPSTREAM)
		return;
	x->tls = x->inside = true;
	if (x->port == 80)
		x->port = (uint16_t)rule->tls_port;
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
	memory_sub(x->memory, x->counted);
	x->counted = x->head.len;
	memory_add(x->memory, x->counted);
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
	to = exchange_origin(x);
	if (!exchange_meter_prepare(x, h, &to))
		return false;
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
	c->observed_turn = c->request.returned && x->taken.observed;
	return NULL;
}

/* Whose its place in a queue is; where nobody shares, all are one. */
static uint64_t
owner_of(const struct exchange *x)
{
	return x->client != NULL &&
	    x->ticket.conf->access_share != SHARE_OFF ? x->client->id : 0;
}

bool
exchange_admit(struct exchange *x, const struct http1_head *h)
{
	struct claim_source source = {
		.head = h,
		.address = front_address(x->downstream),
		.address_hash = front_address_hash(x->downstream),
		.user = front_user(x->downstream),
		.checked = x->ticket.conf->access_users != NULL,
		.owner = owner_of(x),
		.tunnel = x->is_connect,
	};
	enum hosts_answer a = HOSTS_NO_MEMORY;
	enum exchange_meter meter = EXCHANGE_METER_GOES;
	struct claim c;
	const char *wrong;

	if ((wrong = make_claim(x, &source, &c)) == NULL)
		meter = exchange_meter_ask(x, h, &c.request);
	if (meter == EXCHANGE_METER_READS)
		return true;
	if (meter == EXCHANGE_METER_REFUSED)
		wrong = "it wants more of a budget than the whole of it";
	else if (meter == EXCHANGE_METER_NO_MEMORY)
		wrong = claim_no_memory;
	if (wrong == NULL)
		a = hosts_ask(x->exchanges->hosts, &x->ticket, &c, &source,
		    x->began);
	if (a == HOSTS_RELOADED)
		return false;
	if (!prepare(x, h)) {
		take_answer(x, HOSTS_NO_MEMORY);
	} else if (wrong != NULL && wrong != claim_no_memory) {
		exchange_reject(x, 400, STATS_MALFORMED, "http_request_error",
		    wrong);
	} else {
		if (a == HOSTS_WAIT)
			show(x, h);
		take_answer(x, a);
	}
	return true;
}

static void
answered(struct exchange *x)
{
	if (x->phase != EXCHANGE_QUEUED)
		return;
	if (x->ticket.state != TICKET_HELD)
		take_answer(x, x->ticket.refusal);
	else if (atomic_load(x->exchanges->over))
		exchange_refuse_drained(x);	/* another was cut off */
	else
		admitted(x, loop_now());
}

void
exchange_admit_mail(struct mail *m)
{
	answered((struct exchange *)(void *)((char *)m -
	    offsetof(struct exchange, ticket.mail)));
}

/*
 * A pause that became longer since the timer was set may give it more time, and
 * so does a disk that is waited for.
 */
void
exchange_admit_late(struct exchange *x)
{
	struct hosts *hosts = x->exchanges->hosts;
	uint64_t now = loop_now();

	if (hosts_deadline(hosts, &x->ticket, now) > now)
		deadline_set(&x->timer, x->ticket.deadline);
	else if (hosts_give_up(hosts, &x->ticket, now))
		answered(x);
}
