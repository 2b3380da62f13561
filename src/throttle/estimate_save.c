/* SPDX-License-Identifier: ISC */
#include "throttle/estimate_save.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "throttle/estimate.h"
#include "throttle/larger.h"

#define LONGEST		34560000000000000ULL	/* ns: 400 days */
#define MOST		(1ULL << 40)		/* requests */
#define MOST_STEP	(1U << 20)

enum kind {
	NUMBER,
	AGO,			/* ns; 0: never */
	UNTIL,			/* ns; it may be past */
};

/* A member that is kept. */
struct field {
	size_t		 offset;
	uint8_t		 size;	/* bytes: of a bool, 32 or 64 bits */
	uint8_t		 kind;
};

#define FIELD(type, member, kind) \
	{ offsetof(type, member), sizeof ((type *)NULL)->member, kind }
#define E(member, kind) FIELD(struct estimate, member, kind)
#define L(member, kind) FIELD(struct estimate_log, member, kind)
#define P(member, kind) FIELD(struct estimate_pace, member, kind)
#define S(member, kind) FIELD(struct estimate_slots, member, kind)
#define W(member, kind) FIELD(struct estimate_window, member, kind)
#define END { .size = 0 }

/* A window's words, and what it holds. */
static const char *const names[ESTIMATE_WINDOWS][2] = {
	{ "window", "held" }, { "longer", "longer_held" },
};

/* The order is that of the text: what is new comes behind. */
static const struct field whole[] = {
	E(phase, NUMBER), E(era, NUMBER), E(places, NUMBER), E(rtt, NUMBER),
	E(went, NUMBER), E(heard, AGO), E(refused, AGO), E(shut, AGO),
	E(next, UNTIL), E(named, NUMBER), E(at_edge, NUMBER),
	E(asked, NUMBER), E(beside, NUMBER), E(before, NUMBER),
	E(long_first, AGO), E(long_went, NUMBER), E(told_n, NUMBER),
	E(told_window, NUMBER), E(refusals, NUMBER), E(peak, NUMBER),
	E(outage, AGO), E(several, AGO), E(pace.full, NUMBER),
	E(closed, NUMBER), END,
};

static const struct field log_of_era[] = {
	L(first, AGO), L(unit, NUMBER), L(total, NUMBER), END,
};

static const struct field pace_fields[] = {
	P(on, NUMBER), P(raised, NUMBER), P(raised_at, AGO),
	P(raised_went, NUMBER), P(after, UNTIL), P(since, AGO),
	P(went, NUMBER), P(refused, AGO), P(went_then, NUMBER),
	P(interval, NUMBER), P(burst, NUMBER), P(early, NUMBER),
	P(early_at, AGO), P(early_went, NUMBER), P(quiet, NUMBER),
	P(seen, NUMBER), END,
};

static const struct field slots_fields[] = {
	S(n, NUMBER), S(strikes, NUMBER), S(off, NUMBER), S(went, NUMBER),
	S(quiet, NUMBER), S(seen, NUMBER), S(more.wait, NUMBER),
	S(more.step, NUMBER), S(more.after, UNTIL), END,
};

static const struct field window_fields[] = {
	W(n, NUMBER), W(lo, NUMBER), W(hi, NUMBER), W(ok, NUMBER),
	W(held, NUMBER), W(born, NUMBER), W(full, NUMBER), W(seen, NUMBER),
	W(clean, NUMBER), W(known_at, AGO), W(full_at, AGO), W(told, NUMBER),
	W(spent, NUMBER), W(used, NUMBER), W(before, NUMBER),
	W(more.wait, NUMBER), W(more.step, NUMBER), W(more.after, UNTIL),
	W(top, NUMBER), END,
};

/* Writing */

struct writer {
	char		*p;
	size_t		 left;
	uint64_t	 now;
};

static void
put(struct writer *to, const char *before, uint64_t n)
{
	int len = snprintf(to->p, to->left, "%s%" PRIu64, before, n);

	to->p += len;
	to->left -= (size_t)len;
}

/* Begins a word; to be followed by its first number. */
static void
put_name(struct writer *to, const char *name)
{
	int len = snprintf(to->p, to->left, " %s=", name);

	to->p += len;
	to->left -= (size_t)len;
}

