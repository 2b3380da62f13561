/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_state.h"

#include "conf/conf.h"
#include "exchange/via.h"
#include "front/front.h"

/*
 * Life of an exchange:
 *
 *   STARTING	nothing was decided yet.  Goes on as it is answered here, is
 *		refused, has to wait, or is admitted at once.
 *   CHECKING	its user's password is being checked; then it is STARTING again,
 *		with the same head.
 *   READING	its body is being read, for what it wants of named budgets;
 *		then it is STARTING again, with the same head.
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

/* From x->queued on. */
static void
join_held(struct exchange *x)
{
	struct exchanges *all = x->exchanges;
	bool first = TAILQ_EMPTY(&all->held);

	x->looked_at = 0;
	TAILQ_INSERT_TAIL(&all->held, x, entry);
	if (first && all->conf->log_held > 0)
		deadline_set(&all->held_timer,
		    x->queued + all->conf->log_held);
}

static void
leave_held(struct exchange *x)
{
	struct exchanges *all = x->exchanges;

	TAILQ_REMOVE(x->looked_at != 0 ? &all->held_long : &all->held, x,
	    entry);
}

void
exchange_set_phase(struct exchange *x, enum exchange_phase to)
{
	uint64_t *in_phase = x->exchanges->in_phase;

	if (x->phase != EXCHANGE_NONE)
		in_phase[x->phase]--;
	if (x->phase == EXCHANGE_QUEUED)
		leave_held(x);
	in_phase[to]++;
	x->phase = to;
	if (to == EXCHANGE_QUEUED)
		join_held(x);
}

uint64_t
exchange_held(const struct exchange *x, uint64_t now)
{
	return x->held + (x->phase == EXCHANGE_QUEUED ? now - x->queued : 0);
}

struct relay_request
exchange_origin(const struct exchange *x)
{
	return (struct relay_request){
		.port = x->port,
		.tls = x->tls,
		.via = via_name(x->ticket.conf),
		.offer = x->offer,
	};
}

struct dial_client
exchange_client(const struct exchange *x)
{
	return (struct dial_client){
		.address = front_address(x->downstream),
		.stranger = !front_is_local(x->downstream),
	};
}

bool
exchange_has_room(const struct exchange *x)
{
	return memory_room(x->memory, front_pending(x->downstream),
	    x->ticket.conf->limit_buffer / 2);
}

void
exchange_put_path(struct exchange *x, const struct http1_head *h)
{
	if (x->is_connect)
		return;
	text_puts(&x->head, h->path.len > 0 && h->path.p[0] != '?' ?
	    " " : " /");
	text_put(&x->head, h->path.p, h->path.len);
	text_puts(&x->head, " ");
}
