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
#include "base/stats.h"
#include "conf/conf.h"
#include "daemon/handing.h"
#include "daemon/kept.h"
#include "daemon/notify.h"
#include "daemon/reload.h"
#include "daemon/starter.h"
#include "daemon/store_thread.h"
#include "daemon/state.h"
#include "daemon/successor.h"
#include "daemon/worker.h"
#include "hosts/hosts_away.h"
#include "net/listen.h"
#include "net/loop.h"

#define MS		UINT64_C(1000000)
/* ns: nobody is admitted for so long at most, while it takes over */
#define HANDS_OVER	(5000 * MS)

static const char starter_is_gone[] = "who starts it is gone";

/* How often the file was read again, whatever came of it. */
static uint64_t
reloads(void)
{
	return atomic_load(&stats_process.reloads) +
	    atomic_load(&stats_process.failed);
}

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

static void
say(struct upgrade *u, const char *word)
{
	handover_say(&u->handover, word, NULL);
	handover_send(&u->handover);
}

/* Who asked */

/* why: it did not go well. */
static void
answer(struct admin_upgrade *asked, enum admin_upgraded outcome,
    const char *why, pid_t pid)
{
	asked->pid = pid;
	asked->error = why != NULL ? strdup(why) : NULL;
	asked->outcome = outcome;
	asked->done(asked);
}

static void
answer_all(struct upgrade *u, enum admin_upgraded outcome, const char *why)
{
	struct admin_upgrade *asked;

	while ((asked = STAILQ_FIRST(&u->waiting)) != NULL) {
		STAILQ_REMOVE_HEAD(&u->waiting, entry);
		answer(asked, outcome, why, u->pid);
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
	return u->phase == UPGRADE_ASKED || u->phase == UPGRADE_STARTING ||
	    u->phase == UPGRADE_HANDING;
}

/* All stays as it was */

/* While that one lives it must not take our end of the socket for our own. */
static void
refuse(struct upgrade *u, bool ended)
{
	if (!ended)
		starter_kill();
	if (u->handover.fd != -1) {
		handover_say(&u->handover, "no", NULL);
		handover_send(&u->handover);
	}
	if (ended)
		handover_close(&u->handover);
}

/*
 * What the process itself has said goes before why.  ended: there is no such
 * process, or none any more.
 */
static void
fail(struct upgrade *u, enum admin_upgraded outcome, const char *why,
    bool ended)
{
	const char *told = u->why != NULL ? u->why : why;

	if (u->why != NULL)
		outcome = u->wrong ? ADMIN_UPGRADE_WRONG :
		    ADMIN_UPGRADE_FAILED;

	if (u->phase == UPGRADE_HANDING)
		handing_take_back(u->reloader, *u->state);
	refuse(u, ended);
	enter(u, ended ? UPGRADE_NONE : UPGRADE_FAILED, 0);
	log_told(LOG_LEVEL_ERROR, "not upgraded: the new process: %s; this "
	    "one goes on", told);
	events_tell(EVENT_RELOAD, NULL, NULL, NULL, "not upgraded: the new "
	    "process: %s", told);
	notify_ready();
	answer_all(u, outcome, told);
	free(u->why);
	u->why = NULL;
	u->wrong = false;
}

static const char *
why_not(const struct upgrade *u)
{
	if (u->phase == UPGRADE_DONE)
		return "another process has taken over already";
	if (is_under_way(u))
		return "an upgrade is under way";
	if (atomic_load(&u->reloader->workers->draining))
		return "this process drains";
	if (getpid() == 1)
		return "this is the first process of its container, which ends "
		    "with it: start it with --keeper";
	if (starter_fd() == -1 || u->starter_gone)
		return "there is nobody who could start a process";
	return NULL;
}

/* Killing one that has failed takes a moment. */
static void
begin_later(struct upgrade *u)
{
	if (!u->again)
		log_info("upgrade: begins when the process that failed has "
		    "ended");
	u->again = true;
	if (u->until == 0)
		enter(u, UPGRADE_FAILED, u->reloader->conf->timeout_upgrade);
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
	if (u->phase == UPGRADE_FAILED) {
		begin_later(u);
		return NULL;
	}
	log_info("upgrade: starting the program again");
	notify_reloading();
	u->logs = false;
	u->reloads = reloads();
	enter(u, UPGRADE_ASKED, u->reloader->conf->timeout_upgrade);
	if (!starter_ask(u->listeners))
		fail(u, ADMIN_UPGRADE_FAILED, errno == EPIPE ||
		    errno == ECONNRESET ? starter_is_gone : strerror(errno),
		    true);
	return NULL;
}

/* Who waited for the end of one that has failed gets none. */
static void
give_up(struct upgrade *u, enum admin_upgraded outcome, const char *why)
{
	if (!u->again)
		return;
	u->again = false;
	log_warn("no upgrade begins: %s", why);
	answer_all(u, outcome, why);
}

/* One that has failed is gone; why: so is who would start another; or NULL. */
static void
forget_failed(struct upgrade *u, const char *why)
{
	bool again = u->again;

	handover_close(&u->handover);
	enter(u, UPGRADE_NONE, 0);
	if (why != NULL) {
		give_up(u, ADMIN_UPGRADE_REFUSED, why);
		return;
	}
	u->again = false;
	if (again && (why = begin(u)) != NULL)
		answer_all(u, ADMIN_UPGRADE_REFUSED, why);
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
			answer(asked, ADMIN_UPGRADE_REFUSED, why, 0);
			continue;
		}
		STAILQ_INSERT_TAIL(&u->waiting, asked, entry);
		(void)begin(u);
	}
}

