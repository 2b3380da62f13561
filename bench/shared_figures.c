/* SPDX-License-Identifier: ISC */
#include "shared_figures.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const kinds[KINDS] = { "all", "some", "few" };

void
figures_begin(struct figures *f, uint64_t begin, uint64_t end)
{
	f->begin = begin;
	f->end = end;
}

static void
note(struct waits *w, uint64_t ns)
{
	if (w->n == w->room) {
		w->room = w->room == 0 ? 1024 : 2 * w->room;
		w->ns = reallocarray(w->ns, w->room, sizeof w->ns[0]);
		if (w->ns == NULL)
			err(1, NULL);
	}
	w->ns[w->n++] = ns;
}

void
figures_spent(struct figures *f, struct budget_sim *b, struct member *m,
    uint64_t now)
{
	if (m->came != 0 && m->came >= f->begin)
		note(&f->newcomers[b->kind], now - m->since);
	else if (!b->busy && now >= f->begin && f->requests % 16 == 0)
		note(&f->quiet, now - m->since);
	m->came = 0;
	m->since = now;
	if (now < f->begin)
		return;
	f->requests++;
	b->spent++;
	m->spent++;
	if (b->busy)
		f->now_spent++;
}

void
figures_call(struct figures *f, uint64_t waits, uint64_t takes, uint64_t now)
{
	if (now < f->begin)
		return;
	f->calls++;
	f->now_calls++;
	f->busy += takes;
	if (waits > f->queued)
		f->queued = waits;
	if (waits > f->now_queued)
		f->now_queued = waits;
}

/* What the budgets with too much demand give in a second. */
static double
given(const struct world *w, enum kind kind, uint64_t *spent)
{
	const struct budget_sim *b;
	double all = 0;
	uint64_t i;

	*spent = 0;
	for (i = 0; i < w->set.budgets; i++) {
		b = &w->budgets[i];
		if (!b->busy || (kind != KINDS && b->kind != kind))
			continue;
		*spent += b->spent;
		all += (double)b->ever.limit.capacity / UNIT * SEC /
		    (double)b->ever.limit.period;
	}
	return all;
}

void
figures_tick(struct figures *f, const struct world *w, uint64_t now)
{
	uint64_t spent;

	if (f->series != 0 && now > f->begin)
		printf("at %.1f %.4f %.0f %.1f\n",
		    (double)(now - f->begin) / SEC, (double)f->now_spent * 10 /
		    given(w, KINDS, &spent), (double)f->now_calls * 10,
		    (double)f->now_queued / MS);
	f->now_spent = f->now_calls = f->now_queued = 0;
}

static int
smaller(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
print_waits(const char *what, const char *of, struct waits *w)
{
	if (w->n == 0)
		return;
	qsort(w->ns, w->n, sizeof w->ns[0], smaller);
	printf("%s_%s_median_ms %.1f\n", what, of,
	    (double)w->ns[w->n / 2] / MS);
	printf("%s_%s_p99_ms %.1f\n", what, of,
	    (double)w->ns[w->n - 1 - w->n / 100] / MS);
	printf("%s_%s_longest_ms %.1f\n", what, of,
	    (double)w->ns[w->n - 1] / MS);
}

/* How equal the parts of those are who were there all the time (Jain). */
static void
print_fairness(const struct world *w, enum kind kind)
{
	double sum = 0, squares = 0, jain = 0;
	const struct budget_sim *b;
	unsigned n = 0, budgets = 0;
	uint32_t i;

	for (i = 0; i < w->nmembers; i++) {
		b = &w->budgets[w->members[i].budget];
		if (b->kind == kind && b->busy && i % 50 != 49) {
			sum += (double)w->members[i].spent;
			squares += (double)w->members[i].spent *
			    (double)w->members[i].spent;
			n++;
		}
		if (n > 0 && (i + 1 == w->nmembers ||
		    w->members[i + 1].budget != w->members[i].budget)) {
			jain += squares > 0 ? sum * sum / (n * squares) : 0;
			budgets++;
			sum = squares = n = 0;
		}
	}
	if (budgets > 0)
		printf("jain_%s %.3f\n", kinds[kind], jain / budgets);
}

static void
print_used(const struct figures *f, const struct world *w, enum kind kind)
{
	double seconds = (double)(f->end - f->begin) / SEC, all;
	uint64_t spent;

	if ((all = given(w, kind, &spent)) > 0)
		printf("used_%s %.4f\n", kinds[kind],
		    (double)spent / seconds / all);
	print_fairness(w, kind);
}

void
figures_print(struct figures *f, const struct world *w)
{
	double seconds = (double)(f->end - f->begin) / SEC;
	int i;

	printf("members %u\n", w->nmembers);
	printf("requests_per_s %.0f\n", (double)f->requests / seconds);
	printf("calls_per_s %.0f\n", (double)f->calls / seconds);
	printf("busy_share %.3f\n", (double)f->busy / seconds / SEC /
	    (double)w->set.nodes);
	printf("queue_longest_ms %.1f\n", (double)f->queued / MS);
	printf("timeouts_per_s %.0f\n", (double)f->timeouts / seconds);
	printf("over %llu\n", (unsigned long long)f->over);
	for (i = 0; i < KINDS; i++)
		print_used(f, w, (enum kind)i);
	for (i = 0; i < KINDS; i++)
		print_waits("newcomer", kinds[i], &f->newcomers[i]);
	print_waits("request", "quiet", &f->quiet);
	printf("bytes_grantor %zu\n", sizeof(struct lease_grantor));
	printf("bytes_holder %zu\n", sizeof(struct lease_holder));
	printf("bytes_hold %zu\n", sizeof(struct lease_hold));
}
