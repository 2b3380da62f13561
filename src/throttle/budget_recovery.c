/* SPDX-License-Identifier: ISC */

/*
 * What is learned from refusals.
 *
 * A run begins with a refusal of a request that went while nothing told that
 * the host would refuse, and ends with the first success after a pause.  What
 * is kept of it is how long the host was shut (opens, shut), how many requests
 * had gone through before (went) and how many of them at once (abreast).
 *
 * The pauses of a run end, counted from its refusal, at a given time, three
 * times, seven times that; or, where a run went before, at a point between the
 * longest time after which the host was found shut and the shortest after which
 * it was open; at the latter; and then at ever longer times.  So they close in
 * on what the host needs, at the cost of one refused probe here and there, and
 * what a host counts in windows is used as soon as it is there again.
 *
 * A host that refills steadily opens after any pause, and gives the less the
 * shorter that was.  There nothing is gained by shorter ones but refusals: they
 * are taken back.
 */

#include "throttle/budget_recovery.h"

#include "base/wide.h"
#include "throttle/larger.h"

/* Probes refused in a row that tell an outage from a limit. */
#define DOUBTED		4

/* The callers' clocks need not agree to the last. */
static uint64_t
elapsed(uint64_t since, uint64_t now)
{
	return now > since ? now - since : 0;
}

/* Recovery */

void
budget_half_open(struct budget *b)
{
	b->epoch++;
	b->window = 1;
	b->unsettled = 0;
	b->overdue = 0;
	b->passed = 0;
	b->grown = 0;
	b->at_once = false;
}

void
budget_make_whole(struct budget *b)
{
	b->window = 0;
	b->overdue = 0;
	b->paused = false;
}

/* The state of a new one. */
void
budget_forget(struct budget *b)
{
	budget_make_whole(b);
	if (b->learning)
		b->window = 1;
	b->passed = b->before = b->went = b->abreast = 0;
	b->failures = 0;
	b->early = b->doubted = false;
	b->refused = b->opens = b->shut = b->ref_opens = 0;
	b->trickles = false;
	b->believed = b->exact = false;
}

/* Whether anything is known of how the host refuses. */
bool
budget_remembers(const struct budget *b)
{
	return b->refused != 0 || b->opens != 0 || b->went != 0 ||
	    b->abreast != 0 || b->believed || b->exact;
}

/* How large the window grows before the limits alone hold. */
static uint32_t
full_window(const struct budget *b)
{
	uint64_t most = 0;
	unsigned i;

	if (b->concurrency != 0)
		return b->concurrency < BUDGET_RECOVERY ? b->concurrency :
		    BUDGET_RECOVERY;
	for (i = 0; i < b->nrates; i++)
		most = larger(most, b->rates[i].limit.burst / BUDGET_UNIT);
	if (b->nrates == 0 || most > BUDGET_RECOVERY)
		most = BUDGET_RECOVERY;
	return (uint32_t)most;
}

/*
 * Whether fewer have gone through than the host let through last time; then
 * they double.  So they do when as many again have gone: that was no limit, or
 * is none any more.
 */
static bool
is_doubling(const struct budget *b)
{
	return b->passed < b->went || b->passed / 2 >= b->went;
}

/* How many may be without a verdict, while it is half open. */
uint32_t
budget_places(const struct budget *b)
{
	uint32_t n = b->window;

	/* With those on their way no more than went last time. */
	if (b->passed < b->went && b->went - b->passed < n)
		n = b->went - b->passed;
	return n;
}

/* A success: how many more may be on their way. */
static void
grow(struct budget *b)
{
	if (b->passed == b->went) {
		b->window = 1;
		b->grown = 0;
	} else if (is_doubling(b) &&
	    (b->abreast == 0 || b->window < b->abreast)) {
		b->window++;
	} else if (++b->grown >= larger(b->window, b->went / 4)) {
		b->window++;
		b->grown = 0;
		if (b->abreast != 0 && b->window > b->abreast)
			b->abreast = b->window;
	}
	if (b->window >= full_window(b))
		budget_make_whole(b);
}

/* The first success after a pause: how long the host was shut. */
static void
opened(struct budget *b)
{
	uint64_t opens;

	if (b->refused == 0 || b->last <= b->refused)
		return;
	opens = b->last - b->refused;
	/* what a host names it need not have been shut for */
	if (b->guessed && !b->early) {
		if (b->failures > 0)
			b->trickles = false;
		else if (!b->trickles)
			b->shut -= b->shut / 256;
		if (b->shut >= opens)
			b->shut = 0;
		b->opens = opens;
		b->doubted = b->failures > DOUBTED;
	}
	b->failures = 0;
}

void
budget_succeeded(struct budget *b)
{
	if (b->passed < UINT32_MAX)
		b->passed++;
	b->believed = false;
	if (b->passed == 1)
		opened(b);
	if (b->window != 0)
		grow(b);
}

/*
 * What came of a pause that was clearly shorter than an earlier one.  If as
 * many went through, that is a gain.  If fewer did, in proportion, the host
 * trickles, and gives no more for being asked more often.
 */
