/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_PARENT_TUNNEL_H
#define SLUICE_CHECK_PARENT_TUNNEL_H

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/conf_parse.h"
#include "net/dial.h"
#include "net/dialer.h"
#include "net/loop.h"
#include "net/own.h"
#include "tls/tls_context.h"
#include "upstream/parent_tunnel.h"
#include "upstream/upstream_taken.h"

/* A tunnel through a parent that the test plays: a listener and its client. */

#define ASKED	"CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n"

static struct memory		 memory;
static struct loop		*loop;
static struct own		*own;
static struct conf		*conf;
static struct dialer		 dialer;
static struct parent_tunnel	*tunnel;
static int			 listener, peer = -1;

/* What was told: how often, and the last of each. */
static struct {
	unsigned	 asked;
	unsigned	 open;
	unsigned	 refused;
	unsigned	 failed;
	unsigned	 heard;
	int		 status;
	enum failure	 e;
	int		 alert;
	char		 why[512];
} told;

/* What a callback does beside telling, and what is missing. */
static bool	 without_memory;	/* for what it is to be asked */
static bool	 frees;			/* ends the tunnel */
static bool	 nobody;		/* listens where the parent is */
static int	 next_status;		/* its loop reads another head: of that */

static void
may_free(void)
{
	loop->head.status = next_status;
	if (frees)
		parent_tunnel_free(tunnel);
}

static void
ask_cb(void *user, struct text *head)
{
	ck_assert_ptr_eq(user, &told);
	told.asked++;
	text_puts(head, ASKED);
	head->failed = without_memory;
}

static void
open_cb(void *user)
{
	ck_assert_ptr_eq(user, &told);
	told.open++;
	may_free();
}

static void
refused_cb(void *user, const struct http1_head *head)
{
	ck_assert_ptr_eq(user, &told);
	told.refused++;
	told.status = head->status;
	may_free();
}

static void
failed_cb(void *user, enum failure e, const char *why)
{
	ck_assert_ptr_eq(user, &told);
	told.failed++;
	told.e = e;
	told.alert = parent_tunnel_alert(tunnel);
	snprintf(told.why, sizeof told.why, "%s", why);
	may_free();
}

static void
heard_cb(void *user)
{
	ck_assert_ptr_eq(user, &told);
	told.heard++;
	may_free();
}

static const struct parent_tunnel_events events = {
	.ask = ask_cb,
	.open = open_cb,
	.refused = refused_cb,
	.failed = failed_cb,
	.heard = heard_cb,
};

static void
rung_cb(void *arg)
{
	(void)arg;
}

/* Whatever ends a tunnel, or has it stand. */
static unsigned
ends(void)
{
	return told.open + told.refused + told.failed;
}

/* Whatever there is to be done now. */
static void
turn(void)
{
	event_base_loop(loop->base, EVLOOP_NONBLOCK);
}

static void
wait_for(const unsigned *count)
{
	while (*count == 0)
		event_base_loop(loop->base, EVLOOP_ONCE);
}

static void
wait_end(void)
{
	while (ends() == 0)
		event_base_loop(loop->base, EVLOOP_ONCE);
	turn();
	ck_assert_uint_eq(ends(), 1);
}

static uint16_t
listen_at_loopback(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof in;

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&in, len), 0);
	ck_assert_int_eq(listen(listener, 8), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&in, &len),
	    0);
	return ntohs(in.sin_port);
}

static void
set_up(void)
{
	signal(SIGPIPE, SIG_IGN);	/* as the daemon does */
	memory_init(&memory, 1 << 30, SHARE_OFF);
	loop = loop_new(0, &memory, rung_cb, NULL);
	own = own_new(NULL);
	ck_assert(loop != NULL && own != NULL);
	memset(&told, 0, sizeof told);
	without_memory = frees = nobody = false;
	next_status = 0;
}

static void
tear_down(void)
{
	parent_tunnel_free(tunnel);
	tunnel = NULL;
	if (peer != -1)
		close(peer);
	peer = -1;
	close(listener);
	loop_bury_all(loop);
	loop_free(loop);
	own_free(own);
	conf_unref(conf);
	ck_assert_uint_eq(memory.used, 0);
	memory_destroy(&memory);
}

/* Begins it, by a configuration with that parent ("http") and more of it. */
static void
begin(const char *scheme, const char *parent, const char *more)
{
	char yaml[512], *cause = NULL;
	const struct dial_client client = { .stranger = false };
	int n = snprintf(yaml, sizeof yaml, "parent:\n"
	    "  url: %s://127.0.0.1:%u\n%s%s", scheme, listen_at_loopback(),
	    parent, more);

	conf = conf_parse("test", yaml, (size_t)n, &cause);
	if (nobody)
		close(listener);
	ck_assert_msg(conf != NULL && tls_contexts_load(conf, &cause), "%s",
	    cause);
	dialer = (struct dialer){ .loop = loop, .own = own, .conf = conf };
	tunnel = parent_tunnel_new(&dialer, conf, conf->parent, &client,
	    &events, &told);
	ck_assert_ptr_nonnull(tunnel);
	ck_assert_uint_eq(told.asked + ends(), 0);
}

static void
take_peer(void)
{
	peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ne(peer, -1);
}

static void
say(const char *p, size_t n)
{
	ck_assert_int_eq(send(peer, p, n, MSG_NOSIGNAL), (ssize_t)n);
}

#endif