static uint64_t
get(const struct field *f, const void *base)
{
	const char *at = (const char *)base + f->offset;
	uint32_t word;
	uint64_t n;

	if (f->size == sizeof(bool))
		return *(const bool *)at;
	if (f->size == sizeof word) {
		memcpy(&word, at, sizeof word);
		return word;
	}
	memcpy(&n, at, sizeof n);
	return n;
}

static void
put_fields(struct writer *to, const char *name, const struct field *f,
    const void *base)
{
	const char *before = "";
	uint64_t n;

	put_name(to, name);
	for (; f->size != 0; f++, before = ",") {
		n = get(f, base);
		if (f->kind == AGO && n != 0)
			n = n < to->now ? to->now - n : 1;
		else if (f->kind == UNTIL)
			n = n > to->now ? n - to->now : 0;
		put(to, before, n);
	}
}

static void
put_log(struct writer *to, const struct estimate_log *l)
{
	unsigned i, n = ESTIMATE_LOG;

	put_fields(to, "era", log_of_era, l);
	while (n > 0 && l->slots[n - 1] == 0)
		n--;
	for (i = 0; i < n; i++)
		put(to, ",", l->slots[i]);
}

/* The bucket: what is in it, as distance from a full one (micro units). */
static void
put_pace(struct writer *to, const struct estimate_pace *p)
{
	uint64_t burst = larger(p->burst, 1) * ESTIMATE_UNIT;
	int64_t left;

	put_fields(to, "pace", pace_fields, p);
	if (!p->on)
		return;
	left = gcra_left(&p->gcra, to->now);
	put(to, ",", left > (int64_t)burst ? 0 : burst - (uint64_t)left);
}

/*
 * What it holds, newest first, as ages and requests: slot by slot, each as old as
 * the middle of it.  So an estimate that is written and read again and again does
 * not hold it for longer each time; and of many at once none is free long before
 * the host frees it.
 */
static void
put_held(struct writer *to, const char *name, const struct window *w)
{
	uint64_t one, flying = (uint64_t)(w->flying / ESTIMATE_UNIT);
	uint64_t length = (w->period + WINDOW_SLOTS - 2) / (WINDOW_SLOTS - 1);
	uint64_t age = to->now % length;	/* of its begin */
	unsigned i;

	put_name(to, name);
	put(to, "", 0);
	put(to, ",", flying + w->debt / ESTIMATE_UNIT);
	for (i = 0; i < WINDOW_SLOTS && i <= w->newest; i++, age += length) {
		one = w->slots[(w->newest - i) % WINDOW_SLOTS];
		if (one == 0)
			continue;
		put(to, ",", age > length / 2 ? age - length / 2 : 0);
		put(to, ",", one / ESTIMATE_UNIT);
	}
}

const char *
estimate_save(char buf[ESTIMATE_SAVED], const struct estimate *e, uint64_t now)
{
	struct writer to = { .p = buf, .left = ESTIMATE_SAVED, .now = now };
	unsigned i;

	put_fields(&to, "estimate", whole, e);
	put_log(&to, &e->log);
	put_pace(&to, &e->pace);
	put_fields(&to, "slots", slots_fields, &e->slots);
	for (i = 0; e->windows != NULL && i < ESTIMATE_WINDOWS; i++) {
		if (e->windows[i].n == 0)
			continue;
		put_fields(&to, names[i][0], window_fields, &e->windows[i]);
		put_held(&to, names[i][1], &e->windows[i].window);
	}
	memmove(buf, buf + 1, strlen(buf));
	return buf;
}

/* Reading */

struct reader {
	const char	*p;
	uint64_t	 gone;	/* ns, since it was written */
	uint64_t	 now;
	bool		 bad;
};

/* The next number of a word, after its '=' or a comma; false: there is none. */
static bool
next(struct reader *from, uint64_t *n)
{
	const char *begin;

	if (from->bad || (*from->p != '=' && *from->p != ','))
		return false;
	begin = ++from->p;
	for (*n = 0; *from->p >= '0' && *from->p <= '9'; from->p++) {
		if (*n > (UINT64_MAX - 9) / 10)
			from->bad = true;
		*n = 10 * *n + (uint64_t)(*from->p - '0');
	}
	from->bad |= from->p == begin;
	return !from->bad;
}

