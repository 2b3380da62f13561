/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_timeout.h"

#include "exchange/exchange_admit.h"
#include "exchange/exchange_connect.h"
#include "exchange/exchange_deadline.h"
#include "exchange/exchange_end.h"
#include "exchange/exchange_forward.h"
#include "exchange/exchange_judge.h"
#include "exchange/exchange_response.h"
#include "exchange/exchange_state.h"

void
exchange_timeout(void *arg)
{
	static const enum failure errors[] = {
		[TURN_TO_TAKE] = FAILURE_STALLED,
		[TURN_TO_BEGIN] = FAILURE_TIMEOUT,
		[TURN_TO_GO_ON] = FAILURE_IDLE,
	};
	struct exchange *x = arg;
	enum exchange_turn now;

	if (x->phase == EXCHANGE_QUEUED) {
		exchange_admit_late(x);
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
	if (now == TURN_NOBODYS || now == TURN_CLIENTS)
		return;
	if (x->half_closed)
		exchange_cut_off(x, ACCESS_CLIENT_GONE, "half-closed and idle");
	else
		exchange_forward_failed(x, errors[now],
		    failure_answer(errors[now])->detail);
}