void
upgrade_logs(struct upgrade *u)
{
	u->logs = is_under_way(u);
	if (u->phase == UPGRADE_DONE && u->handover.fd != -1)
		say(u, "logs");
}

void
upgrade_reload(struct upgrade *u)
{
	struct reloader *r = u->reloader;

	if (upgrade_hands_over(u))
		reload_later(r);
	else if (!atomic_load(&r->workers->draining) && !upgrade_is_done(u))
		reload_conf(r);
	else
		upgrade_logs(u);
}

bool
upgrade_is_done(const struct upgrade *u)
{
	return u->phase == UPGRADE_DONE;
}

void
upgrade_stop(struct upgrade *u)
{
	static const char why[] = "this process was told to end";

	if (is_under_way(u))
		fail(u, ADMIN_UPGRADE_REFUSED, why, false);
	give_up(u, ADMIN_UPGRADE_REFUSED, why);
}

bool
upgrade_hands_over(const struct upgrade *u)
{
	return u->phase == UPGRADE_HANDING;
}

/* It is the turn of the other one */

/* Clients find the other one. */
static void
leave(struct upgrade *u)
{
	struct reloader *r = u->reloader;
	unsigned i;

	listen_leave(u->listeners);
	store_thread_hand_over(r->store);
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
	/* who has asked meanwhile has rung for nothing */
	bell_ring(u->bell);
	log_info("upgraded: process %jd has taken over; this one ends what it "
	    "has begun", (intmax_t)u->pid);
	answer_all(u, ADMIN_UPGRADED, NULL);
	/* it may have read the file before, and opened the logs */
	if (r->later || u->reloads != reloads())
		say(u, "reload");
	if (u->logs)
		say(u, "logs");
}

/*
 * Nobody goes until it has taken all of that, or it is taken back: so it has no
 * longer for that than a client puts up with, and no longer than is left.
 */
static void
hand_over(struct upgrade *u)
{
	uint64_t until = u->until, by = loop_now() + HANDS_OVER;
	const char *why = handing_begin(u->reloader, *u->state, &u->handover,
	    ring_cb, u);

	if (why != NULL) {
		fail(u, ADMIN_UPGRADE_FAILED, why, false);
		return;
	}
	u->phase = UPGRADE_HANDING;
	u->until = until < by ? until : by;
	handover_send(&u->handover);
}

