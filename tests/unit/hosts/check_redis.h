/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_REDIS_H
#define SLUICE_CHECK_REDIS_H

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bsd/stdlib.h>

#include "net/loop.h"

/*
 * Servers of Redis, each in a directory of its own, at ports that are free; and
 * a client of them that waits.  They end with the test.
 */

#define PATIENCE	UINT64_C(20000000000)	/* ns */
#define SERVERS		8
#define OPTIONS		16

struct server {
	pid_t	 pid;			/* 0: it does not run */
	int	 port;
	int	 tls_port;		/* 0: none */
	char	 directory[64];
	const char *program;
};

static struct server	 servers[SERVERS];
static unsigned		 nservers;

static inline void
nap(void)
{
	(void)poll(NULL, 0, 5);
}

/* Below those that connections get, which would take it before it is used. */
static inline int
free_port(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0), i;

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (i = 0; i < 100; i++) {
		in.sin_port = htons((uint16_t)(10240 +
		    arc4random_uniform(20000)));
		if (bind(fd, (struct sockaddr *)&in, sizeof in) == 0)
			break;
	}
	ck_assert_int_lt(i, 100);
	close(fd);
	return ntohs(in.sin_port);
}

/* A connection to a port of this machine, or -1. */
static inline int
connect_to(int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct timeval patience = { .tv_sec = 10 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in.sin_port = htons((uint16_t)port);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof patience);
	if (connect(fd, (struct sockaddr *)&in, sizeof in) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Says a line, and returns the first bytes of the answer. */
static inline const char * __attribute__((format(printf, 2, 3)))
redis_say(const struct server *s, const char *fmt, ...)
{
	static char text[4096];
	va_list ap;
	ssize_t n;
	int fd = connect_to(s->port), len;

	ck_assert_int_ne(fd, -1);
	va_start(ap, fmt);
	len = vsnprintf(text, sizeof text - 2, fmt, ap);
	va_end(ap);
	memcpy(text + len, "\r\n", 2);
	ck_assert_int_eq(write(fd, text, (size_t)len + 2), len + 2);
	n = read(fd, text, sizeof text - 1);
	text[n > 0 ? n : 0] = '\0';
	close(fd);
	return text;
}

/* In the child; options are pairs of words, ended by NULL. */
static inline void
become_server(const struct server *s, const char *const *options)
{
	char port[16];
	const char *words[2 * OPTIONS + 8];
	int n = 0, null = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (chdir(s->directory) == -1)
		_exit(126);
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	snprintf(port, sizeof port, "%d", s->port);
	words[n++] = s->program;
	if (strcmp(s->program, "redis-sentinel") == 0)
		words[n++] = "sentinel.conf";
	else {
		words[n++] = "--port";
		words[n++] = port;
		words[n++] = "--save";
		words[n++] = "";
	}
	while (options != NULL && *options != NULL && n < 2 * OPTIONS + 6)
		words[n++] = *options++;
	words[n] = NULL;
	execvp(s->program, (char **)(uintptr_t)words);
	_exit(127);
}

/*
 * Until it answers: a port that takes connections says nothing of its others
 * (a server opens the plain one first), and an answer comes once all are open.
 */
static inline void
await_server(struct server *s)
{
	uint64_t until = loop_now() + PATIENCE;
	int fd;

	while ((fd = connect_to(s->port)) == -1) {
		ck_assert_msg(waitpid(s->pid, NULL, WNOHANG) == 0,
		    "%s has ended", s->program);
		ck_assert(loop_now() < until);
		nap();
	}
	close(fd);
	ck_assert_str_ne(redis_say(s, "PING"), "");
}

/* Starts it (again), in the directory and at the port that it has. */
static inline void
run_server(struct server *s, const char *const *options)
{
	s->pid = fork();
	ck_assert_int_ne(s->pid, -1);
	if (s->pid == 0)
		become_server(s, options);
	await_server(s);
}

static inline struct server *
new_server(const char *program)
{
	struct server *s = &servers[nservers++];

	ck_assert_uint_le(nservers, SERVERS);
	*s = (struct server){ .program = program, .port = free_port() };
	snprintf(s->directory, sizeof s->directory, "/tmp/sluice-redis.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(s->directory));
	return s;
}

static inline struct server *
start_server(const char *const *options)
{
	struct server *s = new_server("redis-server");

	run_server(s, options);
	return s;
}

static inline void
stop_server(struct server *s)
{
	if (s->pid == 0)
		return;
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	s->pid = 0;
}

static inline int
remove_cb(const char *path, const struct stat *st, int what, struct FTW *ftw)
{
	(void)st;
	(void)what;
	(void)ftw;
	return remove(path);
}

static inline void
stop_servers(void)
{
	unsigned i;

	for (i = 0; i < nservers; i++) {
		stop_server(&servers[i]);
		ck_assert_int_eq(nftw(servers[i].directory, remove_cb, 8,
		    FTW_DEPTH | FTW_PHYS), 0);
	}
	nservers = 0;
}

#endif
