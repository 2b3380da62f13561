/* SPDX-License-Identifier: ISC */

/*
 * GETs to 127.0.0.1:PORT with TLS or without, through CONNECT or without.
 *
 *	tls_load [-1prw] [-a CA] [-c CLIENTS] [-n REQUESTS] [-x AUTHORITY]
 *	    PORT NAME TARGET
 *
 * NAME is the host: SNI, and what the certificate must be for.  -1 opens a
 * connection for each request, -r resumes the client's last session then; -p
 * is for no TLS, -x for a CONNECT first.  The clients work at the same time
 * in one thread; each has one request open or none.
 *
 * It begins with a request by each client, one after the other, says READY
 * and, behind commas, what was negotiated and the body of the first answer;
 * then it waits for a line (or the end) of its input.  Now come the REQUESTS,
 * and DONE with their number, that of the handshakes, that of those which were
 * resumed, that of the tickets (sessions offered), and the seconds it took.
 * Again it waits for a line, so that whoever measures does not measure the end.
 * With -w no answer is waited for: READY comes when each client has sent its
 * request, and that is all.
 *
 * Only the first certificate is verified: it is the proxy that is measured.
 * Whatever goes wrong ends the program.
 */
#define _GNU_SOURCE	/* strcasestr */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#define CIPHER	"TLS_AES_128_GCM_SHA256"
#define GROUP	"X25519"
#define PATIENCE_MS	60000

enum state {
	IDLE,		/* no connection, or one without a request */
	CONNECT,	/* waits for the proxy's 200 */
	HANDSHAKE,
	RESPONSE,	/* has sent its request */
};

struct client {
	enum state	 state;
	int		 fd;		/* -1: no connection */
	SSL		*ssl;
	SSL_SESSION	*session;	/* the last one that was offered */
	size_t		 len;		/* of the answer so far */
	char		 answer[4096];
};

static struct {
	bool		 once;		/* a connection serves one request */
	bool		 plain;
	bool		 resume;
	bool		 leave;		/* waits for no answer */
	int		 clients;
	unsigned long	 requests;
	const char	*ca;
	const char	*authority;	/* of the CONNECT, or NULL */
	const char	*name;
	struct sockaddr_in addr;
	char		 connect[512];
	char		 get[1024];
} opt = { .clients = 16, .requests = 10000 };

static SSL_CTX		*ctx;
static int		 epoll;
static unsigned long	 left;		/* requests to be begun */
static unsigned long	 pending;	/* requests begun and not answered */
static unsigned long	 done;
static unsigned long	 handshakes;
static unsigned long	 resumed;
static unsigned long	 tickets;
static char		 negotiated[128];
static char		 body[128];	/* of the first answer */

static _Noreturn void
tls_err(const char *what)
{
	fprintf(stderr, "tls_load: %s\n", what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Sessions */

static int
session_cb(SSL *ssl, SSL_SESSION *session)
{
	struct client *c = SSL_get_app_data(ssl);

	tickets++;
	SSL_SESSION_free(c->session);
	c->session = session;
	return 1;
}

static int
accept_cb(X509_STORE_CTX *store, void *arg)
{
	(void)arg;
	return negotiated[0] != '\0' || X509_verify_cert(store) == 1;
}

static void
tls_init(void)
{
	ctx = SSL_CTX_new(TLS_client_method());
	if (ctx == NULL ||
	    SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_ciphersuites(ctx, CIPHER) != 1 ||
	    SSL_CTX_set1_groups_list(ctx, GROUP) != 1 ||
	    SSL_CTX_set_alpn_protos(ctx,
	    (const unsigned char *)"\x08http/1.1", 9) != 0)
		tls_err("no TLS");
	if (opt.ca != NULL &&
	    SSL_CTX_load_verify_locations(ctx, opt.ca, NULL) != 1)
		tls_err(opt.ca);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, accept_cb, NULL);
	SSL_CTX_set_session_cache_mode(ctx,
	    SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, session_cb);
	SSL_CTX_set_read_ahead(ctx, 1);
}

/* One client */

static void
watch(struct client *c)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
	int		   on = 1;

	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (fcntl(c->fd, F_SETFL, O_NONBLOCK) == -1 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &ev) == -1)
		err(1, "epoll");
}

