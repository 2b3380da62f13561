/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_timeout.h"

#include "exchange/exchange_admit.h"
#include "exchange/exchange_connect.h"
#include "exchange/exchange_continue.h"
#include "exchange/exchange_deadline.h"
#include "exchange/exchange_end.h"
#include "exchange/exchange_forward.h"
#include "exchange/exchange_judge.h"
#include "exchange/exchange_meter.h"
#include "exchange/exchange_pace.h"
#include "exchange/exchange_response.h"
#include "exchange/exchange_state.h"
#include "exchange/reply.h"
#include "front/front.h"
#include "hosts/hosts.h"

/* It is the client's turn, and maybe for too long. */
static void
look_at_pace(struct exchange *x)
{
	static const char why[] =
	    "the client is slower than limits.pace, and others wait";

	if (!exchange_pace_fails(x, loop_now()))
		exchange_deadline_set(x);
	else if (x->head_sent)
		exchange_abort(x, STATS_TOO_SLOW, why);
	else
		exchange_reject(x, 408, STATS_TOO_SLOW, "http_request_error",
		    why);
}

/* Its host has not asked: there are those that do not know of that. */
static void
ask_for_body(struct exchange *x)
{
	exchange_continue(x);
	front_demand_body(x->downstream);
	exchange_deadline_set(x);
}

/* The next time it may have a thread at once. */
static void
user_late(struct exchange *x)
{
	static const char detail[] = "the check of the password took too long";
	const struct reply r = {
		.status = 503,
		.error = "proxy_internal_error",
		.detail = detail,
		.retry_after = 1,
	};

	x->refusal = STATS_ACCESS_USER;
	exchange_answer(x, &r, ACCESS_REFUSED, detail);
}

void
exchange_timeout(void *arg)
{
	static const enum failure errors[] = {
		[TURN_TO_TAKE] = FAILURE_STALLED,
		[TURN_TO_ASK] = FAILURE_TIMEOUT,
		[TURN_TO_BEGIN] = FAILURE_TIMEOUT,
		[TURN_TO_GO_ON] = FAILURE_IDLE,
	};
	struct exchange *x = arg;
	enum exchange_turn now;

	if (x->phase == EXCHANGE_QUEUED) {
		exchange_admit_late(x);
		return;
	}
	if (x->phase == EXCHANGE_CHECKING) {
		user_late(x);
		return;
	}
	if (x->phase == EXCHANGE_READING) {
		/* it is told of again, and asks with what was read */
		if (exchange_meter_is_done(x))
			front_restart(x->downstream);
		return;
	}
	if (x->judging != NULL && loop_now() >= exchange_judge_until(x)) {
		exchange_response_judged(x);
		exchange_deadline_set(x);
		return;
	}
	if (x->phase == EXCHANGE_OPENED) {
		exchange_connect_late(x);
		return;
	}
	now = exchange_turn(x);
	if (now == TURN_NOBODYS)
		return;
	if (now == TURN_CLIENTS)
		look_at_pace(x);
	else if (now == TURN_TO_ASK && exchange_asks(x->ticket.conf))
		ask_for_body(x);
	else if (x->half_closed)
		exchange_cut_off(x, ACCESS_CLIENT_GONE, "half-closed and idle");
	else
		exchange_forward_failed(x, errors[now],
		    failure_answer(errors[now])->detail);
}

void
exchange_overdue(void *arg)
{
	static const char why[] = "it took longer than timeouts.exchange";
	struct exchange *x = arg;

	/* a tunnel may have given its slot back */
	if (!hosts_has_slot(x->exchanges->hosts, &x->ticket))
		return;
	if (x->head_sent)
		exchange_abort(x, STATS_EXCHANGE_TIME, why);
	else if (exchange_turn(x) == TURN_CLIENTS)
		exchange_reject(x, 408, STATS_EXCHANGE_TIME,
		    "http_request_error", why);
	else
		exchange_reject(x, 504, STATS_EXCHANGE_TIME,
		    "http_response_timeout", why);
}
