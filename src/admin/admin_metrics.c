/* SPDX-License-Identifier: ISC */
#include "admin/admin_metrics.h"

#include <stdlib.h>

#include "admin/admin_answer.h"
#include "admin/metrics_accept.h"
#include "admin/metrics_families.h"
#include "admin/metrics_text.h"
#include "hosts/hosts_view.h"

/*
 * A scrape is done in pieces, between which the loop goes round: first it looks
 * at hosts, then it adds up what threads have counted, then it writes.  It ends
 * with its answer, or with its client.
 */

#define PIECE_SERIES	64	/* added up in one go */
#define PIECE_TEXT	65536	/* bytes written in one go, about */

struct scrape {
	struct admin_request	*request;
	bool			 open;		/* OpenMetrics */
	struct deadline		 timer;		/* for the next piece */
	bool			(*step)(struct scrape *);
	struct metrics_data	 data;
	uint64_t		 cursor;	/* of hosts */
	unsigned		 summed;	/* series */
	struct metrics_place	 place;
	struct text		 text;
	/* Of the hosts of one piece, those with parts. */
	struct {
		unsigned	 series;
		char		 key[EVENTS_HOST];
	} parts[HOSTS_PIECE];
	size_t			 nparts;
};

static bool	 look_step(struct scrape *);
static bool	 sum_step(struct scrape *);
static bool	 write_step(struct scrape *);

static void
scrape_free(struct scrape *s)
{
	deadline_free(&s->timer);
	metrics_gauges_free(s->data.gauges, s->data.nseries);
	free(s->data.gauges);
	free(s->data.sums);
	text_free(&s->text);
	free(s);
}

static void
ended_cb(struct admin_request *r)
{
	scrape_free(r->state);
}

/* Hosts */

static void
host_cb(const struct host_view *v, void *arg)
{
	unsigned series = v->rule->series;
	struct scrape *s = arg;

	s->data.hosts++;
	/* a rule that came after we began is told of next time */
	if (series >= s->data.nseries)
		return;
	metrics_gauges_host(&s->data.gauges[series], v, s->data.now);
	if (v->throttle.nparts == 0 || series == STATS_OTHER)
		return;
	s->parts[s->nparts].series = series;
	memcpy(s->parts[s->nparts].key, v->key, sizeof v->key);
	s->nparts++;
}

static void
look_at_parts(struct scrape *s)
{
	struct part_view parts[RULE_PATHS_MAX];
	size_t i, j, n;

	for (i = 0; i < s->nparts; i++) {
		n = hosts_view_parts(s->request->context->hosts,
		    s->parts[i].key, s->data.now, parts, RULE_PATHS_MAX);
		for (j = 0; j < n; j++)
			metrics_gauges_part(
			    &s->data.gauges[s->parts[i].series], &parts[j]);
	}
	s->nparts = 0;
}

static bool
look_step(struct scrape *s)
{
	bool more = hosts_view_piece(s->request->context->hosts, &s->cursor,
	    s->data.now, host_cb, s);

	look_at_parts(s);
	if (!more)
		s->step = sum_step;
	return true;
}

/* Counters */

static bool
sum_step(struct scrape *s)
{
	unsigned i;

	for (i = 0; i < PIECE_SERIES && s->summed < s->data.nseries; i++) {
		stats_sum(s->summed, &s->data.sums[s->summed]);
		s->data.gauges[s->summed].counted =
		    metrics_counted(&s->data.sums[s->summed]);
		s->summed++;
	}
	if (s->summed == s->data.nseries)
		s->step = write_step;
	return true;
}

/* Text */

static bool
write_step(struct scrape *s)
{
	size_t len = s->text.len;

	while (s->text.len < len + PIECE_TEXT) {
		if (!metrics_put_next(&s->text, s->open, &s->data, &s->place)) {
			metrics_put_end(&s->text, s->open);
			return false;
		}
	}
	return true;
}

/* The whole of it */

static bool
has_failed(const struct scrape *s)
{
	unsigned i;

	for (i = 0; i < s->data.nseries; i++) {
		if (s->data.gauges[i].failed)
			return true;
	}
	return s->text.failed;
}

static void
answer(struct scrape *s)
{
	struct admin_request *r = s->request;

	r->ended = NULL;
	if (has_failed(s))
		admin_answer_problem(r, 503, NULL, "out of memory");
	else
		admin_answer_text(r, 200, s->open ? METRICS_OPEN_TYPE :
		    METRICS_TEXT_TYPE, s->text.p, s->text.len);
	scrape_free(s);
}

static void
timer_cb(void *arg)
{
	struct scrape *s = arg;

	if (s->step(s))
		deadline_set(&s->timer, loop_now());
	else
		answer(s);
}

/* Returns NULL without memory. */
static struct scrape *
scrape_new(struct admin_request *r)
{
	struct scrape *s;

	if ((s = calloc(1, sizeof *s)) == NULL)
		return NULL;
	s->request = r;
	s->step = look_step;
	s->data.context = r->context;
	s->data.now = loop_now();
	s->data.wall = loop_wall();
	s->data.nseries = stats_names();
	s->data.gauges = calloc(s->data.nseries, sizeof *s->data.gauges);
	s->data.sums = calloc(s->data.nseries, sizeof *s->data.sums);
	deadline_init(&s->timer, r->context->loop, timer_cb, s);
	if (s->data.gauges == NULL || s->data.sums == NULL) {
		s->data.nseries = 0;
		scrape_free(s);
		return NULL;
	}
	return s;
}

void
admin_metrics(struct admin_request *r)
{
	struct scrape *s;

	if ((s = scrape_new(r)) == NULL) {
		admin_answer_problem(r, 503, NULL, "out of memory");
		return;
	}
	s->open = metrics_accept_open(r->accept);
	metrics_process(&s->data.process);
	metrics_gauges_begin(s->data.gauges, s->data.nseries,
	    r->context->conf);
	r->state = s;
	r->ended = ended_cb;
	deadline_set(&s->timer, s->data.now);
}
