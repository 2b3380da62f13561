/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_parent.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/once.h"
#include "conf/conf.h"
#include "exchange/exchange_end.h"
#include "exchange/exchange_learn.h"
#include "exchange/exchange_resend.h"
#include "exchange/exchange_state.h"
#include "exchange/relay_parent.h"
#include "exchange/via.h"
#include "front/front.h"
#include "hint/hint_read.h"
#include "net/permit.h"
#include "policy/destination_say.h"
#include "policy/parent.h"
#include "upstream/parent_tunnel.h"
#include "upstream/upstream.h"

#define SECOND		UINT64_C(1000000000)	/* ns */

/* The way */

static bool
may_go(struct exchange *x, const struct http1_host *to)
{
	char text[DESTINATION_TEXT];
	struct destination_verdict v = permit_beyond(x->exchanges->dialer, to,
	    !front_is_local(x->downstream));

	if (v.reason == DESTINATION_GOES)
		return true;
	exchange_fail(x, FAILURE_DESTINATION, destination_say(text, &v));
	return false;
}

/*
 * By a tunnel goes what a client has asked a tunnel for, what is encrypted, and
 * what may become another protocol (RFC 6455 4.1): a parent need not know it.
 */
bool
exchange_parent_choose(struct exchange *x, const struct rule *rule,
    const struct http1_host *to)
{
	x->parent = conf_parent(x->ticket.conf, rule, to);
	x->by_tunnel = x->parent != NULL && (x->is_connect || x->tls ||
	    x->offer != NULL || front_tunnel(x->downstream) != NULL);
	return x->parent == NULL || may_go(x, to);
}

bool
exchange_parent_is_asked(const struct exchange *x)
{
	return x->parent != NULL && !x->by_tunnel;
}

const struct text *
exchange_parent_head(struct exchange *x)
{
	struct text *head = &x->exchanges->parent_head;
	const struct relay_parent p = {
		.host = &x->host,
		.port = x->port,
		.authorization = x->parent->authorization,
	};

	text_reset(head);
	relay_parent_absolute(head, &x->head, x->method_len, &p);
	return head->failed ? NULL : head;
}

void
exchange_parent_ask(void *arg, struct text *head)
{
	struct exchange *x = arg;
	struct relay_parent p = {
		.host = &x->host,
		.port = x->port,
		.authorization = x->parent->authorization,
	};

	if (x->through) {
		p.host = front_tunnel(x->downstream);
		p.port = p.host->port;
	}
	if (x->is_connect)
		relay_parent_connect(head, &x->head, &p);
	else
		relay_parent_own_connect(head, via_name(x->ticket.conf), &p);
}

/* Credentials that the parent does not accept */

/* Whether it says that it takes Basic; what else it says goes to others. */
static bool
offers_basic(const struct http1_head *h, char others[64])
{
	bool basic = false;
	struct http1_str s;
	size_t len = 0, n;
	unsigned i;

	others[0] = '\0';
	for (i = 0; i < h->nfields; i++) {
		if (h->fields[i].id != HTTP1_PROXY_AUTHENTICATE)
			continue;
		s = h->fields[i].value;
		for (n = 0; n < s.len && http1_is_token(s.p + n, 1); n++)
			;
		s.len = n;
		basic = basic || http1_str_is(s, "basic");
		if (n > 0 && len + n + 3 < 64)
			len += (size_t)snprintf(others + len, 64 - len,
			    "%s%.*s", len > 0 ? ", " : "", (int)n, s.p);
	}
	return basic || others[0] == '\0';
}

