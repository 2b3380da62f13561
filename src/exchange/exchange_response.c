/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_response.h"

#include <time.h>

#include "conf/conf.h"
#include "exchange/exchange_count.h"
#include "exchange/exchange_deadline.h"
#include "exchange/exchange_end.h"
#include "exchange/exchange_inside.h"
#include "exchange/exchange_judge.h"
#include "exchange/exchange_learn.h"
#include "exchange/exchange_meter.h"
#include "exchange/exchange_parent.h"
#include "exchange/exchange_resend.h"
#include "exchange/exchange_state.h"
#include "exchange/exchange_upgrade.h"
#include "exchange/upgrade.h"
#include "exchange/via.h"
#include "front/front.h"
#include "hint/usage_cut.h"
#include "upstream/upstream.h"

static void
send_gathered(struct exchange *x)
{
	if (gather_send(&x->exchanges->gather, x->downstream))
		x->head_sent = true;
}

/* Puts a head first into what will be sent; false without memory. */
static bool
relay_head(struct exchange *x, const struct http1_head *h,
    const struct relay_response *r)
{
	struct gather *g = &x->exchanges->gather;

	text_reset(&g->head);
	relay_response(&g->head, h, r);
	if (g->head.failed)
		return false;
	gather_add(g, g->head.p, g->head.len);
	return true;
}

/* Whether something of the answer is kept from the client. */
static bool
cuts(const struct exchange *x)
{
	return x->metering != NULL && exchange_meter_cuts(x);
}

static enum relay_framing
framing_for(const struct exchange *x, const struct http1_head *h)
{
	if (h->body == HTTP1_NO_BODY)
		return RELAY_NO_BODY;
	if (h->body == HTTP1_LENGTH && !cuts(x))
		return RELAY_LENGTH;
	return x->old_client ? RELAY_UNTIL_CLOSE : RELAY_CHUNKED;
}

/* What the client still sends, nobody wants. */
static void
stop_upload(struct exchange *x)
{
	x->stopped = true;
	front_stop_body(x->downstream);
}

/* How the answer is to be relayed, and whether its connection stays. */
static struct relay_response
describe(struct exchange *x, const struct http1_head *h,
    struct relay_inside *inside)
{
	struct relay_response r = {
		.via = via_name(x->ticket.conf),
		.date = date_text(&x->exchanges->date, time(NULL)),
		.inside = exchange_inside(x, inside),
	};

	x->framing = framing_for(x, h);
	r.tell_status = rule_pauses(x->ticket.rule, h->status) != NULL;
	r.resent = x->resent;
	if (!front_body_done(x->downstream) || x->exchanges->draining ||
	    front_must_end(x->downstream) || x->framing == RELAY_UNTIL_CLOSE)
		x->keep = false;
	r.framing = x->framing;
	r.close = !x->keep;
	r.keep_alive = x->keep && x->old_client;
	r.wait = x->held;
	return r;
}

/* From now on it is relayed, and the request is not sent again. */
static void
begin_relaying(struct exchange *x)
{
	exchange_forget_body(x);
	exchange_set_phase(x, EXCHANGE_RELAYING);
	if (front_body_done(x->downstream))
		return;
	/* an origin that refuses wants no more of it; an echo may */
	x->keep = false;
	if (x->status >= 300)
		stop_upload(x);
}

/* Takes the lesson of an answer; or that waits for the answer's body. */
static void
learn(struct exchange *x, const struct http1_head *h, uint64_t now)
{
	struct lesson lesson;
	struct hint hint;

	if (exchange_parent_speaks(x, h)) {
		lesson = (struct lesson){ .verdict = BUDGET_NEUTRAL };
		x->throttled = false;
		exchange_teach(x, &lesson, now);
		return;
	}
	exchange_learn(x, h, &hint, &lesson);
	/* by its body it may be no refusal for a limit at all */
	if (lesson_is_final(&lesson) && !hint.may_be_large) {
		exchange_teach(x, &lesson, now);
		/* what would come too late is relayed at once */
		if (now + lesson.pause < x->ticket.latest &&
		    exchange_may_resend(x) && exchange_judge_retry(x, h))
			stop_upload(x);
	} else if (!exchange_judge(x, h, &hint, &lesson))
		exchange_teach(x, &lesson, now);
}

static void
relay_final(struct exchange *x, const struct http1_head *h, uint64_t now)
{
	struct relay_inside inside;
	struct relay_response r;
	bool ok;

	x->status = h->status;
	learn(x, h, now);
	if (x->judging == NULL && exchange_resend(x))
		return;
	if (x->metering != NULL)
		exchange_meter_answer(x, h);
	r = describe(x, h, &inside);
	if (x->judging != NULL) {
		exchange_set_phase(x, EXCHANGE_RELAYING);
		ok = exchange_judge_head(x, h, &r);
	} else {
		begin_relaying(x);
		ok = relay_head(x, h, &r);
	}
	if (ok)
		return;
	exchange_judge_drop(x);
	exchange_fail(x, FAILURE_NO_MEMORY, "out of memory");
}

