/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_user.h"

#include <stddef.h>
#include <string.h>

#include "base/client_hash.h"
#include "conf/conf.h"
#include "exchange/exchange_state.h"
#include "exchange/reply.h"
#include "front/front.h"
#include "policy/htpasswd.h"

static const char no_credentials[] = "Proxy-Authorization is missing, or not "
    "Basic";
static const char wrong_credentials[] = "nobody has that name and password";
static const char not_any_more[] = "the tunnel's user is not in access.users "
    "any more";
static const char too_many[] = "too many passwords wait to be checked";
static const char no_memory[] = "out of memory";

static enum exchange_user
refuse(struct reply *r, int status, const char *detail)
{
	*r = (struct reply){
		.status = status,
		.error = status == 503 ? "proxy_internal_error" :
		    "http_request_denied",
		.detail = detail,
		.retry_after = status == 503 ? 1 : 0,
	};
	return EXCHANGE_USER_REFUSED;
}

/* Whose turn a check is: the address, of which a network of IPv6 is one. */
static uint64_t
client_of(const struct exchange *x)
{
	const struct sockaddr *sa = front_address(x->downstream);
	struct client_hash hash = { 0 };
	struct network network;

	if (sa == NULL || !network_of(&network, sa))
		return 0;
	network_cut(&network, network.family == AF_INET ? 32 : 64);
	if (!client_hash(x->exchanges->hasher, "network", network.address,
	    sizeof network.address, &hash))
		return 0;
	return hash.a;
}

/* The password was checked. */
static void
told_cb(struct user_waiter *w, bool right)
{
	struct exchange *x = (struct exchange *)(void *)((char *)w -
	    offsetof(struct exchange, user_waiter));

	x->user_told = true;
	x->user_right = right;
	deadline_set(&x->timer, 0);
	front_restart(x->downstream);
}

static enum exchange_user
wait_for_it(struct exchange *x, struct reply *r)
{
	if (!front_hold(x->downstream)) {
		exchange_user_leave(x);
		return refuse(r, 503, no_memory);
	}
	exchange_set_phase(x, EXCHANGE_CHECKING);
	deadline_set(&x->timer,
	    loop_now() + x->ticket.conf->timeout_header);
	return EXCHANGE_USER_WAITS;
}

static enum user_answer
ask(struct exchange *x, const struct user_basic *basic)
{
	const struct htpasswd *users = x->ticket.conf->access_users;

	if (x->user_told)
		return x->user_right ? USER_RIGHT : USER_WRONG;
	x->user_waiter.told = told_cb;
	return user_gate_ask(x->exchanges->users, users, basic, client_of(x),
	    loop_now(), &x->user_waiter);
}

static enum exchange_user
decide(struct exchange *x, const struct user_basic *basic, struct reply *r)
{
	switch (ask(x, basic)) {
	case USER_RIGHT:
		return front_set_user(x->downstream, basic->name) ?
		    EXCHANGE_USER_GOES : refuse(r, 503, no_memory);
	case USER_WRONG:
		return refuse(r, 407, wrong_credentials);
	case USER_ASKED:
		return wait_for_it(x, r);
	case USER_BUSY:
		return refuse(r, 503, too_many);
	case USER_NO_MEMORY:
		break;
	}
	return refuse(r, 503, no_memory);
}

/* What is inside goes by who has asked for the tunnel. */
static enum exchange_user
ask_inside(struct exchange *x, struct reply *r)
{
	const char *name = front_user(x->downstream);

	if (name != NULL &&
	    htpasswd_find(x->ticket.conf->access_users, name) != NULL)
		return EXCHANGE_USER_GOES;
	x->keep = false;
	return refuse(r, 403, not_any_more);
}

enum exchange_user
exchange_user_ask(struct exchange *x, const struct http1_head *h,
    struct reply *r)
{
	struct user_basic basic;
	enum exchange_user answer;

	if (x->ticket.conf->access_users == NULL)
		return EXCHANGE_USER_GOES;
	if (front_tunnel(x->downstream) != NULL)
		return ask_inside(x, r);
	if (user_read_basic(h, &basic))
		answer = decide(x, &basic, r);
	else
		answer = refuse(r, 407, no_credentials);
	explicit_bzero(&basic, sizeof basic);
	if (answer != EXCHANGE_USER_GOES)
		(void)front_set_user(x->downstream, NULL);
	return answer;
}

void
exchange_user_leave(struct exchange *x)
{
	user_gate_leave(x->exchanges->users, &x->user_waiter);
}

const char *
exchange_user_name(const struct exchange *x, const struct http1_head *h,
    char buf[USER_NAME])
{
	if (x->ticket.conf->access_users == NULL && user_read(h, buf))
		return buf;
	return front_user(x->downstream);
}
