/* SPDX-License-Identifier: ISC */
#include "daemon/upgrade.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "admin/admin.h"
#include "base/bell.h"
#include "base/events.h"
#include "base/log.h"
#include "conf/conf.h"
#include "daemon/kept.h"
#include "daemon/notify.h"
#include "daemon/reload.h"
#include "daemon/starter.h"
#include "daemon/state.h"
#include "daemon/state_head.h"
#include "daemon/successor.h"
#include "daemon/worker.h"
#include "hosts/hosts_away.h"
#include "hosts/hosts_state.h"
#include "net/listen.h"
#include "net/loop.h"
#include "throttle/budget_save.h"

#define MS		UINT64_C(1000000)
/* ns: nobody is admitted for so long at most, while it takes over */
#define HANDS_OVER	(5000 * MS)

static void
enter(struct upgrade *u, enum upgrade_phase phase, uint64_t within)
{
	u->phase = phase;
	u->until = within == 0 ? 0 : loop_now() + within;
}

static void
ring_cb(void *arg)
{
	const struct upgrade *u = arg;

	bell_ring(u->bell);
}

bool
upgrade_init(struct upgrade *u)
{
	handover_init(&u->handover, -1);
	STAILQ_INIT(&u->asked);
	STAILQ_INIT(&u->waiting);
	pthread_mutex_init(&u->lock, NULL);
	u->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return u->bell != -1;
}

/* Who asked */

/* NULL: it went well. */
static void
answer(struct admin_upgrade *asked, const char *why, pid_t pid)
{
	asked->pid = pid;
	asked->error = why != NULL ? strdup(why) : NULL;
	asked->ok = why == NULL;
	asked->done(asked);
}

static void
answer_all(struct upgrade *u, const char *why)
{
	struct admin_upgrade *asked;

	while ((asked = STAILQ_FIRST(&u->waiting)) != NULL) {
		STAILQ_REMOVE_HEAD(&u->waiting, entry);
		answer(asked, why, u->pid);
	}
}

void
upgrade_destroy(struct upgrade *u)
{
	handover_close(&u->handover);
	pthread_mutex_destroy(&u->lock);
	close(u->bell);
	free(u->why);
}

static bool
is_under_way(const struct upgrade *u)
{
	return u->phase == UPGRADE_ASKED || u->phase == UPGRADE_STARTING;
}

/* All stays as it was */

/* ended: there is no such process, or none any more. */
static void
fail(struct upgrade *u, const char *why, bool ended)
{
	const char *told = u->why != NULL ? u->why : why;

	if (!ended)
		starter_kill();
	handover_close(&u->handover);
	enter(u, ended ? UPGRADE_NONE : UPGRADE_FAILED, 0);
	log_told(LOG_LEVEL_ERROR, "not upgraded: the new process: %s; this "
	    "one goes on", told);
	events_tell(EVENT_RELOAD, NULL, NULL, NULL, "not upgraded: the new "
	    "process: %s", told);
	notify_ready();
	answer_all(u, told);
	free(u->why);
	u->why = NULL;
}

static const char *
why_not(const struct upgrade *u)
{
	if (u->phase == UPGRADE_DONE)
		return "another process has taken over already";
	if (u->phase != UPGRADE_NONE)
		return "an upgrade is under way";
	if (atomic_load(&u->reloader->workers->draining))
		return "this process drains";
	if (getpid() == 1)
		return "this is the first process of its container, which ends "
		    "with it: start it with --keeper";
	if (starter_fd() == -1)
		return "there is nobody who could start a process";
	return NULL;
}

/* Returns why not, or NULL. */
static const char *
begin(struct upgrade *u)
{
	const char *why = why_not(u);

	if (why != NULL) {
		log_warn("no upgrade begins: %s", why);
		return why;
	}
	log_info("upgrade: starting the program again");
	notify_reloading();
	enter(u, UPGRADE_ASKED, u->reloader->conf->timeout_upgrade);
	if (!starter_ask(u->listeners))
		fail(u, strerror(errno), true);
	return NULL;
}

void
upgrade_begin(struct upgrade *u)
{
	(void)begin(u);
}

void
upgrade_ask(struct admin_upgrade *asked, void *upgrade)
{
	struct upgrade *u = upgrade;

	pthread_mutex_lock(&u->lock);
	STAILQ_INSERT_TAIL(&u->asked, asked, entry);
	pthread_mutex_unlock(&u->lock);
	bell_ring(u->bell);
}

static struct admin_upgrade *
next_asked(struct upgrade *u)
{
	struct admin_upgrade *asked;

	pthread_mutex_lock(&u->lock);
	if ((asked = STAILQ_FIRST(&u->asked)) != NULL)
		STAILQ_REMOVE_HEAD(&u->asked, entry);
	pthread_mutex_unlock(&u->lock);
	return asked;
}

