/* SPDX-License-Identifier: ISC */
#include "net/redis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "conf/conf.h"
#include "net/dial.h"
#include "net/dialer.h"
#include "net/loop.h"
#include "net/redis_reply.h"
#include "net/stream.h"
#include "tls/tls.h"
#include "tls/tls_context.h"

/*
 * Life: DIALLING, then SHAKING where there is TLS, then GREETING: who we are,
 * and who the server is; then READY, and LOST in the end, from any of them.
 * Until READY one deadline holds for all, from then on that of the command
 * which waits the longest.
 *
 * Answers are told apart by their order alone, so one that is missing, or that
 * nobody asked for, ends the connection: the next one might be taken for
 * another's.
 */

#define PIECE		16384	/* bytes that are read at a time */
#define READS		16	/* pieces, then it is others' turn */
#define GREETINGS	10	/* timeouts until it must be ready */

enum state {
	DIALLING,
	SHAKING,
	GREETING,
	READY,
	LOST,
};

struct pending {
	redis_cb	*cb;
	void		*arg;
	uint64_t	 until;		/* ns */
};

struct redis {
	struct redis_setup	 setup;
	struct http1_host	 host;
	const struct redis_events *events;
	void			*owner;
	struct loop		*loop;
	enum state		 state;
	struct dial		*dial;
	struct stream		 stream;
	struct deadline		 timer;
	struct redis_reader	*reader;
	struct pending		 pending[REDIS_PENDING];
	unsigned		 first;		/* that waits */
	unsigned		 n;
	bool			 old;		/* see put_probe() */
	char			 run[REDIS_RUN];
	char			 why[REDIS_WHY + 64];
	struct grave		 grave;
};

/* The one function that changes it. */
static void
enter(struct redis *r, enum state state)
{
	r->state = state;
}

/* The end */

static void
answer_all(struct redis *r, const char *why)
{
	struct pending *p;

	while (r->n > 0) {
		p = &r->pending[r->first];
		r->first = (r->first + 1) % REDIS_PENDING;
		r->n--;
		p->cb(p->arg, NULL, why);
	}
}

static void
shut(struct redis *r)
{
	enter(r, LOST);
	dial_cancel(r->dial);
	r->dial = NULL;
	deadline_free(&r->timer);
	stream_close(&r->stream);
}

static void
lose(struct redis *r, const char *why)
{
	if (r->state == LOST)
		return;
	shut(r);
	if (why != r->why)
		snprintf(r->why, sizeof r->why, "%s", why);
	answer_all(r, r->why);
	if (r->events != NULL)
		r->events->lost(r->owner, r->why);
}

static void
free_redis(void *arg)
{
	struct redis *r = arg;

	stream_free(&r->stream);
	redis_reader_free(r->reader);
	free(r);
}

void
redis_close(struct redis *r)
{
	if (r == NULL)
		return;
	r->events = NULL;
	if (r->state != LOST)
		shut(r);
	answer_all(r, "the connection is closed");
	loop_bury(r->loop, &r->grave, free_redis, r);
}

/* Commands */

static void
set_timer(struct redis *r)
{
	if (r->state == READY)
		deadline_set(&r->timer, r->n > 0 ?
		    r->pending[r->first].until : 0);
}

static bool
send_bytes(struct redis *r, int n, const char *const *words,
    const size_t *lengths)
{
	struct iovec v;
	char *bytes = NULL;
	bool ok;
	int len = redisFormatCommandArgv(&bytes, n,
	    (const char **)(uintptr_t)words, lengths);

	if (len < 0)
		return false;
	v.iov_base = bytes;
	v.iov_len = (size_t)len;
	ok = stream_send(&r->stream, &v, 1);
	explicit_bzero(bytes, (size_t)len);	/* it may be a password */
	redisFreeCommand(bytes);
	return ok;
}

/* One that could not be sent whole is found by whoever reads. */
static bool
put(struct redis *r, int n, const char *const *words, const size_t *lengths,
    redis_cb *cb, void *arg)
{
	struct pending *p;

	if (r->n == REDIS_PENDING || !send_bytes(r, n, words, lengths))
		return false;
	p = &r->pending[(r->first + r->n++) % REDIS_PENDING];
	p->cb = cb;
	p->arg = arg;
	p->until = loop_now() + r->setup.timeout;
	set_timer(r);
	return true;
}

bool
redis_send(struct redis *r, int n, const char *const *words,
    const size_t *lengths, redis_cb *cb, void *arg)
{
	return r->state == READY && put(r, n, words, lengths, cb, arg);
}

/* Greetings */

