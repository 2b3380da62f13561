/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_resend.h"

#include "base/log.h"
#include "conf/conf.h"
#include "exchange/exchange_deadline.h"
#include "exchange/exchange_learn.h"
#include "exchange/exchange_state.h"
#include "front/front.h"
#include "upstream/upstream.h"

/*
 * Whether a request is sent again because of its answer, instead of relaying a
 * refusal.
 */

/* Such questions, of one request: it may be refused for what it is. */
#define QUESTIONS	8

/* Of a refusal that is not relayed, so that its connection stays usable. */
#define DISCARD_MAX	65536		/* bytes */

static bool
is_one_of(const int *statuses, unsigned n, int status)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		if (statuses[i] == status)
			return true;
	}
	return false;
}

/*
 * Whether it may be sent again once more.  What was sent to ask for a limit is
 * not held against it: its client has not been that early.
 */
static bool
has_attempts(const struct exchange *x)
{
	const struct ticket *t = &x->ticket;
	unsigned asked = t->asked < QUESTIONS ? t->asked : QUESTIONS;

	return t->rule->retry_attempts > x->resent - asked;
}

bool
exchange_may_resend(struct exchange *x)
{
	const struct rule *rule = x->ticket.rule;

	return x->throttled && !x->no_retry && !x->ticket.unheld &&
	    x->resendable && !x->no_replay &&
	    has_attempts(x) && !x->half_closed &&
	    !x->exchanges->draining && is_one_of(rule->retry_statuses,
	    rule->nretry_statuses, x->status) && exchange_hold_body(x) &&
	    x->replay.size <= rule->retry_body;
}

/* Nobody needs what follows the refused answer's head. */
static void
let_go(struct exchange *x)
{
	if (x->upstream != NULL)
		upstream_close(x->upstream);
	x->upstream = NULL;
	x->discarding = false;
}

/* Whoever looks at the queue is to see what waits again. */
static void
show(struct exchange *x)
{
	const struct ticket_shown shown = {
		.head = x->head.p,
		.len = x->head.len,
		.method_len = x->method_len,
		.user = x->user,
	};

	hosts_show(x->exchanges->hosts, &x->ticket, &shown);
}

/* It waits again, since now (ns). */
static void
wait_again(struct exchange *x, uint64_t now)
{
	show(x);
	x->queued = now;
	exchange_set_phase(x, EXCHANGE_QUEUED);
	front_stop_body(x->downstream);
	x->stopped = false;
	deadline_set(&x->timer, x->ticket.deadline);
	exchange_deadline_whole(x, false);
}

bool
exchange_pay_again(struct exchange *x)
{
	const struct lesson none = { .verdict = BUDGET_NEUTRAL };
	uint64_t now = loop_now();

	/* who may be gone does not wait for it */
	if (x->half_closed)
		return false;
	exchange_teach(x, &none, now);
	if (hosts_pay_again(x->exchanges->hosts, &x->ticket, now) !=
	    HOSTS_WAIT)
		return false;
	wait_again(x, now);
	log_debug("%s: to be sent again over another connection",
	    x->host.name);
	let_go(x);
	return true;
}

bool
exchange_resend(struct exchange *x)
{
	uint64_t now;
	bool sent;

	if (!exchange_may_resend(x))
		return false;
	now = loop_now();
	sent = front_body_done(x->downstream);
	if (hosts_return(x->exchanges->hosts, &x->ticket, now) != HOSTS_WAIT)
		return false;
	wait_again(x, now);
	log_debug("%s: to be sent again after its answer %d", x->host.name,
	    x->status);
	x->resent++;
	stats_add(&x->counts->resends, 1);
	x->retried = false;
	x->status = 0;
	x->discarding = true;
	x->discarded = 0;
	if (!sent)
		let_go(x);
	return true;
}

void
exchange_discard(struct exchange *x, size_t n)
{
	x->discarded += n;
}

void
exchange_discard_flush(struct exchange *x)
{
	if (x->discarded > DISCARD_MAX)
		let_go(x);
}

void
exchange_discard_end(struct exchange *x, bool whole)
{
	if (whole) {
		upstream_release(x->upstream);
		x->upstream = NULL;
	}
	let_go(x);
}

/* The request's body, kept as long as it may have to be sent again */

/* How many bytes of it; 0: it need not be kept. */
static uint64_t
keep_max(const struct exchange *x)
{
	const struct rule *rule = x->ticket.rule;
	uint64_t max = 0;

	/* on a connection that had been idle, and may be closed by now */
	if (x->idempotent && upstream_reused(x->upstream) && !x->retried)
		max = x->ticket.conf->limit_buffer / 2;
	if (x->resendable && has_attempts(x) &&
	    rule->retry_body > max && !rule->builtin)
		max = rule->retry_body;
	return max;
}

void
exchange_forget_body(struct exchange *x)
{
	/* no lock for the many that have no body */
	if (x->body_taken)
		memory_forget(x->memory, &x->replay);
	x->no_replay = true;
}

void
exchange_keep_needed(struct exchange *x)
{
	if (x->replay.size > keep_max(x))
		exchange_forget_body(x);
}

bool
exchange_hold_body(struct exchange *x)
{
	if (!x->body_taken)
		return true;
	return !x->no_replay && memory_hold(x->memory, &x->replay);
}

void
exchange_keep_body(struct exchange *x, const struct iovec *v, int n)
{
	if (!x->no_replay && !memory_keep(x->memory, &x->replay, v, n,
	    keep_max(x)))
		x->no_replay = true;
}
