/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_doctor_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "ctl/ctl_doctor_here.h"
#include "ctl/ctl_doctor_peer.h"
#include "ctl/ctl_doctor_reap.h"
#include "ctl/ctl_doctor_strip.h"
#include "ctl/ctl_doctor_url.h"
#include "ctl/ctl_doctor_warden.h"
#include "ctl/ctl_http.h"
#include "exchange/exchange_local.h"

#define TICK	50		/* ms between two looks at who has ended */
#define OWN	(2 + CTL_DOCTOR_CONNS)	/* of each that are polled */
#define POLLED	(OWN + CTL_DOCTOR_FILTER_POLLED)
/*
 * The address of all interfaces: to connect to it is to connect to this
 * machine, and, unlike the loopback's, programs ask for it through a proxy.
 */
#define HERE	"0.0.0.0"

/* What it is asked for */

static bool
make_nonce(char nonce[CTL_DOCTOR_NONCE])
{
	uint64_t n;

	if (getrandom(&n, sizeof n, 0) != (ssize_t)sizeof n)
		return false;
	snprintf(nonce, CTL_DOCTOR_NONCE, "%016llx", (unsigned long long)n);
	return true;
}

static void
put_url(struct text *t, const struct ctl_doctor_probe *p, unsigned port)
{
	const char *here = p->client->host != NULL ? p->client->host : HERE;

	text_puts(t, p->tls ? "https://" : "http://");
	if (p->host != NULL)
		text_puts(t, p->host);
	else
		text_putf(t, "%s:%u", here, port);
	text_puts(t, EXCHANGE_PROBE);
	text_puts(t, p->nonce);
	text_put(t, "", 1);
}

/* Returns how many bytes the name has whose value is put; 0: it is none. */
static size_t
put_value(struct text *t, const char *name, const char *url,
    const struct ctl_doctor_probe *p)
{
	const char *host = strstr(url, "://") + 3;
	const char *apt = getenv("APT_CONFIG");

	if (strncmp(name, "@URL@", 5) == 0)
		text_puts(t, url);
	else if (strncmp(name, "@DIR@", 5) == 0)
		text_puts(t, p->own_dir);
	else if (strncmp(name, "@APT@", 5) == 0)
		text_puts(t, apt != NULL ? apt : "/dev/null");
	else if (strncmp(name, "@SANDBOX@", 9) == 0)
		text_puts(t, geteuid() == 0 ? "--no-sandbox" : "--no-pings");
	else if (strncmp(name, "@HOST@", 6) != 0)
		return 0;
	else if (strncmp(url, "https:", 6) == 0)
		text_puts(t, "none.invalid");
	else
		text_put(t, host, strcspn(host, "/"));
	return strcspn(name + 1, "@") + 2;
}

/* Puts a text with the names in it replaced, and its end. */
static void
put_filled(struct text *t, const char *from, size_t n, const char *url,
    const struct ctl_doctor_probe *p)
{
	const char *end = from + n;
	size_t name;

	for (; from < end; from += name > 0 ? name : 1) {
		name = put_value(t, from, url, p);
		if (name == 0)
			text_put(t, from, 1);
	}
	text_put(t, "", 1);
}

/* Its directory */

/* To what the user has of that name, if anything. */
static void
make_link(const struct ctl_doctor_probe *p, const char *name)
{
	const char *home = getenv("HOME");
	char path[PATH_MAX + 64], to[PATH_MAX];

	if (home == NULL || home[0] != '/' || snprintf(to, sizeof to, "%s/%s",
	    home, name) >= (int)sizeof to || access(to, F_OK) == -1)
		return;
	snprintf(path, sizeof path, "%s/%s", p->own_dir, name);
	(void)!symlink(to, path);
}

