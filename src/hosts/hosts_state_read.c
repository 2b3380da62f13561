/* SPDX-License-Identifier: ISC */

/* What the table remembered in an earlier life: see hosts_state.h. */

#include <stdio.h>
#include <string.h>

#include "base/sum.h"
#include "conf/conf.h"
#include "hosts/host_pause.h"
#include "hosts/hosts_control.h"
#include "hosts/hosts_name.h"
#include "hosts/hosts_state.h"
#include "hosts/hosts_table.h"
#include "hosts/state_budget.h"
#include "hosts/state_parts.h"
#include "throttle/throttle_estimate.h"
#include "throttle/throttle_save.h"

/* A line that is being read. */
struct line {
	struct hosts_reader	*reader;
	char			*name;		/* a throttle's */
	uint64_t		 wall;		/* ns since 1970; then */
	uint64_t		 passed;	/* ns since then */
	char			*rest;		/* behind the name and these */
};

/* Never negative: a clock may have been set back. */
static uint64_t
passed_since(const struct hosts_reader *r, uint64_t boot, uint64_t wall)
{
	if (r->same_boot)
		return r->at.boot > boot ? r->at.boot - boot : 0;
	return r->at.wall > wall ? r->at.wall - wall : 0;
}

static bool
read_begin(struct line *l, char *text)
{
	struct state_word name, boot, wall;

	if (!state_line_next(&text, &name) || name.value == NULL ||
	    strcmp(name.name, "name") != 0 || !state_line_next(&text, &boot) ||
	    strcmp(boot.name, "boot") != 0 || !state_line_next(&text, &wall) ||
	    strcmp(wall.name, "wall") != 0)
		return false;
	l->name = name.value;
	l->wall = state_number(wall.value);
	l->passed = passed_since(l->reader, state_number(boot.value), l->wall);
	l->rest = text;
	return true;
}

/* A host */

/* The entry of that name as the configuration has it now, made if missing. */
static struct host *
need_host(struct hosts *hs, const struct hosts_name *n, uint64_t now)
{
	struct host *h = hosts_find(hs, n->key, strlen(n->key));

	if (h != NULL || HASH_COUNT(hs->table) >= hs->conf->limit_hosts)
		return h;
	h = hosts_add(hs, n->key, &n->host, &n->whose, hs->conf, n->rule,
	    NULL, now);
	/* it was reached in another life: refunds fill no bucket */
	if (h != NULL)
		host_reach(h, 1);
	return h;
}

static unsigned
path_of(const struct host *h, const char *text)
{
	unsigned i;

	for (i = 0; i < h->rule->npaths; i++)
		if (strcmp(h->rule->paths[i].text, text) == 0)
			break;
	return i;
}

/* Which budget the words that follow are of. */
struct whose {
	enum throttle_whose	 whose;		/* THROTTLE_WHOSE: of none */
	unsigned		 n;
};

static struct whose
place_of(const struct host *h, const char *budget, const char *of)
{
	if (strcmp(budget, "host") == 0)
		return (struct whose){ THROTTLE_OF_HOST, 0 };
	if (strcmp(budget, "total") == 0)
		return (struct whose){ THROTTLE_OF_TOTAL, 0 };
	if (of != NULL && strcmp(budget, "path") == 0)
		return (struct whose){ THROTTLE_OF_PART, path_of(h, of) };
	if (of != NULL && strcmp(budget, "tokens") == 0)
		return (struct whose){ THROTTLE_OF_METER,
		    throttle_meter_named(h->throttle, THROTTLE_METERS_OWN,
		    of) };
	if (of != NULL && strcmp(budget, "all-tokens") == 0)
		return (struct whose){ THROTTLE_OF_TOTAL_METER,
		    throttle_meter_named(h->throttle, THROTTLE_METERS_TOTAL,
		    of) };
	return (struct whose){ THROTTLE_WHOSE, 0 };
}

static void
pause_host(struct host *h, struct whose p, const struct line *l,
    enum stats_cause cause)
{
	uint64_t left = l->reader->saved->pause, now = l->reader->at.now;
	unsigned part = p.whose == THROTTLE_OF_PART ? p.n : THROTTLE_WHOLE;

	if (left <= l->passed || (p.whose != THROTTLE_OF_HOST &&
	    p.whose != THROTTLE_OF_PART))
		return;
	left -= l->passed;
	/* what an operator has ordered may last longer */
	if (left > h->rule->pause_max && cause != STATS_MANUAL)
		left = h->rule->pause_max;
	host_pause(h, part, sum(now, left), cause, now);
}

/* What was read of a budget is whole. */
static void
finish_budget(struct host *h, struct whose p, const struct line *l,
    enum stats_cause cause)
{
	struct budget_saved *s = l->reader->saved;

	if (l->reader->same_boot)
		budget_saved_same_boot(s);
	/* a limit that the configuration has no more is none */
	if (throttle_restore(h->throttle, p.whose, p.n, s, l->passed,
	    l->reader->at.now))
		pause_host(h, p, l, cause);
	state_budget_begin(s);
}