/* What is to be mended, once for each configuration. */
static void
tell_credentials(const struct parent *p, const struct http1_head *h)
{
	char key[HTTP1_HOST + 64], offered[64];

	snprintf(key, sizeof key, "%s %" PRIu64, p->name, p->id);
	if (!once_first(ONCE_PARENT, key))
		return;
	if (!offers_basic(h, offered))
		log_warn("parent %s: it answers with 407 and wants one of %s, "
		    "but only Basic is known here", p->name, offered);
	else if (p->user == NULL)
		log_warn("parent %s: it answers with 407: put a user into its "
		    "url, and the password into a password_file", p->name);
	else
		log_warn("parent %s: it answers with 407: the user of its url, "
		    "or the password in %s, is not the right one", p->name,
		    p->password_file != NULL ? p->password_file :
		    "its password_file, which is not there,");
}

static void
fail_credentials(struct exchange *x, const struct http1_head *h)
{
	tell_credentials(x->parent, h);
	exchange_fail(x, FAILURE_PARENT_AUTH, "407");
}

bool
exchange_parent_may_relay(struct exchange *x, const struct http1_head *h)
{
	if (h->status != 407 || !exchange_parent_is_asked(x))
		return true;
	fail_credentials(x, h);
	return false;
}

bool
exchange_parent_speaks(const struct exchange *x, const struct http1_head *h)
{
	return exchange_parent_is_asked(x) && parent_speaks(h);
}

/* Tunnels that it refuses */

/* What the client is told of an answer to a CONNECT. */
static const struct {
	int		 status;
	const char	*error;		/* RFC 9209 2.3 */
} refusals[] = {
	{ 403, "http_request_denied" },
	{ 429, "http_request_denied" },
	{ 502, "destination_unavailable" },
	{ 503, "destination_unavailable" },
	{ 504, "connection_timeout" },
	{ 0, NULL },
};

/* Nothing is left of the way to the parent. */
static void
let_go(struct exchange *x)
{
	if (x->upstream != NULL)
		upstream_close(x->upstream);
	x->upstream = NULL;
	parent_tunnel_free(x->way);
	x->way = NULL;
}

/* As the host's own, where it is one for a limit; else it teaches nothing. */
static void
learn(struct exchange *x, const struct http1_head *h)
{
	struct lesson lesson;
	struct hint hint;

	exchange_learn(x, h, &hint, &lesson);
	if (x->throttled)
		exchange_teach(x, &lesson, loop_now());
}

static void
answer(struct exchange *x, int status, uint64_t retry_after)
{
	const char *error = "connection_refused";
	char params[64], detail[96], reason[64];
	struct reply r = {
		.status = 502,
		.error = params,
		.detail = detail,
		.retry_after = retry_after,
	};
	size_t i;

	for (i = 0; refusals[i].status != 0; i++) {
		if (refusals[i].status == status) {
			r.status = status;
			error = refusals[i].error;
		}
	}
	snprintf(params, sizeof params, "%s; received-status=%d", error,
	    status);
	snprintf(detail, sizeof detail, "%s: %d",
	    failure_answer(FAILURE_PARENT_REFUSED)->detail, status);
	snprintf(reason, sizeof reason, "parent: refused: %d", status);
	stats_add(&x->counts->errors[FAILURE_PARENT_REFUSED], 1);
	if (x->head_sent)
		exchange_cut_off(x, ACCESS_UPSTREAM_ERROR, reason);
	else
		exchange_answer(x, &r, ACCESS_UPSTREAM_ERROR, reason);
}

void
exchange_parent_refused(void *arg, const struct http1_head *h)
{
	struct exchange *x = arg;
	int status = h->status;
	uint64_t retry_after = 0;
	struct hint hint = { 0 };

	if (status == 407) {
		fail_credentials(x, h);
		return;
	}
	if (status == 429 || status == 503)
		hint_read(h, (struct http1_str){ x->head.p, x->method_len },
		    (int64_t)time(NULL), &hint);
	if (hint.retry_after)
		retry_after = (hint.delay + SECOND - 1) / SECOND;
	x->status = status;
	x->throttled = false;
	if (!parent_speaks(h))
		learn(x, h);
	let_go(x);
	if (!exchange_resend(x))
		answer(x, status, retry_after);
	else
		exchange_discard_end(x, false);
}