static bool
make_dir(struct ctl_doctor_probe *p)
{
	const struct ctl_doctor_client *c = p->client;
	char path[PATH_MAX + 64];
	FILE *f;
	bool ok;

	if (snprintf(p->own_dir, sizeof p->own_dir, "%s/%s", p->dir,
	    p->nonce) >= (int)sizeof p->own_dir ||
	    mkdir(p->own_dir, 0700) == -1) {
		p->own_dir[0] = '\0';
		return false;
	}
	if (c->link != NULL)
		make_link(p, c->link);
	if (c->file == NULL)
		return true;
	snprintf(path, sizeof path, "%s/%s", p->own_dir, c->file);
	f = fopen(path, "wxe");
	ok = f != NULL && fputs(c->content, f) >= 0;
	return (f == NULL || fclose(f) == 0) && ok;
}

/* The process */

/* "NAME=VALUE", filled; the environment of a process that is to be another. */
static void
set_words(const struct ctl_doctor_probe *p, const char *url)
{
	const char *words = p->client->variables;
	struct text one = { .p = NULL };
	char *equals;
	size_t n;

	for (; words != NULL && *words != '\0'; words += n +
	    (words[n] == ' ')) {
		n = strcspn(words, " ");
		text_reset(&one);
		put_filled(&one, words, n, url, p);
		if (one.failed || (equals = strchr(one.p, '=')) == NULL)
			continue;
		*equals = '\0';
		(void)setenv(one.p, equals + 1, 1);
	}
	text_free(&one);
}

/* Who is told of the daemon is told of the filter instead. */
static void
set_filter(const struct ctl_doctor_filter *f)
{
	static const char *const names[] = { "http_proxy", "HTTP_PROXY",
		"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" };
	const char *value;
	char url[64];
	size_t i;

	snprintf(url, sizeof url, "http://127.0.0.1:%u", f->at);
	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		value = getenv(names[i]);
		if (value != NULL && value[0] != '\0')
			(void)setenv(names[i], url, 1);
	}
}

/*
 * For a host that is not here nobody may be let go direct.  What it says is read
 * here, so it is to be said in English.
 */
static void
set_environment(const struct ctl_doctor_probe *p)
{
	unsigned i;

	ctl_doctor_strip();
	for (i = 0; p->variables != NULL && i < p->variables->n; i++)
		(void)setenv(p->variables->list[i].name,
		    p->variables->list[i].value, 1);
	if (p->filter != NULL)
		set_filter(p->filter);
	(void)setenv("LC_ALL", "C.UTF-8", 1);
	(void)unsetenv("LANGUAGE");
	if (p->host != NULL) {
		(void)setenv("no_proxy", "", 1);
		(void)setenv("NO_PROXY", "", 1);
	}
}

struct becoming {
	const struct ctl_doctor_probe *probe;
	const char	*url;
	int		 said;		/* where it says what it does */
};

static void
become_cb(void *arg)
{
	const struct becoming *b = arg;
	const struct ctl_doctor_probe *p = b->probe;
	const struct rlimit none = { 0, 0 };
	struct text args[CTL_DOCTOR_ARGS] = { { .p = NULL } };
	char *argv[CTL_DOCTOR_ARGS + 2] = { (char *)(uintptr_t)p->program };
	int null = open("/dev/null", O_RDONLY);
	unsigned i;

	set_environment(p);
	for (i = 0; p->client->args[i] != NULL; i++) {
		put_filled(&args[i], p->client->args[i],
		    strlen(p->client->args[i]), b->url, p);
		argv[i + 1] = args[i].p;
	}
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)signal(SIGPIPE, SIG_DFL);
	set_words(p, b->url);
	if (null != -1 && dup2(null, 0) != -1 && dup2(b->said, 1) != -1 &&
	    dup2(b->said, 2) != -1 &&
	    chdir(p->client->outside ? "/" : p->own_dir) == 0)
		execv(p->program, argv);
	dprintf(b->said, "%s: %s\n", p->program, strerror(errno));
	_exit(126);
}

static bool
broken(struct ctl_doctor_probe *p, const char *what)
{
	p->broken = true;
	p->nsaid = (size_t)snprintf(p->said, sizeof p->said, "%s: %s", what,
	    strerror(errno));
	return false;
}

