/* SPDX-License-Identifier: ISC */

/*
 * Random histories of a throttle against a slow and obvious model of it: a
 * token bucket per rate in exact arithmetic, a queue in an array, a log of all
 * that was admitted.
 *
 * In a prompt history the throttle is asked for waiters at each instant it
 * names, and must agree with the model exactly.  In a late one it is asked
 * when it pleases; then the model, which gives no credit for lateness, is what
 * the throttle must at least let through, and the log what it must not exceed.
 *
 * Some histories have parts.  There is one client: whose turn it is among many
 * is what check_fair and check_simulation look at.
 *
 * THROTTLE_SEED in the environment makes that seed's history the first.
 */

#include <stdlib.h>

#include "check_run.h"
#include "check_throttle_operations.h"

#define HISTORIES	10000
#define STEPS		150

/* Checks after each step */

static void
check_wake(void)
{
	uint64_t wake = throttle_wake(m.t, m.now);

	if (m.nqueue == 0 || opens(&m.b[0]) == NEVER) {
		must(wake == NEVER);
		return;
	}
	must(wake > m.now);
	begin_future(true);
	f.nqueue = m.nqueue;
	memcpy(f.queue, m.queue, m.nqueue * sizeof f.queue[0]);
	if (future_step() == NULL)
		f.now = NEVER;
	if (m.prompt)
		must(wake == f.now);
	else if (m.nparts == 0)
		must(wake <= f.now);
}

static bool
is_idle(const struct model_budget *b)
{
	if (b->inflight > 0 || m.now < b->paused_until ||
	    b->shape_until != 0 || knows_refusals(b) || !is_full(b))
		return false;
	if (b == &m.b[0] && m.learning)
		return b->window == 0 || (b->window == 1 && !b->was_paused);
	return b->window == 0;
}

static void
check_counts(void)
{
	bool idle = m.nqueue == 0;
	unsigned k;

	must(throttle_waiting(m.t) == m.nqueue);
	must(throttle_waiting_of(m.t, 0) == m.nqueue);
	must(throttle_inflight(m.t) == m.b[0].inflight);
	must(throttle_paused_until(m.t, THROTTLE_WHOLE) == m.b[0].paused_until);
	for (k = 0; k <= m.nparts; k++)
		idle = idle && is_idle(&m.b[k]);
	if (m.prompt)
		must(throttle_idle(m.t, m.now) == idle);
	else if (idle)
		must(throttle_idle(m.t, m.now));
}

/* Histories */

static void
any_operation(void)
{
	uint64_t what = any(100);

	if (what < 35)
		do_ask();
	else if (what < 65)
		do_time(m.now + any_step());
	else if (what < 70)
		do_cancel();
	else if (what < 80)
		do_verdict();
	else if (what < 90)
		do_release();
	else if (what < 91)
		do_return();
	else if (what < 93)
		do_pause();
	else if (what < 94)
		do_resume();
	else if (what < 95)
		do_shape();
	else if (what < 99)
		do_hopeless();
	else
		do_limit();
}

static void
begin(void)
{
	struct throttle_limits l;
	unsigned i;

	memset(&m, 0, sizeof m);
	state = seed * 0x9e3779b97f4a7c15ULL | 1;
	for (i = 0; i < 4; i++)
		any(2);
	m.nparts = any(2) ? 0 : (unsigned)any(PARTS + 1);
	for (i = 0; i <= m.nparts; i++)
		new_budget(&m.b[i]);
	m.learning = any(8) == 0;
	m.b[0].window = m.learning;
	m.queue_length = any(8) ? (uint32_t)any(ITEMS) : 0;
	l = limits();
	m.t = throttle_new(&l);
	must(m.t != NULL);
	for (i = 0; i < ITEMS; i++)
		m.free[m.nfree++] = &m.items[i];
	m.now = any(100 * SEC);
	m.prompt = any(3) != 0;
}

/* Everybody leaves; after a rest nothing is left of what was. */
static void
end(void)
{
	struct throttle_report r;
	unsigned i;

	while (m.nqueue > 0) {
		throttle_cancel(m.t, &m.queue[m.nqueue - 1]->w);
		unqueue(m.nqueue - 1);
	}
	while (m.nheld > 0)
		do_release();
	advance(m.now + 1000000 * SEC);
	for (i = 0; i <= m.nparts; i++)
		throttle_resume(m.t, i == 0 ? THROTTLE_WHOLE : i - 1, m.now);
	must(throttle_idle(m.t, m.now));
	throttle_report(m.t, &m.items[0].w, m.now, &r);
	must(r.start == m.now);
	throttle_free(m.t);
}

START_TEST(histories)
{
	const char *env = getenv("THROTTLE_SEED");
	uint64_t first = env != NULL ? strtoull(env, NULL, 0) : 1;
	uint64_t last = first + repetitions(HISTORIES) - 1;

	for (seed = first; seed <= last; seed++) {
		begin();
		for (step = 0; step < STEPS; step++) {
			any_operation();
			/* it may have ended somebody's patience */
			advance(m.now);
			if (m.prompt || any(3)) {
				drain();
				check_wake();
			}
			check_counts();
		}
		end();
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("throttle_oracle");
	TCase *tc = tcase_create("random");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, histories);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