static void
set(struct reader *from, const struct field *f, void *base, uint64_t n)
{
	char *at = (char *)base + f->offset;
	uint32_t word = (uint32_t)n;

	if (f->size == sizeof(uint64_t)) {
		memcpy(at, &n, sizeof n);
	} else if (f->size == sizeof word) {
		from->bad |= n > UINT32_MAX;
		memcpy(at, &word, sizeof word);
	} else {
		from->bad |= n > 1;
		*(bool *)at = n != 0;
	}
}

static uint64_t
smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t
ago(const struct reader *from, uint64_t age)
{
	return age < from->now && from->gone < from->now - age ?
	    from->now - age - from->gone : 1;
}

static void
take_fields(struct reader *from, const struct field *f, void *base)
{
	uint64_t n;

	for (; f->size != 0 && next(from, &n); f++) {
		if (f->kind == AGO && n != 0)
			n = ago(from, n);
		else if (f->kind == UNTIL)
			n = from->now + (n > from->gone && n < LONGEST ?
			    n - from->gone : 0);
		set(from, f, base, n);
	}
}

static void
take_log(struct reader *from, struct estimate_log *l)
{
	uint64_t n, sum = 0;
	unsigned i;

	*l = (struct estimate_log){ .first = 0 };
	take_fields(from, log_of_era, l);
	for (i = 0; i < ESTIMATE_LOG && next(from, &n); i++) {
		from->bad |= n > UINT32_MAX;
		l->slots[i] = (uint32_t)n;
		sum += n;
	}
	from->bad |= l->unit == 0 || l->unit > LONGEST || l->total != sum;
}

/*
 * To a pace the time that is gone is as none: what the bucket has got in it is
 * for nobody's refusal to tell.
 */
static void
take_pace(struct reader *from, struct estimate_pace *p)
{
	const struct reader then = *from;
	uint64_t used;

	from->gone = 0;
	take_fields(from, pace_fields, p);
	from->gone = then.gone;
	from->bad |= p->went > MOST || p->burst > UINT32_MAX ||
	    p->interval > LONGEST;
	/* of these it is only used what lies within */
	p->went_then = smaller(p->went_then, p->went);
	p->early_went = smaller(p->early_went, p->went);
	p->raised_went = smaller(p->raised_went, p->went);
	if (!p->on)
		return;
	if (!next(from, &used) || p->interval == 0 ||
	    used / ESTIMATE_UNIT > MOST) {
		from->bad = true;
		return;
	}
	gcra_init(&p->gcra, &(struct gcra_rate){ .capacity = ESTIMATE_UNIT,
	    .period = p->interval,
	    .burst = larger(p->burst, 1) * ESTIMATE_UNIT });
	/* what is owed beyond a whole bucket would be for as long as somebody
	   wrote */
	used = smaller(used, larger(p->burst, 1) * ESTIMATE_UNIT);
	if (used > 0)
		gcra_take(&p->gcra, used, ago(from, 0));
}

static void
take_window(struct reader *from, struct estimate_window *w)
{
	take_fields(from, window_fields, w);
	from->bad |= w->n == 0 || w->n > UINT32_MAX || w->hi == 0 ||
	    w->ok < w->hi || w->ok > LONGEST || w->lo >= w->hi ||
	    w->more.step > MOST_STEP || w->before > w->n ||
	    w->top > UINT32_MAX;
	if (from->bad)
		return;
	/* what it holds is in the middle of slots, which are others' now: once
	   each time that it is read; so none is given back early */
	window_init(&w->window, w->n * ESTIMATE_UNIT, w->ok + 2 * w->ok /
	    (WINDOW_SLOTS - 1));
	window_tick(&w->window, from->now);
}

