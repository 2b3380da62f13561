/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "check_random.h"
#include "check_run.h"
#include "throttle/budget.h"
#include "throttle/budget_rates.h"
#include "throttle/budget_save.h"
#include "throttle/lease.h"

/*
 * An exact window under load, through hundreds of crashes: clients who ask
 * again as soon as they are answered, lines of which each takes its time to be
 * written, and more to be safe, and a host that counts at any moment of a
 * request, for which each period is looked at.  A process that is killed leaves
 * what it has written; a machine that stops, what was safe, and of the lines
 * behind that any number.
 *
 * Judged is what was used of what each life could have used: as many as the
 * window had room for, given all that the host had counted before.
 *
 * LEASE_TABLE=1 prints a row for each, for sluice.yaml(5).
 */

#define U		1000000ULL	/* a cost of 1 */
#define MS		1000000ULL
#define SEC		1000000000ULL
#define CROWD		50
#define LINES		64		/* that are not safe yet */
#define STEPS		1000		/* of a period */
#define FEW		20		/* crashes */
#define COUNTED		1200000

static const struct row {
	uint64_t	 capacity;	/* a period */
	uint64_t	 period;	/* ns */
	unsigned	 crowd;		/* clients */
	uint64_t	 latency;	/* ns: of a request, at most */
	double		 used;		/* at least, however often killed */
} rows[] = {
	{ 60, SEC, 20, 2 * MS, 0.94 },
	{ 60, SEC, 20, 40 * MS, 0.92 },
	{ 1000, SEC, 50, 10 * MS, 0.94 },
	{ 60, 2 * SEC, 20, 40 * MS, 0.94 },
	{ 60, 6 * SEC, 20, 40 * MS, 0.95 },
	{ 600, 6 * SEC, 20, 40 * MS, 0.95 },
	{ 60, 60 * SEC, 20, 200 * MS, 0.95 },
	{ 3000, 60 * SEC, 20, 200 * MS, 0.95 },
};

/* A line, as of an instant. */
struct line {
	struct budget_saved	 saved;
	uint64_t		 at;		/* ns */
};

/* A request that is on its way. */
struct flight {
	uint64_t		 counted;	/* ns: by the host */
	uint64_t		 told;		/* ns: that it was */
	bool			 is_counted;
};

struct world {
	const struct row	*row;
	struct budget_limits	 limits;
	struct budget		 budget;
	struct window		 window;
	struct line		*lines[LINES];	/* the first one is safe */
	unsigned		 nlines;
	struct line		*next;		/* is being written; or NULL */
	bool			 next_is_safe;	/* ... when it is done: */
	uint64_t		 done;		/* ns */
	struct flight		 flights[CROWD];
	unsigned		 nflights;
	uint64_t		 now;
	uint64_t		 step;
	uint64_t		 counted[COUNTED];
	size_t			 n;
	uint64_t		 could;
	unsigned		 crashes;
	unsigned		 safe;		/* writes */
	unsigned		 unsafe;
	uint64_t		 lived;		/* ns */
};

/* Lines */

static struct line *
new_line(struct world *w)
{
	struct line *l = malloc(sizeof *l);

	must(l != NULL);
	budget_save(&w->budget, w->now, &l->saved);
	l->at = w->now;
	return l;
}

static void
write_down(struct world *w)
{
	const struct lease_ahead ahead = { 50 * MS, 10 * MS };

	budget_tick(&w->budget, w->now);
	w->next_is_safe = lease_promise(&w->budget, &ahead, w->now);
	w->next = new_line(w);
	w->done = w->now + (w->next_is_safe ? any(10 * MS) : any(MS / 2));
}

static void
drop_lines(struct world *w, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		free(w->lines[i]);
	w->nlines -= n;
	memmove(w->lines, w->lines + n, w->nlines * sizeof w->lines[0]);
}

static void
written(struct world *w)
{
	if (w->next_is_safe)
		w->safe++;
	else
		w->unsafe++;
	if (w->next_is_safe || w->nlines == LINES)
		drop_lines(w, w->nlines);
	w->lines[w->nlines++] = w->next;
	w->next = NULL;
}

/* A host */

static void
count_one(struct world *w, struct flight *f, uint64_t at)
{
	size_t i = w->n++;

	must(w->n < COUNTED);
	for (; i > 0 && w->counted[i - 1] > at; i--)
		w->counted[i] = w->counted[i - 1];
	w->counted[i] = at;
	f->is_counted = true;
}

static void
must_not_be_over(const struct world *w)
{
	size_t capacity = w->row->capacity, i;

	for (i = capacity; i < w->n; i++)
		must(w->counted[i] - w->counted[i - capacity] >=
		    w->row->period);
}

/* As many as there were room for from one instant to another. */
static uint64_t
could(const struct world *w, size_t known, uint64_t from, uint64_t until)
{
	size_t capacity = w->row->capacity, n = 0;
	uint64_t *held = malloc(capacity * sizeof *held), at = from, i;
	uint64_t place = 0;

	for (i = 0; i < capacity; i++)
		held[i] = known + i < capacity ? 0 :
		    w->counted[known + i - capacity] + w->row->period;
	for (; at < until; n++) {
		at = held[place] > at ? held[place] : at;
		if (at >= until)
			break;
		held[place] = at + w->row->period;
		place = (place + 1) % capacity;
	}
	free(held);
	return n;
}

/* A life */

