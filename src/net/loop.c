/* SPDX-License-Identifier: ISC */
#include "net/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/bell.h"
#include "base/log.h"
#include "base/stats.h"
#include "net/reserve.h"

#define TRY_AGAIN_NS	100000000ULL
#define LATE_NS		20000000ULL
#define GRACE_NS	100000000ULL
#define LIBEVENT_FDS	3	/* epoll's, and a pair for signals */

/* The loop whose thread this is; NULL on the main thread. */
static _Thread_local struct loop *current;

static int
wake_cmp(const struct wake *a, const struct wake *b)
{
	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return (a > b) - (a < b);
}

RB_PROTOTYPE(wakes, wake, entry, wake_cmp)
RB_GENERATE(wakes, wake, entry, wake_cmp)

uint64_t
loop_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return LOOP_EPOCH + (uint64_t)ts.tv_sec * 1000000000 +
	    (uint64_t)ts.tv_nsec;
}

uint64_t
loop_wall(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* An instant as the kernel's clock tells it; not 0, which would be none. */
static uint64_t
to_kernel(uint64_t at)
{
	return at > LOOP_EPOCH ? at - LOOP_EPOCH : 1;
}

static struct timeval
to_timeval(uint64_t ns)
{
	struct timeval tv;

	/* rounded up: a deadline must not find itself too early */
	ns += 999;
	tv.tv_sec = (time_t)(ns / 1000000000);
	tv.tv_usec = (suseconds_t)(ns % 1000000000 / 1000);
	return tv;
}

/* Burial */

void
loop_bury_all(struct loop *l)
{
	struct grave *g;

	while ((g = SLIST_FIRST(&l->graveyard)) != NULL) {
		SLIST_REMOVE_HEAD(&l->graveyard, entry);
		g->free(g->arg);
	}
}

static void
grave_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	loop_bury_all(arg);
}

void
loop_bury(struct loop *l, struct grave *g, void (*fn)(void *), void *arg)
{
	g->free = fn;
	g->arg = arg;
	SLIST_INSERT_HEAD(&l->graveyard, g, entry);
	event_active(&l->grave_ev, EV_TIMEOUT, 0);
}

/* Deadlines */

/*
 * libevent's timers need memory, those of the loop none: where it cannot take
 * a deadline, that is tried again, until it can or the time has come.
 */
static void
keep_unset(struct deadline *d)
{
	struct loop *l = d->loop;

	if (!d->unset)
		LIST_INSERT_HEAD(&l->unset, d, entry);
	d->unset = true;
	loop_wake_at(l, &l->try_again, loop_now() + TRY_AGAIN_NS);
}

static void
take_unset(struct deadline *d)
{
	if (d->unset)
		LIST_REMOVE(d, entry);
	d->unset = false;
}

static void
try_again_cb(struct wake *k, struct loop *l, uint64_t now)
{
	struct deadlines list = LIST_HEAD_INITIALIZER(list);
	struct deadline *d;

	(void)k;
	if (l == NULL)
		return;
	LIST_SWAP(&l->unset, &list, deadline, entry);
	while ((d = LIST_FIRST(&list)) != NULL) {
		take_unset(d);
		if (d->at == 0 || d->at > now) {
			deadline_set(d, d->at);
			continue;
		}
		d->set = d->at;
		event_active(&d->ev, EV_TIMEOUT, 0);
	}
}

/* Has its event fire at that time. */
static void
set_event(struct deadline *d, uint64_t at)
{
	uint64_t now = loop_now();
	struct timeval tv = to_timeval(at > now ? at - now : 0);

	if (evtimer_add(&d->ev, &tv) == -1) {
		keep_unset(d);
		return;
	}
	d->set = at;
	take_unset(d);
}

/*
 * A wait that a signal has interrupted, as the one that stops the process does,
 * tells of no socket, and then come all timers that are due: what has arrived
 * meanwhile would be read too late.
 */