/* Reads the words of a host.  Returns false where one is impossible. */
static bool
read_budgets(struct host *h, struct line *l)
{
	struct whose at = { THROTTLE_WHOSE, 0 };
	enum stats_cause cause = STATS_BACKOFF;
	const char *budget = "";
	struct state_word w;

	while (state_line_next(&l->rest, &w)) {
		if (w.value == NULL)
			return false;
		if (strcmp(w.name, "cause") == 0)
			cause = state_number(w.value) < STATS_CAUSES ?
			    (enum stats_cause)state_number(w.value) : cause;
		else if (strcmp(w.name, "why") == 0)
			host_pause_say(h, w.value);
		else if (strcmp(w.name, "of") == 0)
			at = place_of(h, budget, w.value);
		else if (strcmp(w.name, "budget") == 0) {
			finish_budget(h, at, l, cause);
			budget = w.value;
			at = place_of(h, budget, NULL);
		} else if (strcmp(w.name, "estimate") == 0) {
			finish_budget(h, at, l, cause);
			at = (struct whose){ THROTTLE_WHOSE, 0 };
			if (!throttle_estimate_load(h->throttle, w.value,
			    l->passed, l->reader->at.now))
				return false;
		} else if (!state_budget_word(l->reader->saved, &w))
			return false;
	}
	finish_budget(h, at, l, cause);
	return true;
}

static bool
read_parts(struct host *h, struct line *l)
{
	struct hosts_reader *r = l->reader;

	return h->rule->learn == RULE_LEARN_OFF || state_parts_read(h, l->rest,
	    r->saved, l->passed, r->at.now);
}

static const char *
read_host(struct line *l, bool (*read)(struct host *, struct line *))
{
	struct hosts *hs = l->reader->hosts;
	const char *wrong = NULL;
	struct hosts_name name;
	struct host *h;

	state_budget_begin(l->reader->saved);
	pthread_rwlock_wrlock(&hs->lock);
	if (!hosts_name_read(&name, hs->conf, l->name))
		wrong = "the configuration has no such throttle";
	else if ((h = need_host(hs, &name, l->reader->at.now)) == NULL)
		wrong = "there is no room for it";
	else if (!read(h, l))
		wrong = "it is damaged";
	pthread_rwlock_unlock(&hs->lock);
	return wrong;
}

/* What operators have set */

struct set {
	struct hosts_order	 order;
	struct hosts_limits	 limits;
	bool			 has_limits;
	struct hosts_change	 kept;		/* ""; not known */
	uint64_t		 left;		/* ns, then; 0: for ever */
};

static bool
read_limits(struct hosts_limits *limits, const char *value)
{
	uint64_t n[5];

	if (state_numbers(value, n, 5) != 5 || n[4] > UINT32_MAX)
		return false;
	*limits = (struct hosts_limits){
		.capacity = n[0], .period = n[1], .burst = n[2],
		.has_concurrency = n[3] != 0, .concurrency = (uint32_t)n[4],
	};
	return true;
}

static bool
read_set(struct set *s, struct line *l)
{
	struct state_word w;

	while (state_line_next(&l->rest, &w)) {
		if (w.value == NULL)
			return false;
		if (strcmp(w.name, "left") == 0)
			s->left = state_number(w.value);
		else if (strcmp(w.name, "given") == 0)
			s->order.given = state_number(w.value);
		else if (strcmp(w.name, "was") == 0)
			snprintf(s->kept.was, sizeof s->kept.was, "%s",
			    w.value);
		else if (strcmp(w.name, "is") == 0)
			snprintf(s->kept.is, sizeof s->kept.is, "%s", w.value);
		else if (strcmp(w.name, "by") == 0)
			s->order.by = w.value;
		else if (strcmp(w.name, "reason") == 0)
			s->order.reason = w.value;
		else if (strcmp(w.name, "limits") == 0)
			s->has_limits = read_limits(&s->limits, w.value);
	}
	return true;
}

static const char *
set_again(const struct set *s, const struct line *l, const char *kind)
{
	struct hosts *hs = l->reader->hosts;
	struct hosts_change change;
	enum hosts_done done;

	if (strcmp(kind, "drain") == 0)
		done = hosts_drain(hs, l->name, &s->order, &change);
	else if (strcmp(kind, "pause") == 0)
		done = hosts_pause(hs, l->name, &s->order, &change);
	else
		done = hosts_set(hs, l->name, &s->limits, &s->order, &change);
	if (done == HOSTS_UNKNOWN)
		return "the configuration has no such throttle";
	return done == HOSTS_DONE ? NULL : "it cannot be set";
}

static const char *
read_override(struct line *l, const char *kind)
{
	struct set s = { .order = { .by = "", .reason = "" } };
	uint64_t now = l->reader->at.now;

	/* which nobody could see or end */
	if (l->reader->hosts->conf->admin_off)
		return "there is no control plane";
	if (!read_set(&s, l) || (strcmp(kind, "set") == 0 && !s.has_limits) ||
	    (strcmp(kind, "pause") == 0 && s.left == 0))
		return "it is damaged";
	if (s.left != 0 && s.left <= l->passed)
		return NULL;
	s.order.now = now;
	/* an older release has not written it: it was before the line */
	if (s.order.given == 0)
		s.order.given = l->wall;
	s.order.kept = &s.kept;
	if (s.left != 0)
		s.order.until = sum(now, s.left - l->passed);
	return set_again(&s, l, kind);
}

const char *
hosts_state_read(struct hosts_reader *r, char *text)
{
	struct line l = { .reader = r };
	size_t n = strcspn(text, " ");
	char *kind = text;

	if (text[n] == '\0' || !read_begin(&l, text + n + 1))
		return "it is damaged";
	text[n] = '\0';
	if (strcmp(kind, "host") == 0)
		return read_host(&l, read_budgets);
	if (strcmp(kind, "parts") == 0)
		return read_host(&l, read_parts);
	if (strcmp(kind, "set") == 0 || strcmp(kind, "pause") == 0 ||
	    strcmp(kind, "drain") == 0)
		return read_override(&l, kind);
	return "it is of another version";
}