static void
take_held(struct reader *from, struct estimate_window *w)
{
	uint64_t age, n;

	while (next(from, &age) && next(from, &n)) {
		from->bad |= w->n == 0 || n > UINT32_MAX || age > LONGEST;
		if (from->bad || from->gone > w->ok || age + from->gone > w->ok)
			continue;
		/* a host counts no more than it lets through: a debt would
		   hold it for as many periods as somebody wrote */
		n = smaller(n, w->n);
		window_take(&w->window, n * ESTIMATE_UNIT);
		window_count(&w->window, n * ESTIMATE_UNIT, ago(from, age));
	}
}

static bool
is_name(const struct reader *from, const char *name)
{
	size_t len = strlen(name);

	return strncmp(from->p, name, len) == 0 && from->p[len] == '=';
}

/* Takes a word that it knows; returns whether it does. */
static bool
take_known(struct reader *from, const struct reader *at, struct estimate *e)
{
	unsigned i;

	if (is_name(at, "estimate"))
		take_fields(from, whole, e);
	else if (is_name(at, "era"))
		take_log(from, &e->log);
	else if (is_name(at, "pace"))
		take_pace(from, &e->pace);
	else if (is_name(at, "slots"))
		take_fields(from, slots_fields, &e->slots);
	else if (is_name(at, names[i = 0][0]) || is_name(at, names[i = 1][0]))
		take_window(from, &e->windows[i]);
	else if (is_name(at, names[i = 0][1]) || is_name(at, names[i = 1][1]))
		take_held(from, &e->windows[i]);
	else
		return false;
	return true;
}

static void
take_word(struct reader *from, struct estimate *e)
{
	const struct reader at = *from;
	uint64_t n;

	from->p += strcspn(from->p, "= ");
	if (take_known(from, &at, e)) {
		while (next(from, &n))
			;
		from->bad |= *from->p != ' ' && *from->p != '\0';
	}
	from->p += strcspn(from->p, " ");
	from->p += strspn(from->p, " ");
}

/*
 * One takes the place of another, with its windows: those that are on their way
 * are the other's, and what was asked nobody will answer.
 */
static void
take_place(struct estimate *e, const struct estimate *x,
    struct estimate_window *windows)
{
	const struct estimate old = *e;
	unsigned i;

	estimate_clear(e);
	*e = *x;
	e->probes = old.probes;
	e->flying = old.flying;
	e->uncounted = old.uncounted;
	e->asking = e->slots.trying = false;
	e->windows = windows;
	for (i = 0; windows != NULL && i < ESTIMATE_WINDOWS; i++) {
		windows[i].tested = 0;
		windows[i].window.flying = (wide)e->uncounted * ESTIMATE_UNIT;
	}
}

static bool
knows_window(const struct estimate *e)
{
	unsigned i;

	for (i = 0; e->windows != NULL && i < ESTIMATE_WINDOWS; i++)
		if (e->windows[i].n != 0)
			return true;
	return false;
}

bool
estimate_load(struct estimate *e, const char *text, uint64_t gone, uint64_t now)
{
	struct reader from = { .p = text, .gone = gone, .now = now };
	struct estimate x;

	if (!is_name(&from, "estimate"))
		return false;
	estimate_init(&x, false);
	x.windows = calloc(ESTIMATE_WINDOWS, sizeof *x.windows);
	if (x.windows == NULL)
		return false;
	while (*from.p != '\0' && !from.bad)
		take_word(&from, &x);
	if (from.bad || x.phase > ESTIMATE_OPEN || x.pace.full > MOST) {
		estimate_clear(&x);
		return false;
	}
	/* a host that has never refused has none */
	if (x.phase == ESTIMATE_FREE && !knows_window(&x))
		estimate_clear(&x);
	x.firsts = x.refusals;		/* it may be many */
	take_place(e, &x, x.windows);
	return true;
}

void
estimate_inherit(struct estimate *e, const struct estimate *from)
{
	size_t size = ESTIMATE_WINDOWS * sizeof *from->windows;
	struct estimate_window *windows = NULL;

	if (from->windows != NULL) {
		if ((windows = malloc(size)) == NULL)
			return;
		memcpy(windows, from->windows, size);
	}
	take_place(e, from, windows);
}

bool
estimate_is_new(const struct estimate *e)
{
	return e->phase == ESTIMATE_FREE && !knows_window(e) &&
	    e->log.total == 0;
}
