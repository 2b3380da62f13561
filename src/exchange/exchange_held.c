/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_held.h"

#include <stdio.h>

#include "base/log.h"
#include "base/words.h"
#include "conf/conf.h"
#include "exchange/access_line.h"
#include "exchange/exchange_learn.h"
#include "exchange/exchange_state.h"
#include "front/front.h"
#include "hosts/hosts_held.h"
#include "hosts/hosts_say.h"

#define WHEN	64	/* bytes of when it will go, with their end */
#define AGAIN	UINT64_C(1000000000)	/* ns: not looked at again before */

static const char *
when(const struct hosts_held *held, uint64_t now, char buf[WHEN])
{
	char in[WORDS];

	if (held->start > now)
		snprintf(buf, WHEN, "to go in %s",
		    words_duration(in, held->start - now));
	else
		snprintf(buf, WHEN, "to go when another ends");
	return buf;
}

static void
tell(struct exchange *x, const struct hosts_held *held, uint64_t now)
{
	char label[HOSTS_LABEL], method[32], path[ACCESS_PATH];
	char time[WORDS], oldest[WORDS], go[WHEN];
	const char *at = NULL;

	if (!x->is_connect)
		at = access_path(exchange_path(x), path, sizeof path);
	log_info("%s: held for %s by \"%s\", %s: %s%s%s of %s; waiting there: "
	    "%u, the oldest for %s", hosts_label(label, &x->ticket),
	    words_duration(time, exchange_held(x, now)), held->budget,
	    when(held, now, go),
	    access_method(x->head.p, x->method_len, method),
	    at != NULL ? " " : "", at != NULL ? at : "",
	    front_peer(x->downstream), held->waiting,
	    words_duration(oldest, now - held->oldest));
}

static void
look(struct exchanges *all, struct exchange *x, uint64_t now)
{
	struct hosts_held held;

	TAILQ_REMOVE(x->looked_at != 0 ? &all->held_long : &all->held, x,
	    entry);
	TAILQ_INSERT_TAIL(&all->held_long, x, entry);
	x->looked_at = now;
	if (log_enabled(LOG_LEVEL_INFO) && hosts_held(all->hosts, &x->ticket,
	    all->conf->log_held, now, &held))
		tell(x, &held, now);
}

void
exchange_held_due(void *arg)
{
	struct exchanges *all = arg;
	uint64_t now = loop_now(), held = all->conf->log_held;
	struct exchange *x;

	while (held > 0 && (x = TAILQ_FIRST(&all->held)) != NULL &&
	    x->queued + held <= now)
		look(all, x, now);
	exchange_held_reload(all);
}

/* Many wait, and each is looked at: not in every ms, whatever is configured. */
static uint64_t
again(const struct exchanges *all)
{
	uint64_t held = all->conf->log_held;

	return held > 0 && held < AGAIN ? AGAIN : held;
}

void
exchange_held_again(void *arg)
{
	struct exchanges *all = arg;
	uint64_t now = loop_now(), every = again(all);
	struct exchange *x;

	while (every > 0 && (x = TAILQ_FIRST(&all->held_long)) != NULL &&
	    x->looked_at + every <= now)
		look(all, x, now);
	exchange_held_reload(all);
}

void
exchange_held_reload(struct exchanges *all)
{
	const struct exchange *x = TAILQ_FIRST(&all->held);
	const struct exchange *y = TAILQ_FIRST(&all->held_long);
	uint64_t held = all->conf->log_held;

	deadline_set(&all->held_timer,
	    x != NULL && held > 0 ? x->queued + held : 0);
	deadline_set(&all->held_long_timer,
	    y != NULL && held > 0 ? y->looked_at + again(all) : 0);
}