/* It waits for this word: without it it never does anything. */
static void
let_go(struct upgrade *u)
{
	say(u, "go");
	if (u->handover.ended)
		fail(u, ADMIN_UPGRADE_FAILED, "it is gone", false);
	else
		leave(u);
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
		else if (strcmp(line, "logs") == 0) {
			reload_logs(u->reloader->conf);
			successor_logs();
		} else
			(void)hosts_away_line(u->reloader->hosts, line,
			    loop_now());
		return true;
	}
	if (strcmp(line, "wrong") == 0) {
		u->wrong = true;
		return true;
	}
	if (strncmp(line, "failed ", 7) == 0) {
		keep_why(u, line + 7);
		return true;
	}
	if (u->phase == UPGRADE_STARTING && strcmp(line, "ready") == 0)
		hand_over(u);
	else if (u->phase == UPGRADE_HANDING && strcmp(line, "taken") == 0)
		let_go(u);
	return is_under_way(u) || u->phase == UPGRADE_DONE;
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

static void
take_started(struct upgrade *u, const struct starter_told *told)
{
	handover_close(&u->handover);
	handover_init(&u->handover, told->fd);
	if (u->phase != UPGRADE_ASKED) {
		refuse(u, false);
		return;
	}
	u->pid = told->pid;
	u->phase = UPGRADE_STARTING;
	if (handing_say_head(&u->handover,
	    store_thread_name(u->reloader->store)))
		handover_send(&u->handover);
	else
		fail(u, ADMIN_UPGRADE_FAILED, strerror(ENOMEM), false);
}

static void
take_ended(struct upgrade *u, const char *why)
{
	if (is_under_way(u) && u->handover.fd != -1)
		hear(u);
	if (is_under_way(u))
		fail(u, ADMIN_UPGRADE_FAILED, why, true);
	else if (u->phase == UPGRADE_FAILED)
		forget_failed(u, NULL);
}

/* One of ours is not missed where another process has its own by now. */
static void
tell_gone(const struct upgrade *u)
{
	if (kept_fd() == -1 && u->phase != UPGRADE_DONE &&
	    !atomic_load(&u->reloader->workers->draining))
		log_error("sluice-launcher is gone: no upgrade is possible "
		    "until sluice is started anew");
}

static void
take_news(struct upgrade *u)
{
	struct starter_told told;

	switch (starter_take(&told)) {
	case STARTER_HAS_STARTED:
		take_started(u, &told);
		break;
	case STARTER_HAS_FAILED:
		take_ended(u, told.why);
		break;
	case STARTER_IS_GONE:
		u->starter_gone = true;
		tell_gone(u);
		if (is_under_way(u))
			fail(u, ADMIN_UPGRADE_FAILED, starter_is_gone, true);
		else if (u->phase == UPGRADE_FAILED)
			forget_failed(u, starter_is_gone);
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
	bool failed = u->phase == UPGRADE_FAILED;

	p[0] = (struct pollfd){ .fd = u->starter_gone ? -1 : starter_fd(),
	    .events = POLLIN };
	p[1] = (struct pollfd){ .fd = failed ? -1 : u->handover.fd,
	    .events = POLLIN | out };
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
	if (successor_wants_logs()) {
		reload_logs(u->reloader->conf);
		upgrade_logs(u);
	}
	if (successor_wants_reload())
		upgrade_reload(u);
	if (u->phase != UPGRADE_DONE)
		return;
	hosts_away_take(u->reloader->hosts, &u->handover.out);
	if (u->handover.fd != -1)
		handover_send(&u->handover);
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

/* It has lasted too long. */
static void
end_phase(struct upgrade *u)
{
	u->until = 0;
	if (u->phase == UPGRADE_HANDING)
		fail(u, ADMIN_UPGRADE_LATE, "it did not take over in time",
		    false);
	else if (is_under_way(u))
		fail(u, ADMIN_UPGRADE_LATE,
		    "it was not ready in time (timeouts.upgrade)", false);
	else
		give_up(u, ADMIN_UPGRADE_LATE,
		    "the process that failed does not end");
}

const char *
upgrade_look(struct upgrade *u, struct pollfd p[UPGRADE_FDS])
{
	bool late;

	if (p[2].revents & POLLIN)
		take_bell(u);
	if (p[1].revents & POLLOUT)
		handover_send(&u->handover);
	if (p[1].revents & (POLLIN | POLLHUP | POLLERR) &&
	    u->handover.fd == p[1].fd)
		hear(u);
	if (p[0].revents != 0)
		take_news(u);
	late = u->until != 0 && loop_now() >= u->until;
	if (late)
		end_phase(u);
	return why_end(u, late);
}
