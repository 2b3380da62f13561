/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_destination.h"

#include "conf/conf.h"
#include "exchange/exchange_end.h"
#include "exchange/exchange_state.h"
#include "front/front.h"
#include "policy/destination_say.h"

static struct destination_verdict
judge_port(const struct exchange *x, enum destination_inside inside)
{
	const struct destination d = {
		.host = x->through ? front_tunnel(x->downstream) : &x->host,
		.stranger = !front_is_local(x->downstream),
	};

	return destination_judge_port(&x->ticket.conf->destinations, &d,
	    inside);
}

static bool
end_unless(struct exchange *x, const struct destination_verdict *v)
{
	char text[DESTINATION_TEXT];

	if (v->reason == DESTINATION_GOES)
		return true;
	exchange_fail(x, FAILURE_DESTINATION, destination_say(text, v));
	return false;
}

/* Whom it names is not dialled, since it goes to its tunnel's host. */
static bool
may_name(struct exchange *x)
{
	const struct destination d = {
		.host = &x->host,
		.stranger = !front_is_local(x->downstream),
	};
	struct destination_verdict v = destination_judge(
	    &x->ticket.conf->destinations, &d);

	return end_unless(x, &v);
}

bool
exchange_goes_as(struct exchange *x, enum destination_inside inside)
{
	struct destination_verdict v;

	if (x->through && !may_name(x))
		return false;
	if (front_is_local(x->downstream))
		return true;
	v = judge_port(x, inside);
	return end_unless(x, &v);
}

bool
exchange_goes_somehow(struct exchange *x)
{
	struct destination_verdict v;
	int i;

	for (i = 0; i < DESTINATION_INSIDES; i++) {
		v = judge_port(x, (enum destination_inside)i);
		if (v.reason == DESTINATION_GOES)
			return true;
	}
	v = judge_port(x, DESTINATION_TLS);
	return end_unless(x, &v);
}

bool
exchange_takes_others(const struct exchange *x)
{
	return judge_port(x, DESTINATION_OTHER).reason == DESTINATION_GOES;
}