static bool
is_late(struct deadline *d, uint64_t at, uint64_t now)
{
	if (now - at <= LATE_NS || d->late == at)
		return false;
	d->late = at;
	return true;
}

static void
deadline_cb(evutil_socket_t fd, short what, void *arg)
{
	struct deadline *d = arg;
	uint64_t at = d->at, now;

	(void)fd;
	(void)what;
	d->set = 0;
	if (at == 0)
		return;
	now = loop_now();
	if (now < at) {
		set_event(d, at);
		return;
	}
	if (is_late(d, at, now)) {
		set_event(d, now + GRACE_NS);
		return;
	}
	d->at = 0;
	d->cb(d->arg);
}

void
deadline_init(struct deadline *d, struct loop *l, void (*cb)(void *),
    void *arg)
{
	d->loop = l;
	d->unset = false;
	d->at = 0;
	d->set = 0;
	d->late = 0;
	d->cb = cb;
	d->arg = arg;
	evtimer_assign(&d->ev, l->base, deadline_cb, d);
}

void
deadline_set(struct deadline *d, uint64_t at)
{
	d->at = at;
	if (at != 0 && (d->set == 0 || d->set > at))
		set_event(d, at);
}

void
deadline_free(struct deadline *d)
{
	if (d->set != 0)
		evtimer_del(&d->ev);
	take_unset(d);
	d->at = d->set = 0;
}

/* Wakes */

static void
set_timer(struct loop *l)
{
	struct wake *first = RB_MIN(wakes, &l->wakes);
	struct itimerspec its;
	uint64_t at = first != NULL ? first->at : 0;
	uint64_t kernels = at != 0 ? to_kernel(at) : 0;

	if (at == l->timer_at)
		return;
	memset(&its, 0, sizeof its);
	its.it_value.tv_sec = (time_t)(kernels / 1000000000);
	its.it_value.tv_nsec = (long)(kernels % 1000000000);
	if (timerfd_settime(l->timer_fd, TFD_TIMER_ABSTIME, &its, NULL) == -1)
		log_error("timerfd_settime: %s", strerror(errno));
	l->timer_at = at;
}

void
loop_wake_at(struct loop *l, struct wake *k, uint64_t at)
{
	if (k->armed) {
		if (k->at <= at)
			return;
		RB_REMOVE(wakes, &l->wakes, k);
	}
	k->at = at > 0 ? at : 1;
	k->armed = true;
	RB_INSERT(wakes, &l->wakes, k);
	set_timer(l);
}

static void
take_off(struct loop *l, struct wake *k)
{
	RB_REMOVE(wakes, &l->wakes, k);
	k->armed = false;
}

static void
timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;
	struct wake *k;
	uint64_t n, now = loop_now();

	(void)what;
	(void)!read(fd, &n, sizeof n);
	l->timer_at = 0;
	while ((k = RB_MIN(wakes, &l->wakes)) != NULL && k->at <= now) {
		take_off(l, k);
		k->fire(k, l, now);
	}
	set_timer(l);
}

/* Mail */

void
loop_ring(struct loop *l)
{
	bell_ring(l->mail_fd);
}

void
loop_post(struct loop *l, struct mail *m)
{
	bool first;

	pthread_mutex_lock(&l->mail_lock);
	first = TAILQ_EMPTY(&l->mails);
	TAILQ_INSERT_TAIL(&l->mails, m, entry);
	m->posted = true;
	pthread_mutex_unlock(&l->mail_lock);
	if (!first)
		return;
	if (current == l)
		event_active(&l->mail_ev, EV_READ, 0);
	else
		loop_ring(l);
}

bool
loop_unpost(struct loop *l, struct mail *m)
{
	bool posted;

	pthread_mutex_lock(&l->mail_lock);
	if ((posted = m->posted))
		TAILQ_REMOVE(&l->mails, m, entry);
	m->posted = false;
	pthread_mutex_unlock(&l->mail_lock);
	return posted;
}

