/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_deadline.h"

#include "conf/conf.h"
#include "exchange/exchange_judge.h"
#include "exchange/exchange_pace.h"
#include "front/front.h"
#include "upstream/upstream.h"

/*
 * Whose turn it is.  The client's: to send more of the body or to read, and
 * front has a deadline for that.  Else the upstream's: to take more of the
 * request, to ask for its body, to begin its response, or to go on with it.
 */
enum exchange_turn
exchange_turn(const struct exchange *x)
{
	bool client;

	if (x->phase != EXCHANGE_SENDING && x->phase != EXCHANGE_RELAYING)
		return TURN_NOBODYS;
	client = front_awaits_body(x->downstream) &&
	    upstream_pending(x->upstream) == 0;
	if (client || !exchange_has_room(x))
		return TURN_CLIENTS;
	if (x->phase == EXCHANGE_RELAYING)
		return TURN_TO_GO_ON;
	if (x->body_taken && upstream_pending(x->upstream) > 0)
		return TURN_TO_TAKE;
	return x->expect && !front_body_done(x->downstream) ? TURN_TO_ASK :
	    TURN_TO_BEGIN;
}

bool
exchange_asks(const struct conf *conf)
{
	return conf->timeout_continue < conf->timeout_response;
}

static uint64_t
limit_of(const struct conf *conf, enum exchange_turn turn)
{
	if (turn == TURN_TO_ASK && exchange_asks(conf))
		return conf->timeout_continue;
	if (turn == TURN_TO_ASK || turn == TURN_TO_BEGIN)
		return conf->timeout_response;
	return conf->timeout_idle;
}

/*
 * Every exchange under way has a deadline at every moment: of the queue, of
 * the dial, of the tunnel, or between those this one, by which the upstream
 * must have made progress.  A response has its time as a whole until its head
 * is there; what else moves meanwhile gives it no more.  Only while front has
 * a deadline for the client, there is none here but for its pace.
 */
void
exchange_deadline_set(struct exchange *x)
{
	const struct conf *conf = x->ticket.conf;
	enum exchange_turn before = x->turn;
	uint64_t limit, at;

	x->turn = exchange_turn(x);
	if (before == TURN_CLIENTS || x->turn == TURN_CLIENTS)
		exchange_pace_turn(x, x->turn == TURN_CLIENTS, loop_now());
	if (x->turn == TURN_NOBODYS ||
	    (x->turn == before && (before == TURN_TO_BEGIN ||
	    before == TURN_TO_ASK)))
		return;
	limit = limit_of(conf, x->turn);
	if (x->half_closed && conf->timeout_half_closed < limit)
		limit = conf->timeout_half_closed;
	at = x->turn == TURN_CLIENTS ? exchange_pace_until(x) :
	    loop_now() + limit;
	/* what is held back for its body is held no longer than that */
	if (x->judging != NULL && (at == 0 || exchange_judge_until(x) < at))
		at = exchange_judge_until(x);
	deadline_set(&x->timer, at);
}

void
exchange_deadline_renew(struct exchange *x)
{
	x->turn = TURN_NOBODYS;
	exchange_deadline_set(x);
}

void
exchange_deadline_whole(struct exchange *x, bool holds)
{
	uint64_t limit = x->ticket.conf->timeout_exchange;

	if (x->whole.cb != NULL)
		deadline_set(&x->whole, holds && limit > 0 ?
		    loop_now() + limit : 0);
}