static bool
start(struct ctl_doctor_probe *p, const char *url)
{
	struct becoming b = { .probe = p, .url = url };
	int said[2];

	if (pipe2(said, O_CLOEXEC | O_NONBLOCK) == -1)
		return broken(p, "pipe");
	(void)fcntl(said[1], F_SETFL, 0);	/* that one is theirs */
	p->out = said[0];
	b.said = said[1];
	p->pid = ctl_doctor_warden_start(become_cb, &b, p->line);
	close(said[1]);
	return p->pid != -1 || broken(p, "fork");
}

/* "https://0.0.0.0:4711/...": where a tunnel to it leads. */
static bool
start_filter(struct ctl_doctor_probe *p, const char *url)
{
	const char *host = strstr(url, "://") + 3;
	size_t n = strcspn(host, "/");

	if ((p->filter = calloc(1, sizeof *p->filter)) == NULL)
		return false;
	(void)snprintf(p->tunnel, sizeof p->tunnel, "%.*s%s", (int)n, host,
	    p->host != NULL && strchr(p->host, ':') == NULL ? ":443" : "");
	p->filter->host = p->daemon->host;
	p->filter->port = p->daemon->port;
	p->filter->nonce = p->nonce;
	p->filter->tunnel = p->tls ? p->tunnel : NULL;
	return ctl_doctor_filter_open(p->filter);
}

bool
ctl_doctor_probe_start(struct ctl_doctor_probe *p)
{
	struct text url = { .p = NULL };
	unsigned port = 0, i;
	bool ok;

	p->pid = -1;
	p->out = -1;
	for (i = 0; i < CTL_DOCTOR_CONNS; i++)
		p->conns[i] = -1;
	p->deadline = ctl_http_now() + p->patience;
	p->listener = ctl_doctor_here(CTL_DOCTOR_CONNS, &port);
	if (p->listener == -1)
		return broken(p, "no port of the loopback's");
	if (!make_nonce(p->nonce) || !make_dir(p))
		return broken(p, p->dir);
	put_url(&url, p, port);
	if (url.failed)
		ok = broken(p, "out of memory");
	else if (p->client->filtered && !start_filter(p, url.p))
		ok = broken(p, "no port of the loopback's");
	else
		ok = start(p, url.p);
	text_free(&url);
	return ok;
}

/* Who comes here */

static void
take(struct ctl_doctor_probe *p)
{
	int fd = accept4(p->listener, NULL, NULL,
	    SOCK_CLOEXEC | SOCK_NONBLOCK);
	unsigned i;

	for (i = 0; fd != -1 && i < CTL_DOCTOR_CONNS; i++)
		if (p->conns[i] == -1) {
			p->conns[i] = fd;
			return;
		}
	if (fd != -1)
		close(fd);
}

/*
 * A request, or the beginning of TLS.  Without one nobody has asked for
 * anything: a proxy may have come to have a connection.
 */
static void
hear_conn(struct ctl_doctor_probe *p, int *conn)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\n"
	    "Content-Length: 0\r\nConnection: close\r\n\r\n";
	char buf[4096];
	ssize_t n = recv(*conn, buf, sizeof buf, 0);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && ctl_doctor_peer_is(*conn, p->pid))
		p->direct = true;
	else if (n > 0)
		p->through = true;
	if (n > 0 && !p->tls)
		(void)send(*conn, answer, sizeof answer - 1, MSG_NOSIGNAL);
	close(*conn);
	*conn = -1;
}

/* The last of what it says is kept. */
static void
hear_said(struct ctl_doctor_probe *p)
{
	size_t half = sizeof p->said / 2;
	ssize_t n;

	if (p->nsaid + half > sizeof p->said) {
		memmove(p->said, p->said + p->nsaid - half, half);
		p->nsaid = half;
	}
	n = read(p->out, p->said + p->nsaid, sizeof p->said - p->nsaid);
	if (n > 0)
		p->nsaid += (size_t)n;
	else if (n == 0 || errno != EAGAIN) {
		close(p->out);
		p->out = -1;
	}
}

static void
hear(struct ctl_doctor_probe *p, const struct pollfd *polled)
{
	unsigned i;

	if (polled[0].revents != 0)
		take(p);
	if (polled[1].revents != 0)
		hear_said(p);
	for (i = 0; i < CTL_DOCTOR_CONNS; i++)
		if (polled[2 + i].revents != 0)
			hear_conn(p, &p->conns[i]);
	if (p->filter != NULL)
		ctl_doctor_filter_hear(p->filter, polled + OWN);
}