static void
hang_up(struct client *c)
{
	if (c->ssl != NULL) {
		SSL_shutdown(c->ssl);
		SSL_free(c->ssl);
		c->ssl = NULL;
	}
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
}

/* So little always finds room in an empty socket. */
static void
put(struct client *c, const char *text)
{
	size_t len = strlen(text);
	ssize_t n;

	if (c->ssl != NULL)
		n = SSL_write(c->ssl, text, (int)len);
	else
		n = write(c->fd, text, len);
	if (n != (ssize_t)len)
		tls_err("cannot send");
	c->len = 0;
}

/* False: nothing more for now. */
static bool
get(struct client *c)
{
	char   *to = c->answer + c->len;
	size_t room = sizeof c->answer - 1 - c->len;
	ssize_t n;

	if (c->ssl != NULL) {
		n = SSL_read(c->ssl, to, (int)room);
		if (n <= 0 && SSL_get_error(c->ssl, (int)n) ==
		    SSL_ERROR_WANT_READ)
			return false;
	} else {
		n = read(c->fd, to, room);
		if (n == -1 && errno == EAGAIN)
			return false;
	}
	if (n <= 0)
		tls_err("the connection ended too soon");
	c->len += (size_t)n;
	c->answer[c->len] = '\0';
	return true;
}

/* Whether all of an answer is there; dies when it is not a 200. */
static bool
whole(struct client *c)
{
	const char *end = strstr(c->answer, "\r\n\r\n");
	const char *field;
	size_t	    len = 0;

	if (end == NULL)
		return false;
	if (strncmp(c->answer, "HTTP/1.1 200", 12) != 0)
		errx(1, "%s", c->answer);
	if (c->state == RESPONSE) {
		field = strcasestr(c->answer, "\r\nContent-Length:");
		if (field == NULL || field > end)
			errx(1, "no length: %s", c->answer);
		len = strtoul(field + 17, NULL, 10);
	}
	return c->len >= (size_t)(end + 4 - c->answer) + len;
}

static void
ask(struct client *c)
{
	put(c, opt.get);
	c->state = RESPONSE;
}

static void
describe(SSL *ssl)
{
	char key[32];

	if (EVP_PKEY_get_group_name(
	    X509_get0_pubkey(SSL_get0_peer_certificate(ssl)), key,
	    sizeof key, NULL) != 1)
		tls_err("a certificate with another kind of key");
	snprintf(negotiated, sizeof negotiated, "%s %s %s with %s",
	    SSL_get_version(ssl), SSL_get_cipher(ssl),
	    OBJ_nid2sn((int)SSL_get_negotiated_group(ssl)), key);
}

static void
shake(struct client *c)
{
	int n = SSL_connect(c->ssl);

	if (n != 1) {
		if (SSL_get_error(c->ssl, n) != SSL_ERROR_WANT_READ)
			tls_err("handshake failed");
		return;
	}
	if (negotiated[0] == '\0')
		describe(c->ssl);
	handshakes++;
	resumed += (unsigned long)SSL_session_reused(c->ssl);
	ask(c);
}

static void
secure(struct client *c)
{
	c->ssl = SSL_new(ctx);
	if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1 ||
	    SSL_set_tlsext_host_name(c->ssl, opt.name) != 1 ||
	    SSL_set1_host(c->ssl, opt.name) != 1 ||
	    (opt.resume && c->session != NULL &&
	    SSL_set_session(c->ssl, c->session) != 1))
		tls_err("no TLS");
	SSL_set_app_data(c->ssl, c);
	c->state = HANDSHAKE;
	shake(c);
}