static void
relay_interim(struct exchange *x, const struct http1_head *h)
{
	struct relay_inside inside;
	struct relay_response r = {
		.via = via_name(x->ticket.conf),
		.inside = exchange_inside(x, &inside),
	};

	/* a 100 for a request that goes out again was relayed already */
	if (!x->old_client && (h->status != 100 || x->expect ||
	    (x->resent == 0 && !x->continued)) && relay_head(x, h, &r)) {
		send_gathered(x);
		x->head_sent = false;	/* only the final one counts */
	}
	if (h->status == 100 && x->expect) {
		x->expect = false;
		front_demand_body(x->downstream);
	}
	if (h->status == 100)
		exchange_deadline_set(x);
	else
		exchange_deadline_renew(x);
}

void
exchange_response_head(void *arg, struct http1_head *h)
{
	struct exchange *x = arg;
	uint64_t now = loop_now();

	exchange_count_response(x, h->status, now);
	if (!exchange_parent_may_relay(x, h))
		return;
	if (h->status >= 200)
		relay_final(x, h, now);
	else if (h->status != 101)
		relay_interim(x, h);
	else if (!h->upgrade || !upgrade_was_offered(x->offer, h))
		exchange_fail(x, FAILURE_MALFORMED, "unsolicited 101");
	else if (!exchange_upgrade(x, h))
		exchange_fail(x, FAILURE_MALFORMED, "cannot upgrade");
}

bool
exchange_response_flush(void *arg)
{
	struct exchange *x = arg;

	if (x->discarding) {
		exchange_discard_flush(x);
		return true;
	}
	if (x->judging != NULL) {
		exchange_deadline_set(x);
		return true;
	}
	send_gathered(x);
	/* a head that comes piece by piece is no progress */
	if (x->phase == EXCHANGE_RELAYING)
		exchange_deadline_set(x);
	return exchange_has_room(x);
}

static void
relay_bytes(struct exchange *x, const char *p, size_t n)
{
	struct gather *g = &x->exchanges->gather;

	/* the end of a body needs one more */
	if (gather_full(g, 4))
		send_gathered(x);
	exchange_count_out(x, n);
	if (x->framing == RELAY_CHUNKED)
		gather_add_chunk(g, p, n);
	else
		gather_add(g, p, n);
}

/* What of it the client did not ask for is taken out. */
static void
pass_cb(const char *p, size_t n, bool moves, void *arg)
{
	relay_bytes(arg, p, n);
	if (moves)
		send_gathered(arg);
}

static void
relay_piece(struct exchange *x, const char *p, size_t n)
{
	const struct usage_cut_out out = { pass_cb, x };

	if (x->metering != NULL)
		exchange_meter_piece(x, p, n);
	if (cuts(x))
		exchange_meter_cut(x, p, n, &out);
	else
		relay_bytes(x, p, n);
}

static void
end_pieces(struct exchange *x)
{
	const struct usage_cut_out out = { pass_cb, x };

	if (cuts(x))
		exchange_meter_cut_end(x, &out);
}

static void
relay_held(struct exchange *x, const struct held_answer *held)
{
	begin_relaying(x);
	gather_add(&x->exchanges->gather, held->head.p, held->head.len);
	if (held->len > 0)
		relay_piece(x, held->body, held->len);
	send_gathered(x);
}

bool
exchange_response_judged(struct exchange *x)
{
	struct held_answer held;
	bool again;

	exchange_judge_end(x, &held);
	again = exchange_resend(x);
	if (again)
		x->keep = held.keep;
	else
		relay_held(x, &held);
	exchange_judge_free(x, &held);
	return !again;
}

void
exchange_response_data(void *arg, const char *p, size_t n)
{
	struct exchange *x = arg;
	size_t taken;

	if (x->judging != NULL) {
		taken = exchange_judge_data(x, p, n);
		if (taken == n && !exchange_judge_full(x))
			return;
		/* in order, and not in memory that goes */
		p += taken;
		n -= taken;
		if (!exchange_response_judged(x) && !x->discarding)
			return;
	}
	if (x->discarding)
		exchange_discard(x, n);
	else if (n > 0)
		relay_piece(x, p, n);
}

void
exchange_response_done(void *arg, const struct http1_head *trailers)
{
	struct exchange *x = arg;
	struct gather *g = &x->exchanges->gather;
	struct downstream *d = x->downstream;
	bool keep;

	if (x->judging != NULL && !exchange_response_judged(x) &&
	    !x->discarding)
		return;
	if (x->discarding) {
		exchange_discard_end(x, true);
		return;
	}
	keep = x->keep;
	end_pieces(x);
	if (x->framing == RELAY_CHUNKED) {
		text_reset(&g->tail);
		relay_last_chunk(&g->tail, trailers);
		if (g->tail.failed) {
			exchange_fail(x, FAILURE_NO_MEMORY, "out of memory");
			return;
		}
		gather_add(g, g->tail.p, g->tail.len);
	}
	send_gathered(x);
	exchange_finish(x, ACCESS_FORWARDED, NULL);
	front_end(d, keep);
}

void
exchange_response_resume(struct exchange *x)
{
	if ((x->phase != EXCHANGE_SENDING && x->phase != EXCHANGE_RELAYING) ||
	    x->upstream == NULL)
		return;
	exchange_deadline_set(x);
	if (exchange_has_room(x))
		upstream_resume(x->upstream);
}