static void
poll_all(struct ctl_doctor_probe **list, unsigned n)
{
	struct pollfd *all = calloc((size_t)n * POLLED, sizeof *all), *p;
	unsigned i, k;

	if (all == NULL)
		return;
	for (i = 0; i < n; i++) {
		p = &all[i * POLLED];
		p[0].fd = list[i]->listener;
		p[1].fd = list[i]->out;
		for (k = 0; k < CTL_DOCTOR_CONNS; k++)
			p[2 + k].fd = list[i]->conns[k];
		for (k = 0; k < OWN; k++)
			p[k].events = POLLIN;
		for (; k < POLLED; k++)
			p[k].fd = -1;
		if (list[i]->filter != NULL)
			ctl_doctor_filter_poll(list[i]->filter, p + OWN);
	}
	if (poll(all, (nfds_t)n * POLLED, TICK) > 0)
		for (i = 0; i < n; i++)
			hear(list[i], &all[i * POLLED]);
	free(all);
}

/* Returns whether it has ended, or was ended because it is late. */
static bool
has_ended(struct ctl_doctor_probe *p)
{
	if (waitpid(p->pid, &p->status, WNOHANG) == p->pid) {
		while (p->out != -1) {
			size_t before = p->nsaid;

			hear_said(p);
			if (p->nsaid == before)
				break;
		}
		p->over = true;
		return true;
	}
	p->late = ctl_http_now() > p->deadline;
	return p->late;
}

struct ctl_doctor_probe *
ctl_doctor_probe_hear(struct ctl_doctor_probe **list, unsigned n)
{
	unsigned i;

	poll_all(list, n);
	for (i = 0; i < n; i++)
		if (has_ended(list[i]))
			return list[i];
	return NULL;
}

void
ctl_doctor_probe_end(struct ctl_doctor_probe *p)
{
	unsigned i;

	if (p->pid > 0 && !p->over) {
		ctl_doctor_warden_end(p->pid);
		while (waitpid(p->pid, &p->status, 0) == -1 && errno == EINTR)
			continue;
	}
	for (i = 0; i < CTL_DOCTOR_CONNS; i++)
		if (p->conns[i] != -1)
			close(p->conns[i]);
	if (p->out != -1)
		close(p->out);
	if (p->listener != -1)
		close(p->listener);
	if (p->filter != NULL)
		ctl_doctor_filter_close(p->filter);
	free(p->filter);
	if (p->own_dir[0] != '\0')
		ctl_doctor_reap_dir(p->own_dir);
}

/* What it has said */

static const char *const trust_words[] = {
	"certificate", "PKIX", "issuer", "x509", "cert_", "self-signed",
	"self signed", "ERR_CERT", "CERT_AUTHORITY",
};

static bool
is_of_trust(const char *line)
{
	size_t i;

	for (i = 0; i < sizeof trust_words / sizeof trust_words[0]; i++)
		if (strcasestr(line, trust_words[i]) != NULL)
			return true;
	return false;
}

bool
ctl_doctor_probe_distrusts(const struct ctl_doctor_probe *p)
{
	char said[sizeof p->said + 1];

	memcpy(said, p->said, p->nsaid);
	said[p->nsaid] = '\0';
	return is_of_trust(said);
}

void
ctl_doctor_probe_line(const struct ctl_doctor_probe *p,
    char line[CTL_DOCTOR_TEXT])
{
	char said[sizeof p->said + 1], *one, *rest = said, *best = NULL;

	memcpy(said, p->said, p->nsaid);
	said[p->nsaid] = '\0';
	while ((one = strsep(&rest, "\r\n")) != NULL) {
		if (one[strspn(one, " \t{}^")] == '\0')
			continue;
		best = one;
		if (is_of_trust(one))
			break;
	}
	ctl_doctor_url_hide(best != NULL ? best : said);
	(void)!snprintf(line, CTL_DOCTOR_TEXT, "%s", best != NULL ? best +
	    strspn(best, " \t") : "");
}
