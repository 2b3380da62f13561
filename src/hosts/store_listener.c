/* SPDX-License-Identifier: ISC */
#include "hosts/store_listener.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/once.h"
#include "hosts/store_command.h"
#include "hosts/store_redis.h"
#include "net/dialer.h"
#include "net/loop.h"
#include "net/redis_cluster.h"
#include "net/redis_reply.h"
#include "policy/store.h"

struct store_listener {
	struct redis_setup	 setup;
	struct redis_sentinels	 sentinels;
	const struct store_redis *servers;
	struct redis_node	*node;
	char			 channel[STORE_CHANNEL];
	store_heard_cb		*heard;
	void			*owner;
	struct grave		 grave;
};

static void
subscribed_cb(void *arg, const struct redis_reply *reply, const char *why)
{
	static const char once[] = "store listener";
	char text[REDIS_WHY];

	(void)arg;
	(void)why;
	if (reply != NULL && reply->kind == REDIS_ERROR &&
	    once_a_minute(once, sizeof once, loop_now()))
		log_warn("the store: it does not tell of pauses, which are "
		    "heard with leases only: %s",
		    redis_reply_say(reply, text));
}

static void
up_cb(void *arg, struct redis_node *n)
{
	struct store_listener *s = arg;
	const char *words[] = { "SUBSCRIBE", s->channel };
	const size_t lengths[] = { 9, strlen(s->channel) };

	/* one that cannot be sent is found by who reads, and lost */
	if (!redis_node_send(n, 2, words, lengths, subscribed_cb, s))
		log_debug("the store cannot be listened to");
}

static const struct redis_node_events node_events;

/*
 * It is tried again, or another one is; what is to be told of that, those do
 * which ask.
 */
static void
down_cb(void *arg, struct redis_node *n, const char *why, unsigned times)
{
	struct store_listener *s = arg;
	struct http1_host host;
	struct redis_node *other;

	(void)why;
	(void)times;
	/* sentinels know where it is */
	if (s->sentinels.n > 0 || !store_redis_other(s->servers,
	    redis_node_host(n), &host))
		return;
	other = redis_node_new(&s->setup, &host, NULL, &node_events, s);
	if (other == NULL)
		return;
	redis_node_free(n);
	s->node = other;
}

/* "message", the channel, and what was said. */
static void
told_cb(void *arg, const struct redis_reply *reply)
{
	struct store_listener *s = arg;
	const struct redis_reply *channel = reply->first->next;
	const struct redis_reply *said = channel != NULL ? channel->next :
	    NULL;

	if (said != NULL && said->kind == REDIS_STRING)
		s->heard(s->owner, said->text, said->len);
}

static const struct redis_node_events node_events = {
	.up = up_cb,
	.down = down_cb,
	.told = told_cb,
};

struct store_listener *
store_listener_new(const struct dialer *dialer, const struct store *conf,
    const struct store_redis *servers, store_heard_cb *heard, void *owner)
{
	struct store_listener *s = calloc(1, sizeof *s);
	struct http1_host host = { .port = 0 };

	if (s == NULL)
		return NULL;
	redis_cluster_setup(&s->setup, &s->sentinels, dialer, conf);
	s->setup.role = REDIS_LISTENER;
	s->servers = servers;
	store_channel(s->channel, conf->space);
	s->heard = heard;
	s->owner = owner;
	if (conf->nsentinels > 0)
		s->node = redis_node_new(&s->setup, NULL, &s->sentinels,
		    &node_events, s);
	else if (store_host(conf, &host))
		s->node = redis_node_new(&s->setup, &host, NULL, &node_events,
		    s);
	if (s->node != NULL)
		return s;
	free(s);
	return NULL;
}

void
store_listener_free(struct store_listener *s)
{
	if (s == NULL)
		return;
	redis_node_free(s->node);
	loop_bury(s->setup.dialer->loop, &s->grave, free, s);
}
