/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_HOSTS_H
#define SLUICE_CHECK_HOSTS_H

#include <check.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_alloc.h"
#include "hosts/hosts.h"
#include "base/log.h"
#include "http/http1_host.h"
#include "net/loop.h"
#include "conf/conf_parse.h"

/* Requests that ask hosts, in a program without loops and logs. */

#define SECOND	1000000000ULL
#define NOW	(100 * SECOND)
#define TICKETS	512

static struct conf	*conf;
static struct hosts	*hosts;
static struct loop	 loop;
static struct client_hasher *hasher;
static struct http1_head head;
static struct http1_str	 path_asked;		/* the path that ask() has */
static struct throttle_wants *wants_asked;	/* ... of named budgets; NULL */
static unsigned		 warnings;
static unsigned		 fail_at;	/* ask()'s allocation; 0: none */

/* What a loop and the log would do. */

static struct mail	*mails[4 * TICKETS];	/* in the order of their posts */
static unsigned		 nmails;

void
loop_post(struct loop *l, struct mail *m)
{
	(void)l;
	m->posted = true;
	if (nmails < sizeof mails / sizeof mails[0])
		mails[nmails++] = m;
}

/* Of two posts the earlier is gone first. */
static void
forget_mail(const struct mail *m)
{
	unsigned i;

	for (i = 0; i < nmails && mails[i] != m; i++)
		;
	if (i == nmails)
		return;
	nmails--;
	for (; i < nmails; i++)
		mails[i] = mails[i + 1];
}

bool
loop_unpost(struct loop *l, struct mail *m)
{
	bool posted = m->posted;

	(void)l;
	m->posted = false;
	forget_mail(m);
	return posted;
}

static struct wake	*armed[64];
static unsigned		 narmed;

void
loop_wake_at(struct loop *l, struct wake *k, uint64_t at)
{
	(void)l;
	if (!k->armed) {
		ck_assert_uint_lt(narmed, sizeof armed / sizeof armed[0]);
		armed[narmed++] = k;
	}
	k->armed = true;
	k->at = at;
}

void
log_warn(const char *format, ...)
{
	(void)format;
	warnings++;
}

void
log_told(enum log_level level, const char *format, ...)
{
	(void)format;
	if (level <= LOG_LEVEL_WARN)
		warnings++;
}

void
log_info(const char *format, ...)
{
	(void)format;
}

void
log_error(const char *format, ...)
{
	(void)format;
}

static inline struct conf *
parse(const char *yaml)
{
	char *cause = NULL;
	struct conf *c = conf_parse("test", yaml, strlen(yaml), &cause);

	ck_assert_msg(c != NULL, "%s", cause);
	return c;
}

static inline void
start(const char *yaml)
{
	conf = parse(yaml);
	ck_assert(client_hash_init());
	hasher = client_hasher_new();
	ck_assert_ptr_nonnull(hasher);
	/* without a fork the tests before have left these */
	warnings = fail_at = check_alloc = nmails = 0;
	path_asked = (struct http1_str){ NULL, 0 };
	wants_asked = NULL;
	hosts = hosts_new(conf, 1);
	ck_assert_ptr_nonnull(hosts);
}

static inline void
end(void)
{
	/* The loops end first. */
	while (narmed > 0) {
		armed[--narmed]->armed = false;
		armed[narmed]->fire(armed[narmed], NULL, NOW);
	}
	hosts_free(hosts);
	client_hasher_free(hasher);
	conf_unref(conf);
}

/* Requests */

static struct ticket	 tickets[TICKETS];
static struct http1_host names[TICKETS];
static struct sockaddr_in clients[TICKETS];
static struct http1_field fields[TICKETS];
static char		 values[TICKETS][16];

/* Request i, for a host, from that client, with a value of X (NULL: none). */
static inline enum hosts_answer
ask(unsigned i, const char *host, unsigned client, const char *value)
{
	const struct claim_hash hash = { client_hash, hasher };
	struct claim_source source = { .head = &head };
	struct ticket *t = &tickets[i];
	enum hosts_answer answer;
	struct claim claim;

	ck_assert_int_eq(http1_host_parse(&names[i], host, strlen(host)),
	    HTTP1_OK);
	names[i].port = 80;
	clients[i].sin_family = AF_INET;
	clients[i].sin_addr.s_addr = htonl(0x0a000000 + client);
	memset(t, 0, sizeof *t);
	t->loop = &loop;
	t->hasher = hasher;
	t->name = &names[i];
	t->conf = conf_ref(conf);
	t->rule = conf_rule(conf, &names[i]);
	memset(&head, 0, sizeof head);
	head.path = path_asked;
	if (path_asked.p != NULL)
		head.method = (struct http1_str){ "GET", 3 };
	if (value != NULL) {
		snprintf(values[i], sizeof values[i], "%s", value);
		fields[i].name = (struct http1_str){ "x", 1 };
		fields[i].value = (struct http1_str){ values[i],
		    strlen(values[i]) };
		head.fields[head.nfields++] = fields[i];
	}
	source.address = (struct sockaddr *)&clients[i];
	ck_assert_ptr_null(claim_make(&claim, &hash, t->rule, &source, NOW));
	claim.request.wants = wants_asked;
	check_alloc = fail_at;
	answer = hosts_ask(hosts, t, &claim, &source, NOW);
	check_alloc = 0;
	return answer;
}

static inline void
leave(unsigned i, bool nowhere)
{
	tickets[i].nowhere = nowhere;
	hosts_leave(hosts, &tickets[i], NOW);
}

#define HOUR	"{capacity: 1, period: 1h, queue: {max_wait: 1ms}"

#endif
