/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_upgrade.h"

#include "exchange/exchange_count.h"
#include "exchange/exchange_inside.h"
#include "exchange/exchange_state.h"
#include "exchange/exchange_tunnel.h"
#include "exchange/tunnel.h"
#include "exchange/via.h"
#include "upstream/upstream.h"

bool
exchange_upgrade(struct exchange *x, const struct http1_head *h)
{
	struct text head = { 0 };
	struct relay_inside inside;
	struct relay_response r = {
		.upgrade = true,
		.inside = exchange_inside(x, &inside),
		.via = via_name(x->ticket.conf),
	};
	struct upstream_taken taken;
	struct tunnel_side upstream = { 0 };

	r.wait = x->held;
	r.resent = x->resent;
	relay_response(&head, h, &r);
	if (!upstream_take(x->upstream, &taken)) {
		text_free(&head);
		return false;
	}
	text_put(&head, taken.rest, taken.len);
	upstream.fd = taken.fd;
	upstream.tls = taken.tls;
	upstream.tls_below = taken.tls_below;
	x->upstream = NULL;
	x->status = 101;
	exchange_count_out(x, taken.len);
	exchange_tunnel_start(x, &upstream, &head);
	text_free(&head);
	return true;
}
