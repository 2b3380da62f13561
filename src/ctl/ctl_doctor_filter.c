/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_doctor_filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "ctl/ctl_doctor_here.h"

#define PIECE	16384		/* bytes that are passed on at a time */

static const char refusal[] = "HTTP/1.1 403 Forbidden\r\n"
    "Content-Length: 0\r\nConnection: close\r\n\r\n";

bool
ctl_doctor_filter_open(struct ctl_doctor_filter *f)
{
	unsigned i;

	for (i = 0; i < CTL_DOCTOR_FILTER_CONNS; i++)
		f->conns[i].client = f->conns[i].daemon = -1;
	f->listener = ctl_doctor_here(CTL_DOCTOR_FILTER_CONNS, &f->at);
	return f->listener != -1;
}

static void
end(struct ctl_doctor_filter_conn *c)
{
	if (c->client != -1)
		close(c->client);
	if (c->daemon != -1)
		close(c->daemon);
	c->client = c->daemon = -1;
}

void
ctl_doctor_filter_close(struct ctl_doctor_filter *f)
{
	unsigned i;

	for (i = 0; i < CTL_DOCTOR_FILTER_CONNS; i++)
		end(&f->conns[i]);
	if (f->listener != -1)
		close(f->listener);
	f->listener = -1;
}

void
ctl_doctor_filter_poll(const struct ctl_doctor_filter *f, struct pollfd *p)
{
	unsigned i;

	p[0] = (struct pollfd){ .fd = f->listener, .events = POLLIN };
	for (i = 0; i < CTL_DOCTOR_FILTER_CONNS; i++) {
		p[1 + 2 * i] = (struct pollfd){ .fd = f->conns[i].client,
		    .events = POLLIN };
		p[2 + 2 * i] = (struct pollfd){ .fd = f->conns[i].daemon,
		    .events = POLLIN };
	}
}

/* Who comes */

static void
take(struct ctl_doctor_filter *f)
{
	int fd = accept4(f->listener, NULL, NULL,
	    SOCK_CLOEXEC | SOCK_NONBLOCK);
	unsigned i;

	for (i = 0; fd != -1 && i < CTL_DOCTOR_FILTER_CONNS; i++)
		if (f->conns[i].client == -1) {
			f->conns[i].client = fd;
			f->conns[i].nhead = 0;
			return;
		}
	if (fd != -1)
		close(fd);
}

/* An address in text, with the brackets of a URL. */
static socklen_t
address_of(struct sockaddr_storage *to, const char *host, const char *port)
{
	struct sockaddr_in6 *six = (void *)to;
	struct sockaddr_in *four = (void *)to;
	in_port_t number = htons((in_port_t)strtoul(port, NULL, 10));
	char name[INET6_ADDRSTRLEN] = "";
	size_t n = strcspn(host + (host[0] == '['), "]");

	memset(to, 0, sizeof *to);
	if (n < sizeof name)
		memcpy(name, host + (host[0] == '['), n);
	if (inet_pton(AF_INET, name, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = number;
		return sizeof *four;
	}
	if (inet_pton(AF_INET6, name, &six->sin6_addr) != 1)
		return 0;
	six->sin6_family = AF_INET6;
	six->sin6_port = number;
	return sizeof *six;
}

/* It is on this machine, so it answers at once, or is gone. */
static int
connect_to(const char *host, const char *port)
{
	const struct timeval patience = { .tv_sec = 1 };
	struct sockaddr_storage to;
	socklen_t len = address_of(&to, host, port);
	int fd = len > 0 ? socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)
	    : -1;

	if (fd == -1)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
	    sizeof patience);
	if (connect(fd, (struct sockaddr *)&to, len) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Returns false where it does not go at once: nothing tried says much. */
static bool
send_all(int fd, const char *p, size_t n)
{
	return send(fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)n;
}

/* "CONNECT 0.0.0.0:4711 HTTP/1.1": whether that is what is to be tried. */
static bool
may_pass(const struct ctl_doctor_filter *f, struct ctl_doctor_filter_conn *c)
{
	size_t line = strcspn(c->head, "\r\n");
	char *space = memchr(c->head, ' ', line), *target, *until;
	size_t n;

	if (space == NULL)
		return false;
	target = space + 1;
	n = strcspn(target, " \r\n");
	c->tunnel = strncmp(c->head, "CONNECT ", 8) == 0;
	if (c->tunnel)
		return f->tunnel != NULL && n == strlen(f->tunnel) &&
		    memcmp(target, f->tunnel, n) == 0;
	until = strstr(target, f->nonce);
	return until != NULL && until < target + n;
}

/*
 * A request that is alone on its connection; of a tunnel, what is behind it,
 * too.
 */
static bool
pass(const struct ctl_doctor_filter *f, struct ctl_doctor_filter_conn *c,
    const char *end)
{
	static const char alone[] = "Connection: close\r\n\r\n";
	size_t n = c->tunnel ? c->nhead : (size_t)(end - c->head) + 2;

	c->daemon = connect_to(f->host, f->port);
	return c->daemon != -1 && send_all(c->daemon, c->head, n) &&
	    (c->tunnel || send_all(c->daemon, alone, sizeof alone - 1));
}

static void
hear_head(const struct ctl_doctor_filter *f, struct ctl_doctor_filter_conn *c)
{
	ssize_t n = recv(c->client, c->head + c->nhead,
	    sizeof c->head - 1 - c->nhead, 0);
	const char *last;

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		end(c);
		return;
	}
	c->nhead += (size_t)n;
	c->head[c->nhead] = '\0';
	last = strstr(c->head, "\r\n\r\n");
	if (last == NULL && c->nhead < sizeof c->head - 1)
		return;
	if (last != NULL && may_pass(f, c) && pass(f, c, last))
		return;
	(void)send_all(c->client, refusal, sizeof refusal - 1);
	end(c);
}

/* What comes behind a request that was to be alone goes nowhere. */
static void
relay(struct ctl_doctor_filter_conn *c, bool back)
{
	int from = back ? c->daemon : c->client;
	char buf[PIECE];
	ssize_t n = recv(from, buf, sizeof buf, MSG_DONTWAIT);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && !back && !c->tunnel)
		return;
	if (n <= 0 || !send_all(back ? c->client : c->daemon, buf, (size_t)n))
		end(c);
}

void
ctl_doctor_filter_hear(struct ctl_doctor_filter *f, const struct pollfd *p)
{
	struct ctl_doctor_filter_conn *c;
	unsigned i;

	for (i = 0; i < CTL_DOCTOR_FILTER_CONNS; i++) {
		c = &f->conns[i];
		if (p[2 + 2 * i].revents != 0 && c->daemon != -1)
			relay(c, true);
		if (p[1 + 2 * i].revents == 0 || c->client == -1)
			continue;
		if (c->daemon == -1)
			hear_head(f, c);
		else
			relay(c, false);
	}
	if (p[0].revents != 0)
		take(f);
}
