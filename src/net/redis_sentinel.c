/* SPDX-License-Identifier: ISC */
#include "net/redis_sentinel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/dialer.h"
#include "net/loop.h"
#include "net/redis_place.h"
#include "net/redis_reply.h"

/*
 * Life: a connection to one of them, which is asked when it is ready; where
 * that fails, or it does not know, to the next one.  The end is told from a
 * callback of a connection, or from next_ev where none could be made.
 */

struct redis_sentinel {
	struct redis_sentinels	*all;
	redis_sentinel_cb	*cb;
	void			*arg;
	struct redis		*redis;
	size_t			 asked;		/* of all */
	struct event		 next_ev;
	char			 why[REDIS_WHY];
	struct grave		 grave;
};

static const struct redis_events events;

static void
end(struct redis_sentinel *s)
{
	redis_close(s->redis);
	s->redis = NULL;
	event_del(&s->next_ev);
	loop_bury(s->all->setup.dialer->loop, &s->grave, free, s);
}

static void
finish(struct redis_sentinel *s, const struct http1_host *host)
{
	redis_sentinel_cb *cb = s->cb;

	s->cb = NULL;
	end(s);
	if (cb != NULL)
		cb(s->arg, host, host == NULL ? s->why : NULL);
}

static void
next_cb(evutil_socket_t fd, short what, void *arg)
{
	struct redis_sentinel *s = arg;
	struct redis_sentinels *all = s->all;

	(void)fd;
	(void)what;
	redis_close(s->redis);
	s->redis = NULL;
	if (s->asked == all->n) {
		finish(s, NULL);
		return;
	}
	if (s->asked++ > 0)
		all->at++;
	all->at %= all->n;
	s->redis = redis_open(&all->setup, &all->list[all->at], &events, s);
	if (s->redis != NULL)
		return;
	snprintf(s->why, sizeof s->why, "out of memory");
	finish(s, NULL);
}

static void
failed(struct redis_sentinel *s, const char *why)
{
	const struct http1_host *host = &s->all->list[s->all->at];

	snprintf(s->why, sizeof s->why, "sentinel %.64s:%u: %s", host->name,
	    host->port, why);
	event_active(&s->next_ev, EV_TIMEOUT, 0);
}

static void
reply_cb(void *arg, const struct redis_reply *reply, const char *why)
{
	struct redis_sentinel *s = arg;
	struct http1_host host;
	char text[REDIS_WHY];

	(void)why;
	if (reply == NULL || s->cb == NULL)
		return;		/* it was lost, which is told by itself */
	if (redis_place_master(reply, &host))
		finish(s, &host);
	else if (reply->kind == REDIS_NIL)
		failed(s, "it knows no master of that name");
	else
		failed(s, redis_reply_say(reply, text));
}

static void
ready_cb(void *arg)
{
	struct redis_sentinel *s = arg;
	const char *words[] = {
		"SENTINEL", "get-master-addr-by-name", s->all->master,
	};
	size_t lengths[] = {
		strlen(words[0]), strlen(words[1]), strlen(words[2]),
	};

	if (!redis_send(s->redis, 3, words, lengths, reply_cb, s))
		failed(s, "the connection is cut off");
}

static void
lost_cb(void *arg, const char *why)
{
	failed(arg, why);
}

static const struct redis_events events = {
	.ready = ready_cb,
	.lost = lost_cb,
};

struct redis_sentinel *
redis_sentinel_ask(struct redis_sentinels *all, redis_sentinel_cb *cb,
    void *arg)
{
	struct redis_sentinel *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->all = all;
	s->cb = cb;
	s->arg = arg;
	event_assign(&s->next_ev, all->setup.dialer->loop->base, -1, 0, next_cb,
	    s);
	event_active(&s->next_ev, EV_TIMEOUT, 0);
	return s;
}

void
redis_sentinel_cancel(struct redis_sentinel *s)
{
	if (s == NULL)
		return;
	s->cb = NULL;
	end(s);
}