static void
begin(struct client *c)
{
	left--;
	pending++;
	if (c->fd != -1) {
		ask(c);
		return;
	}
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd == -1 || connect(c->fd, (struct sockaddr *)&opt.addr,
	    sizeof opt.addr) == -1)
		err(1, "connect");
	watch(c);
	if (opt.authority != NULL) {
		put(c, opt.connect);
		c->state = CONNECT;
	} else if (opt.plain)
		ask(c);
	else
		secure(c);
}

static void
answered(struct client *c)
{
	if (body[0] == '\0')
		snprintf(body, sizeof body, "%s",
		    strstr(c->answer, "\r\n\r\n") + 4);
	pending--;
	done++;
	c->state = IDLE;
	if (opt.once)
		hang_up(c);
	if (left > 0)
		begin(c);
}

static void
readable(struct client *c)
{
	switch (c->state) {
	case IDLE:
		errx(1, "the connection ended, or said what nobody asked for");
	case CONNECT:
		if (get(c) && whole(c))
			secure(c);
		break;
	case HANDSHAKE:
		shake(c);
		break;
	case RESPONSE:
		/* TLS may hold what epoll does not see any more. */
		while (c->state == RESPONSE && get(c))
			if (whole(c))
				answered(c);
		break;
	}
}

/* All of them */

static void
turn(void)
{
	struct epoll_event events[64];
	int		   n;

	n = epoll_wait(epoll, events, 64, PATIENCE_MS);
	if (n == 0)
		errx(1, "%lu answers are missing", pending);
	if (n == -1 && errno != EINTR)
		err(1, "epoll_wait");
	for (int i = 0; i < n; i++)
		readable(events[i].data.ptr);
}

static void
warm(struct client *clients)
{
	for (int i = 0; i < opt.clients; i++) {
		left = 1;
		begin(&clients[i]);
		while (pending > 0 &&
		    !(opt.leave && clients[i].state == RESPONSE))
			turn();
		pending = 0;
	}
}

static void
run(struct client *clients)
{
	done = handshakes = resumed = tickets = 0;
	left = opt.requests;
	for (int i = 0; i < opt.clients && left > 0; i++)
		begin(&clients[i]);
	while (pending > 0)
		turn();
}

static void
await_line(void)
{
	int c;

	fflush(stdout);
	do
		c = getchar();
	while (c != '\n' && c != EOF);
}

static void
options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "1a:c:n:prwx:")) != -1)
		switch (c) {
		case '1':
			opt.once = true;
			break;
		case 'a':
			opt.ca = optarg;
			break;
		case 'c':
			opt.clients = (int)strtol(optarg, NULL, 10);
			break;
		case 'n':
			opt.requests = strtoul(optarg, NULL, 10);
			break;
		case 'p':
			opt.plain = true;
			break;
		case 'r':
			opt.resume = true;
			break;
		case 'w':
			opt.leave = true;
			break;
		case 'x':
			opt.authority = optarg;
			break;
		default:
			exit(2);
		}
	if (argc - optind != 3 || opt.clients < 1)
		errx(2, "wants a port, a host and a target");
	opt.addr.sin_family = AF_INET;
	opt.addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	opt.addr.sin_port = htons((in_port_t)strtoul(argv[optind], NULL, 10));
	opt.name = argv[optind + 1];
	snprintf(opt.get, sizeof opt.get,
	    "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", argv[optind + 2], opt.name);
	snprintf(opt.connect, sizeof opt.connect,
	    "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", opt.authority,
	    opt.authority);
}

int
main(int argc, char **argv)
{
	struct client *clients;
	double	       began;

	options(argc, argv);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	clients = calloc((size_t)opt.clients, sizeof *clients);
	if (epoll == -1 || clients == NULL)
		err(1, NULL);
	if (!opt.plain)
		tls_init();
	for (int i = 0; i < opt.clients; i++)
		clients[i].fd = -1;

	warm(clients);
	printf("READY,%s,%s\n", negotiated, body);
	await_line();
	if (opt.leave)
		return 0;
	began = seconds();
	run(clients);
	printf("DONE %lu %lu %lu %lu %.6f\n", done, handshakes, resumed,
	    tickets, seconds() - began);
	await_line();
	return 0;
}