static void
fly(struct world *w, struct flight *f)
{
	f->told = w->now + any(w->row->latency) + 1;
	f->counted = w->now + any(f->told - w->now);
	f->is_counted = false;
}

static void
land(struct world *w)
{
	unsigned i = 0;

	while (i < w->nflights) {
		struct flight *f = &w->flights[i];

		if (!f->is_counted && f->counted <= w->now)
			count_one(w, f, f->counted);
		if (f->told > w->now) {
			i++;
			continue;
		}
		budget_count(&w->budget, U, w->now);
		budget_verdict(&w->budget, w->budget.epoch, BUDGET_SUCCESS,
		    w->now);
		budget_release(&w->budget);
		*f = w->flights[--w->nflights];
	}
}

static void
ask(struct world *w)
{
	while (w->nflights < w->row->crowd) {
		if (!budget_allows(&w->budget, U, w->now)) {
			lease_need(&w->budget, U, w->now);
			break;
		}
		budget_take(&w->budget, U, w->now, w->now);
		fly(w, &w->flights[w->nflights++]);
	}
}

static void
live(struct world *w, uint64_t until)
{
	for (; w->now < until; w->now += w->step) {
		budget_tick(&w->budget, w->now);
		land(w);
		if (w->next != NULL && w->done <= w->now) {
			written(w);
			lease_grant(&w->budget);
		}
		ask(w);
		if (w->next == NULL && lease_is_low(&w->budget))
			write_down(w);
	}
}

/* Those who were on their way are counted by then, or never. */
static void
forget_flights(struct world *w)
{
	struct flight *f;

	for (f = w->flights; f < w->flights + w->nflights; f++)
		if (!f->is_counted && any(2) == 0)
			count_one(w, f, f->counted < w->now ? f->counted :
			    w->now);
	w->nflights = 0;
}

static void
be_born(struct world *w, bool stopped)
{
	struct line *l = w->lines[stopped ? any(w->nlines) : w->nlines - 1];
	static struct budget_saved saved;

	saved = l->saved;
	if (!stopped)
		budget_saved_same_boot(&saved);
	budget_init(&w->budget, &w->limits, false, &w->window);
	budget_restore(&w->budget, &saved, w->now - l->at, w->now);
	lease_begin(&w->budget);
	budget_tick(&w->budget, w->now);
	w->next = new_line(w);
	w->next_is_safe = true;
	written(w);
}

static void
crash(struct world *w, bool stops)
{
	/* it may have been written, and nobody told */
	if (w->next != NULL && any(2) == 0) {
		w->next_is_safe = w->next_is_safe && any(2) == 0;
		written(w);
	}
	free(w->next);
	w->next = NULL;
	w->now += any(100 * MS);
	forget_flights(w);
	be_born(w, stops);
	w->crashes++;
}

static void
go_through(struct world *w, unsigned crashes, bool stops)
{
	uint64_t began, lasts;
	size_t known;

	while (w->crashes < crashes) {
		began = w->now;
		known = w->n;
		lasts = w->row->period / 10 + any(w->row->period * 14 / 10);
		live(w, began + lasts);
		w->could += could(w, known, began, w->now);
		w->lived += w->now - began;
		crash(w, stops && any(3) == 0);
	}
	must_not_be_over(w);
}

static struct world *
make_world(const struct row *row)
{
	struct world *w = calloc(1, sizeof *w);

	must(w != NULL);
	w->row = row;
	w->limits = (struct budget_limits){
		.rates = { { row->capacity * U, row->period,
		    row->capacity * U, true } },
		.nrates = 1,
	};
	w->step = row->period / STEPS < 5 * MS ? row->period / STEPS : 5 * MS;
	w->now = 1000 * SEC;
	budget_init(&w->budget, &w->limits, false, &w->window);
	w->next = new_line(w);
	w->next_is_safe = true;
	written(w);
	be_born(w, false);
	return w;
}

static void
free_world(struct world *w)
{
	drop_lines(w, w->nlines);
	free(w->next);
	free(w);
}

START_TEST(used)
{
	const struct row *row = &rows[_i];
	struct world *w;
	double part;

	seed = 1 + (unsigned)_i;
	state = seed * 0x9e3779b97f4a7c15ULL;
	w = make_world(row);
	go_through(w, repetitions(300), false);
	part = (double)w->n / (double)w->could;
	if (getenv("LEASE_TABLE") != NULL)
		printf("# %llu in %g s, %u clients, %g ms: %.3f used; writes "
		    "a second: %.1f safe, %.1f others\n",
		    (unsigned long long)row->capacity,
		    (double)row->period / 1e9, row->crowd,
		    (double)row->latency / 1e6, part,
		    (double)w->safe * 1e9 / (double)w->lived,
		    (double)w->unsafe * 1e9 / (double)w->lived);
	/* a mean of a few says little */
	if (part < row->used && repetitions(300) >= FEW)
		ck_abort_msg("%.3f used", part);
	free_world(w);
}
END_TEST

/* Machines stop, too: never more, whatever was not safe. */
START_TEST(never_over)
{
	struct world *w;

	seed = 100 + (unsigned)_i;
	state = seed * 0x9e3779b97f4a7c15ULL;
	w = make_world(&rows[_i]);
	go_through(w, repetitions(300), true);
	free_world(w);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("lease_crashes");
	TCase *tcase = tcase_create("histories");

	tcase_set_timeout(tcase, 60);
	ROWS(tcase, used, rows);
	ROWS(tcase, never_over, rows);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