static struct mail *
next_mail(struct loop *l)
{
	struct mail *m;

	pthread_mutex_lock(&l->mail_lock);
	if ((m = TAILQ_FIRST(&l->mails)) != NULL) {
		TAILQ_REMOVE(&l->mails, m, entry);
		m->posted = false;
	}
	pthread_mutex_unlock(&l->mail_lock);
	return m;
}

static void
mail_cb(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;
	struct mail *m;
	uint64_t n;

	(void)what;
	(void)!read(fd, &n, sizeof n);
	l->rung(l->arg);
	while ((m = next_mail(l)) != NULL)
		m->deliver(m);
}

/* Start and end */

/* Where libevent lacks those of a loop of its own, it ends the process. */
static bool
descriptors_left(void)
{
	int fd[LIBEVENT_FDS], n;
	bool ok;

	for (n = 0; n < LIBEVENT_FDS; n++) {
		if ((fd[n] = eventfd(0, EFD_CLOEXEC)) == -1)
			break;
	}
	ok = n == LIBEVENT_FDS;
	while (n > 0)
		close(fd[--n]);
	return ok;
}

static struct event_base *
new_base(void)
{
	struct event_config *cfg;
	struct event_base *base;

	if (!descriptors_left() || (cfg = event_config_new()) == NULL)
		return NULL;
	event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK);
	base = event_base_new_with_config(cfg);
	event_config_free(cfg);
	return base;
}

static bool
open_events(struct loop *l)
{
	event_assign(&l->mail_ev, l->base, l->mail_fd, EV_READ | EV_PERSIST,
	    mail_cb, l);
	event_assign(&l->timer_ev, l->base, l->timer_fd, EV_READ | EV_PERSIST,
	    timer_cb, l);
	event_assign(&l->grave_ev, l->base, -1, 0, grave_cb, l);
	return event_add(&l->mail_ev, NULL) == 0 &&
	    event_add(&l->timer_ev, NULL) == 0;
}

struct loop *
loop_new(unsigned id, struct memory *memory, void (*rung)(void *), void *arg)
{
	struct loop *l;

	if ((l = calloc(1, sizeof *l)) == NULL)
		return NULL;
	l->id = id;
	l->memory = memory;
	l->rung = rung;
	l->arg = arg;
	SLIST_INIT(&l->graveyard);
	RB_INIT(&l->wakes);
	LIST_INIT(&l->unset);
	l->try_again.fire = try_again_cb;
	TAILQ_INIT(&l->mails);
	l->mail_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	l->timer_fd = timerfd_create(CLOCK_MONOTONIC,
	    TFD_NONBLOCK | TFD_CLOEXEC);
	l->stats = stats_new();		/* it outlives the loop */
	if (l->mail_fd == -1 || l->timer_fd == -1 || l->stats == NULL ||
	    (l->base = new_base()) == NULL || !open_events(l)) {
		if (l->base != NULL)
			event_base_free(l->base);
		if (l->mail_fd != -1)
			close(l->mail_fd);
		if (l->timer_fd != -1)
			close(l->timer_fd);
		free(l);
		return NULL;
	}
	pthread_mutex_init(&l->mail_lock, NULL);
	return l;
}

void
loop_run(struct loop *l)
{
	current = l;
	reserve_use(l->id);
	event_base_dispatch(l->base);
}

void
loop_stop(struct loop *l, bool at_once)
{
	/* without memory it is at once, too */
	if (at_once || event_base_loopexit(l->base, NULL) == -1)
		event_base_loopbreak(l->base);
}

void
loop_free(struct loop *l)
{
	struct wake *k;

	while ((k = RB_MIN(wakes, &l->wakes)) != NULL) {
		take_off(l, k);
		k->fire(k, NULL, 0);
	}
	event_del(&l->mail_ev);
	event_del(&l->timer_ev);
	event_base_free(l->base);
	close(l->mail_fd);
	close(l->timer_fd);
	pthread_mutex_destroy(&l->mail_lock);
	tls_wire_free(&l->wire);
	free(l);
}