static void
judge_pause(struct budget *b, uint32_t went, uint64_t cycle)
{
	wide most;

	/* what took longer was slow otherwise */
	if (cycle > b->ref_cycle)
		most = (wide)2 * b->ref_went * b->ref_cycle;
	else
		most = (wide)b->ref_went * (b->ref_cycle + cycle);
	if (b->ref_opens > b->opens &&
	    b->ref_opens - b->opens < b->ref_opens / 5)
		return;
	if (b->ref_opens > b->opens && b->ref_cycle / 4 <= b->ref_opens &&
	    (wide)2 * went * b->ref_cycle < most) {
		b->shut = b->opens;
		b->opens = b->ref_opens;
		b->trickles = true;
		return;
	}
	b->ref_opens = b->opens;
	b->ref_cycle = cycle;
	b->ref_went = went;
}

/*
 * Whether a refusal says that the host had not quite opened again: far fewer
 * went through than last time.  Once, then they are what went through.
 */
static bool
is_early(const struct budget *b)
{
	return b->opens != 0 && b->paused && b->window != 0 && !b->early &&
	    b->passed < b->went / 2;
}

/* One of this epoch was refused. */
void
budget_was_refused(struct budget *b, uint64_t now)
{
	uint32_t together = b->unsettled + 1;

	b->guessed = false;
	if (b->paused && b->window != 0 && b->passed == 0 && together == 1) {
		/* the first probe; of no pause yet, after a "now" */
		if (!b->at_once && b->failures < 63)
			b->failures++;
		if (b->refused != 0 && b->last > b->refused && !b->early)
			b->shut = b->last - b->refused;
		return;
	}
	if (together > 1 && (b->window == 0 || b->passed < b->went))
		b->abreast = (uint32_t)larger(together - (together + 3) / 4,
		    b->abreast / 2);
	b->early = is_early(b);
	if (b->early) {
		b->before = b->passed;
		b->refused = now;
		return;
	}
	b->went = b->passed + b->before;
	b->before = 0;
	b->cut = b->epoch;
	if (b->doubted)
		b->ref_opens = 0;
	else if (b->opens != 0)
		judge_pause(b, b->went, elapsed(b->since, now));
	b->failures = 0;
	b->refused = b->since = now;
}

/* Backoff */

static uint64_t
doubled(uint64_t pause, uint32_t times, uint64_t max)
{
	return times > 63 || pause > max >> times ? max : pause << times;
}

/* A pause that ends so long after the refusal. */
static uint64_t
pause_to(const struct budget *b, uint64_t after, uint64_t now)
{
	uint64_t gone = elapsed(b->refused, now);

	return after > gone ? after - gone : 0;
}

/*
 * The first pause: a little shorter than last time, where that may yet be
 * enough; the period of a configured rate before any other.  But what took as
 * long as an outage may never come again.
 */
static uint64_t
first_pause(const struct budget *b, uint64_t base)
{
	uint64_t period, span = b->opens - b->shut;
	unsigned i;

	if (b->doubted)
		return base < b->opens ? base : b->opens;
	if (b->shut >= b->opens || span <= b->opens / 8)
		return b->opens;
	for (i = 0; i < b->nrates; i++) {
		period = b->rates[i].limit.period;
		if (period > b->shut + span / 16 &&
		    period < b->opens - span / 16)
			return period;
	}
	return b->shut == 0 ? span / 4 : b->shut + span / 2;
}

/* The next one, when the probe after that was refused. */
static uint64_t
next_pause(const struct budget *b, uint64_t max, uint64_t now)
{
	uint64_t pause = pause_to(b, b->opens, now);
	uint32_t more = b->failures - 1;

	if (pause > b->opens / 16)
		return pause;
	return doubled(b->opens / 4, more, max);
}

uint64_t
budget_backoff(struct budget *b, uint32_t epoch, uint64_t base, uint64_t max,
    uint64_t now)
{
	uint64_t pause;

	if (epoch != b->epoch && b->paused && b->window != 0)
		return 0;
	if (b->opens == 0 || b->refused == 0)
		pause = doubled(base, b->failures, max);
	else if (b->early && b->failures == 0)
		pause = b->opens / 8;
	else if (b->failures == 0)
		pause = first_pause(b, base);
	else
		pause = next_pause(b, max, now);
	if (base == 0 || max == 0)
		return 0;
	b->guessed = b->exact = true;
	pause = larger(pause, base < BUDGET_NOW ? base : BUDGET_NOW);
	return pause > max ? max : pause;
}

bool
budget_at_once(struct budget *b, uint32_t epoch, uint64_t now)
{
	if (epoch != b->epoch && b->paused && b->window != 0)
		return true;
	if (b->believed)
		return false;
	b->believed = true;
	budget_half_open(b);
	b->at_once = true;
	b->paused_until = larger(b->paused_until, now);
	b->paused = true;
	return true;
}

/* What is known of a host's refusals, where nothing is. */
void
budget_inherit_refusals(struct budget *b, const struct budget *from)
{
	if (from->failures > b->failures)
		b->failures = from->failures;
	if (b->went == 0)
		b->went = from->went;
	if (b->abreast == 0)
		b->abreast = from->abreast;
	if (b->opens == 0) {
		b->opens = from->opens;
		b->shut = from->shut;
	}
	b->believed = b->believed || from->believed;
	b->exact = b->exact || from->exact;
}
