/* SPDX-License-Identifier: ISC */
#include "daemon/service.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/notify.h"
#include "daemon/worker.h"
#include "hosts/hosts_view.h"
#include "net/loop.h"

#define TELL_NS		5000000000ULL	/* between two words on the hosts */
#define EXTEND_NS	15000000000ULL	/* asked for, each time */
#define MS		1000000ULL

struct sums {
	size_t	 hosts;
	size_t	 waiting;
	size_t	 paused;
};

static void
add_cb(const struct host_view *v, void *arg)
{
	struct sums *sums = arg;

	sums->hosts++;
	sums->waiting += v->throttle.waiting;
	sums->paused += v->state == HOSTS_PAUSED;
}

static void
tell(struct service *s, uint64_t now)
{
	size_t requests = atomic_load(&s->workers->requests);
	struct sums sums = { 0 };
	uint64_t cursor = 0;

	if (atomic_load(&s->workers->draining)) {
		notify_extend(EXTEND_NS);
		notify_status("draining: %zu request%s to end", requests,
		    requests == 1 ? "" : "s");
		return;
	}
	while (hosts_view_piece(s->hosts, &cursor, now, add_cb, &sums))
		;
	notify_status("%zu host%s, %zu waiting, %zu paused", sums.hosts,
	    sums.hosts == 1 ? "" : "s", sums.waiting, sums.paused);
}

/* Each has answered what it was asked the last time. */
static void
vouch(const struct workers *workers)
{
	bool turn = true;
	unsigned i;

	for (i = 0; i < workers->n; i++)
		turn = worker_turns(workers->list[i]) && turn;
	if (turn)
		notify_alive();
}

int
service_wait(const struct service *s)
{
	uint64_t now = loop_now(), at = s->told_at;

	if (!notify_wanted())
		return -1;
	if (notify_watchdog() > 0 && s->watch_at < at)
		at = s->watch_at;
	return at <= now ? 0 : (int)((at - now + MS - 1) / MS);
}

void
service_look(struct service *s)
{
	uint64_t now = loop_now();
	bool draining = atomic_load(&s->workers->draining);

	if (!notify_wanted())
		return;
	notify_again();
	if (notify_watchdog() > 0 && now >= s->watch_at) {
		s->watch_at = now + notify_watchdog() / 2;
		vouch(s->workers);
	}
	if (now >= s->told_at || draining != s->draining) {
		s->draining = draining;
		s->told_at = now + TELL_NS;
		tell(s, now);
	}
}