/* It may have failed before this returns, and says so to those who wait. */
static void
take_asked(struct upgrade *u)
{
	struct admin_upgrade *asked;
	const char *why;

	while ((asked = next_asked(u)) != NULL) {
		if ((why = why_not(u)) != NULL) {
			answer(asked, why, 0);
			continue;
		}
		STAILQ_INSERT_TAIL(&u->waiting, asked, entry);
		(void)begin(u);
	}
}

bool
upgrade_is_done(const struct upgrade *u)
{
	return u->phase == UPGRADE_DONE;
}

void
upgrade_stop(struct upgrade *u)
{
	if (is_under_way(u))
		fail(u, "this process was told to end", false);
}

/* What is handed over */

/* Adds each line of a text. */
static void
say_lines(struct handover *h, const char *word, const struct text *lines)
{
	const char *p = lines->p, *end, *feed;

	h->out.failed |= lines->failed;
	if (lines->len == 0)
		return;
	end = p + lines->len;
	while (p < end && (feed = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		text_puts(&h->out, word);
		text_put(&h->out, p, (size_t)(feed + 1 - p));
		p = feed + 1;
	}
}

/* What is spent and paused, and learned, as the file of a state has it. */
static void
say_state(struct upgrade *u, struct budget_saved *saved)
{
	struct text lines = { NULL, 0, 0, false };
	struct hosts_writer w = {
		.hosts = u->reloader->hosts,
		.text = &lines,
		.saved = saved,
		.at = state_now(),
	};
	uint64_t cursor = 0;

	hosts_state_overrides(&w);
	do {
		w.at = state_now();
		cursor = hosts_state_piece(&w, cursor, true);
	} while (cursor != 0);
	say_lines(&u->handover, "state ", &lines);
	text_free(&lines);
}

/* Says all of it, and hears whether it was taken.  Returns NULL, or why not. */
static const char *
say_all(struct upgrade *u)
{
	struct handover *h = &u->handover;
	uint64_t until = loop_now() + HANDS_OVER;
	struct budget_saved *saved = calloc(1, sizeof *saved);
	const char *line;
	int lock = state_lock(*u->state);

	if (saved == NULL)
		return "there is no memory to hand over to it";
	say_state(u, saved);
	free(saved);
	if (lock != -1)
		handover_say(h, "lock", NULL);
	hosts_away_take(u->reloader->hosts, &h->out);
	handover_say(h, "yours", NULL);
	if (!handover_send_all(h, lock, until))
		return "it does not take what is handed over to it";
	if ((line = handover_wait_line(h, until)) == NULL)
		return "it does not take over";
	return strcmp(line, "taken") == 0 ? NULL : "it did not take over";
}

/* Goes on by ourselves. */
static void
take_back(struct upgrade *u)
{
	struct reloader *r = u->reloader;

	hosts_away_end(r->hosts);
	/* whoever waits may go again, on a loop */
	worker_reload(r->workers->list[0], r->conf);
	if (!state_start(*u->state, worker_loop(r->workers->list[0])))
		log_error("state.file: it is not written any more: %s",
		    strerror(errno));
}

/* Clients find the other one. */
static void
leave(struct upgrade *u)
{
	struct reloader *r = u->reloader;
	unsigned i;

	listen_leave(u->listeners);
	notify_leave(u->pid);
	starter_done();
	state_leave(*u->state);
	*u->state = NULL;
	admin_leave(r->admin);
	r->workers->left_fd = u->bell;
	atomic_store(&u->listeners->empty, u->bell);
	for (i = 0; i < r->workers->n; i++)
		worker_leave(r->workers->list[i]);
	enter(u, UPGRADE_DONE, r->conf->timeout_tunnel);
	log_info("upgraded: process %jd has taken over; this one ends what it "
	    "has begun", (intmax_t)u->pid);
	answer_all(u, NULL);
}

static void
hand_over(struct upgrade *u)
{
	struct reloader *r = u->reloader;
	const char *why;

	state_pause(*u->state);
	if (!hosts_away_begin(r->hosts, ring_cb, u)) {
		why = "there is no memory to hand over to it";
	} else if ((why = say_all(u)) == NULL) {
		leave(u);
		return;
	}
	take_back(u);
	fail(u, why, false);
}

/* What the new process says, and who starts it */

static void
keep_why(struct upgrade *u, const char *why)
{
	free(u->why);
	u->why = strdup(why);
}

/* Returns whether it is the turn of the next line. */
static bool
take_line(struct upgrade *u, char *line)
{
	if (u->phase == UPGRADE_DONE) {
		if (strcmp(line, "stop") == 0)
			u->ends = true;
		else
			(void)hosts_away_line(u->reloader->hosts, line,
			    loop_now());
		return true;
	}
	if (strncmp(line, "failed ", 7) == 0) {
		keep_why(u, line + 7);
		return true;
	}
	if (strcmp(line, "ready") == 0)
		hand_over(u);
	return u->phase != UPGRADE_NONE;
}

/* One that is about to take over has ended: why that is, who started it says */
static void
lose(struct upgrade *u)
{
	bool done = u->phase == UPGRADE_DONE;

	handover_close(&u->handover);
	if (!done)
		return;
	log_warn("the process that took over is gone: who waits is refused");
	hosts_away_lost(u->reloader->hosts, loop_now());
}

static void
hear(struct upgrade *u)
{
	char *line;

	handover_read(&u->handover);
	while ((line = handover_line(&u->handover)) != NULL)
		if (!take_line(u, line))
			return;
	if (u->handover.ended)
		lose(u);
}

/* It is to make its hashes of credentials as we do. */
static void
say_head(struct upgrade *u)
{
	struct text line = { NULL, 0, 0, false };
	struct state_head head;

	state_head_init(&head);
	state_head_put(&head, &line);
	say_lines(&u->handover, "head ", &line);
	handover_send(&u->handover, -1);
	explicit_bzero(&head, sizeof head);
	text_free(&line);
}

static void
take_news(struct upgrade *u)
{
	struct starter_told told;

	switch (starter_take(&told)) {
	case STARTER_HAS_STARTED:
		if (u->phase != UPGRADE_ASKED) {
			close(told.fd);
			starter_kill();
			break;
		}
		u->pid = told.pid;
		u->phase = UPGRADE_STARTING;
		handover_init(&u->handover, told.fd);
		say_head(u);
		break;
	case STARTER_HAS_FAILED:
		if (u->handover.fd != -1)
			hear(u);
		if (is_under_way(u))
			fail(u, told.why, true);
		else if (u->phase == UPGRADE_FAILED)
			enter(u, UPGRADE_NONE, 0);
		break;
	case STARTER_IS_GONE:
		u->starter_gone = true;
		if (is_under_way(u))
			fail(u, "who starts it is gone", true);
		break;
	case STARTER_NOTHING:
		break;
	}
}

/* The main thread's */

int
upgrade_wait(struct upgrade *u, struct pollfd p[UPGRADE_FDS])
{
	uint64_t now = loop_now();
	short out = handover_waits(&u->handover) ? POLLOUT : 0;

	p[0] = (struct pollfd){ .fd = u->starter_gone ? -1 : starter_fd(),
	    .events = POLLIN };
	p[1] = (struct pollfd){ .fd = u->handover.fd, .events = POLLIN | out };
	p[2] = (struct pollfd){ .fd = u->bell, .events = POLLIN };
	if (u->until == 0)
		return -1;
	return u->until <= now ? 0 : u->until - now > INT32_MAX * MS ?
	    INT32_MAX : (int)((u->until - now + MS - 1) / MS);
}

/*
 * Nobody is connected any more, here or to the process before, who could ask for
 * something.
 */
static bool
is_empty(const struct upgrade *u)
{
	const struct workers *workers = u->reloader->workers;

	return atomic_load(&workers->left) == workers->n &&
	    atomic_load(&u->listeners->connections) == 0 &&
	    !successor_has_guests();
}

static void
take_bell(struct upgrade *u)
{
	uint64_t n;

	(void)!read(u->bell, &n, sizeof n);
	take_asked(u);
	if (u->phase != UPGRADE_DONE)
		return;
	hosts_away_take(u->reloader->hosts, &u->handover.out);
	if (u->handover.fd != -1)
		handover_send(&u->handover, -1);
	else
		text_reset(&u->handover.out);
}

/* Returns NULL: it is not to end, or does so already. */
static const char *
why_end(const struct upgrade *u, bool late)
{
	if (atomic_load(&u->reloader->workers->draining))
		return NULL;
	if (u->phase != UPGRADE_DONE)
		return u->starter_gone && kept_fd() != -1 ?
		    "the keeper is gone" : NULL;
	if (late)
		return "what began before the upgrade lasts too long";
	if (u->ends)
		return "the process that took over ends";
	return is_empty(u) ? "all that began before the upgrade is over" : NULL;
}

const char *
upgrade_look(struct upgrade *u, struct pollfd p[UPGRADE_FDS])
{
	bool late = u->until != 0 && loop_now() >= u->until;

	if (p[2].revents & POLLIN)
		take_bell(u);
	if (p[1].revents & POLLOUT)
		handover_send(&u->handover, -1);
	if (p[1].revents & (POLLIN | POLLHUP | POLLERR) &&
	    u->handover.fd == p[1].fd)
		hear(u);
	if (p[0].revents != 0)
		take_news(u);
	if (late && is_under_way(u))
		fail(u, "it was not ready in time (timeouts.upgrade)", false);
	if (late)
		u->until = 0;
	return why_end(u, late);
}
