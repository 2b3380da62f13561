/* SPDX-License-Identifier: ISC */
#include "daemon/successor.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/bell.h"
#include "base/log.h"
#include "daemon/handover.h"
#include "daemon/starter_words.h"
#include "daemon/state.h"
#include "daemon/state_head.h"
#include "daemon/worker.h"
#include "hosts/hosts_guest.h"
#include "net/loop.h"

#define SECOND	1000000000ULL
#define PATIENCE (60 * SECOND)	/* for the process before; ns */

/* There is one for a process. */
static struct {
	struct handover		 handover;
	bool			 is;
	struct workers		*workers;
	struct loop		*loop;
	struct hosts_guests	*guests;	/* NULL: that one is gone */
	struct event		 read_ev;
	struct event		 write_ev;
	struct mail		 stop;		/* for the loop */
	struct mail		 logs;
	int			 bell;		/* rung for what follows */
	atomic_bool		 has_guests;	/* for the main thread */
	atomic_bool		 wants_logs;
	atomic_bool		 wants_reload;
	uint64_t		 store;		/* that one's name there; or 0 */
} it = { .handover = { .fd = -1, .pass = -1, .passed = -1 } };

static bool
is_channel(int fd)
{
	int type = 0;
	socklen_t len = sizeof type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	    type == SOCK_STREAM;
}

void
successor_take(void)
{
	const char *text = getenv(STARTER_HANDOVER);
	char *end;
	intmax_t n;

	if (text == NULL)
		return;
	n = strtoimax(text, &end, 10);
	if (end != text && *end == '\0' && n > STDERR_FILENO && n <= 65535 &&
	    is_channel((int)n)) {
		(void)fcntl((int)n, F_SETFD, FD_CLOEXEC);
		handover_init(&it.handover, (int)n);
		it.is = true;
	} else
		log_warn(STARTER_HANDOVER ": \"%s\" is no socket to a process",
		    text);
	unsetenv(STARTER_HANDOVER);
}

bool
successor_is(void)
{
	return it.is;
}

void
successor_fail(const char *why)
{
	if (!it.is)
		return;
	handover_say(&it.handover, "failed", why);
	handover_send(&it.handover);
}

void
successor_fail_conf(const char *why)
{
	if (it.is)
		handover_say(&it.handover, "wrong", NULL);
	successor_fail(why);
}

/* Of another release, or of none: then budgets would not be what they are. */
static bool
take_head(char *line, bool keyed)
{
	struct state_head own, before;
	const char *why;

	if (state_head_read(&before, line, &why) == NULL) {
		log_error("the process before: %s", why);
		successor_fail(why);
		return false;
	}
	state_head_init(&own);
	if (keyed && memcmp(own.key, before.key, sizeof own.key) != 0)
		log_info("store.key_file: credentials have other hashes than "
		    "in the process before: what is known by those begins "
		    "anew");
	state_head_adopt(&own, &before, !keyed);
	it.store = before.store;
	return true;
}

/* NULL: there is no line. */
static bool
is_no(const char *line)
{
	return line != NULL && strcmp(line, "no") == 0;
}

bool
successor_meet(bool keyed)
{
	char *line;

	if (!it.is)
		return true;
	line = handover_wait_line(&it.handover, loop_now() + PATIENCE);
	if (line != NULL && strncmp(line, "head ", 5) == 0)
		return take_head(line + 5, keyed);
	if (line == NULL && it.handover.ended)
		return true;	/* it has died: there is nobody to ask */
	log_error("the process before %s", is_no(line) ? "goes on by itself" :
	    "does not say who it is");
	return false;
}

uint64_t
successor_store(void)
{
	return it.store;
}

/* Taking over */

/* What was handed over. */
struct handed {
	struct text	 state;		/* lines of it */
	struct text	 tickets;	/* the same, of those who are there */
	bool		 lock;
	bool		 whole;		/* there is no more */
};

static void
keep_line(struct text *to, const char *line)
{
	text_puts(to, line);
	text_put(to, "\n", 1);
}

/* Reads until that process has said all, or is gone.  False: not to go on. */
static bool
read_handed(struct handed *h)
{
	uint64_t until = loop_now() + PATIENCE;
	char *line;

	while (!h->whole) {
		line = handover_wait_line(&it.handover, until);
		if (line == NULL && it.handover.ended)
			return true;
		if (line == NULL || is_no(line))
			return false;
		if (strncmp(line, "state ", 6) == 0)
			keep_line(&h->state, line + 6);
		else if (strcmp(line, "lock") == 0)
			h->lock = true;
		else if (strcmp(line, "yours") == 0)
			h->whole = true;
		else
			keep_line(&h->tickets, line);
	}
	return !h->state.failed && !h->tickets.failed;
}

static void
flush(void)
{
	struct handover *h = &it.handover;

	hosts_guests_take(it.guests, &h->out);
	handover_send(h);
	if (handover_waits(h))
		(void)event_add(&it.write_ev, NULL);
}

static void
ring_cb(void *arg)
{
	(void)arg;
	/* before the loop runs, and its thread, the rest is sent by that */
	event_active(&it.write_ev, EV_WRITE, 0);
}

/* It has ended, or says what cannot be: what it holds here is given back. */
static void
part(void)
{
	event_del(&it.read_ev);
	event_del(&it.write_ev);
	hosts_guests_free(it.guests);
	it.guests = NULL;
	handover_close(&it.handover);
	log_info("the process before has ended");
	workers_release(it.workers);
	atomic_store(&it.has_guests, false);
	bell_ring(it.bell);
}