static bool
put_words(struct redis *r, int n, const char *const *words, redis_cb *cb)
{
	size_t lengths[4];
	int i;

	for (i = 0; i < n; i++)
		lengths[i] = strlen(words[i]);
	return put(r, n, words, lengths, cb, r);
}

/* What was said of a greeting may hold what it was greeted with. */
static void
refused(struct redis *r, const struct redis_reply *reply, const char *what)
{
	const char *code = redis_reply_code(reply);

	snprintf(r->why, sizeof r->why, "%s%s%s%s", what, code[0] != '\0' ?
	    " (" : "", code, code[0] != '\0' ? ")" : "");
	lose(r, r->why);
}

/* Why it is, or is no longer, the one that keeps what is stored; or NULL. */
static const char *
why_of_no_use(const struct redis_reply *reply)
{
	static const char *const codes[][2] = {
		{ "BUSY", "it is busy with a script" },
		{ "LOADING", "it is loading what it has stored" },
		{ "MASTERDOWN", "it is a replica without its master" },
		{ "MISCONF", "it does not write, for it cannot save" },
		{ "NOAUTH", "it wants a password" },
		{ "NOREPLICAS", "it does not write, for want of replicas" },
		{ "OOM", "it does not write, for want of memory" },
		{ "READONLY", "it is a replica" },
	};
	const char *code = redis_reply_code(reply);
	size_t i;

	for (i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (strcmp(code, codes[i][0]) == 0)
			return codes[i][1];
	return NULL;
}

/* Of older releases that is an ERR like others, of clients for example. */
static bool
is_of_password(const struct redis_reply *reply)
{
	const char *code = redis_reply_code(reply);

	return strcmp(code, "WRONGPASS") == 0 || strcmp(code, "NOAUTH") == 0 ||
	    (strcmp(code, "ERR") == 0 &&
	    (strcasestr(reply->text, "password") != NULL ||
	    strcasestr(reply->text, "auth") != NULL));
}

/* A NUL in it ends nothing of what would be told. */
static bool
may_be_told(const struct redis *r, const struct redis_reply *reply)
{
	const char *password = r->setup.password;

	return reply->kind == REDIS_ERROR && (password == NULL ||
	    memmem(reply->text, reply->len, password, strlen(password)) ==
	    NULL);
}

static void
password_cb(void *arg, const struct redis_reply *reply, const char *why)
{
	struct redis *r = arg;

	(void)why;
	if (reply == NULL || redis_reply_is(reply, "OK"))
		return;
	if (is_of_password(reply))
		refused(r, reply, "it refuses the password");
	else if ((why = why_of_no_use(reply)) != NULL)
		refused(r, reply, why);
	else if (may_be_told(r, reply))
		lose(r, redis_reply_say(reply, r->why));
	else
		refused(r, reply, "it does not take AUTH");
}

static void
select_cb(void *arg, const struct redis_reply *reply, const char *why)
{
	(void)why;
	if (reply != NULL && !redis_reply_is(reply, "OK"))
		refused(arg, reply, "it has no such database");
}

static void
role_cb(void *arg, const struct redis_reply *reply, const char *why)
{
	(void)why;
	if (reply == NULL)
		return;
	if (reply->kind != REDIS_ARRAY || reply->first == NULL)
		refused(arg, reply, "it does not tell its role");
	else if (redis_reply_is(reply->first, "slave"))
		lose(arg, "it is a replica");
	else if (!redis_reply_is(reply->first, "master"))
		lose(arg, "it is no server of data");
}

static bool	 put_probe(struct redis *);

/* One that does not know such scripts tells so, and is asked in another way. */
static void
probe_cb(void *arg, const struct redis_reply *reply, const char *why)
{
	struct redis *r = arg;

	(void)why;
	if (reply == NULL)
		return;
	if (strcmp(redis_reply_code(reply), "NOPERM") == 0)
		refused(arg, reply, "its user may not run scripts");
	else if ((why = why_of_no_use(reply)) != NULL)
		refused(arg, reply, why);
	else if (strcmp(redis_reply_code(reply), "ERR") == 0) {
		r->old = true;
		if (!put_probe(r))
			lose(r, "out of memory");
	}
}

/* Where its key is another node's, or not ours, nothing is known. */
static void
old_probe_cb(void *arg, const struct redis_reply *reply, const char *why)
{
	if (reply != NULL && (why = why_of_no_use(reply)) != NULL)
		refused(arg, reply, why);
}

static void
become_ready(struct redis *r)
{
	if (r->state != GREETING)
		return;
	enter(r, READY);
	set_timer(r);
	r->events->ready(r->owner);
}

/* What stands behind "run_id:", in hexadecimal digits. */
static bool
take_run(struct redis *r, const struct redis_reply *reply)
{
	static const char key[] = "\nrun_id:";
	static const char digits[] = "0123456789abcdef";
	const char *p = NULL;
	size_t n;

	if (reply->kind == REDIS_STRING)
		p = strstr(reply->text, key);
	if (p == NULL)
		return false;
	p += sizeof key - 1;
	n = strspn(p, digits);
	if (n == 0 || n >= sizeof r->run)
		return false;
	memcpy(r->run, p, n);
	r->run[n] = '\0';
	return true;
}

static void
info_cb(void *arg, const struct redis_reply *reply, const char *why)
{
	(void)why;
	if (reply == NULL)
		return;
	if (take_run(arg, reply))
		become_ready(arg);
	else
		refused(arg, reply, "it does not tell its run_id");
}

static void
ping_cb(void *arg, const struct redis_reply *reply, const char *why)
{
	(void)why;
	if (reply == NULL)
		return;
	if (redis_reply_is(reply, "PONG"))
		become_ready(arg);
	else
		refused(arg, reply, "it does not answer");
}

static bool
put_password(struct redis *r)
{
	const char *words[] = { "AUTH", r->setup.user, r->setup.password };

	if (r->setup.password == NULL)
		return true;
	if (r->setup.user != NULL)
		return put_words(r, 3, words, password_cb);
	words[1] = r->setup.password;
	return put_words(r, 2, words, password_cb);
}

static bool
put_select(struct redis *r)
{
	char number[16];
	const char *words[] = { "SELECT", number };

	snprintf(number, sizeof number, "%u", r->setup.db);
	return r->setup.db == 0 || put_words(r, 2, words, select_cb);
}

/*
 * From Redis 7 on a script that says nothing else is one that writes, and is
 * refused as such, at each node of a cluster.  One before that has to be asked
 * for a write, which changes nothing, and is refused but for want of memory.
 */
static bool
put_probe(struct redis *r)
{
	static const char *const words[] = { "EVAL", "#!lua\nreturn 1", "0" };
	static const char script[] =
	    "return redis.pcall('HDEL', KEYS[1], '')";
	static const char *const old[] = { "EVAL", script, "1", "sluice:probe" };
	static const char *const ping[] = { "PING" };

	if (r->setup.role != REDIS_MASTER)
		return put_words(r, 1, ping, old_probe_cb);
	return r->old ? put_words(r, 4, old, old_probe_cb) :
	    put_words(r, 3, words, probe_cb);
}

bool
redis_probe(struct redis *r)
{
	if (r->state != READY)
		return false;
	/* what its other end said before it went has been read by now */
	if (r->stream.broken)
		lose(r, "it cannot be written to");
	return r->state == READY && put_probe(r);
}

static bool
put_questions(struct redis *r)
{
	static const char *const role[] = { "ROLE" };
	static const char *const info[] = { "INFO", "server" };
	static const char *const ping[] = { "PING" };

	if (r->setup.role != REDIS_MASTER)
		return put_words(r, 1, ping, ping_cb);
	return put_select(r) && put_words(r, 1, role, role_cb) &&
	    put_probe(r) && put_words(r, 2, info, info_cb);
}

static void
greet(struct redis *r)
{
	enter(r, GREETING);
	/* one that has gone may have said why, which is read */
	if ((!put_password(r) || !put_questions(r)) && !r->stream.broken)
		lose(r, "out of memory");
}

/* Answers */

static bool
is_told(const struct redis *r, const struct redis_reply *reply)
{
	return r->setup.role == REDIS_LISTENER && r->state == READY &&
	    reply->kind == REDIS_ARRAY && reply->first != NULL &&
	    redis_reply_is(reply->first, "message");
}

static void
take_reply(struct redis *r, const struct redis_reply *reply)
{
	struct pending *p = &r->pending[r->first];
	const char *why;

	if (is_told(r, reply)) {
		r->events->told(r->owner, reply);
		return;
	}
	if (r->state == READY && r->setup.role == REDIS_MASTER &&
	    (why = why_of_no_use(reply)) != NULL) {
		refused(r, reply, why);
		return;
	}
	if (r->n == 0) {
		lose(r, may_be_told(r, reply) ? redis_reply_say(reply,
		    r->why) : "it says what nobody has asked for");
		return;
	}
	r->first = (r->first + 1) % REDIS_PENDING;
	r->n--;
	p->cb(p->arg, reply, NULL);
	set_timer(r);
}

static void
take_bytes(struct redis *r, size_t n)
{
	const struct redis_reply *reply;
	const char *why = NULL;

	if (!redis_reader_feed(r->reader, r->loop->scratch, n)) {
		lose(r, "out of memory");
		return;
	}
	while (r->state != LOST) {
		switch (redis_reader_next(r->reader, &reply, &why)) {
		case REDIS_READ_REPLY:
			take_reply(r, reply);
			break;
		case REDIS_READ_MORE:
			return;
		case REDIS_READ_FAILED:
			lose(r, why);
			return;
		}
	}
}

static void
end_of_input(struct redis *r, enum stream_io io)
{
	if (io == STREAM_TLS_FAILED) {
		snprintf(r->why, sizeof r->why, "TLS: %s",
		    tls_failure(r->stream.tls)->text);
		lose(r, r->why);
	} else if (r->state == READY)
		lose(r, "it has closed the connection");
	else
		lose(r, "it closes the connection before it is ready");
}

static void
readable_cb(void *arg)
{
	struct redis *r = arg;
	enum stream_io io = STREAM_ALL;
	size_t n;
	int i;

	for (i = 0; i < READS && io == STREAM_ALL && r->state != LOST; i++) {
		io = stream_receive(&r->stream, PIECE, &n);
		take_bytes(r, n);
	}
	if (r->state == LOST)
		return;
	if (io != STREAM_ALL && io != STREAM_NOTHING)
		end_of_input(r, io);
	else if (r->state == SHAKING && tls_ready(r->stream.tls))
		greet(r);
}

static void
written_cb(void *arg)
{
	(void)arg;
}

/* The beginning */

static void
shake(struct redis *r)
{
	const struct dialer *dialer = r->setup.dialer;
	struct loop *l = r->loop;
	struct tls *tls = tls_contexts_connect_store(dialer->conf, &r->host,
	    &l->wire);
	enum tls_result result;
	size_t n;

	if (tls == NULL) {
		lose(r, "out of memory");
		return;
	}
	enter(r, SHAKING);
	stream_start_tls(&r->stream, tls,
	    TLS_WIRE_MAX * dialer->conf->limit_buffer, NULL);
	result = tls_read(tls, NULL, 0, l->scratch, sizeof l->scratch, &n);
	(void)stream_flush_wire(&r->stream);
	if (result != TLS_OK)
		end_of_input(r, STREAM_TLS_FAILED);
}

static void
dialled_cb(void *arg, const struct dialled *d)
{
	static const struct stream_events stream_events = {
		.readable = readable_cb,
		.written = written_cb,
	};
	struct redis *r = arg;

	r->dial = NULL;
	if (d->fd == -1) {
		lose(r, d->detail != NULL ? d->detail : "cannot connect");
		return;
	}
	stream_open(&r->stream, r->loop, d->fd, &stream_events, r);
	stream_read(&r->stream, true);
	if (r->setup.tls)
		shake(r);
	else
		greet(r);
}

static bool
is_late(const struct redis *r)
{
	return r->state != READY ? r->state != LOST :
	    r->n > 0 && r->pending[r->first].until <= loop_now();
}

/*
 * A process that stood still goes on with its timers, before it is told of what
 * came meanwhile (a signal ends epoll_wait()): the answer may be there.
 */
static void
timer_cb(void *arg)
{
	static const char *const whys[] = {
		[DIALLING] = "no connection in time",
		[SHAKING] = "no TLS in time",
		[GREETING] = "no answer to a greeting in time",
		[READY] = "no answer in time",
	};
	struct redis *r = arg;

	if (r->state == READY)
		readable_cb(r);
	if (is_late(r))
		lose(r, whys[r->state]);
	else
		set_timer(r);
}

struct redis *
redis_open(const struct redis_setup *setup, const struct http1_host *host,
    const struct redis_events *events, void *owner)
{
	static const struct dial_client client = { .to_parent = true };
	struct redis *r = calloc(1, sizeof *r);

	if (r == NULL || (r->reader = redis_reader_new()) == NULL) {
		free(r);
		return NULL;
	}
	r->setup = *setup;
	r->host = *host;
	r->events = events;
	r->owner = owner;
	r->loop = setup->dialer->loop;
	r->stream.fd = -1;
	deadline_init(&r->timer, r->loop, timer_cb, r);
	r->dial = dial_start(setup->dialer, host, &client, dialled_cb, r);
	if (r->dial == NULL) {
		redis_reader_free(r->reader);
		free(r);
		return NULL;
	}
	deadline_set(&r->timer, loop_now() + GREETINGS * setup->timeout);
	return r;
}

bool
redis_is_ready(const struct redis *r)
{
	return r != NULL && r->state == READY;
}

const char *
redis_run(const struct redis *r)
{
	return r->run;
}
