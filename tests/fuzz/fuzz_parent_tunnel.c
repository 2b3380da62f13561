/* SPDX-License-Identifier: ISC */

/*
 * What a parent answers to CONNECT.  The first byte tells how many bytes come
 * at a time, and whether the parent closes behind them; the rest is what comes.
 * The tunnel must tell the one end that an obvious reader of the whole finds.
 */

#include "fuzz_http1.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/conf_parse.h"
#include "http/http1_response.h"
#include "net/dial.h"
#include "net/dialer.h"
#include "net/loop.h"
#include "upstream/parent_tunnel.h"
#include "upstream/upstream_taken.h"

#define HEAD	1024		/* limits.head */
#define FIELDS	8		/* limits.fields */

enum end { NONE, OPEN, REFUSED, FAILED };

static struct memory	 memory;
static struct loop	*loop;
static struct conf	*conf;

/* The one dial at a time, and what was told of its tunnel. */
static dial_cb		*dialled;
static void		*dialled_arg;
static struct {
	unsigned	 times;
	enum end	 end;
	int		 status;
	enum failure	 e;
} told;

struct dial	*__wrap_dial_start(const struct dialer *,
		    const struct http1_host *, const struct dial_client *,
		    dial_cb *, void *);
void		 __wrap_dial_cancel(struct dial *);

struct dial *
__wrap_dial_start(const struct dialer *dialer, const struct http1_host *host,
    const struct dial_client *client, dial_cb *cb, void *arg)
{
	REQUIRE(client->to_parent && host->port == 3128 && dialer->loop == loop);
	dialled = cb;
	dialled_arg = arg;
	return (struct dial *)(void *)&told;
}

void
__wrap_dial_cancel(struct dial *d)
{
	REQUIRE(d == NULL);
}

static void
ask_cb(void *user, struct text *head)
{
	(void)user;
	text_puts(head, "CONNECT a.test:443 HTTP/1.1\r\n\r\n");
}

static void
tell(enum end end, int status, enum failure e)
{
	told.times++;
	told.end = end;
	told.status = status;
	told.e = e;
	/* as whoever reads another head then */
	memset(&loop->head, 0, sizeof loop->head);
}

static void
open_cb(void *user)
{
	(void)user;
	tell(OPEN, 0, 0);
}

static void
refused_cb(void *user, const struct http1_head *head)
{
	(void)user;
	tell(REFUSED, head->status, 0);
}

static void
failed_cb(void *user, enum failure e, const char *why)
{
	(void)user;
	REQUIRE(why != NULL && why[0] != '\0');
	REQUIRE(strpbrk(why, "\r\n") == NULL);
	tell(FAILED, 0, e);
}

static void
heard_cb(void *user)
{
	(void)user;
	REQUIRE(false);
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

static void
set_up(void)
{
	static const char yaml[] = "parent: http://127.0.0.1:3128\n"
	    "limits: {head: 1KiB, fields: 8}\n";
	char *cause = NULL;

	signal(SIGPIPE, SIG_IGN);
	memory_init(&memory, 1 << 30, SHARE_OFF);
	loop = loop_new(0, &memory, rung_cb, NULL);
	conf = conf_parse("fuzz", yaml, sizeof yaml - 1, &cause);
	REQUIRE(loop != NULL && conf != NULL);
}

/* How all of it ends; *rest: what is behind the head that opens it. */
static enum end
expect(const char *p, size_t size, int *status, size_t *rest)
{
	static const struct http1_str method = { "CONNECT", 7 };
	static struct http1_head head;
	size_t end, interim = 0;
	struct http1_scan scan;

	for (;; p += end, size -= end) {
		memset(&scan, 0, sizeof scan);
		switch (http1_scan(&scan, p, size, HEAD, HEAD, &end)) {
		case HTTP1_MORE:
			return NONE;
		case HTTP1_FAILED:
			return FAILED;
		case HTTP1_DONE:
			break;
		}
		if (http1_response(&head, p, end, method) != HTTP1_OK ||
		    head.nfields > FIELDS || head.status == 101)
			return FAILED;
		*status = head.status;
		*rest = size - end;
		if (head.status >= 200)
			return head.status < 300 ? OPEN : REFUSED;
		if ((interim += end) > HEAD)
			return FAILED;
	}
}

static struct parent_tunnel *
begin(int *peer)
{
	static const struct dial_client client = { .stranger = false };
	const struct dialer dialer = { .loop = loop, .conf = conf };
	struct dialled d = { .fd = -1 };
	struct parent_tunnel *tunnel;
	char got[64];
	int fd[2];

	memset(&told, 0, sizeof told);
	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) == 0);
	tunnel = parent_tunnel_new(&dialer, conf, conf->parent, &client,
	    &events, NULL);
	REQUIRE(tunnel != NULL);
	d.fd = fd[0];
	dialled(dialled_arg, &d);
	REQUIRE(recv(fd[1], got, sizeof got, 0) == 31);
	*peer = fd[1];
	return tunnel;
}

/*
 * In pieces, until it was told how it ends: what comes then stays in the
 * socket, which has no room for many small ones.
 */
static void
answer(int peer, const char *p, size_t size, size_t step)
{
	size_t n;

	for (; size > 0; p += n, size -= n) {
		n = size < step || told.times > 0 ? size : step;
		REQUIRE(send(peer, p, n, 0) == (ssize_t)n);
		event_base_loop(loop->base, EVLOOP_NONBLOCK);
	}
}

/* Nothing of what the host has said is lost. */
static void
check_taken(struct parent_tunnel *tunnel, const char *p, size_t size)
{
	static char got[65536];
	struct upstream_taken t;
	ssize_t n;

	parent_tunnel_take(tunnel, &t);
	REQUIRE(t.fd != -1 && t.tls == NULL && t.len <= size);
	REQUIRE(t.len == 0 || memcmp(t.rest, p, t.len) == 0);
	n = recv(t.fd, got, sizeof got, 0);
	REQUIRE((n > 0 ? (size_t)n : 0) == size - t.len);
	REQUIRE(n <= 0 || memcmp(got, p + t.len, (size_t)n) == 0);
	upstream_taken_drop(&t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parent_tunnel *tunnel;
	const char *p = (const char *)data + 1;
	size_t rest = 0;
	int peer, status = 0;
	enum end end;

	if (size < 1 || size > 8192)
		return 0;
	if (conf == NULL)
		set_up();
	size--;
	tunnel = begin(&peer);
	answer(peer, p, size, 1 + (size_t)(data[0] >> 1) * 16);
	end = expect(p, size, &status, &rest);
	if (end == NONE && (data[0] & 1) != 0) {
		shutdown(peer, SHUT_WR);
		event_base_loop(loop->base, EVLOOP_NONBLOCK);
		REQUIRE(told.e == FAILURE_CLOSED);
		end = FAILED;
	}
	REQUIRE(told.end == end && told.times == (end != NONE));
	if (end == REFUSED)
		REQUIRE(told.status == status);
	if (end == OPEN)
		check_taken(tunnel, p + size - rest, rest);
	else
		parent_tunnel_free(tunnel);
	close(peer);
	loop_bury_all(loop);
	REQUIRE(memory.used == 0);
	return 0;
}