static bool
take_line(char *line)
{
	if (strcmp(line, "logs") == 0)
		atomic_store(&it.wants_logs, true);
	else if (strcmp(line, "reload") == 0)
		atomic_store(&it.wants_reload, true);
	else
		return hosts_guests_line(it.guests, line, loop_now());
	bell_ring(it.bell);
	return true;
}

static void
read_cb(evutil_socket_t fd, short what, void *arg)
{
	char *line;

	(void)fd;
	(void)what;
	(void)arg;
	handover_read(&it.handover);
	while ((line = handover_line(&it.handover)) != NULL)
		if (!take_line(line))
			it.handover.ended = true;
	if (it.handover.ended)
		part();
}

static void
write_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (it.guests != NULL)
		flush();
}

static void
say(const char *word)
{
	if (it.guests == NULL)
		return;
	handover_say(&it.handover, word, NULL);
	flush();
}

static void
stop_cb(struct mail *m)
{
	(void)m;
	say("stop");
}

static void
logs_cb(struct mail *m)
{
	(void)m;
	say("logs");
}

/*
 * It says when it is our turn, as long as it is there, or that it never is: then
 * it goes on, and we are to do nothing.
 */
static bool
wait_for_turn(void)
{
	struct handover *h = &it.handover;
	const char *line;

	handover_say(h, "taken", NULL);
	handover_send(h);
	line = handover_wait_line(h, loop_now() + PATIENCE);
	return line != NULL ? strcmp(line, "go") == 0 : h->ended;
}

/* Those who are there become guests.  Returns false without memory. */
static bool
take_tickets(struct text *lines)
{
	char *p = lines->p, *end, *feed;

	if (lines->len == 0)
		return true;
	end = p + lines->len;
	while (p < end && (feed = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		*feed = '\0';
		if (!hosts_guests_line(it.guests, p, loop_now()))
			return false;
		p = feed + 1;
	}
	return true;
}

static bool
serve(const struct successor *s, struct handed *h)
{
	struct event_base *base = s->loop->base;
	int fd = it.handover.fd;

	it.workers = s->workers;
	it.loop = s->loop;
	it.bell = s->bell;
	it.stop.deliver = stop_cb;
	it.logs.deliver = logs_cb;
	event_assign(&it.read_ev, base, fd, EV_READ | EV_PERSIST, read_cb,
	    NULL);
	event_assign(&it.write_ev, base, fd, EV_WRITE, write_cb, NULL);
	it.guests = hosts_guests_new(s->hosts, s->loop, ring_cb, NULL);
	if (it.guests == NULL || event_add(&it.read_ev, NULL) == -1 ||
	    !take_tickets(&h->tickets) || !wait_for_turn())
		return false;
	workers_hold(s->workers);
	atomic_store(&it.has_guests, true);
	/* what it says next may have come along, or its end */
	event_active(&it.read_ev, EV_READ, 0);
	return true;
}

static bool
adopt_state(const struct successor *s, const struct handed *h)
{
	char *cause = NULL;
	bool ok;

	if (s->state == NULL)
		return true;
	ok = state_adopt(s->state, h->lock ? it.handover.passed : -1, &cause);
	it.handover.passed = -1;
	if (!ok) {
		log_error("%s", cause != NULL ? cause : "out of memory");
		successor_fail(cause != NULL ? cause : "out of memory");
	}
	free(cause);
	return ok;
}

static bool
take_over(const struct successor *s, struct handed *h)
{
	handover_say(&it.handover, "ready", NULL);
	handover_send(&it.handover);
	if (!read_handed(h))
		return false;
	if (!h->whole)
		log_warn("the process before is gone: what it has spent is "
		    "known as far as it was written");
	if (!adopt_state(s, h))
		return false;
	state_load(s->state, s->hosts, h->state.p,
	    h->whole ? h->state.len : 0);
	return !h->whole || serve(s, h);
}

bool
successor_take_over(const struct successor *s)
{
	struct handed h = { .whole = false };
	bool ok = true;

	if (it.is)
		ok = take_over(s, &h);
	else
		state_load(s->state, s->hosts, NULL, 0);
	text_free(&h.state);
	text_free(&h.tickets);
	if (it.is && it.guests == NULL)
		handover_close(&it.handover);
	if (!ok)
		log_error("not taken over from the process before");
	return ok;
}

bool
successor_has_guests(void)
{
	return atomic_load(&it.has_guests);
}

/* Signals come faster than a loop may turn: one that is on its way is enough. */
static void
post(struct mail *m)
{
	if (it.loop == NULL)
		return;
	(void)loop_unpost(it.loop, m);
	loop_post(it.loop, m);
}

void
successor_stop(void)
{
	post(&it.stop);
}

void
successor_logs(void)
{
	post(&it.logs);
}

bool
successor_wants_logs(void)
{
	return atomic_exchange(&it.wants_logs, false);
}

bool
successor_wants_reload(void)
{
	return atomic_exchange(&it.wants_reload, false);
}

void
successor_end(struct loop *l)
{
	if (it.loop != l)
		return;
	(void)loop_unpost(it.loop, &it.stop);
	(void)loop_unpost(it.loop, &it.logs);
	if (it.guests != NULL)
		part();
}
